//! Generations: the lock, resuming, what makes a rebuild, switching under open readers, audiences.

use super::sample::{Doc, SINCE, documents, mailbox, site, world};
use super::{add, built, found, keys, query, rebuild, run};
use crate::projection::faults::Unwritable;
use annuaire::directory::{Caller, Directory, Governor};
use annuaire::error::Kind as ErrorKind;
use annuaire::index::query::{AttributeFilter, Criteria, Matching, Order, Query};
use annuaire::index::{Committed, Document, Gate, Index, Reader, committed_on_disk};
use annuaire::model::{Audience, EntryKey, Kind, MailboxType, Record, StructureRecord};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn total(index: &Index) -> u64 {
    run(&index.reader(), Audience::Professional, &query(Matching::Criteria(Criteria::default()))).total.unwrap()
}

#[test]
fn one_process_holds_the_index() {
    let folder = TempDir::new().unwrap();
    let first = Index::open(&folder.path().join("index"), "store", &Reader::default()).unwrap();
    assert_eq!(first.committed(), None);
    let refused = Index::open(&folder.path().join("index"), "store", &Reader::default()).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.to_string().contains(&std::process::id().to_string()));
    drop(first);
    assert!(Index::open(&folder.path().join("index"), "store", &Reader::default()).is_ok());
}

#[test]
fn a_restart_resumes_at_the_commit_and_drops_what_was_not_committed() {
    let docs = world();
    let (folder, mut index) = built(&docs[..20]);
    let before = total(&index);
    add(index.live(), &docs[20..40]);
    drop(index);
    let index_folder = folder.path().join("index");
    assert_eq!(committed_on_disk(&index_folder).unwrap(), Some(Committed { seq: 1 }));
    let mut index = Index::open(&folder.path().join("index"), "store", &Reader::default()).unwrap();
    assert_eq!((index.committed(), total(&index)), (Some(Committed { seq: 1 }), before));
    add(index.live(), &docs[20..40]);
    index.live().commit(Committed { seq: 9 }).unwrap();
    assert_eq!(committed_on_disk(&index_folder).unwrap(), Some(Committed { seq: 9 }));
    assert!(total(&index) > before);
}

#[test]
fn another_store_format_or_rule_means_rebuild() {
    let docs = world();
    let seal = |folder: &TempDir| {
        folder.path().join("index").join(fs::read_to_string(folder.path().join("index/CURRENT")).unwrap()).join("seal.json")
    };
    let spoil: [&dyn Fn(&TempDir); 5] = [
        &|folder| fs::write(seal(folder), fs::read_to_string(seal(folder)).unwrap().replace("\"format\":", "\"format\":9")).unwrap(),
        &|folder| {
            fs::write(seal(folder), fs::read_to_string(seal(folder)).unwrap().replace("\"visibility_rule\":", "\"visibility_rule\":9"))
                .unwrap()
        },
        &|folder| fs::remove_file(seal(folder)).unwrap(),
        &|folder| fs::write(seal(folder).with_file_name("meta.json"), "{").unwrap(),
        &|folder| fs::write(folder.path().join("index/CURRENT"), "77").unwrap(),
    ];
    for (i, spoil) in spoil.iter().enumerate() {
        let (folder, index) = built(&docs[..10]);
        drop(index);
        spoil(&folder);
        let mut index = Index::open(&folder.path().join("index"), "store", &Reader::default()).unwrap();
        assert_eq!((index.committed(), total(&index)), (None, 0), "{i}");
        let generations = fs::read_dir(folder.path().join("index")).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir()).count();
        assert_eq!(generations, 1, "what may not be served is removed");
        rebuild(&mut index, &docs[..10]);
        assert!(total(&index) > 0);
    }
    let (folder, index) = built(&docs[..10]);
    drop(index);
    assert_eq!(Index::open(&folder.path().join("index"), "another", &Reader::default()).unwrap().committed(), None);
}

#[test]
fn a_build_switches_under_open_readers() {
    let docs = world();
    let (folder, mut index) = built(&docs[..50]);
    let before = total(&index);
    let reader = index.reader();
    let stop = Arc::new(AtomicBool::new(false));
    let watcher = {
        let (reader, stop) = (reader.clone(), Arc::clone(&stop));
        std::thread::spawn(move || {
            let mut seen = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                seen.push(run(&reader, Audience::Professional, &query(Matching::Criteria(Criteria::default()))).total.unwrap());
            }
            seen
        })
    };
    // The broken build is left behind and removed by the next.
    let mut broken = index.begin_build().unwrap();
    add(&mut broken, &docs[..5]);
    drop(broken);
    let uncommitted = index.begin_build().unwrap();
    assert_eq!(index.switch_to(uncommitted).unwrap_err().kind(), ErrorKind::Conflict);
    let mut built = index.begin_build().unwrap();
    add(&mut built, &docs);
    built.commit(Committed { seq: 4 }).unwrap();
    built.delete_entries(&[docs[0].published.key()]);
    built.commit(Committed { seq: 5 }).unwrap();
    assert_eq!(total(&index), before, "a build is not seen before the switch");
    index.switch_to(built).unwrap();
    let after = total(&index);
    stop.store(true, Ordering::SeqCst);
    let seen = watcher.join().unwrap();
    assert!(seen.iter().all(|n| *n == before || *n == after), "one generation or the other");
    assert_eq!(index.committed(), Some(Committed { seq: 5 }));
    // The switched generation is written like any other, and survives a restart.
    index.live().delete_entries(&[docs[1].published.key()]);
    index.live().commit(Committed { seq: 6 }).unwrap();
    drop(index);
    assert_eq!(Index::open(&folder.path().join("index"), "store", &Reader::default()).unwrap().committed(), Some(Committed { seq: 6 }));
}

#[test]
fn audiences_see_their_own_documents() {
    let place = site("F990999013", "CH", "69003", "Lyon", ("69", "Rhône"));
    let mut app = mailbox("logiciel@ch-exemple.mssante.fr", MailboxType::App);
    app.sites = vec![place.clone()];
    let structure = Record::Structure(StructureRecord { site: place, mailboxes: vec![app.clone()] });
    let docs: Vec<Doc> = [structure, Record::Mailbox(app)].iter().flat_map(documents).collect();
    assert_eq!(docs.len(), 3, "two of the structure, one of the mailbox");
    let (_folder, index) = built(&docs);
    let reader = index.reader();
    let app = AttributeFilter::Present("mail".into());
    assert!(found(&reader, Audience::Public, &app).is_empty());
    assert_eq!(found(&reader, Audience::Professional, &app).len(), 2);
    assert_eq!(found(&reader, Audience::Public, &AttributeFilter::Not(Box::new(app))).len(), 1);
    let anything = query(Matching::Criteria(Criteria::default()));
    assert_eq!(run(&reader, Audience::Public, &anything).total, Some(1));
    assert_eq!(run(&reader, Audience::Professional, &anything).total, Some(2));
    let key = EntryKey::new(Kind::Mailbox, "logiciel@ch-exemple.mssante.fr");
    assert!(reader.entry(Audience::Public, &key).unwrap().is_none() && reader.entry(Audience::Professional, &key).unwrap().is_some());
}

fn listed(index: &Index, audience: Audience) -> Vec<String> {
    keys(&run(&index.reader(), audience, &query(Matching::Attributes(AttributeFilter::Present("objectClass".into())))))
}

#[test]
fn a_large_build_answers_in_the_order_of_names_over_its_segments() {
    let mut docs = world();
    docs.sort_by_cached_key(Doc::sort);
    let folder = TempDir::new().unwrap();
    let mut index = Index::open(&folder.path().join("index"), "store", &Reader::default()).unwrap();
    let mut build = index.begin_build().unwrap();
    for part in docs.chunks(docs.len() / 7) {
        add(&mut build, part);
        build.commit(Committed { seq: 1 }).unwrap();
    }
    for mut merge in build.begin_merge(1).unwrap() {
        while !merge.done().unwrap() {
            std::thread::yield_now();
        }
    }
    index.switch_to(build).unwrap();
    for audience in Audience::ALL {
        let expected: Vec<String> = docs.iter().filter(|d| d.shown_to(audience)).map(Doc::key).collect();
        assert_eq!(listed(&index, audience), expected);
    }
}

/// Which segment comes first must not tell of what the audience may not see.
#[test]
fn the_order_of_segments_follows_what_everybody_sees() {
    let organisation = |name: &str, kind| {
        let mut record = mailbox(&format!("{name}@ch-exemple.mssante.fr"), kind);
        record.sites = vec![site("F990999013", name, "69003", "Lyon", ("69", "Rhône"))];
        documents(&Record::Mailbox(record))
    };
    let mut orders = Vec::new();
    for hidden in [true, false] {
        let (_folder, mut index) = built(&[]);
        let mut first = if hidden { organisation("aaa", MailboxType::App) } else { Vec::new() };
        first.extend(organisation("mmm", MailboxType::Org));
        for (seq, segment) in [(2, first), (3, organisation("bbb", MailboxType::Org))] {
            add(index.live(), &segment);
            index.live().commit(Committed { seq }).unwrap();
        }
        orders.push(listed(&index, Audience::Public));
    }
    assert_eq!(orders[0], ["m:bbb@ch-exemple.mssante.fr", "m:mmm@ch-exemple.mssante.fr"]);
    assert_eq!(orders[0], orders[1]);
}

#[tokio::test]
async fn the_door_follows_the_gate_and_decodes_what_was_published() {
    let docs = world();
    let (_folder, index) = built(&docs);
    let gate = Arc::new(Gate::default());
    let directory = Directory::new(index.reader(), Arc::clone(&gate), [7; 32], Governor::default());
    let ask = || Query { order: Order::Name, limit: 50, ..query(Matching::Criteria(Criteria::default())) };
    let key = docs[3].published.key();
    let closed = directory.search(&Caller::local(Audience::Public), ask(), Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Unavailable);
    assert_eq!(directory.entry(&Caller::local(Audience::Public), key.clone()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    gate.open();
    let answer = directory.search(&Caller::local(Audience::Public), ask(), Duration::from_secs(5)).await.unwrap();
    assert_eq!((answer.hits.len(), answer.more, answer.truncated), (50, true, None));
    let hit = directory.entry(&Caller::local(Audience::Professional), key).await.unwrap().unwrap();
    let expected = docs.iter().find(|d| d.key() == docs[3].key() && d.shown_to(Audience::Professional)).unwrap();
    assert_eq!(hit.published().unwrap(), expected.published);
    assert_eq!((hit.view_json().unwrap(), hit.since()), (expected.published.encode(), super::sample::SINCE));
    assert_eq!(hit.with_operational(), annuaire::ldap_entry::encode(&expected.published, super::sample::SINCE, super::sample::SINCE));
    gate.set_pending_since(std::time::Instant::now() - annuaire::index::gate::CLOSE_AFTER);
    assert!(directory.search(&Caller::local(Audience::Public), ask(), Duration::from_secs(5)).await.is_err());
    let labels = [("TRE_R38".to_owned(), Arc::new(vec![super::sample::physician()]))];
    index.set_labels(labels.into_iter().collect());
    assert!(directory.nomenclature("TRE_R38-SpecialiteOrdinale").is_some() && directory.nomenclature("tre_r38").is_some());
    assert!(directory.nomenclature("TRE_R39").is_none());
}

/// A writer whose thread has ended refuses everything for ever: a new one takes its place, at the last commit.
#[test]
fn a_writer_that_died_is_made_anew() {
    let docs = world();
    let (folder, mut index) = built(&docs[..20]);
    let before = total(&index);
    let fault = Unwritable::new(&folder.path().join("index").join(fs::read_to_string(folder.path().join("index/CURRENT")).unwrap()));
    let lost = Document { published: &docs[20].published, audiences: docs[20].audiences, since: SINCE, created: SINCE };
    for _ in 0..2 {
        // The thread ends with the first document; the writer notices later.
        let until = Instant::now() + crate::harness::PATIENCE;
        while index.live().add(&lost).is_ok() {
            assert!(Instant::now() < until, "the writer can write");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(index.live().add(&lost).is_err());
        assert!(index.live().commit(Committed { seq: 2 }).is_err(), "nothing may be committed without what was lost");
        index.live().restore().unwrap();
        assert_eq!((index.committed(), total(&index)), (Some(Committed { seq: 1 }), before));
    }
    drop(fault);
    index.live().delete_entries(&[docs[0].published.key()]);
    index.live().abandon();
    index.live().restore().unwrap();
    add(index.live(), &docs[20..21]);
    index.live().commit(Committed { seq: 2 }).unwrap();
    assert_eq!(index.committed(), Some(Committed { seq: 2 }));
    let seen = |audience| run(&index.reader(), audience, &query(Matching::Criteria(Criteria::default()))).total.unwrap();
    let shown = u64::from(docs[20].audiences & Audience::Professional.bit() != 0);
    assert_eq!(seen(Audience::Professional), before + shown, "one came, none went");
}

/// A process killed while it commits has written what was deleted, and nothing names it yet. The same changes follow, under the same name.
#[test]
fn what_a_killed_commit_left_is_in_nobody_s_way() {
    let docs = world();
    let deletions = |folder: &Path| -> BTreeSet<OsString> {
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        files.filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "del")).collect()
    };
    let (folder, index) = built(&docs[..20]);
    drop(index);
    let index_folder = folder.path().join("index");
    let generation = index_folder.join(fs::read_to_string(index_folder.join("CURRENT")).unwrap());
    let open = || Index::open(&index_folder, "store", &Reader::default()).unwrap();
    let change = |index: &mut Index, seq| {
        index.live().delete_entries(&[docs[0].published.key()]);
        index.live().commit(Committed { seq })
    };
    let meta = generation.join("meta.json");
    let before = fs::read(&meta).unwrap();
    // What the commit leaves when it comes to its end; then only its last steps are taken back.
    let mut index = open();
    let all = total(&index);
    change(&mut index, 2).unwrap();
    let after = total(&index);
    assert!(after < all);
    let left = deletions(&generation);
    assert_eq!(left.len(), 1);
    drop(index);
    fs::write(&meta, &before).unwrap();
    let mut index = open();
    assert_eq!((index.committed(), total(&index)), (Some(Committed { seq: 1 }), all));
    assert!(deletions(&generation).is_empty(), "nothing names it");
    change(&mut index, 2).unwrap();
    assert_eq!((index.committed(), total(&index), deletions(&generation)), (Some(Committed { seq: 2 }), after, left.clone()));
    // And when it is there while the index is open: the writer made anew finds it gone.
    drop(index);
    fs::write(&meta, &before).unwrap();
    let mut index = open();
    left.iter().for_each(|name| fs::write(generation.join(name), b"cut").unwrap());
    assert!(change(&mut index, 2).is_err());
    index.live().restore().unwrap();
    change(&mut index, 2).unwrap();
    assert_eq!((index.committed(), total(&index)), (Some(Committed { seq: 2 }), after));
}

/// Compared with what is committed, less what was deleted since.
#[test]
fn a_generation_knows_what_it_holds() {
    let docs = world();
    let (_folder, mut index) = built(&docs[..20]);
    let of = |entry: &EntryKey| docs[..20].iter().filter(|d| d.published.key() == *entry).collect::<Vec<_>>();
    let holds = |index: &mut Index, docs: &[&Doc], since: i64| {
        let documents: Vec<_> =
            docs.iter().map(|d| Document { published: &d.published, audiences: d.audiences, since, created: SINCE }).collect();
        index.live().held_now().unwrap().holds(&documents).unwrap()
    };
    let entry = docs[0].published.key();
    let held = of(&entry);
    assert!(holds(&mut index, &held, SINCE));
    assert!(!holds(&mut index, &held, SINCE + 1), "another time");
    assert!(!holds(&mut index, &[], SINCE));
    let fewer = Doc { audiences: held[0].audiences ^ 3, ..held[0].clone() };
    assert!(!holds(&mut index, &[&fewer], SINCE), "another audience");
    index.live().delete_entries(std::slice::from_ref(&entry));
    assert!(!holds(&mut index, &held, SINCE), "deleted in the same window");
    index.live().abandon();
    index.live().restore().unwrap();
    assert!(holds(&mut index, &held, SINCE), "the deletion was never committed");
    index.live().delete_entries(std::slice::from_ref(&entry));
    index.live().commit(Committed { seq: 2 }).unwrap();
    assert!(!holds(&mut index, &held, SINCE));
}
