//! The first by rank where documents stand in the order of names: the same as where every match is looked at.

use super::sample::{Dice, Doc, activity, documents, exercise, held, mailbox, nurse, person, physician, site};
use super::{add, built, query, run};
use annuaire::index::query::{Criteria, Matching, Order, Query};
use annuaire::index::{Committed, Index, Limits, MAX_CANDIDATES, Reader};
use annuaire::model::{Audience, Kind, MailboxRecord, MailboxType, Record, StructureRecord};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Few syllables, so that names begin alike, are whole words of others, and sound alike.
const SYLLABLES: [&str; 8] = ["MA", "MAR", "LE", "TIN", "É", "DE", "SAINT", "BEN"];
const BEFORE: [&str; 10] = ["", "", "", "", "DE ", "LE ", "DE LA ", "D'", "ST ", "BEN "];
const TYPED: [&str; 29] = [
    "m",
    "ma",
    "mar",
    "mart",
    "martin",
    "mamar",
    "le",
    "le m",
    "de",
    "de m",
    "de la ma",
    "d",
    "d ma",
    "é",
    "e",
    "saint",
    "st",
    "sa",
    "ste m",
    "ben ma",
    "be",
    "ma le",
    "martin de",
    "mar le",
    "tin d",
    "martin ma",
    "ma martin",
    "tin e",
    "de tin",
];

fn name(dice: &mut Dice) -> String {
    let mut word = || (0..1 + dice.roll(3)).map(|_| *dice.of(&SYLLABLES)).collect::<String>();
    let (first, second) = (word(), word());
    let before = dice.of(&BEFORE);
    if dice.roll(4) == 0 { format!("{before}{first}-{second}") } else { format!("{before}{first}") }
}

fn country() -> Vec<Doc> {
    let mut dice = Dice(7);
    let sites: Vec<_> = (0..60)
        .map(|n| site(&format!("F9909{n:05}"), &format!("CABINET {}", name(&mut dice)), "69003", "MARTINVILLE", ("69", "Rhône")))
        .collect();
    let mut docs = Vec::new();
    for n in 0..900 {
        let profession = if dice.roll(2) == 0 { physician() } else { nurse() };
        let (family, given) = (name(&mut dice), name(&mut dice));
        let activities = vec![activity(profession.clone(), Some(dice.of(&sites).clone()))];
        let mut holder = person(&format!("1000000{n:04}"), &given, &family, vec![exercise(profession, &[])], activities);
        if dice.roll(30) == 0 {
            let mut own = held(mailbox(&format!("p{n}@medecin.mssante.fr"), MailboxType::Per), &holder);
            own.mailbox.liste_rouge = dice.roll(3) == 0;
            holder.mailboxes.push(MailboxRecord { holders: Vec::new(), ..own });
        }
        docs.extend(documents(&Record::Professional(holder)));
    }
    docs.extend(sites.into_iter().flat_map(|site| documents(&Record::Structure(StructureRecord { site, mailboxes: Vec::new() }))));
    docs
}

/// All in one segment, in any order.
fn mixed(docs: &[Doc]) -> (TempDir, Index) {
    let mut docs = docs.to_vec();
    docs.sort_by_cached_key(|doc| doc.key().bytes().rev().collect::<Vec<_>>());
    laid_out(&docs)
}

/// In order, but for some that stand behind, as what was joined to a segment later does: among them few who have a mailbox.
fn with_strays(docs: &[Doc]) -> (TempDir, Index) {
    let mut docs = docs.to_vec();
    docs.sort_by_cached_key(Doc::sort);
    let is_stray = |at: usize, doc: &Doc| at % 220 < 20 && (at % 5 == 1 || doc.published.view().mailboxes().is_empty());
    let (strays, others): (Vec<_>, Vec<_>) = docs.into_iter().enumerate().partition(|(at, doc)| is_stray(*at, doc));
    laid_out(&others.into_iter().chain(strays).map(|(_, doc)| doc).collect::<Vec<_>>())
}

fn laid_out(docs: &[Doc]) -> (TempDir, Index) {
    let folder = TempDir::new().unwrap();
    let mut index = Index::open(&folder.path().join("index"), "store", &Reader::default()).unwrap();
    let mut generation = index.begin_build().unwrap();
    add(&mut generation, docs);
    generation.commit(Committed { seq: 1 }).unwrap();
    index.switch_to(generation).unwrap();
    (folder, index)
}

fn told(index: &Index, audience: Audience, typed: &str) -> Vec<String> {
    let limits =
        Limits { deadline: Instant::now() + Duration::from_secs(60), cancelled: &AtomicBool::new(false), candidates: MAX_CANDIDATES };
    let told = index.reader().suggest(audience, typed, 8, &limits).unwrap();
    told.iter().map(|(told, shown)| format!("{told:?} {:?}", shown.as_ref().map(|shown| shown.stored.key()))).collect()
}

#[test]
fn the_first_of_names_in_order_are_the_first_of_all() {
    let docs = country();
    let (_folder, mut ordered) = built(&docs);
    let (_other, mut mixed) = mixed(&docs);
    let (_third, mut strayed) = with_strays(&docs);
    // What is withdrawn, and what came later in segments of its own.
    let (gone, later) = (&docs[3], &docs[40..60]);
    for index in [&mut ordered, &mut mixed, &mut strayed] {
        let keys: Vec<_> = later.iter().chain([gone]).map(|doc| doc.published.key()).collect();
        index.live().delete_entries(&keys);
        index.live().commit(Committed { seq: 2 }).unwrap();
        add(index.live(), later);
        index.live().commit(Committed { seq: 3 }).unwrap();
    }
    let some = |text: &str| Some(text.to_owned());
    let questions = |typed: &str| {
        [
            (Kind::Professional, Criteria { q: some(typed), ..Criteria::default() }),
            (Kind::Structure, Criteria { q: some(typed), ..Criteria::default() }),
            (Kind::Professional, Criteria { name: some(typed), ..Criteria::default() }),
            (Kind::Professional, Criteria { name: some(typed), given: some("ma"), ..Criteria::default() }),
            (Kind::Professional, Criteria { q: some(typed), city: some("martinville"), ..Criteria::default() }),
            (Kind::Structure, Criteria { organization: some(typed), ..Criteria::default() }),
        ]
    };
    let mut full = 0;
    for audience in [Audience::Public, Audience::Professional] {
        for typed in TYPED {
            let suggested = told(&ordered, audience, typed);
            assert_eq!(suggested, told(&mixed, audience, typed), "{typed}");
            assert_eq!(suggested, told(&strayed, audience, typed), "{typed}, strays");
            full += usize::from(suggested.len() == 8);
            for (kind, criteria) in questions(typed) {
                for limit in [1, 4, 30] {
                    let asked = Query { kinds: vec![kind], order: Order::Rank, limit, ..query(Matching::Criteria(criteria.clone())) };
                    let first = run(&ordered.reader(), audience, &Query { count: false, ..asked.clone() });
                    let all = run(&ordered.reader(), audience, &asked);
                    let places = |answer: &annuaire::index::query::Answer<annuaire::index::Found>| {
                        answer.hits.iter().map(|hit| (hit.rank.clone(), hit.stored.key().to_owned())).collect::<Vec<_>>()
                    };
                    assert_eq!((places(&first), first.more), (places(&all), all.more), "{typed} {kind:?} {limit}");
                }
            }
        }
    }
    assert!(full > 20, "{full}");
}
