//! Allocations an operation, beside those of `benches/allocations.json`: more than a fifth above fails. Counted, so that a slow machine
//! says the same as a fast one. A program of its own, because the count is of the whole process.
//!
//! Renew the file after a change that is meant: `RENEW_ALLOCATIONS=1 cargo test --test allocations`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../benches/small/mod.rs"]
mod small;
#[path = "../benches/national/wire.rs"]
#[allow(dead_code, reason = "the whole-country bench speaks more protocols")]
mod wire;

use annuaire::cli::assembly::Service;
use annuaire::extraction::{FileKind, Reader};
use annuaire::ldap_entry::encode;
use annuaire::settings::Settings;
use annuaire::text::fold;
use small::{Files, Small, entries};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;
use wire::{Protocol, Step};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PEOPLE: u64 = 300;
/// More than this much above the committed count fails.
const TOLERATED: f64 = 1.2;
/// The least of so many rounds: what runs in the background (a look for changes, a metric) only ever adds.
const ROUNDS: usize = 3;
const BASE: &str = "ou=professionnels,dc=annuaire,dc=sante,dc=fr";

/// Allocations and reallocations of one operation out of `number` that `work` does.
fn counted(number: usize, work: impl FnOnce()) -> f64 {
    let count = || {
        let stats = ALLOCATOR.stats();
        stats.allocations + stats.reallocations
    };
    let before = count();
    work();
    (count() - before) as f64 / number as f64
}

fn least(number: usize, mut work: impl FnMut()) -> f64 {
    // Once for what is made on first use.
    work();
    (0..ROUNDS).map(|_| counted(number, &mut work)).fold(f64::INFINITY, f64::min)
}

/// A client that allocates nothing.
struct Client {
    stream: TcpStream,
    protocol: Protocol,
    buffer: Vec<u8>,
}

impl Client {
    fn new(address: SocketAddr, protocol: Protocol) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { stream, protocol, buffer: vec![0; 4 << 20] }
    }

    fn ask(&mut self, request: &[u8]) -> u32 {
        self.stream.write_all(request).unwrap();
        let (mut at, mut filled, mut entries) = (0, 0, 0);
        loop {
            match self.protocol.step(&self.buffer[at..filled]).unwrap() {
                Step::Part(length, more) => (at, entries) = (at + length, entries + more),
                Step::Last(more, good) => {
                    assert!(good);
                    return entries + more;
                }
                Step::More => {
                    let read = self.stream.read(&mut self.buffer[filled..]).unwrap();
                    assert!(read > 0, "closed");
                    filled += read;
                }
            }
        }
    }
}

fn service_settings() -> Settings {
    let mut settings = Settings::default();
    // The files of the day allocate as well.
    settings.exports.daily = false;
    settings.indicators.daily = false;
    settings.limits.searches_per_second = 1_000_000;
    settings.limits.anonymous_mailboxes_per_hour = 1_000_000;
    settings.limits.anonymous_mailboxes_per_day = 1_000_000;
    settings.ldap.listen.set_port(0);
    settings.http.listen.set_port(0);
    settings
}

/// Searches over the wire, from the socket to the socket.
fn searches(service: &Service, surname: &str, given: &str, address: &str, found: &mut BTreeMap<&'static str, f64>) {
    const EACH: usize = 200;
    let on_four = |x: &str| format!("(|(cn=*{x}*)(mail=*{x}*)(givenName=*{x}*)(sn=*{x}*))");
    let ldap: [(&str, String); 4] = [
        ("search: contains, four attributes", on_four(&surname[1..])),
        ("search: contains, two words", format!("(&{}{})", on_four(surname), on_four(given))),
        ("search: beginning", format!("(sn={}*)", &surname[..3])),
        ("search: exact", format!("(mail={address})")),
    ];
    for (what, filter) in ldap {
        let request = wire::ldap_search(BASE, &filter).unwrap();
        let mut client = Client::new(service.ldap_address(), Protocol::Ldap);
        client.ask(&wire::ldap_bind());
        assert!(client.ask(&request) > 0, "{what}: {filter}");
        let count = least(EACH, || {
            for _ in 0..EACH {
                client.ask(&request);
            }
        });
        found.insert(what, count);
    }
    let request = wire::http_get("/v1/search", &[("name", surname), ("given", given), ("limit", "20")]);
    let mut client = Client::new(service.http_address(), Protocol::Http);
    assert!(client.ask(&request) > 0);
    let count = least(EACH, || {
        for _ in 0..EACH {
            client.ask(&request);
        }
    });
    found.insert("search: REST, two criteria", count);
}

fn measured() -> BTreeMap<&'static str, f64> {
    let mut found = BTreeMap::new();
    let files = Files::new(PEOPLE);
    for (kind, what) in [
        (FileKind::PersonneActivite, "row read: Personne_activite"),
        (FileKind::SavoirFaire, "row read: SavoirFaire"),
        (FileKind::Mailboxes, "row read: mailboxes"),
    ] {
        let bytes = files.bytes(kind.file_prefix());
        let rows = bytes.iter().filter(|octet| **octet == b'\n').count() - 1;
        let count = least(rows, || {
            let mut reader = Reader::new(kind, bytes.as_slice()).unwrap();
            while let Some(row) = reader.next().unwrap() {
                drop(row.outcome);
            }
        });
        found.insert(what, count);
    }
    let names = ["Hélène LEFÈVRE", "DUPONT-MARTIN", "Cœur d’Étoile"];
    found.insert("word folded", least(names.len(), || names.iter().for_each(|name| drop(fold(name)))));

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut small = None;
    let loaded = counted(PEOPLE as usize, || small = Some(runtime.block_on(Small::load(&files))));
    found.insert("import and index, a person", loaded);
    let small = small.unwrap();
    let service = runtime.block_on(async {
        let service = Service::start(&small.data, &small.store, &service_settings()).await.unwrap();
        assert!(service.opened(Duration::from_secs(30)).await);
        service
    });
    let entries = runtime.block_on(entries(service.directory()));
    let encoding = least(entries.len(), || entries.iter().for_each(|(published, _)| drop(encode(published, 1, 1))));
    found.insert("entry encoded", encoding);

    // Somebody whose names are plain and who has an address: the first in the order of names, the same every time.
    let text = |ldap: &[u8], wanted: &str| {
        let mut values = annuaire::ldap_entry::values(ldap).filter(|(name, _)| *name == wanted).flat_map(|(_, values)| values);
        values.next().map(|value| String::from_utf8_lossy(value).into_owned())
    };
    let plain = |text: &str| text.len() >= 5 && text.bytes().all(|octet| octet.is_ascii_alphabetic());
    let person = entries.iter().find_map(|(_, ldap)| {
        let all = (text(ldap, "sn")?, text(ldap, "givenName")?, text(ldap, "mail")?);
        let professional = annuaire::ldap_entry::dn_of(ldap).ends_with(BASE);
        (professional && plain(&all.0) && plain(&all.1)).then_some(all)
    });
    let (surname, given, address) = person.expect("somebody with plain names");
    searches(&service, &surname, &given, &address, &mut found);
    runtime.block_on(async { service.stop().await.unwrap() });
    found
}

#[test]
fn no_operation_allocates_a_fifth_more_than_it_did() {
    let measured = measured();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/allocations.json");
    if std::env::var_os("RENEW_ALLOCATIONS").is_some() {
        let rounded: BTreeMap<_, _> = measured.iter().map(|(what, count)| (what, (count * 10.0).ceil() / 10.0)).collect();
        std::fs::write(&file, serde_json::to_string_pretty(&rounded).unwrap() + "\n").unwrap();
        return;
    }
    let kept: BTreeMap<String, f64> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert!(kept.keys().map(String::as_str).eq(measured.keys().copied()), "other operations than in {}", file.display());
    let mut more = Vec::new();
    for (what, count) in &measured {
        let before = kept[*what];
        println!("{what}: {count:.1}, before {before:.1}");
        // Of a count near none, a fifth is no allocation.
        if *count > before * TOLERATED && *count > before + 0.5 {
            more.push(format!("{what}: {count:.1} allocations, {before:.1} before"));
        }
    }
    assert!(
        more.is_empty(),
        "more allocations an operation than {}:\n{}\nIf that is meant: RENEW_ALLOCATIONS=1 cargo test --test allocations",
        file.display(),
        more.join("\n")
    );
}
