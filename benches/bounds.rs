//! Recall and cost of words with an error, and the cost of questions that could walk the country.
//!
//! `cargo bench --bench bounds -- INDEX`: INDEX is the `index` folder of an imported data folder. CPU time is that of the one thread that
//! asks; questions are made from the entries of the index themselves.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on stops")]

use annuaire::index::query::{Answer, AttributeFilter, Criteria, Matching, Order, Query};
use annuaire::index::{Found, Limits, MAX_CANDIDATES, Reader};
use annuaire::model::{Audience, Kind};
use annuaire::text;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn main() {
    let folder = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let Some(folder) = folder else {
        println!("say which index folder");
        return;
    };
    let reader = open(Path::new(&folder));
    typos(&reader);
    bounds(&reader);
}

fn open(folder: &Path) -> Reader {
    let number = std::fs::read_to_string(folder.join("CURRENT")).expect("a live generation");
    let seal = std::fs::read_to_string(folder.join(number.trim()).join("seal.json")).expect("a seal");
    let seal: serde_json::Value = serde_json::from_str(&seal).expect("JSON");
    Reader::beside(folder, seal.get("store_id").and_then(|id| id.as_str()).expect("a store")).expect("an index of this format")
}

/// Nanoseconds of CPU this process has had: there is one thread.
fn cpu() -> u64 {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number")
}

fn ask(reader: &Reader, query: &Query) -> (Answer<Found>, f64) {
    let limits =
        Limits { deadline: Instant::now() + Duration::from_secs(60), cancelled: &AtomicBool::new(false), candidates: MAX_CANDIDATES };
    let before = cpu();
    let answer = reader.search(Audience::Public, query, &limits).expect("an answer");
    #[expect(clippy::cast_precision_loss, reason = "microseconds to be read")]
    let spent = (cpu() - before) as f64 / 1_000.0;
    (answer, spent)
}

fn criteria(criteria: Criteria, limit: usize) -> Query {
    let kinds = vec![Kind::Professional, Kind::Structure];
    Query { kinds, matching: Matching::Criteria(criteria), order: Order::Rank, limit, after: None, count: true, facets: false }
}

/// One of four errors, from a small deterministic source.
fn mistyped(dice: &mut u64, word: &str) -> String {
    let mut roll = |sides: usize| {
        *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*dice >> 33).unwrap_or_default() % sides
    };
    let mut letters: Vec<char> = word.chars().collect();
    let letter = char::from(b'a' + u8::try_from(roll(26)).unwrap_or_default());
    let at = roll(letters.len() - 1);
    match roll(4) {
        0 => letters.insert(at, letter),
        1 => drop(letters.remove(at)),
        2 => letters.splice(at..=at, [letter]).for_each(drop),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

fn typos(reader: &Reader) {
    // People who practise somewhere, taken evenly from the whole list of one profession after the other.
    let mut people = Vec::new();
    for profession in ["10", "60", "70", "40", "21"] {
        let asked = Criteria { profession: Some(profession.into()), ..Criteria::default() };
        let (answer, _) = ask(reader, &Query { kinds: vec![Kind::Professional], order: Order::Any, ..criteria(asked, 10_000) });
        for hit in &answer.hits {
            let value = |wanted: &str| {
                let (_, mut values) = annuaire::ldap_entry::values(hit.stored.ldap()).find(|(name, _)| *name == wanted)?;
                values.next().and_then(|v| String::from_utf8(v.to_vec()).ok())
            };
            if let (Some(name), Some(city)) = (value("sn"), value("l")) {
                people.push((hit.stored.key().to_owned(), name, profession, city));
            }
        }
    }
    println!("{} people to choose from", people.len());
    for (what, with_city, error_in_city) in [
        ("name + profession + city, error in the name", true, false),
        ("the same, error in the city", true, true),
        ("name alone, error in it", false, false),
    ] {
        let mut dice = 11;
        let (mut tried, mut found, mut as_typed, mut spent) = (0, 0, 0, Vec::new());
        for (key, name, profession, city) in people.iter().step_by((people.len() / 1_300).max(1)) {
            let (mut names, mut cities) = (text::words(name), text::words(city));
            let words = if error_in_city { &mut cities } else { &mut names };
            let Some(word) = words.iter_mut().filter(|w| w.chars().count() >= 5).max_by_key(|w| w.len()) else {
                continue;
            };
            *word = mistyped(&mut dice, word);
            let question = Criteria {
                name: Some(names.join(" ")),
                profession: with_city.then(|| (*profession).to_owned()),
                city: with_city.then(|| cities.join(" ")),
                ..Criteria::default()
            };
            let (answer, cost) = ask(reader, &criteria(question, 20));
            tried += 1;
            let hit = answer.hits.iter().any(|hit| hit.stored.key() == key);
            found += usize::from(hit);
            as_typed += usize::from(!hit && answer.hits.first().is_some_and(|hit| hit.rank.class < 2));
            spent.push(cost);
        }
        println!("{what}: {found} of {tried} in the first 20; {as_typed} missed because somebody matches as typed");
        show(&mut spent);
    }
}

fn show(spent: &mut [f64]) {
    spent.sort_by(f64::total_cmp);
    let at = |part: usize| spent.get((spent.len() * part / 100).min(spent.len() - 1)).copied().unwrap_or_default();
    let sum: f64 = spent.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "microseconds to be read")]
    let mean = sum / spent.len() as f64;
    println!("    CPU µs: mean {mean:.0}, p50 {:.0}, p99 {:.0}, max {:.0}", at(50), at(99), at(100));
}

fn bounds(reader: &Reader) {
    use AttributeFilter::{And, Equal, Not, Or, Present, Substring};
    let contains = |attribute: &str, text: &str| Substring {
        attribute: attribute.into(),
        initial: None,
        any: vec![text.as_bytes().to_vec()],
        last: None,
    };
    let equal = |attribute: &str, text: &str| Equal(attribute.into(), text.as_bytes().to_vec());
    let sixty = || (0..60).map(|i| contains("cn", &format!("{}{}", char::from(b'a' + i % 26), char::from(b'a' + i % 7)))).collect();
    for (what, filter) in [
        ("(cn=*e*)", contains("cn", "e")),
        ("(cn=*&*)", contains("cn", "&")),
        ("(objectClass=*)", Present("objectClass".into())),
        ("(!(mail=*))", Not(Box::new(Present("mail".into())))),
        ("(!(cn=*e*))", Not(Box::new(contains("cn", "e")))),
        ("an OR of sixty pairs of letters", Or(sixty())),
        ("an AND of sixty pairs of letters", And(sixty())),
        ("(telephoneNumber=*99*)", contains("telephoneNumber", "99")),
        ("(telephoneNumber=*987654*)", contains("telephoneNumber", "987654")),
        ("(createTimestamp>=9999…)", AttributeFilter::AtLeast("createTimestamp".into(), b"99990101000000Z".to_vec())),
        ("(&(sn=*z*)(l=*lyon*)(!(cn=*a*)))", And(vec![contains("sn", "z"), contains("l", "lyon"), Not(Box::new(contains("cn", "a")))])),
        ("(&(l=Lyon)(l=Paris))", And(vec![equal("l", "Lyon"), equal("l", "Paris")])),
        ("(&(cn=*a*)(cn=*e*)(cn=*zq*))", And(vec![contains("cn", "a"), contains("cn", "e"), contains("cn", "zq")])),
    ] {
        for order in [Order::Any, Order::Name] {
            let (order_name, matching) = (format!("{order:?}"), Matching::Attributes(filter.clone()));
            let query = Query { kinds: Kind::ALL.to_vec(), matching, order, limit: 100, after: None, count: false, facets: false };
            told(reader, what, &order_name, &query);
        }
    }
    let text = |text: &str| Some(text.to_owned());
    for (what, asked) in [
        ("has_mailbox=true", Criteria { has_mailbox: Some(true), ..Criteria::default() }),
        (
            "profession=infirmier&has_mailbox=false",
            Criteria { profession: text("infirmier"), has_mailbox: Some(false), ..Criteria::default() },
        ),
        ("q=e", Criteria { q: text("e"), ..Criteria::default() }),
        ("q=a b c d", Criteria { q: text("a b c d"), ..Criteria::default() }),
        ("q=medecin infirmier", Criteria { q: text("medecin infirmier"), ..Criteria::default() }),
        ("q=forty words that all exist", Criteria { q: text(&"lyon martin ".repeat(16)), ..Criteria::default() }),
        ("q=medecim (an error in a word of many)", Criteria { q: text("medecim"), ..Criteria::default() }),
        ("q=saimt medecin", Criteria { q: text("saimt medecin"), ..Criteria::default() }),
        ("q=infirmier ly", Criteria { q: text("infirmier ly"), ..Criteria::default() }),
        ("q=infirmier lyo", Criteria { q: text("infirmier lyo"), ..Criteria::default() }),
        ("q=rue pasteur lyon", Criteria { q: text("rue pasteur lyon"), ..Criteria::default() }),
        ("q=marie.martin", Criteria { q: text("marie.martin"), ..Criteria::default() }),
        ("q=ie.mart", Criteria { q: text("ie.mart"), ..Criteria::default() }),
        ("q=medecin.mssante.fr", Criteria { q: text("medecin.mssante.fr"), ..Criteria::default() }),
        ("q=aaaa bbbb cccc", Criteria { q: text("aaaa bbbb cccc"), ..Criteria::default() }),
    ] {
        told(reader, what, "Rank", &criteria(asked, 20));
    }
}

fn told(reader: &Reader, what: &str, order: &str, query: &Query) {
    let _ = ask(reader, query);
    let (answer, cost) = ask(reader, query);
    let total = answer.total.map_or_else(String::new, |total| format!(" of {total}"));
    println!("{what} {order}: {} entries{total}, {cost:.0} µs {}", answer.hits.len(), answer.truncated.map_or("", |_| "CUT"));
}
