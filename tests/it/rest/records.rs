//! Invented records: namesakes, two professions in two towns, an APP mailbox, hidden ones, natural ids shared and not.

use annuaire::model::{
    ActivityRecord, Address, Coded, ExerciseRecord, HolderStanding, Mailbox, MailboxRecord, MailboxStanding, MailboxType, OperatorState,
    PostalAddress, Professional, ProfessionalOrigin, ProfessionalRecord, Record, SiteRecord, Structure, StructureRecord,
};

/// Professionals of the same family name, to page through.
pub const NAMESAKES: usize = 45;

pub const CARDIOLOGIST: &str = "810000000010";
pub const TWO_TRADES: &str = "810000000028";
pub const RED: &str = "810000000036";
pub const CLOSED: &str = "810000000044";
pub const BY_ADELI: &str = "0691234567";
pub const HOSPITAL: &str = "F690000001";
pub const PRACTICE: &str = "R10001";

fn coded(code: &str, label: &str) -> Coded {
    Coded { code: code.to_owned(), label: label.to_owned() }
}

fn site(id: &str, name: &str, city: &str, postal_code: &str) -> SiteRecord {
    let department = &postal_code[..2];
    SiteRecord {
        structure: Structure {
            id: id.to_owned(),
            name: name.to_owned(),
            address: PostalAddress {
                city: city.to_owned(),
                postal_code: postal_code.to_owned(),
                department: department.to_owned(),
                ..PostalAddress::default()
            },
            in_rpps: true,
            ..Structure::default()
        }
        .into(),
        sector: coded("SA01", "Etablissement public de santé"),
        department: coded(department, if department == "69" { "Rhône" } else { "Paris" }),
        service: String::new(),
    }
}

fn hospital() -> SiteRecord {
    let mut hospital = site(HOSPITAL, "HOPITAL D'EXEMPLEVILLE", "Lyon", "69003");
    std::sync::Arc::make_mut(&mut hospital.structure).finess = "690000001".to_owned();
    std::sync::Arc::make_mut(&mut hospital.structure).finess_ej = "690000999".to_owned();
    std::sync::Arc::make_mut(&mut hospital.structure).siret = "12345678900011".to_owned();
    hospital
}

fn mailbox(address: &str, kind: MailboxType) -> MailboxRecord {
    MailboxRecord {
        mailbox: Mailbox::extracted(Address::parse(address).unwrap(), kind),
        standing: MailboxStanding {
            list_loaded: true,
            domain_listed: true,
            domain_test: false,
            domain_operators: vec![OperatorState::Valide],
            operator: None,
            operator_holds_domain: true,
        },
        holder_standings: if kind.held_by_people() { vec![HolderStanding::Present] } else { Vec::new() },
        holders: Vec::new(),
        sites: Vec::new(),
    }
}

fn person(id: &str, family: &str, given: &str) -> ProfessionalRecord {
    ProfessionalRecord {
        professional: Professional {
            id: id.to_owned(),
            id_type: id[..1].to_owned(),
            id_value: id[1..].to_owned(),
            family: family.to_owned(),
            given: given.to_owned(),
            origin: Some(ProfessionalOrigin::Rpps),
            ..Professional::default()
        },
        civility: Coded::default(),
        exercise_civility: coded("DR", "Docteur"),
        exercises: Vec::new(),
        activities: Vec::new(),
        mailboxes: Vec::new(),
    }
}

impl Practising for ProfessionalRecord {
    fn practising(mut self, profession: (&str, &str), specialty: Option<(&str, &str)>, site: SiteRecord) -> Self {
        let (profession, category) = (coded(profession.0, profession.1), coded("C", "Civil"));
        let specialties = specialty.map(|(code, label)| (coded("S", "Spécialité ordinale"), coded(code, label)));
        self.exercises.push(ExerciseRecord {
            profession: profession.clone(),
            category: category.clone(),
            specialties: specialties.into_iter().collect(),
        });
        self.activities.push(ActivityRecord {
            profession,
            category,
            mode: coded("L", "Libéral, indépendant, artisan, commerçant"),
            sector: Coded::default(),
            section: Coded::default(),
            role: Coded::default(),
            genre: Coded::default(),
            site: Some(site),
        });
        self
    }
}

trait Practising {
    fn practising(self, profession: (&str, &str), specialty: Option<(&str, &str)>, site: SiteRecord) -> Self;
}

const PHYSICIAN: (&str, &str) = ("10", "Médecin");
const NURSE: (&str, &str) = ("60", "Infirmier");

/// A person and the entries of its mailboxes.
fn with_mailboxes(mut person: ProfessionalRecord, mailboxes: Vec<MailboxRecord>) -> Vec<Record> {
    let mut records: Vec<_> =
        mailboxes.iter().map(|mailbox| Record::Mailbox(MailboxRecord { holders: vec![person.clone()], ..mailbox.clone() })).collect();
    person.mailboxes = mailboxes;
    records.push(Record::Professional(person));
    records
}

fn structure(site: SiteRecord, mailboxes: Vec<MailboxRecord>) -> Vec<Record> {
    let mut records = Vec::new();
    let mailboxes: Vec<_> = mailboxes.into_iter().map(|mailbox| MailboxRecord { sites: vec![site.clone()], ..mailbox }).collect();
    records.extend(mailboxes.iter().cloned().map(Record::Mailbox));
    records.push(Record::Structure(StructureRecord { site, mailboxes }));
    records
}

pub fn all() -> Vec<Record> {
    let mut records = Vec::new();
    let mut accepted = mailbox("elodie.cardio@medecin.mssante.fr", MailboxType::Per);
    accepted.mailbox.zero_papier = Some(true);
    let cardiologist = person(CARDIOLOGIST, "DE L'ÉTANG-CŒUR", "Élodie").practising(PHYSICIAN, Some(("SM04", "Cardiologie")), hospital());
    records.extend(with_mailboxes(cardiologist, vec![accepted]));

    let mut refused = mailbox("jean.double@medecin.mssante.fr", MailboxType::Per);
    refused.mailbox.zero_papier = Some(false);
    let two_trades = person(TWO_TRADES, "DOUBLE", "Jean")
        .practising(NURSE, None, site("R10002", "CABINET DE PARIS", "Paris", "75011"))
        .practising(PHYSICIAN, Some(("SM54", "Médecine générale")), site(PRACTICE, "CABINET DE LYON", "Lyon", "69007"));
    records.extend(with_mailboxes(two_trades, vec![refused]));

    let mut red = mailbox("marie.lerouge@medecin.mssante.fr", MailboxType::Per);
    red.mailbox.liste_rouge = true;
    records.extend(with_mailboxes(person(RED, "LEROUGE", "Marie").practising(PHYSICIAN, None, hospital()), vec![red]));

    let mut closed = person(CLOSED, "LEFERME", "Paul");
    closed.professional.closed = true;
    records.push(Record::Professional(closed));
    records.push(Record::Professional(person(BY_ADELI, "LADELI", "Anne")));

    records.extend(structure(
        hospital(),
        vec![
            mailbox("accueil@ch-exempleville.mssante.fr", MailboxType::Org),
            mailbox("logiciel@ch-exempleville.mssante.fr", MailboxType::App),
            mailbox("contact@xn--hpital-ixa.mssante.fr", MailboxType::Org),
        ],
    ));
    records.extend(structure(site(PRACTICE, "CABINET DE LYON", "Lyon", "69007"), Vec::new()));
    for id in ["R20001", "R20002"] {
        let mut branch = site(id, "LABORATOIRE A DEUX SITES", "Paris", "75012");
        std::sync::Arc::make_mut(&mut branch.structure).siret = "99999999900022".to_owned();
        records.push(Record::Structure(StructureRecord { site: branch, mailboxes: Vec::new() }));
    }
    for number in 0..NAMESAKES {
        let namesake = person(&format!("8200000{number:05}"), "MARTIN", &format!("Prénom{}", number % 7));
        records.push(Record::Professional(namesake));
    }
    records
}
