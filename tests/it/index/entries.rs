//! Encoded entries: names in the promised order, classes that allow every attribute, nothing hidden in the bytes.

use super::sample::{SINCE, activity, documents, exercise, held, mailbox, nurse, person, physician, site, world};
use annuaire::ldap_entry::attributes::attribute;
use annuaire::ldap_entry::classes::object_class;
use annuaire::ldap_entry::{dn_of, encode, values};
use annuaire::model::{MailboxType, Record, StructureRecord};
use std::collections::BTreeMap;

fn entry(record: &Record) -> BTreeMap<String, Vec<String>> {
    let docs = documents(record);
    let bytes = encode(&docs.last().unwrap().published, SINCE, SINCE);
    let text = |v: &[u8]| String::from_utf8(v.to_vec()).unwrap();
    values(&bytes).map(|(name, v)| (name.to_owned(), v.map(text).collect())).collect()
}

#[test]
fn names_of_people_and_of_services() {
    let lyon = site("F990999013", "CH DE LA CROIX-D'OR", "69003", "Lyon 3e  Arrondissement", ("69", "Rhône"));
    let holder = person(
        "10000000001",
        "Zoé",
        "D'Arc",
        vec![exercise(physician(), &[("SM04", "Cardiologie et maladies vasculaires (SM)")])],
        vec![activity(physician(), Some(lyon.clone()))],
    );
    let per = entry(&Record::Mailbox(held(mailbox("zoe.darc@medecin.mssante.fr", MailboxType::Per), &holder)));
    assert_eq!(per["cn"], ["Zoé D'ARC (Cardiologie et maladies vasculaires, Lyon 3e Arrondissement)", "Zoé D'ARC", "D'ARC Zoé"]);
    assert_eq!(
        (per["displayName"].as_slice(), per["sn"].as_slice(), per["l"].as_slice()),
        (&["Zoé D'ARC".to_owned()][..], &["D'Arc".to_owned()][..], &["Lyon 3e  Arrondissement".to_owned()][..])
    );
    assert_eq!(per["objectClass"], ["top", "person", "organizationalPerson", "inetOrgPerson", "mssBal"]);
    assert_eq!((per["TypeIdentifiantPP"][0].as_str(), per["IdentifiantPP"][0].as_str()), ("8", "10000000001"));
    assert_eq!(per["modifyTimestamp"], ["20260901083000Z"]);

    let plain = person("10000000002", "Éva", "NURSE", vec![exercise(nurse(), &[])], vec![]);
    assert_eq!(entry(&Record::Professional(plain))["cn"], ["Éva NURSE (Infirmier)", "Éva NURSE", "NURSE Éva"]);

    let mut org = mailbox("urgences@ch-exemple.mssante.fr", MailboxType::Org);
    org.mailbox.service = "Urgences".into();
    org.sites = vec![lyon.clone()];
    let org = entry(&Record::Mailbox(org));
    assert_eq!(org["cn"], ["Urgences – CH DE LA CROIX-D'OR (Lyon 3e Arrondissement)"]);
    assert_eq!(org["objectClass"], ["top", "mssBalStructure", "mssBal"]);
    assert_eq!((org["IdentifiantPM"][0].as_str(), org["TypeIdentifiantPM"][0].as_str()), ("990999013", "FINESS"));

    let unattached = entry(&Record::Mailbox(mailbox("logiciel@ch-exemple.mssante.fr", MailboxType::App)));
    assert_eq!((unattached["cn"][0].as_str(), unattached["o"][0].as_str()), ("logiciel@ch-exemple.mssante.fr", "ch-exemple.mssante.fr"));
    let unheld = entry(&Record::Mailbox(mailbox("inconnu.x@ch-exemple.mssante.fr", MailboxType::Per)));
    assert_eq!(unheld["sn"], ["inconnu.x"]);

    let structure = entry(&Record::Structure(StructureRecord { site: lyon, mailboxes: vec![] }));
    assert_eq!(structure["cn"], ["CH DE LA CROIX-D'OR (Lyon 3e Arrondissement)", "CH DE LA CROIX-D'OR"]);
}

#[test]
fn every_entry_obeys_its_schema() {
    for doc in world() {
        let bytes = encode(&doc.published, SINCE, SINCE);
        let held: BTreeMap<&str, Vec<&[u8]>> = values(&bytes).map(|(name, v)| (name, v.collect())).collect();
        let classes: Vec<_> = held["objectClass"].iter().map(|c| object_class(std::str::from_utf8(c).unwrap()).unwrap()).collect();
        let mut operational_seen = false;
        for (name, _) in values(&bytes) {
            let known = attribute(name).unwrap();
            assert_eq!(known.name, name);
            assert!(known.operational || !operational_seen, "user attributes come first");
            operational_seen |= known.operational;
            assert!(!known.single || held[name].len() == 1, "{name} of {}", doc.key());
            let allowed = known.operational || classes.iter().any(|c| c.must.contains(&name) || c.may.contains(&name));
            assert!(allowed, "{name} is not allowed in {}", doc.key());
            assert!(held[name].iter().all(|v| !v.is_empty()));
        }
        for class in &classes {
            assert!(class.must.iter().all(|name| held.contains_key(name)), "{} of {}", class.name, doc.key());
            assert!(class.superior.is_none_or(|s| classes.iter().any(|c| c.name == s)));
        }
        let naming = dn_of(&bytes).split_once('=').unwrap();
        assert!(held[naming.0].iter().any(|v| naming.1.starts_with(&annuaire::ldap_entry::escape(std::str::from_utf8(v).unwrap()))));
        for hidden in [&b"ordinary@hidden-email"[..], b"Hidden-Person"] {
            assert!(!bytes.windows(hidden.len()).any(|w| w == hidden));
        }
    }
}
