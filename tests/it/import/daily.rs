//! The next edition compared in part gives what a comparison of everything gives: the same store, the same report.
//!
//! Two folders get the same editions day after day; from one of them the memory of the last import is taken away before each. The world
//! is small, so that people, structures, keys, mailboxes and labels meet in every way; between the days operators publish and close, and
//! administrators set and lift flags. `ANNUAIRE_DAILY_SEEDS` tries other worlds: how many, or from where to where (`100-200`).

use super::files::{Files, activity, expertise, id, org, per};
use super::memory::known;
use super::{Bench, address, now};
use annuaire::extraction::{ActivityColumn as A, MailboxColumn as M};
use annuaire::import::{Options, Report, Silent, run};
use annuaire::model::{Attachment, Mailbox, MailboxState, MailboxType};
use annuaire::store::{Act, Actor, MailboxFlags, Write};
use std::collections::BTreeMap;

/// Draws numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % bound as u64) as usize
    }

    fn one<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

const PEOPLE: usize = 5;
const ADDRESSES: usize = 3;
const STRUCTURES: [&str; 8] =
    ["", "F990900001", "F990900002", "F990900003", "R10100000000001", "R10100000000002", "C99900002900010", "F990900004"];
const SIRENS: [&str; 3] = ["", "999000029", "999000037"];
const SIRETS: [&str; 4] = ["", "99900002900010", "99900002900028", "99900003700014"];
const GIVEN: [&str; 3] = ["Élodie", "Zoé", "Ana"];
const LABELS: [&str; 4] = ["Médecin", "Medecin", "Docteur en médecine", "Médecin généraliste ou spécialiste"];
const CODES: [&str; 3] = ["SM54", "SM26", "SCD01"];

fn activity_row(dice: &mut Dice) -> String {
    let structure = dice.one(&STRUCTURES);
    let mut more = vec![(A::Given, dice.one(&GIVEN)), (A::ProfessionLabel, if dice.once_in(6) { dice.one(&LABELS) } else { LABELS[0] })];
    if !structure.is_empty() {
        more.push((A::Siren, dice.one(&SIRENS)));
        more.push((A::Siret, if dice.once_in(3) { dice.one(&SIRETS) } else { "" }));
        more.push((A::City, dice.one(&["Lyon", "Paris"])));
    }
    if dice.once_in(4) {
        let code = dice.one(&CODES);
        more.extend([(A::ExpertiseKind, "S"), (A::Expertise, code), (A::ExpertiseLabel, dice.one(&["Cardiologie", "Gériatrie"]))]);
    }
    activity(dice.below(PEOPLE), structure, &more)
}

fn expertise_row(dice: &mut Dice) -> String {
    // Some are known from this file only.
    expertise(dice.below(PEOPLE + 2), dice.one(&CODES))
}

fn mailbox_row(dice: &mut Dice) -> String {
    let n = dice.below(ADDRESSES);
    match dice.below(5) {
        0 | 1 => {
            let more = [(M::ZeroPapier, dice.one(&["O", "N", ""])), (M::ExerciseCivility, dice.one(&["", "DR", "PR"]))];
            per(dice.below(PEOPLE + 3), &format!("a{n}@medecin.mssante.fr"), &more)
        }
        _ => {
            let row = site_row(dice, n);
            let mut cells: Vec<_> = row.split('|').collect();
            cells[M::TradeName as usize] = dice.one(&["", "", "ENSEIGNE"]);
            cells.join("|")
        }
    }
}

fn site_row(dice: &mut Dice, n: usize) -> String {
    match dice.below(3) {
        0 => org(&format!("o{n}@ch.mssante.fr"), "FINESS", dice.one(&["990900001", "990900002", "990900009"]), dice.one(&["CH", "LABO"])),
        1 => org(&format!("o{n}@ch.mssante.fr"), "SIRET", dice.one(&SIRETS[1..]), dice.one(&["CH", "LABO"])),
        _ => org(&format!("o{n}@ch.mssante.fr"), "SIREN", dice.one(&SIRENS[1..]), dice.one(&["CH", "LABO"])),
    }
}

/// A row that is cut short: its key can be read, mostly.
fn cut(dice: &mut Dice, row: &str) -> String {
    let fields: Vec<&str> = row.split('|').collect();
    fields[..fields.len().min(3 + dice.below(6))].join("|")
}

fn mutate(dice: &mut Dice, rows: &mut Vec<String>, row: fn(&mut Dice) -> String) {
    for _ in 0..dice.below(4) {
        match dice.below(6) {
            0 | 1 if rows.len() > 3 => {
                rows.remove(dice.below(rows.len()));
            }
            2 => {
                let again = rows[dice.below(rows.len())].clone();
                rows.push(again);
            }
            3 => {
                let place = dice.below(rows.len());
                rows[place] = cut(dice, &rows[place].clone());
            }
            _ => rows.insert(dice.below(rows.len()), row(dice)),
        }
    }
    if dice.once_in(3) {
        let half = rows.len() / 2;
        rows.rotate_left(half);
    }
}

/// What others do between two imports, to both folders alike.
async fn others(dice: &mut Dice, benches: [&Bench; 2]) {
    for _ in 0..dice.below(4) {
        let n = dice.below(ADDRESSES);
        let text = if dice.once_in(2) { format!("a{n}@medecin.mssante.fr") } else { format!("o{n}@ch.mssante.fr") };
        let (what, on, holder) = (dice.below(5), dice.once_in(2), dice.below(PEOPLE + 3));
        let key = dice.one(&SIRETS);
        for bench in benches {
            let store = bench.store().await;
            match what {
                0 | 1 => {
                    let flags = match what {
                        0 => MailboxFlags { liste_rouge: Some(on), ..Default::default() },
                        _ => MailboxFlags { frozen: Some(on), ..Default::default() },
                    };
                    store.flag_mailbox(&address(&text), &flags, "admin", 2).await.unwrap();
                }
                2 => {
                    let operator = "399990000000001".to_owned();
                    let close = Write { operator, act: Act::Close { address: address(&text) }, batch: None, expected: None };
                    store.write_mailboxes(&[close], &Actor::from("op"), 2, false, None).await.unwrap();
                }
                _ => {
                    let (structure_kind, structure_value) =
                        if key.is_empty() { Default::default() } else { ("siret".to_owned(), key.to_owned()) };
                    let attachment = Attachment { professional: id(holder), structure_kind, structure_value, ..Default::default() };
                    let mailbox = Mailbox {
                        attachments: vec![attachment],
                        // Until it is opened it may change hands.
                        state: if on { MailboxState::Unopened } else { MailboxState::Active },
                        ..Mailbox::published_by("399990000000001", address(&text), MailboxType::Per)
                    };
                    // Refused alike where it may not be.
                    let _ = store.put_operator_mailbox(&mailbox, "op", 2).await;
                }
            }
            store.close().await;
        }
    }
}

/// The report without what a partial comparison does not count.
fn comparable(mut report: Report) -> Report {
    for file in &mut report.files {
        file.unchanged = 0;
        file.conflicts = BTreeMap::new();
    }
    report
}

async fn world(seed: u64) -> u64 {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    let mut files = Files { list: Files::country(1).list, ..Default::default() };
    for _ in 0..8 {
        files.activities.push(activity_row(&mut dice));
        files.expertises.push(expertise_row(&mut dice));
        files.mailboxes.push(mailbox_row(&mut dice));
    }
    let (part, whole) = (Bench::new(), Bench::new());
    let options = Options { accept_rejects: true, accept_shrink: true, ..Default::default() };
    let mut unchanged = 0;
    for day in 1..=8 {
        let edition = format!("20260901080{day}");
        let before = files.clone();
        let _ = std::fs::remove_file(whole.data.root().join("import.memory"));
        let remembered = part.data.root().join("import.memory").exists();
        assert_eq!(remembered, day > 1);
        let (paths, others_paths) = (files.write(&part.place(&edition), &edition), files.write(&whole.place(&edition), &edition));
        let ours = run(&part.data, &paths, &options, &Silent, &now).await;
        let theirs = run(&whole.data, &others_paths, &options, &Silent, &now).await;
        let (ours, theirs) = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            // Of a file of which no row is left.
            (ours, theirs) => {
                assert_eq!(ours.unwrap_err().to_string(), theirs.unwrap_err().to_string());
                assert_eq!(part.dump().await, whole.dump().await);
                return unchanged;
            }
        };
        unchanged += known(&ours);
        assert_eq!(known(&theirs), 0);
        assert_eq!(part.dump().await, whole.dump().await, "seed {seed}, day {day}: {before:#?}");
        assert_eq!(part.changes().await, whole.changes().await, "seed {seed}, day {day}");
        assert_eq!(comparable(ours), comparable(theirs), "seed {seed}, day {day}");
        mutate(&mut dice, &mut files.activities, activity_row);
        mutate(&mut dice, &mut files.expertises, expertise_row);
        mutate(&mut dice, &mut files.mailboxes, mailbox_row);
        others(&mut dice, [&part, &whole]).await;
    }
    unchanged
}

#[tokio::test]
async fn a_part_compared_gives_the_whole() {
    let asked = std::env::var("ANNUAIRE_DAILY_SEEDS").unwrap_or_else(|_| "0-60".to_owned());
    let (first, last) = asked.split_once('-').map_or((0, asked.as_str()), |(first, last)| (first.parse().unwrap(), last));
    let worlds: std::ops::Range<u64> = first..last.parse().unwrap();
    let (seeds, mut unchanged) = (worlds.end - worlds.start, 0);
    for seed in worlds {
        unchanged += world(seed).await;
    }
    assert!(unchanged > seeds * 50, "only {unchanged} rows were known");
}
