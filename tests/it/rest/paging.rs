//! Cursors: whole walks, and everything that is not the cursor it claims to be.

use super::records::NAMESAKES;
use super::world::World;
use std::collections::BTreeSet;

/// All pages of a question, as ids.
async fn walk(world: &World, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = world.get(&format!("/v1/search?{query}&cursor={cursor}")).await;
        pages.push(answer.ids());
        let json = answer.json();
        assert_eq!(json["total"], NAMESAKES, "the total is of all pages");
        match json["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return pages,
        }
        assert!(pages.len() <= 100, "a walk ends");
    }
}

#[tokio::test]
async fn a_walk_meets_every_entry_once_whatever_the_page_size() {
    let world = World::new().await;
    let whole = walk(&world, "name=martin&limit=100").await;
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0].iter().collect::<BTreeSet<_>>().len(), NAMESAKES);
    for limit in [1, 7, 9, 44, 45] {
        let pages = walk(&world, &format!("name=martin&limit={limit}")).await;
        assert_eq!(pages.concat(), whole[0], "{limit}");
        assert!(pages.iter().all(|page| page.len() <= limit && !page.is_empty()), "{limit}");
    }
    assert_eq!(walk(&world, "name=martin").await[0].len(), 20, "the default");
}

#[tokio::test]
async fn a_cursor_is_bound_to_its_question_its_audience_and_its_day() {
    let world = World::new().await;
    let first = world.get("/v1/search?name=martin&limit=10").await.json();
    let cursor = first["next"].as_str().unwrap();
    assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)), "needs no encoding: {cursor}");
    assert!(!cursor.to_lowercase().contains("martin"));

    let again = format!("/v1/search?limit=5&name=martin&cursor={cursor}");
    assert_eq!(world.get(&again).await.ids().len(), 5, "another page size is the same question");

    for foreign in ["name=marti", "q=martin", "name=martin&kind=professional", "name=martin&has_mailbox=false"] {
        let answer = world.get(&format!("/v1/search?{foreign}&cursor={cursor}")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "invalid_cursor"), "{foreign}");
    }
    assert_eq!(world.get_identified(&again).await.problem(), "invalid_cursor");

    for at in 0..cursor.len() {
        let mut bytes = cursor.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(bytes).unwrap();
        assert_eq!(world.get(&format!("/v1/search?name=martin&cursor={tampered}")).await.problem(), "invalid_cursor", "{at}");
    }
    for made_up in ["x", "AAAA", "%00", "é", &cursor[1..], &cursor[..cursor.len() - 1], &format!("{cursor}A"), &"A".repeat(1_900)] {
        assert_eq!(
            world.get(&format!("/v1/search?name=martin&cursor={}", made_up.replace('é', "%C3%A9"))).await.problem(),
            "invalid_cursor"
        );
    }

    world.advance(24 * 3_600 - 10);
    assert_eq!(world.get(&again).await.status, 200);
    world.advance(20);
    assert_eq!(world.get(&again).await.problem(), "invalid_cursor");
}
