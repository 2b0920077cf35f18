//! REST criteria: one same practice, words by their beginning, codes and labels, classes of the rank.

use super::sample::{Doc, activity, documents, exercise, held, mailbox, nurse, person, physician, site};
use super::{asked, built};
use annuaire::index::Index;
use annuaire::index::query::{Criteria, ZeroPapierFilter};
use annuaire::model::{MailboxType, Record, StructureRecord};
use tempfile::TempDir;

/// A nurse of Paris who is also a physician in Lyon; a nurse of Lyon; a mailbox, an ORG and two namesakes.
fn small() -> (TempDir, Index) {
    let lyon = site("F990999013", "CH DE LA CROIX-D'OR", "69003", "Lyon 3e  Arrondissement", ("69", "Rhône"));
    let paris = site("C99000000000017", "CABINET DES ŒILLETS", "75012", "Paris 12e Arrondissement", ("75", "Paris"));
    let both = person(
        "10000000001",
        "Zoé",
        "DUPONT",
        vec![exercise(nurse(), &[]), exercise(physician(), &[("SM04", "Cardiologie et maladies vasculaires (SM)")])],
        vec![activity(nurse(), Some(paris.clone())), activity(physician(), Some(lyon.clone()))],
    );
    let lyonnaise = person("10000000002", "Ève", "DUPONTEL", vec![exercise(nurse(), &[])], vec![activity(nurse(), Some(lyon.clone()))]);
    let mut own = held(mailbox("eve.dupontel@infirmier.mssante.fr", MailboxType::Per), &lyonnaise);
    own.mailbox.zero_papier = Some(true);
    let mut org = mailbox("secretariat@ch-exemple.mssante.fr", MailboxType::Org);
    org.mailbox.service = "Secrétariat de cardiologie".into();
    org.mailbox.zero_papier = Some(false);
    org.sites = vec![lyon.clone()];
    let mut holder = lyonnaise.clone();
    holder.mailboxes = vec![annuaire::model::MailboxRecord { holders: vec![], ..own.clone() }];
    let records = [
        Record::Professional(both),
        Record::Professional(holder),
        Record::Mailbox(own),
        Record::Structure(StructureRecord { site: lyon, mailboxes: vec![org.clone()] }),
        Record::Structure(StructureRecord { site: paris, mailboxes: vec![] }),
        Record::Mailbox(org),
    ];
    let docs: Vec<Doc> = records.iter().flat_map(documents).collect();
    built(&docs)
}

const BOTH: &str = "p:810000000001";
const EVE: &str = "p:810000000002";
const EVE_BOX: &str = "m:eve.dupontel@infirmier.mssante.fr";
const ORG_BOX: &str = "m:secretariat@ch-exemple.mssante.fr";
const LYON: &str = "s:F990999013";
const PARIS: &str = "s:C99000000000017";

macro_rules! criteria {
    ($($field:ident: $value:expr),*) => {
        Criteria { $($field: Some($value.into()),)* ..Criteria::default() }
    };
}

#[test]
fn criteria_table() {
    let (_folder, index) = small();
    let reader = index.reader();
    for (criteria, expected) in [
        (criteria!(profession: "infirmier", city: "lyon"), vec![EVE_BOX, EVE]),
        (criteria!(profession: "60", city: "Lyon"), vec![EVE_BOX, EVE]),
        (criteria!(profession: "10", city: "LYON 3E"), vec![BOTH]),
        (criteria!(profession: "MEDECIN", department: "rhone", postal_code: "69003"), vec![BOTH]),
        (criteria!(profession: "médecin", department: "75"), vec![]),
        (criteria!(specialty: "SM04"), vec![BOTH]),
        (criteria!(specialty: "cardiologie", city: "paris"), vec![]),
        (criteria!(specialty: "Cardiologie et maladies vasculaires (SM)", organization: "croix d or"), vec![BOTH]),
        (criteria!(organization: "990999013"), vec![EVE_BOX, EVE, ORG_BOX, LYON, BOTH]),
        (criteria!(organization: "oeillets"), vec![BOTH, PARIS]),
        (criteria!(name: "dupont"), vec![BOTH, EVE_BOX, EVE]),
        (criteria!(name: "dupontel"), vec![EVE_BOX, EVE]),
        (criteria!(name: "DUPONTE", given: "eve"), vec![EVE_BOX, EVE]),
        (criteria!(name: "dup", given: "zo"), vec![BOTH]),
        (criteria!(q: "dupont lyon"), vec![BOTH, EVE_BOX, EVE]),
        (criteria!(q: "secretariat"), vec![ORG_BOX, LYON]),
        (criteria!(q: "cardio lyon"), vec![ORG_BOX, LYON, BOTH]),
        (criteria!(q: "établissements"), vec![]),
        (criteria!(q: "  "), vec![]),
        (criteria!(identifier: "10000000001"), vec![BOTH]),
        (criteria!(identifier: "810000000002"), vec![EVE_BOX, EVE]),
        (criteria!(identifier: "f990999013"), vec![ORG_BOX, LYON]),
        (criteria!(identifier: "990 000 000 00017"), vec![PARIS]),
        (criteria!(address: "EVE.dupontel@infirmier.mssante.fr"), vec![EVE_BOX, EVE]),
        (criteria!(address: "@CH-exemple.mssante.fr"), vec![ORG_BOX, LYON]),
        (criteria!(address: "no address"), vec![]),
        (criteria!(mailbox_type: MailboxType::Org), vec![ORG_BOX, LYON]),
        (criteria!(zero_papier: ZeroPapierFilter::Accepted), vec![EVE_BOX, EVE]),
        (criteria!(zero_papier: ZeroPapierFilter::Refused, mailbox_type: MailboxType::Per), vec![]),
        (criteria!(zero_papier: ZeroPapierFilter::NotStated), vec![]),
        (criteria!(has_mailbox: false), vec![PARIS, BOTH]),
        (criteria!(has_mailbox: false, name: "dupont"), vec![BOTH]),
    ] {
        let (mut got, mut expected) = (asked(&reader, criteria.clone()), expected);
        got.sort_unstable();
        expected.sort_unstable();
        assert_eq!(got, expected, "{criteria:?}");
    }
}

#[test]
fn whole_words_then_mailboxes_then_names() {
    let (_folder, index) = small();
    let reader = index.reader();
    // DUPONT is whole in the first only; the others begin so, and show a mailbox.
    assert_eq!(asked(&reader, criteria!(q: "dupont")), [BOTH, EVE_BOX, EVE]);
    // Both by beginning: the one with a mailbox first.
    assert_eq!(asked(&reader, criteria!(name: "dupon")), [EVE_BOX, EVE, BOTH]);
    assert_eq!(asked(&reader, Criteria::default()), [LYON, EVE_BOX, EVE, ORG_BOX, PARIS, BOTH]);
}

#[test]
fn many_practices_have_no_cap() {
    let profession = |i: usize| super::sample::coded(&format!("{}", 1000 + i), &format!("Métier {i}"));
    let place = |i: usize| site(&format!("F{i:09}"), "CENTRE", &format!("{:05}", 10_000 + i), &format!("Ville{i}"), ("01", "Ain"));
    let exercises = (0..120).map(|i| exercise(profession(i), &[])).collect();
    let activities = (0..120).map(|i| activity(profession(i), Some(place(i)))).collect();
    let docs = documents(&Record::Professional(person("10000000003", "Ada", "LARGE", exercises, activities)));
    let (_folder, index) = built(&docs);
    assert_eq!(asked(&index.reader(), criteria!(profession: "1119", city: "ville119")).len(), 1);
    assert_eq!(asked(&index.reader(), criteria!(profession: "1119", city: "ville118")).len(), 0);
}
