//! The parts by themselves: a row read, a word folded, a filter read and planned, an entry encoded. `cargo bench --bench micro`.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on stops")]

mod small;
#[path = "national/wire.rs"]
#[allow(dead_code, reason = "the whole-country bench speaks more protocols")]
mod wire;

use annuaire::directory::{Audience, Caller, Directory, Matcher, Matching, Order, Query};
use annuaire::extraction::{FileKind, Reader};
use annuaire::ldap::examine;
use annuaire::ldap_entry::{Selection, encode, select};
use annuaire::model::Kind;
use annuaire::projection::Projector;
use annuaire::text::{fold, sort_key, words};
use annuaire::visibility::Published;
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use small::{Files, Small, entries};
use std::sync::LazyLock;
use std::time::Duration;

const NAMES: [&str; 6] =
    ["Hélène LEFÈVRE", "DUPONT-MARTIN", "Cœur d’Étoile", "jean", "SELARL PHARMACIE DE LA MAIRIE", "Saint-Étienne-du-Rouvray"];
/// A shape of filter, by a name that fits a table.
#[derive(Clone, Copy)]
struct Shape(&'static str, &'static str);

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

const FILTERS: [Shape; 4] = [
    Shape("exact", "(mail=jeanne.martin@medecin.mssante.fr)"),
    Shape("beginning", "(sn=mart*)"),
    Shape("contains", "(|(cn=*martin*)(mail=*martin*)(givenName=*martin*)(sn=*martin*))"),
    Shape(
        "two_words",
        "(&(|(cn=*jean*)(givenName=*jean*)(sn=*jean*)(mozillaNickname=*jean*)(mail=*jean*)(o=*jean*))(|(cn=*mart*)(sn=*mart*)))",
    ),
];

fn main() {
    divan::main();
}

static FILES: LazyLock<Files> = LazyLock::new(|| Files::new(1_000));
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().expect("a runtime"));
static COUNTRY: LazyLock<Country> = LazyLock::new(|| RUNTIME.block_on(Country::new()));

struct Country {
    directory: Directory,
    entries: Vec<(Published, Vec<u8>)>,
    _projector: Projector,
    _small: Small,
}

impl Country {
    async fn new() -> Self {
        let small = Small::load(&FILES).await;
        let (directory, projector) = small.directory().await;
        let entries = entries(&directory).await;
        Self { directory, entries, _projector: projector, _small: small }
    }
}

#[divan::bench(args = FileKind::ALL)]
fn rows(bencher: Bencher, kind: FileKind) {
    let bytes = FILES.bytes(kind.file_prefix());
    let rows = bytes.iter().filter(|octet| **octet == b'\n').count() - 1;
    bencher.counter(BytesCount::new(bytes.len())).counter(ItemsCount::new(rows)).bench(|| {
        let mut reader = Reader::new(kind, bytes.as_slice()).expect("its header");
        let mut accepted = 0;
        while let Some(row) = reader.next().expect("a row") {
            accepted += usize::from(row.outcome.is_ok());
        }
        accepted
    });
}

#[divan::bench(args = NAMES)]
fn folding(text: &str) -> String {
    fold(divan::black_box(text))
}

#[divan::bench(args = NAMES)]
fn splitting(text: &str) -> Vec<String> {
    words(divan::black_box(text))
}

#[divan::bench]
fn sort_keys() -> String {
    sort_key(divan::black_box("LEFÈVRE"), divan::black_box("Hélène"))
}

/// The filter inside a search request, as bytes.
fn filter_bytes(shape: Shape) -> Vec<u8> {
    wire::ldap_filter(shape.1).expect("a filter").0
}

#[divan::bench(args = FILTERS)]
fn filter_read_and_compiled(bencher: Bencher, shape: Shape) {
    let bytes = filter_bytes(shape);
    bencher.bench(|| Matcher::new(&examine::filter(&bytes).expect("a filter")).expect("a matcher"));
}

#[divan::bench(args = FILTERS)]
fn filter_tested_on_every_entry(bencher: Bencher, shape: Shape) {
    let matcher = Matcher::new(&examine::filter(&filter_bytes(shape)).expect("a filter")).expect("a matcher");
    let entries = &COUNTRY.entries;
    bencher
        .counter(ItemsCount::new(entries.len()))
        .bench(|| entries.iter().filter(|(_, ldap)| matcher.evaluate(ldap) == Some(true)).count());
}

/// Plan, posting lists, the test of candidates, the hand-over to a worker and back.
#[divan::bench(args = FILTERS)]
fn filter_planned_and_answered(bencher: Bencher, shape: Shape) {
    let filter = examine::filter(&filter_bytes(shape)).expect("a filter");
    let query = Query {
        kinds: vec![Kind::Professional],
        matching: Matching::Attributes(filter),
        order: Order::Any,
        limit: 100,
        after: None,
        count: false,
        facets: false,
    };
    let (directory, caller) = (&COUNTRY.directory, Caller::local(Audience::Public));
    bencher.with_inputs(|| query.clone()).bench_values(|query| {
        let answer = RUNTIME.block_on(directory.search(&caller, query, Duration::from_secs(10)));
        answer.expect("an answer").hits.len()
    });
}

#[divan::bench]
fn entries_encoded(bencher: Bencher) {
    let entries = &COUNTRY.entries;
    bencher
        .counter(ItemsCount::new(entries.len()))
        .bench(|| entries.iter().map(|(published, _)| encode(published, 1_790_000_000, 1_790_000_000).len()).sum::<usize>());
}

#[divan::bench(args = [&["*"][..], &["cn", "mail"]])]
fn entries_selected(bencher: Bencher, wanted: &[&str]) {
    let (entries, selection) = (&COUNTRY.entries, Selection::new(wanted.iter().copied()));
    bencher
        .counter(ItemsCount::new(entries.len()))
        .bench(|| entries.iter().map(|(_, ldap)| select(ldap, None, &selection, false).length()).sum::<usize>());
}
