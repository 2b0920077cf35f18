//! What the fuzzers under `fuzz/` kept is read again at every run of the tests: a fault once found stays found.

use super::frames::read_everything;
use crate::harness::repository;
use annuaire::ldap_entry::{dn_key, parse_dn};

fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = repository("fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|path| std::fs::read(path).expect("a case")).collect()
}

#[test]
fn the_messages_are_read() {
    let messages = kept("message");
    assert!(messages.len() > 20, "{}", messages.len());
    messages.iter().for_each(|bytes| read_everything(bytes));
}

#[test]
fn the_names_are_read() {
    let names = kept("dn");
    let read = names.iter().filter_map(|bytes| parse_dn(std::str::from_utf8(bytes).ok()?)).filter(|name| !dn_key(name).is_empty());
    assert!(read.count() > 5);
}

#[test]
fn the_corpus_stays_small() {
    let bytes: usize = ["message", "filter", "dn"].iter().flat_map(|target| kept(target)).map(|case| case.len()).sum();
    assert!(bytes < 200_000, "{bytes} bytes: cargo fuzz cmin");
}
