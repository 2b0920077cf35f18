//! Listes blanches that must be signed: a good one is applied and kept, and whatever is wrong leaves the former one in force.

use super::files::{dn, list};
use super::{Bench, DAY1, DAY2, DAY3, now};
use crate::harness::signer::{ListAuthority, SIGNER};
use annuaire::error::Result;
use annuaire::import::{Options, Report, Silent, run};
use annuaire::store::ListVersion;
use annuaire::trust::{Admission, Anchors, written_subject};
use sha2::{Digest as _, Sha256};

fn entries(domains: &[&str]) -> Vec<(String, String)> {
    domains.iter().map(|domain| ((*domain).to_owned(), dn(1))).collect()
}

fn must_be_signed(authority: &ListAuthority) -> Options {
    let anchors = Anchors::new(authority.pem().as_bytes(), written_subject(SIGNER).unwrap()).unwrap();
    Options { list: Admission::Signed(Box::new(anchors)), ..Options::default() }
}

async fn give(bench: &Bench, document: &str, options: &Options) -> Result<Report> {
    let path = bench.place("listeblanchemssante.xml");
    std::fs::write(&path, document).unwrap();
    run(&bench.data, &[path], options, &Silent, &now).await
}

async fn versions(bench: &Bench) -> Vec<ListVersion> {
    let store = bench.store().await;
    let versions = store.list_versions().await.unwrap();
    store.close().await;
    versions
}

#[tokio::test]
async fn a_bad_signature_leaves_the_former_list_in_force() {
    let (authority, stranger) = (ListAuthority::new("AC d'exemple"), ListAuthority::new("AC autre"));
    let (signer, options, bench) = (authority.signer(|_| ()), must_be_signed(&authority), Bench::new());
    let first = signer.sign(&list(DAY1, &entries(&["un.mssante.fr", "deux.mssante.fr"])));
    let report = give(&bench, &first, &options).await.unwrap();
    assert_eq!(report.files[0].signer.as_deref(), Some(SIGNER));
    assert!(report.to_string().contains(&format!("signed by {SIGNER}")), "{report}");
    let before = bench.dump().await;
    let next = list(DAY2, &entries(&["un.mssante.fr", "deux.mssante.fr", "trois.mssante.fr"]));
    let good = signer.sign(&next);
    for bad in [
        next.clone(),
        good.replacen("trois", "troie", 1),
        good.replacen("<Nom>trois", "<Nom>tr<!-- -->ois", 1),
        good[..good.len() - 30].to_owned(),
        stranger.signer(|_| ()).sign(&next),
    ] {
        let error = give(&bench, &bad, &options).await.unwrap_err();
        assert_eq!(error.code(), "bad_signature");
        assert!(error.to_string().contains("the former list stays in force"), "{error}");
        assert_eq!(bench.dump().await, before);
    }
    let closed = Options { list: Admission::Closed, ..Options::default() };
    let error = give(&bench, &good, &closed).await.unwrap_err();
    assert!(error.to_string().contains("trust.liste_blanche_ca"), "{error}");
    assert_eq!((bench.dump().await, versions(&bench).await.len()), (before, 1));
    give(&bench, &good, &options).await.unwrap();
    let store = bench.store().await;
    assert!(store.domain_listed("trois.mssante.fr").await.unwrap());
    store.close().await;
}

/// The beginning of a file names its edition before anything was verified; the signed date counts.
#[tokio::test]
async fn an_older_list_does_not_come_back_under_another_date() {
    let authority = ListAuthority::new("AC d'exemple");
    let (signer, options, bench) = (authority.signer(|_| ()), must_be_signed(&authority), Bench::new());
    give(&bench, &signer.sign(&list(DAY2, &entries(&["un.mssante.fr"]))), &options).await.unwrap();
    let older = signer.sign(&list(DAY1, &entries(&["un.mssante.fr"])));
    assert_eq!(give(&bench, &older, &options).await.unwrap_err().code(), "older_edition");
    // The same to a reader of XML, and no date to a search for text.
    let hidden = older.replacen("<DateDeGeneration>2026", "<DateDeGeneration>&#50;026", 1);
    let options = Options { edition: Some(DAY3.to_owned()), ..options };
    assert_eq!(give(&bench, &hidden, &options).await.unwrap_err().code(), "older_edition");
}

#[tokio::test]
async fn every_version_is_kept_once() {
    let authority = ListAuthority::new("AC d'exemple");
    let (signer, options, bench) = (authority.signer(|_| ()), must_be_signed(&authority), Bench::new());
    let unsigned = list(DAY1, &entries(&["un.mssante.fr", "pas un domaine"]));
    let signed = signer.sign(&list(DAY2, &entries(&["un.mssante.fr"])));
    let report = give(&bench, &unsigned, &Options::default()).await.unwrap();
    assert!(report.to_string().contains("signature not checked"), "{report}");
    give(&bench, &unsigned, &Options::default()).await.unwrap();
    let dry = Options { dry_run: true, ..options.clone() };
    give(&bench, &signed, &dry).await.unwrap();
    let kept = versions(&bench).await;
    let sha256 = |text: &str| Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let version = |text: &str, date: &str, signer: &str, entries| ListVersion {
        sha256: sha256(text),
        generated: date.parse::<jiff::Timestamp>().unwrap().as_second(),
        received: now().as_second(),
        signer: signer.to_owned(),
        signed: !signer.is_empty(),
        entries,
        bytes: text.len() as u64,
    };
    let first = version(&unsigned, "2026-09-01T08:30:00Z", "", 2);
    assert_eq!(kept, std::slice::from_ref(&first));
    // Beside another holder of the store it is applied in slices.
    let store = bench.store().await;
    assert!(!give(&bench, &signed, &options).await.unwrap().first_load);
    store.close().await;
    assert_eq!(versions(&bench).await, [first, version(&signed, "2026-09-02T08:30:00Z", SIGNER, 1)]);
    // Signed, and nobody asked by whom.
    let another = signer.sign(&list(DAY3, &entries(&["un.mssante.fr"])));
    give(&bench, &another, &Options::default()).await.unwrap();
    let store = bench.store().await;
    let last = store.list_versions().await.unwrap().pop().unwrap();
    assert_eq!((last.signed, last.signer.as_str()), (true, ""));
    for text in [&unsigned, &signed, &another] {
        assert_eq!(store.list_version_document(&sha256(text)).await.unwrap().as_deref(), Some(text.as_bytes()));
    }
    assert_eq!(store.list_version_document("").await.unwrap(), None);
    store.close().await;
}
