//! What is told to whom, one act at a time; what is kept how long; and that a row is not told before its content is shown.

use super::step::{Consumer, Running, everything, imported, open};
use crate::country;
use annuaire::export::feed::{Change, Feed};
use annuaire::model::{Address, Audience};
use annuaire::projection::Bounds;
use annuaire::publication::Publication;
use annuaire::store::{MailboxFlags, Store};
use std::time::Duration;

const DOCTOR: &str = "elodie.martin@medecin.mssante.fr";
const NURSE: &str = "elodie.martin@infirmier.mssante.fr";
const NOW: i64 = 1_790_010_000;
const DAY: i64 = 24 * 3600;

async fn red(store: &Store, address: &str, red: bool) {
    let flags = MailboxFlags { liste_rouge: Some(red), ..MailboxFlags::default() };
    Publication::new(store.clone()).flag(&Address::parse(address).unwrap(), flags, "test", NOW).await.unwrap();
}

async fn load(running: &mut Running, lines: &str) {
    let publication = Publication::new(running.store.clone());
    let report = publication.load_lines(country::HOSPITAL_OPERATOR, lines.as_bytes(), "test", NOW).await.unwrap();
    assert_eq!(report.counters.rejected, 0, "{:?}", report.lines);
    running.projector.catch_up().await.unwrap();
}

fn lines(changes: &[Change]) -> String {
    let mut out = Vec::new();
    changes.iter().for_each(|change| change.line(&mut out));
    String::from_utf8(out).unwrap()
}

/// Everything behind a cursor, which then is that of now.
async fn told(feed: &Feed, audience: Audience, cursor: &mut String) -> String {
    let page = feed.after(audience, cursor, 1_000, Duration::ZERO).await.unwrap();
    *cursor = page.cursor;
    lines(&page.changes)
}

#[tokio::test]
async fn the_public_learns_nothing_of_applications_and_nobody_of_red_ones() {
    let (_folder, data) = imported().await;
    let mut running = open(&data, Bounds::default()).await;
    load(&mut running, country::HOSPITAL_LINES).await;
    let feed = running.feed.clone();
    let mut public = feed.cursor_now(Audience::Public).await.unwrap();
    let mut professional = feed.cursor_now(Audience::Professional).await.unwrap();
    let (before, application) = (public.clone(), "appli.neuve@ch-exempleville.mssante.fr");
    for line in [
        format!(
            r#"{{"address":"{application}","type":"APP","structure_id":"F990999013","responsible":"Responsable Caché","description":"Un"}}"#
        ),
        format!(
            r#"{{"address":"{application}","type":"APP","structure_id":"F990999013","responsible":"Responsable Caché","description":"Deux"}}"#
        ),
        format!(r#"{{"operation":"delete","address":"{application}"}}"#),
    ] {
        load(&mut running, &line).await;
        assert_eq!(told(&feed, Audience::Public, &mut public).await, "");
        let seen = told(&feed, Audience::Professional, &mut professional).await;
        assert!(seen.contains(application) && seen.contains("F990999013"), "{seen}");
    }
    assert_eq!(public, before, "not even by the cursor");
    // Born red, changed while red, gone while red.
    let born = "rouge.nee@ch-exempleville.mssante.fr";
    for line in [
        format!(r#"{{"address":"{born}","type":"PER","professional_id":"810999990061","liste_rouge":true}}"#),
        format!(r#"{{"address":"{born}","type":"PER","professional_id":"810999990061","liste_rouge":true,"zero_papier":"accepted"}}"#),
        format!(r#"{{"operation":"delete","address":"{born}"}}"#),
    ] {
        load(&mut running, &line).await;
        assert_eq!(told(&feed, Audience::Public, &mut public).await, "");
        assert_eq!(told(&feed, Audience::Professional, &mut professional).await, "");
    }
    assert_eq!(public, before);
}

/// Two mailboxes of a kind, one deleted and one hidden: what is told differs by their names alone.
#[tokio::test]
async fn a_red_mailbox_is_told_as_a_deleted_one() {
    let (_folder, data) = imported().await;
    let mut running = open(&data, Bounds::default()).await;
    let (one, two) = ("jean.un@ch-exempleville.mssante.fr", "jean.deux@ch-exempleville.mssante.fr");
    let line = |address: &str, more: &str| format!(r#"{{"address":"{address}","type":"PER","professional_id":"810999990061"{more}}}"#);
    let mut answers = Vec::new();
    for (address, hides) in [(one, true), (two, false)] {
        load(&mut running, &line(address, "")).await;
        let mut cursor = running.feed.cursor_now(Audience::Public).await.unwrap();
        if hides {
            red(&running.store, address, true).await;
            running.projector.catch_up().await.unwrap();
        } else {
            load(&mut running, &format!(r#"{{"operation":"delete","address":"{address}"}}"#)).await;
        }
        answers.push(told(&running.feed, Audience::Public, &mut cursor).await.replace(address, "ADDRESS"));
    }
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].contains("{\"op\":\"gone\",\"kind\":\"mailbox\",\"id\":\"ADDRESS\"}\n"), "{}", answers[0]);
}

/// What was told as shown and is hidden since is not in an old row either.
#[tokio::test]
async fn old_rows_show_what_is_shown_now() {
    let (_folder, data) = imported().await;
    let mut running = open(&data, Bounds::default()).await;
    let mut cursor = running.feed.cursor_now(Audience::Public).await.unwrap();
    for accepted in [false, true, false] {
        let flags = MailboxFlags { zero_papier: Some(Some(accepted)), ..MailboxFlags::default() };
        Publication::new(running.store.clone()).flag(&Address::parse(DOCTOR).unwrap(), flags, "test", NOW).await.unwrap();
        running.projector.catch_up().await.unwrap();
    }
    red(&running.store, DOCTOR, true).await;
    running.projector.catch_up().await.unwrap();
    let all = told(&running.feed, Audience::Public, &mut cursor).await;
    assert_eq!(all.matches(DOCTOR).count(), 1, "its end, and in no entry: {all}");
}

#[tokio::test]
async fn nothing_is_told_before_it_is_shown() {
    let (_folder, data) = imported().await;
    let mut running = open(&data, Bounds::default()).await;
    let cursor = running.feed.cursor_now(Audience::Public).await.unwrap();
    let generation = data.index().join(std::fs::read_to_string(data.index().join("CURRENT")).unwrap().trim());
    red(&running.store, NURSE, true).await;
    let fault = crate::projection::faults::Unwritable::new(&generation);
    running.projector.catch_up().await.unwrap_err();
    // The row is there, and its content is not.
    let places = running.store.feed_places(Audience::Public).await.unwrap();
    assert!(!running.store.feed_rows(Audience::Public, places.told, i64::MAX, 10).await.unwrap().is_empty());
    assert_eq!(running.feed.after(Audience::Public, &cursor, 10, Duration::ZERO).await.unwrap().changes, []);
    drop(fault);
    running.projector.catch_up().await.unwrap();
    assert!(lines(&running.feed.after(Audience::Public, &cursor, 10, Duration::ZERO).await.unwrap().changes).contains(NURSE));
}

#[tokio::test]
async fn rows_are_kept_ninety_days_and_then_one_starts_again() {
    let (_folder, data) = imported().await;
    let mut running = open(&data, Bounds::default()).await;
    let (old, before) = (running.feed.cursor_now(Audience::Public).await.unwrap(), jiff::Timestamp::now().as_second());
    let mut consumer = Consumer::start(&running.feed, &running.directory, Audience::Public).await.unwrap();
    red(&running.store, NURSE, true).await;
    running.projector.catch_up().await.unwrap();
    let between = running.feed.cursor_now(Audience::Public).await.unwrap();
    running.store.purge(before + 89 * DAY).await.unwrap();
    assert!(running.feed.after(Audience::Public, &old, 10, Duration::ZERO).await.is_ok(), "still kept");
    running.store.purge(before + 91 * DAY).await.unwrap();
    let expired = running.feed.after(Audience::Public, &old, 10, Duration::from_secs(5)).await.unwrap_err();
    assert_eq!((expired.code(), expired.kind()), ("feed_expired", annuaire::error::Kind::Gone));
    // Who stands at the end misses nothing, however long ago that was.
    assert_eq!(running.feed.after(Audience::Public, &between, 10, Duration::ZERO).await.unwrap().changes, []);
    assert_eq!(running.feed.cursor_now(Audience::Public).await.unwrap(), between);
    red(&running.store, NURSE, false).await;
    running.projector.catch_up().await.unwrap();
    assert!(lines(&running.feed.after(Audience::Public, &between, 10, Duration::ZERO).await.unwrap().changes).contains(NURSE));
    consumer.drain(&running.feed, &running.directory).await;
    assert_eq!(consumer.begun, 2);
    assert_eq!(consumer.held, everything(&running.directory, Audience::Public).unwrap());
}

/// Changes that only professionals saw are forgotten: to the public that is no reason to start again.
#[tokio::test]
async fn what_is_forgotten_is_forgotten_by_who_could_see_it() {
    let (_folder, data) = imported().await;
    let mut running = open(&data, Bounds::default()).await;
    let cursors = [Audience::Public, Audience::Professional].map(|audience| (audience, running.feed.clone()));
    let mut old = Vec::new();
    for (audience, feed) in cursors {
        old.push((audience, feed.cursor_now(audience).await.unwrap()));
    }
    load(&mut running, country::HOSPITAL_LINES.lines().next().unwrap()).await;
    running.store.purge(jiff::Timestamp::now().as_second() + 91 * DAY).await.unwrap();
    let outcome = async |place: usize| running.feed.after(old[place].0, &old[place].1, 10, Duration::ZERO).await.map_err(|e| e.code());
    assert!(outcome(0).await.is_ok());
    assert_eq!(outcome(1).await.unwrap_err(), "feed_expired");
}

#[tokio::test]
async fn a_first_load_and_a_store_put_back_are_told_as_a_new_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let data = annuaire::store::DataDir::create_or_open(folder.path()).unwrap();
    let Running { store, feed, directory, projector } = open(&data, Bounds::default()).await;
    let empty = feed.cursor_now(Audience::Public).await.unwrap();
    drop((projector, feed, directory));
    store.close().await;
    drop(store);
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    crate::harness::import_into(folder.path(), &[files.path().to_owned()], &annuaire::import::Options::default()).await;
    let Running { store, feed, directory, mut projector } = open(&data, Bounds::default()).await;
    let expired = async |feed: &Feed, cursor: &str| feed.after(Audience::Public, cursor, 10, Duration::ZERO).await.unwrap_err().code();
    assert_eq!(expired(&feed, &empty).await, "feed_expired");
    // A copy is put back: what was told since did not happen, and its numbers are given again.
    store.close().await;
    drop((store, feed, directory));
    let copy = folder.path().join("copy");
    std::fs::copy(data.database(), &copy).unwrap();
    let store = Store::open(&data).await.unwrap();
    drop(projector);
    let mut running = open(&data, Bounds::default()).await;
    red(&running.store, NURSE, true).await;
    running.projector.catch_up().await.unwrap();
    let later = running.feed.cursor_now(Audience::Public).await.unwrap();
    let Running { store: again, feed, directory, projector: last } = running;
    again.close().await;
    store.close().await;
    drop((again, store, feed, directory, last));
    for left in ["store.sqlite3-wal", "store.sqlite3-shm"] {
        let _ = std::fs::remove_file(folder.path().join(left));
    }
    std::fs::rename(&copy, data.database()).unwrap();
    let mut running = open(&data, Bounds::default()).await;
    assert_eq!(expired(&running.feed, &later).await, "feed_expired");
    for address in [NURSE, DOCTOR] {
        red(&running.store, address, true).await;
    }
    running.projector.catch_up().await.unwrap();
    assert_eq!(expired(&running.feed, &later).await, "feed_expired");
    projector = running.projector;
    drop(projector);
}

/// In a long run what was withdrawn is deleted first and written again in its turn: in between it is missing from every answer, and from an
/// export that begins then.
#[tokio::test]
async fn what_was_missing_for_a_while_is_told_once_more_to_who_could_miss_it() {
    let (_folder, data) = imported().await;
    let mut running = open(&data, Bounds { commit: 1, ..Bounds::default() }).await;
    let hidden = "zoe.rougier@medecin.mssante.fr";
    red(&running.store, hidden, true).await;
    load(&mut running, country::HOSPITAL_LINES).await;
    let feed = running.feed.clone();
    let mut cursors = Vec::new();
    for audience in Audience::ALL {
        cursors.push((audience, feed.cursor_now(audience).await.unwrap()));
    }
    let before = everything(&running.directory, Audience::Professional).unwrap();
    // Back before anybody looked, so that nothing changed; and a hidden one, an application.
    for address in [NURSE, hidden, "appli.dpi@ch-exempleville.mssante.fr"] {
        for (turn, now) in [(true, NOW), (false, NOW)] {
            let flags = MailboxFlags { frozen: Some(turn), ..MailboxFlags::default() };
            Publication::new(running.store.clone()).flag(&Address::parse(address).unwrap(), flags, "test", now).await.unwrap();
        }
    }
    running.projector.catch_up().await.unwrap();
    assert_eq!(everything(&running.directory, Audience::Professional).unwrap(), before, "nothing changed");
    let mut heard = Vec::new();
    for (audience, mut cursor) in cursors {
        heard.push(told(&feed, audience, &mut cursor).await);
    }
    for heard in &heard {
        assert!(heard.contains(&format!("{{\"op\":\"put\",\"kind\":\"mailbox\",\"id\":\"{NURSE}\"")), "{heard}");
        assert!(!heard.contains("rougier") && !heard.contains("810999990053"), "{heard}");
    }
    assert!(!heard[0].contains("F990999013"), "the public saw no application there: {}", heard[0]);
    assert!(heard[1].contains("appli.dpi"), "{}", heard[1]);
}
