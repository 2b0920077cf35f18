//! The memory of an import: what it is worth when it does not fit, and cases of the next edition that random worlds seldom meet.

use super::files::{Files, activity, id, org, per};
use super::{Bench, DAY1, DAY2, DAY3, address, now};
use annuaire::extraction::{ActivityColumn as A, MailboxColumn as M};
use annuaire::import::{Options, Report, Silent, run};
use annuaire::model::{Attachment, Mailbox, MailboxState, MailboxType};
use annuaire::synth::{Options as Synth, generate};

/// Rows that were not read again.
pub(super) fn known(report: &Report) -> u64 {
    report.files.iter().map(|file| file.unchanged).sum()
}

/// Whatever the memory is, the store is the one that a comparison of everything gives.
#[tokio::test]
async fn a_memory_that_does_not_fit_is_done_without() {
    let (files, other) = (Files::country(60), Bench::new());
    other.import(&files, DAY1).await;
    let mut next = files.clone();
    next.activities[3] = activity(3, "F990900301", &[(A::Given, "Zoé")]);
    type Spoil<'a> = &'a dyn Fn(&Bench);
    let spoil: [(&str, Spoil<'_>); 6] = [
        ("as it is", &|_| ()),
        ("cut", &|bench| rewrite(bench, |bytes| bytes.truncate(bytes.len() - 20))),
        ("damaged", &|bench| rewrite(bench, |bytes| bytes.iter_mut().skip(200).step_by(50).for_each(|byte| *byte ^= 0x55))),
        ("empty", &|bench| rewrite(bench, Vec::clear)),
        ("foreign", &|bench| put(&memory(&other), bench)),
        ("of an older run", &|bench| put(&bench.place("kept"), bench)),
    ];
    let mut dumps = Vec::new();
    for (what, spoil) in spoil {
        let bench = Bench::new();
        bench.import(&files, DAY1).await;
        std::fs::copy(memory(&bench), bench.place("kept")).unwrap();
        bench.import(&files, DAY2).await;
        spoil(&bench);
        let report = bench.import(&next, DAY3).await;
        assert_eq!(known(&report) > 0, what == "as it is", "{what}: {report}");
        dumps.push(bench.dump().await);
        assert!(known(&bench.import(&files, DAY3).await) > 0, "{what}: the memory was made again");
    }
    assert!(dumps.windows(2).all(|two| two[0] == two[1]));
}

fn memory(bench: &Bench) -> std::path::PathBuf {
    bench.data.root().join("import.memory")
}

fn put(from: &std::path::Path, bench: &Bench) {
    std::fs::copy(from, memory(bench)).unwrap();
}

fn rewrite(bench: &Bench, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(memory(bench)).unwrap();
    change(&mut bytes);
    std::fs::write(memory(bench), bytes).unwrap();
}

/// A day is written behind the days before; what came and went by many of them is left out when the memory is made anew.
#[tokio::test]
async fn a_memory_grows_by_what_a_day_brought() {
    let (part, whole) = (Bench::new(), Bench::new());
    let mut files = Files::country(200);
    let (mut grown, mut made_anew) = (0, 0);
    for day in 0..12 {
        let before = std::fs::read(memory(&part)).unwrap_or_default();
        let _ = std::fs::remove_file(memory(&whole));
        for bench in [&part, &whole] {
            let report = bench.import(&files, &format!("2026090108{day:02}")).await;
            assert_eq!(known(&report) > 0, day > 0 && bench.data.root() == part.data.root(), "day {day}: {report}");
        }
        assert_eq!(part.dump().await, whole.dump().await, "day {day}");
        let after = std::fs::read(memory(&part)).unwrap();
        // What stands at its end is written anew each time.
        let kept = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
        if kept >= before.len() / 2 {
            grown += 1;
            assert!(day == 0 || after.len() < before.len() + 500, "day {day}: {} and {}", before.len(), after.len());
        } else {
            made_anew += 1;
            assert!(after.len() < before.len(), "day {day}: {} and {}", before.len(), after.len());
        }
        for n in 0..8 {
            let n = day * 8 + n;
            files.activities[n] = activity(n, "F990900301", &[(A::Given, if day % 2 == 0 { "Zoé" } else { "Ana" })]);
        }
    }
    assert!(grown > 5 && made_anew > 0, "{grown} days were added, {made_anew} times it was made anew");
    part.import(&files, "202609010812").await;
    let length = || std::fs::metadata(memory(&part)).unwrap().len();
    let before = length();
    for again in 0..9 {
        assert!(part.import(&files, &format!("20260901082{again}")).await.unchanged);
    }
    assert!(length().abs_diff(before) < 50, "days that brought nothing: {before} and {}", length());
}

/// A row means what its header says: with two columns exchanged every row is another.
#[tokio::test]
async fn another_header_and_another_set_of_files_are_compared_whole() {
    let (bench, files) = (Bench::new(), Files::country(60));
    bench.import(&files, DAY1).await;
    let folder = bench.place("exchanged");
    let paths = files.write(&folder, DAY2);
    let place = paths.iter().find(|path| path.to_string_lossy().contains("Personne_activite")).unwrap();
    let text = std::fs::read_to_string(place).unwrap();
    let (family, given) = (A::Family as usize, A::Given as usize);
    let exchanged: Vec<String> = text
        .lines()
        .map(|line| {
            let mut cells: Vec<_> = line.split('|').collect();
            cells.swap(family, given);
            cells.join("|")
        })
        .collect();
    std::fs::write(place, exchanged.join("\n") + "\n").unwrap();
    let dump = bench.dump().await;
    let report = run(&bench.data, &paths, &Options::default(), &Silent, &now).await.unwrap();
    assert!(known(&report) == 0 && report.unchanged, "{report}");
    assert_eq!(bench.dump().await, dump);
    let alone = Files { mailboxes: files.mailboxes.clone(), ..Default::default() };
    assert_eq!(known(&bench.import(&alone, DAY3).await), 0);
    assert_eq!(known(&bench.import(&files, DAY3).await), 0, "the last run was of other files");
    assert!(known(&bench.import(&files, DAY3).await) > 0);
}

/// A refused import leaves no draft behind, and the memory of the run before.
#[tokio::test]
async fn a_refused_import_forgets_nothing() {
    let (bench, mut files) = (Bench::new(), Files::country(200));
    bench.import(&files, DAY1).await;
    let kept = std::fs::read(memory(&bench)).unwrap();
    let whole = files.clone();
    files.activities.truncate(150);
    let refused = bench.import_with(&files, DAY2, &Options::default()).await.unwrap_err();
    assert_eq!(refused.code(), "too_much_closed");
    assert_eq!(std::fs::read_dir(bench.data.staging()).unwrap().count(), 0);
    assert_eq!(std::fs::read(memory(&bench)).unwrap(), kept);
    assert!(known(&bench.import(&whole, DAY2).await) > 0);
}

/// At a size at which files have namesakes, dirty rows and all kinds of keys, and from the zips they come in.
#[tokio::test]
async fn the_next_day_of_a_small_country() {
    let (part, whole) = (Bench::new(), Bench::new());
    for (day, next_day) in [("day1", false), ("day2", true)] {
        let folder = part.place(day);
        generate(&Synth { next_day, ..Synth::default() }, &folder).unwrap();
        let _ = std::fs::remove_file(memory(&whole));
        for bench in [&part, &whole] {
            let report = run(&bench.data, std::slice::from_ref(&folder), &Options::default(), &Silent, &now).await.unwrap();
            assert_eq!(known(&report) > 0, next_day && bench.data.root() == part.data.root(), "{report}");
        }
    }
    assert_eq!(part.dump().await, whole.dump().await);
}

/// What random worlds meet once in thousands: an operator's mailbox in the files, and the end of it.
#[tokio::test]
async fn people_of_mailboxes_alone_follow_what_operators_do() {
    let (part, whole) = (Bench::new(), Bench::new());
    let mut files = Files::country(30);
    files.mailboxes.push(per(900, "plein@medecin.mssante.fr", &[(M::ExerciseCivility, "DR")]));
    files.mailboxes.push(per(900, "nu@medecin.mssante.fr", &[]));
    files.mailboxes.push(per(901, "seul@medecin.mssante.fr", &[]));
    let operator = |text: &str, holder: usize| Mailbox {
        attachments: vec![Attachment { professional: id(holder), ..Default::default() }],
        state: if text.starts_with("autre@") { MailboxState::Unopened } else { MailboxState::Active },
        ..Mailbox::published_by("399990000000001", address(text), MailboxType::Per)
    };
    let steps: [(&[&str], Vec<Mailbox>); 5] = [
        (&[], vec![operator("plein@medecin.mssante.fr", 900), operator("autre@medecin.mssante.fr", 901)]),
        (&[], vec![]),
        // The words of 900 came from a row of a mailbox that is an operator's and leads elsewhere; 901 is held by an operator's mailbox alone.
        (&["plein@", "seul@"], vec![]),
        (&[], vec![operator("autre@medecin.mssante.fr", 1)]),
        (&["nu@"], vec![]),
    ];
    let mut removed = 0;
    for (day, (gone, published)) in steps.into_iter().enumerate() {
        files.mailboxes.retain(|row| !gone.iter().any(|address| row.contains(address)));
        for bench in [&part, &whole] {
            if bench.data.root() == whole.data.root() {
                let _ = std::fs::remove_file(memory(&whole));
            }
            let report = bench.import(&files, &format!("20260901080{day}")).await;
            assert_eq!(known(&report) > 0, day > 0 && bench.data.root() == part.data.root());
            removed = report.things.get("professional").map_or(0, |effects| effects.removed);
            let store = bench.store().await;
            for mailbox in &published {
                store.put_operator_mailbox(mailbox, "op", 2).await.unwrap();
            }
            store.close().await;
            // No rule lets an adopted mailbox in use lead elsewhere; a store of before may hold one.
            let elsewhere = sqlx::query("UPDATE attachment SET professional = $1 WHERE mailbox = 'plein@medecin.mssante.fr' AND $2")
                .bind(id(1))
                .bind(day == 0);
            let mut connection = annuaire::store::sqlite::writer_connection(&bench.data.database()).await.unwrap();
            elsewhere.execute(&mut connection).await.unwrap();
            sqlx::Connection::close(connection).await.unwrap();
        }
        assert_eq!(part.dump().await, whole.dump().await, "day {day}");
    }
    assert_eq!(removed, 2, "nobody names 900 and 901 any more");
}

/// Two keys name one structure that file 1 does not know, and its words are the fuller ones, whichever came last.
#[tokio::test]
async fn a_structure_of_mailboxes_has_the_words_of_all_its_keys() {
    let (part, whole) = (Bench::new(), Bench::new());
    let mut files = Files::country(30);
    let full = org("o1@ch.mssante.fr", "SIREN", "999000029", "LABO");
    let mut cells: Vec<_> = full.split('|').collect();
    cells[M::Service as usize] = "Accueil";
    cells[M::TradeName as usize] = "ENSEIGNE";
    files.mailboxes.push(cells.join("|"));
    for day in 0..2 {
        let _ = std::fs::remove_file(memory(&whole));
        for bench in [&part, &whole] {
            bench.import(&files, &format!("20260901080{day}")).await;
        }
        files.mailboxes.push(org("o2@ch.mssante.fr", "SIREN", "999000037", "LABO"));
    }
    let dump = part.dump().await;
    assert_eq!(dump, whole.dump().await);
    assert!(dump.contains("ENSEIGNE"));
}

/// An operator's mailbox goes on naming the same structure, by another of its keys: the first is kept by nothing any more.
#[tokio::test]
async fn a_key_that_an_operator_left_goes() {
    let (part, whole) = (Bench::new(), Bench::new());
    let mut files = Files::country(30);
    let (left, taken) = ("99900002900028", "99900003700014");
    files.activities.push(activity(40, "C99900002900010", &[(A::Siret, taken)]));
    files.activities.push(activity(41, "C99900002900010", &[(A::Siret, left)]));
    for (day, key) in [Some(left), None, Some(taken), None].into_iter().enumerate() {
        let _ = std::fs::remove_file(memory(&whole));
        for bench in [&part, &whole] {
            bench.import(&files, &format!("20260901080{day}")).await;
            if let Some(key) = key {
                let attachment = Attachment { structure_kind: "siret".into(), structure_value: key.into(), ..Default::default() };
                let published = Mailbox::published_by("399990000000001", address("labo@ch.mssante.fr"), MailboxType::Org);
                let store = bench.store().await;
                store.put_operator_mailbox(&Mailbox { attachments: vec![attachment], ..published }, "op", 2).await.unwrap();
                store.close().await;
            }
        }
        let dump = part.dump().await;
        assert_eq!(dump, whole.dump().await, "day {day}");
        assert_eq!(dump.contains(&format!("\"value\":\"{left}\"")), day < 3, "day {day}");
        files.activities.truncate(31);
    }
}
