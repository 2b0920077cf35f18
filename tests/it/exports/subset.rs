//! Subsets: one practice satisfies profession, specialty and place together; governed, kept, and in the journal.

use super::{build, country, unpacked};
use crate::harness::HttpAnswer;
use annuaire::directory::Audience;
use annuaire::export::{Filter, Form};
use annuaire::model::Address;
use annuaire::publication::{MailboxFlags, Publication};
use annuaire::store::{Actor, AuditQuery};
use std::collections::BTreeSet;

fn ids(answer: &HttpAnswer) -> BTreeSet<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(answer.body.as_slice()), &mut text).unwrap();
    let id = |line: &str| {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        entry.get("id").or(entry.get("address")).unwrap().as_str().unwrap().to_owned()
    };
    text.lines().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_practice_satisfies_all_criteria() {
    let (directory, _exports) = country().await;
    let subset = async |query: &str| ids(&directory.get_as_professional(&format!("/v1/exports/subset?form=jsonl&{query}")).await);
    let of = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    let (doctor, both) = ("810999990012", "810999990046");
    let doctors_of_lyon = of(&[
        doctor,
        both,
        "elodie.martin@medecin.mssante.fr",
        "camille.doublet@ch-exempleville.mssante.fr",
        "cabinet.cardio@ch-exempleville.mssante.fr",
    ]);
    assert_eq!(subset("profession=10&department=69").await, doctors_of_lyon);
    assert_eq!(subset("profession=10&region=84").await, doctors_of_lyon);
    assert_eq!(subset("profession=10&insee=69383").await, doctors_of_lyon);
    assert_eq!(subset("profession=10&city=lyon%203E%20arrondissement").await, doctors_of_lyon);
    // A nurse in Paris who is a physician in Lyon is no nurse of Lyon and no physician of Paris.
    assert_eq!(subset("profession=60&department=69").await, of(&[]));
    assert_eq!(subset("profession=10&department=75").await, of(&[]));
    assert!(subset("profession=60&department=75").await.contains(both));
    assert_eq!(subset("specialty=SM54&department=75,69").await, of(&[doctor, "elodie.martin@medecin.mssante.fr"]));
    assert!(subset("department=42").await.contains("F990999039"), "structures lie somewhere too");
    assert!(!subset("department=69").await.contains("appli.dpi@ch-exempleville.mssante.fr"));
    assert!(subset("department=69&audience=professional").await.contains("appli.dpi@ch-exempleville.mssante.fr"));
}

/// It is kept until the next edition, but for nobody longer than what is in it may be shown.
#[tokio::test(flavor = "multi_thread")]
async fn what_turned_red_is_not_in_a_subset_that_was_made_before() {
    let (directory, _exports) = country().await;
    let address = "elodie.martin@medecin.mssante.fr";
    let query = "/v1/exports/subset?form=jsonl&profession=10&department=69";
    assert!(ids(&directory.get_as_professional(query).await).contains(address));
    let flags = MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() };
    let publication = Publication::new(directory.store.clone());
    publication.flag(&Address::parse(address).unwrap(), flags, "test", 1_790_000_100).await.unwrap();
    directory.settle().await;
    assert!(!ids(&directory.get_as_professional(query).await).contains(address));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subset_is_for_accounts_and_says_what_it_is() {
    let (directory, exports) = country().await;
    let query = "form=csv&profession=10&region=84";
    assert_eq!(directory.get(&format!("/v1/exports/subset?{query}")).await.status, 401);
    let manifest = directory.get_as_professional(&format!("/v1/exports/subset/manifest?{query}")).await.json();
    assert_eq!(manifest["filter"], serde_json::json!({ "profession": ["10"], "region": ["84"] }));
    assert_eq!(manifest["entries"], serde_json::json!({ "mailbox": 3, "professional": 2, "structure": 0 }));
    let file = directory.get_as_professional(&format!("/v1/exports/subset?{query}")).await;
    assert_eq!(file.headers["etag"], format!("\"{}\"", manifest["files"][0]["sha256"].as_str().unwrap()));
    assert_eq!(file.body.len() as u64, manifest["files"][0]["bytes"].as_u64().unwrap());
    for (query, refused) in [
        ("form=csv", "missing_criterion"),
        ("profession=10", "invalid_parameter"),
        ("form=pdf&profession=10", "invalid_parameter"),
        ("form=csv&region=999", "unknown_code"),
        ("form=csv&department=20", "unknown_code"),
        ("form=csv&profession=10,ZZ", "unknown_code"),
        ("form=csv&specialty=SM9999", "unknown_code"),
        ("form=csv&insee=69383,99999", "unknown_code"),
        ("form=csv&city=Lyon%203e%20Arrondissement,Nulle-Part", "unknown_code"),
        ("form=csv&profession=--", "invalid_parameter"),
        ("form=csv&beruf=10", "unknown_parameter"),
    ] {
        let answer = directory.get_as_professional(&format!("/v1/exports/subset?{query}")).await;
        assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (400, refused), "{query}");
        if refused == "unknown_code" {
            let parameter = query.trim_start_matches("form=csv&").split('=').next();
            assert_eq!(answer.json()["parameter"].as_str(), parameter, "{query}");
        }
    }
    // It was made once, and is in the journal once.
    let asked = AuditQuery { action: Some("export.subset".to_owned()), limit: 10, ..AuditQuery::default() };
    let journal = directory.store.audit_search(&asked).await.unwrap();
    assert_eq!(journal.len(), 1);
    assert_eq!((&journal[0].1.actor, &journal[0].1.detail["filter"]), (&directory.account, &manifest["filter"]));
    // The next edition clears what was kept.
    let subsets = directory.data().exports().join("subsets");
    assert_eq!(std::fs::read_dir(&subsets).unwrap().count(), 1);
    build(&exports, 0).await;
    assert_eq!(std::fs::read_dir(&subsets).unwrap().count(), 0);
}

/// Of a commune that has arrondissements the files name those; and a region of communes fits into one question.
#[tokio::test(flavor = "multi_thread")]
async fn communes_may_be_many_and_have_arrondissements() {
    let (directory, _exports) = country().await;
    let subset =
        async |insee: &str| directory.get_as_professional(&format!("/v1/exports/subset?form=jsonl&profession=10&insee={insee}")).await;
    let third = ids(&subset("69383").await);
    assert!(!third.is_empty());
    assert_eq!(ids(&subset("69123").await), third);
    let many = |count: usize| {
        vec!["69383"; 1].into_iter().map(str::to_owned).chain((1..count).map(|n| (10_000 + n).to_string())).collect::<Vec<_>>().join(",")
    };
    // Two hundred are read, though nothing lies in most of these; one more is not.
    let answer = subset(&many(200)).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("unknown_code")));
    let answer = subset(&many(201)).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("invalid_parameter")));
    let repeated = vec!["69383"; 200].join(",");
    assert_eq!(ids(&subset(&repeated).await), third);
    let answer = subset(&"1".repeat(2_001)).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("parameter_too_long")));
}

#[tokio::test(flavor = "multi_thread")]
async fn few_are_kept_and_every_form_can_be_had() {
    let (directory, _) = country().await;
    let exports = super::exports(&directory, annuaire::settings::ExportSettings { subsets: 3, ..Default::default() });
    let mut filter = Filter::default();
    filter.add("profession", "10,21").unwrap();
    for form in Form::ALL {
        let subset = exports.subset(&Actor::from("a"), Audience::Public, form, filter.clone(), super::DAY).await.unwrap();
        assert!(!unpacked(&subset.path).is_empty(), "{}", form.name());
    }
    assert_eq!(std::fs::read_dir(directory.data().exports().join("subsets")).unwrap().count(), 3);
}
