//! A hand-made country small enough to know by heart: nine people, four structures, every kind of mailbox. Scenarios ask it.

use std::fmt::Write as _;
use std::path::Path;

const ACTIVITY_HEADER: &str = "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|Libellé civilité d'exercice|Code civilité|Libellé civilité|Nom d'exercice|Prénom d'exercice|Code profession|Libellé profession|Code catégorie professionnelle|Libellé catégorie professionnelle|Code type savoir-faire|Libellé type savoir-faire|Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|Numéro SIRET site|Numéro SIREN site|Numéro FINESS site|Numéro FINESS établissement juridique|Identifiant technique de la structure|Raison sociale site|Enseigne commerciale site|Complément destinataire (coord. structure)|Complément point géographique (coord. structure)|Numéro Voie (coord. structure)|Indice répétition voie (coord. structure)|Code type de voie (coord. structure)|Libellé type de voie (coord. structure)|Libellé Voie (coord. structure)|Mention distribution (coord. structure)|Bureau cedex (coord. structure)|Code postal (coord. structure)|Code commune (coord. structure)|Libellé commune (coord. structure)|Code pays (coord. structure)|Libellé pays (coord. structure)|Téléphone (coord. structure)|Téléphone 2 (coord. structure)|Télécopie (coord. structure)|Adresse e-mail (coord. structure)|Code Département (structure)|Libellé Département (structure)|Ancien identifiant de la structure|Autorité d'enregistrement|Code secteur d'activité|Libellé secteur d'activité|Code section tableau pharmaciens|Libellé section tableau pharmaciens|Code rôle|Libellé rôle|Code genre activité|Libellé genre activité";
const MAILBOX_HEADER: &str = "Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|Type identifiant structure|Identification Structure|Service de rattachement|Civilité d'exercice|Nom d'exercice|Prénom d'exercice|Catégorie profession|Libellé de catégorie profession|Code Profession|Libellé Profession|Code savoir-faire|Libellé savoir-faire|Dématérialisation|Raison Sociale structure BAL|Enseigne commerciale structure BAL|L2COMPLEMENTLOCALISATION structure BAL|L3COMPLEMENTDISTRIBUTION structure BAL|L4NUMEROVOIE structure BAL|L4COMPLEMENTNUMEROVOIE structure BAL|NL4TYPEVOIE structure BAL|L4LIBELLEVOIE structure BAL|L5LIEUDITMENTION structure BAL|L6LIGNEACHEMINEMENT structure BAL|Code postal structure BAL|Département structure BAL|Pays structure BAL";

/// The hospital's operator: OU of its certificate in the list.
pub const HOSPITAL_OPERATOR: &str = "1990999013";

/// Rows are written by column name, so that a test reads as what it says.
fn row(header: &str, values: &[(&str, &str)]) -> String {
    for (name, _) in values {
        assert!(header.split('|').any(|h| h == *name), "no column {name}");
    }
    let cell = |name: &str| values.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| *v);
    header.split('|').map(cell).collect::<Vec<_>>().join("|")
}

struct Person {
    rpps: &'static str,
    family: &'static str,
    given: &'static str,
    profession: (&'static str, &'static str),
    specialty: Option<(&'static str, &'static str)>,
}

const DOCTOR: (&str, &str) = ("10", "Médecin");
const NURSE: (&str, &str) = ("60", "Infirmier");
const PHARMACIST: (&str, &str) = ("21", "Pharmacien");
const MIDWIFE: (&str, &str) = ("50", "Sage-Femme");

const ELODIE: Person =
    Person {
        rpps: "10999990012", family: "MARTIN", given: "Élodie", profession: DOCTOR, specialty: Some(("SM54", "Médecine Générale"))
    };
const ELODIE_NAMESAKE: Person = Person { rpps: "10999990020", family: "MARTIN", given: "Elodie", profession: NURSE, specialty: None };
const LEFEVRE: Person =
    Person { rpps: "10999990038", family: "LEFÈVRE-D'ARC", given: "Jean-François", profession: PHARMACIST, specialty: None };
/// Nurse in Paris and physician in Lyon: found by neither "infirmier, Lyon" nor "médecin, Paris".
const BOTH_NURSE: Person = Person { rpps: "10999990046", family: "DOUBLET", given: "Camille", profession: NURSE, specialty: None };
const BOTH_DOCTOR: Person = Person {
    rpps: "10999990046",
    family: "DOUBLET",
    given: "Camille",
    profession: DOCTOR,
    specialty: Some(("SM04", "Cardiologie et maladies vasculaires")),
};
const RED: Person = Person { rpps: "10999990053", family: "ROUGIER", given: "Zoé", profession: MIDWIFE, specialty: None };
/// In the mailbox extraction only.
const UNSEEN: Person = Person { rpps: "10999990079", family: "INCONNUE", given: "Maud", profession: DOCTOR, specialty: None };
const WITHOUT_MAILBOX: Person = Person { rpps: "10999990061", family: "SANSBOITE", given: "Luc", profession: DOCTOR, specialty: None };

struct Place {
    technical: &'static str,
    finess: &'static str,
    name: &'static str,
    postal_code: &'static str,
    insee: &'static str,
    city: &'static str,
    department: (&'static str, &'static str),
}

const HOSPITAL: Place = Place {
    technical: "F990999013",
    finess: "990999013",
    name: "CENTRE HOSPITALIER D'EXEMPLEVILLE",
    postal_code: "69003",
    insee: "69383",
    city: "Lyon 3e  Arrondissement",
    department: ("69", "Rhône"),
};
const CABINET: Place = Place {
    technical: "R10999000000018",
    finess: "",
    name: "CABINET DES TILLEULS",
    postal_code: "75012",
    insee: "75112",
    city: "Paris 12e  Arrondissement",
    department: ("75", "Paris"),
};
const PHARMACY: Place = Place {
    technical: "F990999039",
    finess: "990999039",
    name: "SELARL \"PHARMACIE DU MARCHÉ",
    postal_code: "42000",
    insee: "42218",
    city: "Saint-Étienne",
    department: ("42", "Loire"),
};

fn activity(person: &Person, place: Option<&Place>) -> String {
    let national = format!("8{}", person.rpps);
    let mut values = vec![
        ("Type d'identifiant PP", "8"),
        ("Identifiant PP", person.rpps),
        ("Identification nationale PP", national.as_str()),
        ("Code civilité", "MME"),
        ("Libellé civilité", "Madame"),
        ("Nom d'exercice", person.family),
        ("Prénom d'exercice", person.given),
        ("Code profession", person.profession.0),
        ("Libellé profession", person.profession.1),
        ("Code catégorie professionnelle", "C"),
        ("Libellé catégorie professionnelle", "Civil"),
    ];
    if let Some((code, label)) = person.specialty {
        values.extend([
            ("Code type savoir-faire", "S"),
            ("Libellé type savoir-faire", "Spécialité ordinale"),
            ("Code savoir-faire", code),
            ("Libellé savoir-faire", label),
        ]);
    }
    if let Some(place) = place {
        values.extend([
            ("Code mode exercice", "S"),
            ("Libellé mode exercice", "Salarié"),
            ("Numéro FINESS site", place.finess),
            ("Identifiant technique de la structure", place.technical),
            ("Raison sociale site", place.name),
            ("Numéro Voie (coord. structure)", "1"),
            ("Libellé Voie (coord. structure)", "RUE DE L'ESSAI"),
            ("Code postal (coord. structure)", place.postal_code),
            ("Code commune (coord. structure)", place.insee),
            ("Libellé commune (coord. structure)", place.city),
            ("Code Département (structure)", place.department.0),
            ("Libellé Département (structure)", place.department.1),
            ("Adresse e-mail (coord. structure)", "ordinaire@exemple.invalid"),
        ]);
    }
    row(ACTIVITY_HEADER, &values)
}

fn personal(address: &str, person: &Person, finess: &str, zero_papier: &str) -> String {
    let national = format!("8{}", person.rpps);
    let kind = if finess.is_empty() { "" } else { "FINESS" };
    row(
        MAILBOX_HEADER,
        &[
            ("Type de BAL", "PER"),
            ("Adresse BAL", address),
            ("Type Identifiant PP", "8"),
            ("Identifiant PP", person.rpps),
            ("Identification nationale PP", &national),
            ("Type identifiant structure", kind),
            ("Identification Structure", finess),
            ("Nom d'exercice", person.family),
            ("Prénom d'exercice", person.given),
            ("Dématérialisation", zero_papier),
        ],
    )
}

/// The row of a mailbox whose holder, profession and savoir-faire no other file tells of; with its end of line.
pub fn labelled(address: &str, profession: (&str, &str), expertise: (&str, &str)) -> String {
    let family = address.split(['.', '@']).nth(1).unwrap_or_default().to_uppercase();
    let number = format!("109998{:05}", family.bytes().fold(0u32, |sum, byte| (sum * 31 + u32::from(byte)) % 100_000));
    let national = format!("8{number}");
    row(
        MAILBOX_HEADER,
        &[
            ("Type de BAL", "PER"),
            ("Adresse BAL", address),
            ("Type Identifiant PP", "8"),
            ("Identifiant PP", &number),
            ("Identification nationale PP", &national),
            ("Nom d'exercice", &family),
            ("Prénom d'exercice", "Dora"),
            ("Catégorie profession", "C"),
            ("Code Profession", profession.0),
            ("Libellé Profession", profession.1),
            ("Code savoir-faire", expertise.0),
            ("Libellé savoir-faire", expertise.1),
        ],
    ) + "\n"
}

fn organisational(address: &str, place: &Place, service: &str) -> String {
    row(
        MAILBOX_HEADER,
        &[
            ("Type de BAL", "ORG"),
            ("Adresse BAL", address),
            ("Type identifiant structure", "FINESS"),
            ("Identification Structure", place.finess),
            ("Service de rattachement", service),
            ("Dématérialisation", "O"),
            ("Raison Sociale structure BAL", place.name),
        ],
    )
}

/// Personne_activite of the country.
pub fn activities() -> String {
    let rows = [
        activity(&ELODIE, Some(&HOSPITAL)),
        activity(&ELODIE_NAMESAKE, Some(&CABINET)),
        activity(&LEFEVRE, Some(&PHARMACY)),
        activity(&BOTH_NURSE, Some(&CABINET)),
        activity(&BOTH_DOCTOR, Some(&HOSPITAL)),
        activity(&RED, Some(&HOSPITAL)),
        activity(&WITHOUT_MAILBOX, None),
    ];
    format!("{ACTIVITY_HEADER}\n{}\n", rows.join("\n"))
}

/// The mailbox extraction of the country.
pub fn mailboxes() -> String {
    let rows = [
        personal("Elodie.MARTIN@medecin.mssante.fr", &ELODIE, "", "O"),
        personal("elodie.martin@infirmier.mssante.fr", &ELODIE_NAMESAKE, "", "N"),
        personal("jf.lefevre-darc@pharmacien.mssante.fr", &LEFEVRE, "990999039", ""),
        personal("camille.doublet@ch-exempleville.mssante.fr", &BOTH_DOCTOR, "990999013", "O"),
        personal("zoe.rougier@medecin.mssante.fr", &RED, "", "O"),
        personal("maud.inconnue@medecin.mssante.fr", &UNSEEN, "", ""),
        organisational("secretariat.cardiologie@ch-exempleville.mssante.fr", &HOSPITAL, "Cardiologie – secrétariat"),
    ];
    format!("{MAILBOX_HEADER}\n{}\n", rows.join("\n"))
}

/// The liste blanche of the country.
pub fn list() -> String {
    let national = "CN=smtp.operateur-deux.invalid,OU=399900003700013,O=OPERATEUR DEUX,ST=Exemple (99),C=FR";
    let hospital = "CN=mss.operateur-un.invalid,OU=1990999013,O=OPERATEUR UN,ST=Exemple (99),C=FR";
    let mut domains = String::new();
    for (name, dn) in [
        ("medecin.mssante.fr", national),
        ("infirmier.mssante.fr", national),
        ("pharmacien.mssante.fr", national),
        ("ch-exempleville.mssante.fr", hospital),
    ] {
        let _ = write!(
            domains,
            "<Domaine><Nom>{name}</Nom><Description>Domaine fictif</Description><DNCertificatOperateur>{dn}</DNCertificatOperateur>\
             <ResponsableContact>x</ResponsableContact><SupportContact>x</SupportContact><DateMAJ>2026-08-14T09:30:00Z</DateMAJ></Domaine>"
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">\
         <DateDeGeneration>2026-09-01T03:15:42Z</DateDeGeneration><ListeDomaines>{domains}</ListeDomaines></ListeBlancheMSSante>"
    )
}

/// What the hospital's operator publishes through `mailbox load`: an application, a practice, a red one, a suspended one.
pub const HOSPITAL_LINES: &str = r#"{"address":"appli.dpi@ch-exempleville.mssante.fr","type":"APP","structure_id":"F990999013","responsible":"Responsable Caché","description":"Dossier patient"}
{"address":"cabinet.cardio@ch-exempleville.mssante.fr","type":"CAB","holders":["810999990046"],"structure_id":"F990999013","phone":"01 99 00 00 42","phone_opposed":true}
{"address":"rouge.depuis-toujours@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990053","liste_rouge":true}
{"address":"suspendue@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990012","state":"suspended"}
{"address":"essai@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990012","test":true}
"#;

/// Writes the three files, day one.
pub fn write(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("PS_LibreAcces_Personne_activite_202609010830.txt"), activities()).unwrap();
    std::fs::write(folder.join("Extraction_Correspondance_MSSante_202609011013.txt"), mailboxes()).unwrap();
    std::fs::write(folder.join("listeblanchemssante.xml"), list()).unwrap();
}
