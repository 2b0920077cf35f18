//! The conformance list of tests/conformance: every line over the wire against this server and against a real slapd beside it.
//!
//! slapd holds our own export of the same fixtures. Every line must hold for ours. A line marked `=` must hold for slapd too, with the
//! same entries and values: the expectation is then not only our own opinion. What the notation means is in docs/conformance.md.

mod ber;
mod expect;
mod list;
mod wire;

use crate::harness::{CONTEXTS, PATIENCE, Slapd, TestDirectory, annuaire_in, is_of_the_list};
use annuaire::settings::Settings;
use list::Line;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use wire::{Account, Answer, Wire};

/// The topic that runs against a server with the limits as they come.
const LIMITS: &str = "limits";
/// slapd leaves some of what differs unanswered; that it does is not waited for long.
const UNANSWERED: Duration = Duration::from_secs(2);

/// The answers of a server to all steps of a line, or why it could not be run.
fn run(line: &Line, address: SocketAddr, account: &Account, patience: Duration) -> Result<Vec<Option<Answer>>, String> {
    let steps = || {
        let mut wire = Wire::connect(address, account, patience);
        line.steps.iter().map(|step| wire.step(step)).collect()
    };
    catch_unwind(AssertUnwindSafe(steps)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned())).unwrap_or_else(|| "it panicked".to_owned())
    })
}

fn judge(line: &Line, answers: &Result<Vec<Option<Answer>>, String>) -> Option<String> {
    let answers = match answers {
        Ok(answers) => answers,
        Err(why) => return Some(why.clone()),
    };
    line.expected
        .iter()
        .zip(answers)
        .enumerate()
        .find_map(|(step, (expected, answer))| expect::fault(expected, answer.as_ref()).map(|why| format!("step {}: {why}", step + 1)))
}

/// Where two answers that hold differ in what they show.
fn difference(ours: &[Option<Answer>], theirs: &[Option<Answer>]) -> Option<String> {
    ours.iter().zip(theirs).enumerate().find_map(|(step, pair)| {
        let (Some(ours), Some(theirs)) = pair else { return None };
        if ours.code != 0 || !ours.controls.is_empty() {
            return None;
        }
        let (ours, theirs) = (expect::comparable(ours), expect::comparable(theirs));
        let only = |a: &[String], b: &[String]| a.iter().filter(|line| !b.contains(line)).take(2).cloned().collect::<Vec<_>>();
        let (a, b) = (only(&ours, &theirs), only(&theirs, &ours));
        (ours != theirs)
            .then(|| format!("step {}: {} and {} entries, only ours {a:?}, only slapd's {b:?}", step + 1, ours.len(), theirs.len()))
    })
}

#[test]
fn the_list_is_long_and_every_line_is_one_of_a_kind() {
    let lines = list::lines();
    assert!(lines.len() >= 230, "{}", lines.len());
    let mut seen = BTreeMap::new();
    for (topic, line) in &lines {
        assert!(seen.insert(line.id.clone(), topic).is_none(), "{} twice", line.id);
        assert!(line.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", line.id);
    }
    let mut behaviours: Vec<_> = lines.iter().map(|(topic, line)| (topic, &line.steps)).collect();
    behaviours.sort();
    for pair in behaviours.windows(2) {
        assert_ne!(pair[0], pair[1], "the same steps twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_holds() {
    let mut open = Settings::default();
    open.limits.anonymous_entries = 10_000;
    open.limits.account_entries = 10_000;
    // The list is one source that asks without pause.
    let mut limited = Settings::default();
    for limits in [&mut open.limits, &mut limited.limits] {
        limits.searches_per_second = 1_000_000;
        limits.failed_credentials_per_minute = 1_000_000;
        limits.anonymous_mailboxes_per_hour = u64::MAX;
        limits.anonymous_mailboxes_per_day = u64::MAX;
    }
    let ours = TestDirectory::demo_with(&open).await;
    let limited = TestDirectory::demo_with(&limited).await;
    let account = |directory: &TestDirectory| Account {
        dn: format!("uid={},ou=comptes,dc=mssante,dc=fr", directory.account),
        secret: directory.secret.clone(),
    };
    let slapd = Slapd::configure(&account(&ours).dn, &ours.secret);
    for context in CONTEXTS {
        let file = ours.path().join("context.ldif");
        annuaire_in(ours.path(), &["export", "--format", "slapadd", "--context", context, "--out", file.to_str().unwrap()]).success();
        slapd.load(context, &file);
    }
    let slapd = slapd.start();
    let of_the_list = is_of_the_list();
    let wanted = std::env::var("CONFORMANCE").unwrap_or_default();
    let (mut faults, mut counts) = (Vec::new(), BTreeMap::<String, [usize; 4]>::new());
    for (topic, line) in list::lines().into_iter().filter(|(_, line)| line.id.contains(&wanted)) {
        let at = if topic == LIMITS { &limited } else { &ours };
        let mine = run(&line, at.ldap, &account(at), PATIENCE);
        let theirs = run(&line, slapd.address, &account(&ours), if line.differs.is_some() { UNANSWERED } else { PATIENCE });
        let count = counts.entry(topic.clone()).or_default();
        count[0] += 1;
        let fault = judge(&line, &mine);
        let held = fault.is_none();
        match fault {
            Some(why) => faults.push(format!("{topic} {} ({}): ours: {why}", line.id, line.source)),
            None => count[1] += 1,
        }
        let opinion = judge(&line, &theirs).or_else(|| match (&mine, &theirs) {
            (Ok(mine), Ok(theirs)) if held => difference(mine, theirs),
            _ => None,
        });
        match (&line.differs, opinion) {
            (None, Some(why)) if of_the_list => faults.push(format!("{topic} {}: slapd: {why}", line.id)),
            (None, Some(why)) => println!("{topic} {}: another release of slapd: {why}", line.id),
            (None, None) => count[2] += 1,
            (Some(_), Some(_)) => count[3] += 1,
            // Another release of slapd may have come round: worth a look, no fault.
            (Some(_), None) => println!("{topic} {}: marked as different, but slapd does the same", line.id),
        }
    }
    println!("{:<12} {:>6} {:>6} {:>6} {:>8}", "topic", "lines", "ours", "slapd", "differs");
    let mut total = [0; 4];
    for (topic, count) in &counts {
        println!("{topic:<12} {:>6} {:>6} {:>6} {:>8}", count[0], count[1], count[2], count[3]);
        total.iter_mut().zip(count).for_each(|(sum, n)| *sum += n);
    }
    println!("{:<12} {:>6} {:>6} {:>6} {:>8}", "all", total[0], total[1], total[2], total[3]);
    assert!(faults.is_empty(), "{} of {} lines:\n{}", faults.len(), total[0], faults.join("\n"));
}
