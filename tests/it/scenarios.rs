//! One scenario table, audience × question × expected ids, through LDAP and REST with equal answers: the doors cannot drift apart.

use crate::country;
use crate::harness::{Ldap, TestDirectory, clock};
use annuaire::publication::Publication;
use ldap3_proto::proto::LdapResultCode;
use std::collections::BTreeSet;

const BAL: &str = "ou=bal,dc=mssante,dc=fr";
const PEOPLE: &str = "ou=professionnels,dc=annuaire,dc=sante,dc=fr";
const PLACES: &str = "ou=structures,dc=annuaire,dc=sante,dc=fr";

const DOCTOR: &str = "elodie.martin@medecin.mssante.fr";
const NURSE: &str = "elodie.martin@infirmier.mssante.fr";
const PHARMACIST: &str = "jf.lefevre-darc@pharmacien.mssante.fr";
const BOTH: &str = "camille.doublet@ch-exempleville.mssante.fr";
const MIDWIFE: &str = "zoe.rougier@medecin.mssante.fr";
const DESK: &str = "secretariat.cardiologie@ch-exempleville.mssante.fr";
const PRACTICE: &str = "cabinet.cardio@ch-exempleville.mssante.fr";
const SOFTWARE: &str = "appli.dpi@ch-exempleville.mssante.fr";

/// The same question in the words of both doors, and who must be found. `professional`: what an account finds besides.
struct Scenario {
    name: &'static str,
    rest: &'static str,
    base: &'static str,
    filter: &'static str,
    public: &'static [&'static str],
    professional: &'static [&'static str],
}

const fn bal(name: &'static str, rest: &'static str, filter: &'static str, public: &'static [&'static str]) -> Scenario {
    Scenario { name, rest, base: BAL, filter, public, professional: &[] }
}

const SCENARIOS: &[Scenario] = &[
    bal("namesakes, accents and case folded", "kind=mailbox&name=mArTin", "(sn=MARTIN)", &[DOCTOR, NURSE]),
    bal(
        "Thunderbird completes a first name typed without its accent",
        "kind=mailbox&q=elod",
        "(|(cn=*elod*)(mail=*elod*)(givenName=*elod*)(sn=*elod*))",
        &[DOCTOR, NURSE],
    ),
    bal(
        "name and town tell namesakes apart",
        "kind=mailbox&name=martin&city=lyon",
        "(|(cn=*martin*lyon*)(mail=*martin*lyon*)(givenName=*martin*lyon*)(sn=*martin*lyon*))",
        &[DOCTOR],
    ),
    bal("half of a double surname", "kind=mailbox&name=lefevre", "(sn=lefèvre*)", &[PHARMACIST]),
    bal("typographic apostrophe", "kind=mailbox&name=Lef%C3%A8vre-d%E2%80%99Arc", "(sn=Lefèvre-d’Arc)", &[PHARMACIST]),
    bal("given name", "kind=mailbox&given=jean-francois", "(givenName=JEAN-FRANCOIS)", &[PHARMACIST]),
    bal("profession by code, and a town", "kind=mailbox&profession=10&city=Lyon", "(&(profession=10)(l=lyon*))", &[DOCTOR, BOTH, PRACTICE]),
    bal("profession by label", "kind=mailbox&profession=PHARMACIEN", "(professionLibelle=pharmacien)", &[PHARMACIST]),
    bal("specialty by code", "kind=mailbox&specialty=SM54", "(specialite=SM54)", &[DOCTOR]),
    bal("department", "kind=mailbox&department=42", "(departement=42)", &[PHARMACIST]),
    bal("postal code", "kind=mailbox&postal_code=75012", "(postalCode=75012)", &[NURSE]),
    bal("by the secretariats", "kind=mailbox&mailbox_type=ORG", "(TypeBAL=ORG)", &[DESK]),
    bal("shared by a practice", "kind=mailbox&mailbox_type=CAB", "(TypeBAL=CAB)", &[PRACTICE]),
    bal("no more paper", "kind=mailbox&zero_papier=accepted", "(dematerialisation=O)", &[DOCTOR, BOTH, MIDWIFE, DESK]),
    bal("still on paper", "kind=mailbox&zero_papier=refused", "(dematerialisation=N)", &[NURSE]),
    bal(
        "an address, case ignored",
        "kind=mailbox&address=ZOE.Rougier@Medecin.mssante.fr",
        "(mail=ZOE.Rougier@Medecin.mssante.fr)",
        &[MIDWIFE],
    ),
    bal("an RPPS number", "kind=mailbox&identifier=10999990038", "(rpps=10999990038)", &[PHARMACIST]),
    bal(
        "red since it was published",
        "kind=mailbox&address=rouge.depuis-toujours@ch-exempleville.mssante.fr",
        "(mail=rouge.depuis-toujours*)",
        &[],
    ),
    bal("suspended", "kind=mailbox&address=suspendue@ch-exempleville.mssante.fr", "(mail=suspendue*)", &[]),
    bal("a test mailbox", "kind=mailbox&address=essai@ch-exempleville.mssante.fr", "(mail=essai*)", &[]),
    bal("nobody of that name", "kind=mailbox&name=zzyzx", "(cn=*zzyzx*)", &[]),
    Scenario {
        name: "software is shown to professionals only",
        rest: "kind=mailbox&mailbox_type=APP",
        base: BAL,
        filter: "(TypeBAL=APP)",
        public: &[],
        professional: &[SOFTWARE],
    },
    Scenario {
        name: "everything at the hospital's FINESS",
        rest: "kind=mailbox&organization=990999013",
        base: BAL,
        filter: "(finess=990999013)",
        public: &[DOCTOR, MIDWIFE, BOTH, DESK, PRACTICE],
        professional: &[SOFTWARE],
    },
    Scenario {
        name: "people, with or without a mailbox",
        rest: "kind=professional&profession=10",
        base: PEOPLE,
        filter: "(profession=10)",
        public: &["810999990012", "810999990046", "810999990061"],
        professional: &[],
    },
    Scenario {
        name: "people without a mailbox",
        rest: "kind=professional&has_mailbox=false",
        base: PEOPLE,
        filter: "(&(objectClass=person)(!(mail=*)))",
        public: &["810999990061"],
        professional: &[],
    },
    Scenario {
        name: "a structure by a word of its name",
        rest: "kind=structure&organization=exempleville",
        base: PLACES,
        filter: "(o=*exempleville*)",
        public: &["F990999013"],
        professional: &[],
    },
    Scenario {
        name: "a structure whose name holds an unbalanced quote",
        rest: "kind=structure&q=marche",
        base: PLACES,
        filter: "(o=*\"pharmacie*marche)",
        public: &["F990999039"],
        professional: &[],
    },
];

/// The country with what its operators published; `lines` are those of the hospital's operator.
async fn served(lines: &str) -> TestDirectory {
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    let directory = TestDirectory::import(&[files.path().to_owned()]).await;
    let report = Publication::new(directory.store.clone())
        .load_lines(country::HOSPITAL_OPERATOR, lines.as_bytes(), "test", clock().as_second())
        .await
        .unwrap();
    assert_eq!(report.counters.rejected, 0, "{report:?}");
    directory.settle().await;
    directory
}

fn ids(expected: &[&str]) -> BTreeSet<String> {
    expected.iter().map(|id| (*id).to_owned()).collect()
}

fn rest_ids(answer: &serde_json::Value) -> BTreeSet<String> {
    let items = answer["items"].as_array().unwrap();
    assert_eq!(answer["total"].as_u64().unwrap() as usize, items.len(), "the total counts what is returned");
    items.iter().map(|i| i["address"].as_str().or(i["id"].as_str()).unwrap().to_owned()).collect()
}

async fn ldap_ids(ldap: &mut Ldap, scenario: &Scenario) -> BTreeSet<String> {
    let found = ldap.search(scenario.base, scenario.filter).await;
    assert_eq!(found.code, LdapResultCode::Success, "{}: {}", scenario.name, found.message);
    found.entries.iter().map(|e| e.dn.split(',').next().unwrap().split_once('=').unwrap().1.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_has_the_same_answer_on_both_doors() {
    let directory = served(country::HOSPITAL_LINES).await;
    let mut public = directory.ldap().await;
    let mut professional = directory.ldap_as_professional().await;
    for scenario in SCENARIOS {
        let path = format!("/v1/search?{}&limit=100", scenario.rest);
        let expected = ids(scenario.public);
        assert_eq!(ldap_ids(&mut public, scenario).await, expected, "LDAP, public: {}", scenario.name);
        assert_eq!(rest_ids(&directory.get(&path).await.json()), expected, "REST, public: {}", scenario.name);
        let expected: BTreeSet<_> = expected.union(&ids(scenario.professional)).cloned().collect();
        assert_eq!(ldap_ids(&mut professional, scenario).await, expected, "LDAP, professional: {}", scenario.name);
        assert_eq!(rest_ids(&directory.get_as_professional(&path).await.json()), expected, "REST, professional: {}", scenario.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn profession_and_place_are_asked_of_one_same_activity() {
    let directory = served("").await;
    // Camille Doublet is a nurse in Paris and a physician in Lyon.
    for (question, expected) in [
        ("profession=infirmier&city=lyon", &[][..]),
        ("profession=medecin&city=paris", &[]),
        ("profession=infirmier&city=paris", &["810999990020", "810999990046"]),
        ("profession=m%C3%A9decin&specialty=SM04&department=69", &["810999990046"]),
        ("specialty=SM04&postal_code=75012", &[]),
    ] {
        let answer = directory.get(&format!("/v1/search?kind=professional&{question}")).await;
        assert_eq!(rest_ids(&answer.json()), ids(expected), "{question}");
    }
}

/// What the public sees of the whole directory, through both doors, as text.
async fn everything_public(directory: &TestDirectory) -> Vec<String> {
    let mut seen = Vec::new();
    for scenario in SCENARIOS {
        seen.push(directory.get(&format!("/v1/search?{}&limit=100", scenario.rest)).await.text());
    }
    for path in [
        "/v1/organizations/F990999013",
        "/v1/professionals/810999990046",
        "/v1/mailboxes/secretariat.cardiologie@ch-exempleville.mssante.fr",
    ] {
        let answer = directory.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        seen.push(format!("{:?} {}", answer.headers.get("etag"), answer.text()));
    }
    let mut ldap = directory.ldap().await;
    for base in [BAL, PEOPLE, PLACES] {
        let found = ldap.ask(base, ldap3_proto::proto::LdapSearchScope::Subtree, "(objectClass=*)", &["*", "+"], 0).await;
        let mut entries: Vec<_> = found.entries.iter().map(|e| format!("{e:?}")).collect();
        entries.sort();
        seen.extend(entries);
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn public_answers_are_byte_equal_with_and_without_software_mailboxes() {
    let (software, others): (Vec<_>, Vec<_>) = country::HOSPITAL_LINES.lines().partition(|l| l.contains("\"APP\""));
    assert_eq!(software.len(), 1);
    let without = served(&others.join("\n")).await;
    let with = served(country::HOSPITAL_LINES).await;
    assert_eq!(everything_public(&with).await, everything_public(&without).await);
}
