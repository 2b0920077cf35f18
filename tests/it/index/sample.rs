//! Invented records, made by hand and by a small generator: what the index and visibility tests publish.

use annuaire::ldap_entry;
use annuaire::model::{
    ActivityRecord, Address, Attachment, Audience, Coded, ExerciseRecord, HolderStanding, Mailbox, MailboxRecord, MailboxStanding,
    MailboxType, OperatorState, PostalAddress, Professional, ProfessionalOrigin, ProfessionalRecord, Record, SiteRecord, Structure,
    StructureRecord,
};
use annuaire::visibility::{Published, publish};

pub const SINCE: i64 = 1_788_251_400;

pub fn coded(code: &str, label: &str) -> Coded {
    Coded { code: code.into(), label: label.into() }
}

pub fn physician() -> Coded {
    coded("10", "Médecin")
}

pub fn nurse() -> Coded {
    coded("60", "Infirmier")
}

pub fn site(id: &str, name: &str, postal_code: &str, city: &str, department: (&str, &str)) -> SiteRecord {
    let address = PostalAddress {
        number: "12".into(),
        street_type: "AV".into(),
        street: "DES TILLEULS".into(),
        postal_code: postal_code.into(),
        city: city.into(),
        department: department.0.into(),
        ..PostalAddress::default()
    };
    let structure = Structure {
        id: id.into(),
        name: name.into(),
        finess: id.strip_prefix('F').unwrap_or_default().into(),
        siret: id.strip_prefix('C').unwrap_or_default().into(),
        address,
        phone: "04 99 00 00 01".into(),
        fax: "0499000002".into(),
        email: "ordinary@hidden-email.example".into(),
        in_rpps: true,
        ..Structure::default()
    };
    SiteRecord {
        structure: structure.into(),
        sector: coded("SA01", "Établissement public de santé"),
        department: coded(department.0, department.1),
        service: String::new(),
    }
}

pub fn activity(profession: Coded, place: Option<SiteRecord>) -> ActivityRecord {
    let none = Coded::default;
    ActivityRecord {
        profession,
        category: coded("C", "Civil"),
        mode: coded("L", "Libéral, indépendant, artisan, commerçant"),
        sector: none(),
        section: none(),
        role: none(),
        genre: none(),
        site: place,
    }
}

pub fn exercise(profession: Coded, specialties: &[(&str, &str)]) -> ExerciseRecord {
    let specialties = specialties.iter().map(|(code, label)| (coded("S", "Spécialité ordinale"), coded(code, label))).collect();
    ExerciseRecord { profession, category: coded("C", "Civil"), specialties }
}

pub fn person(
    rpps: &str,
    given: &str,
    family: &str,
    exercises: Vec<ExerciseRecord>,
    activities: Vec<ActivityRecord>,
) -> ProfessionalRecord {
    ProfessionalRecord {
        professional: Professional {
            id: format!("8{rpps}"),
            id_type: "8".into(),
            id_value: rpps.into(),
            family: family.into(),
            given: given.into(),
            origin: Some(ProfessionalOrigin::Rpps),
            ..Professional::default()
        },
        civility: coded("MME", "Madame"),
        exercise_civility: coded("DR", "Docteur"),
        exercises,
        activities,
        mailboxes: Vec::new(),
    }
}

/// In force, active, of the extraction: shown to everybody.
pub fn mailbox(address: &str, kind: MailboxType) -> MailboxRecord {
    MailboxRecord {
        mailbox: Mailbox {
            phone: "01 99 00 11 22".into(),
            responsible: "Responsible Hidden-Person".into(),
            attachments: vec![Attachment::default()],
            ..Mailbox::extracted(Address::parse(address).unwrap(), kind)
        },
        standing: MailboxStanding {
            list_loaded: true,
            domain_listed: true,
            domain_test: false,
            domain_operators: vec![OperatorState::Valide],
            operator: None,
            operator_holds_domain: true,
        },
        holder_standings: Vec::new(),
        holders: Vec::new(),
        sites: Vec::new(),
    }
}

pub fn held(mut mailbox: MailboxRecord, holder: &ProfessionalRecord) -> MailboxRecord {
    mailbox.holder_standings = vec![HolderStanding::Present];
    mailbox.holders = vec![ProfessionalRecord { mailboxes: Vec::new(), ..holder.clone() }];
    mailbox
}

/// One document: what is published, for whom.
#[derive(Clone)]
pub struct Doc {
    pub published: Published,
    pub audiences: u8,
}

impl Doc {
    pub fn key(&self) -> String {
        self.published.key().to_string()
    }

    pub fn sort(&self) -> String {
        format!("{}\0{}", ldap_entry::sort_name(&self.published), self.published.key())
    }

    pub fn shown_to(&self, audience: Audience) -> bool {
        self.audiences & audience.bit() != 0
    }
}

/// As the projection does: equal content is one document for both audiences.
pub fn documents(record: &Record) -> Vec<Doc> {
    let [public, professional] = Audience::ALL.map(|audience| publish(record, audience));
    if public == professional {
        return public.into_iter().map(|published| Doc { published, audiences: 3 }).collect();
    }
    let one = |published: Option<Published>, audience: Audience| published.map(|published| Doc { published, audiences: audience.bit() });
    one(public, Audience::Public).into_iter().chain(one(professional, Audience::Professional)).collect()
}

const FAMILIES: [&str; 16] = [
    "DUPONT",
    "LE FICTIF-D'ARC",
    "DE LA RÔVERE",
    "MARTIN",
    "DUPONTEL",
    "ŒUVRARD",
    "N'DIAYE",
    "LEFÈVRE",
    "SAINT-CLAIR",
    "D'HÉRAULT",
    "GARCIA LOPEZ",
    "MÜLLER",
    "DÛ",
    "L'ESTRANGE",
    "VAN DEN BEEK",
    "CHÂTEAU-D'EAU",
];
const GIVENS: [&str; 10] = ["Élodie", "Jean-François", "Zoé", "Anne-Laure", "Noël", "MARIE", "Ève", "Loïc", "Maëlys", "Paul"];
const PLACES: [(&str, &str, (&str, &str)); 6] = [
    ("69003", "Lyon 3e  Arrondissement", ("69", "Rhône")),
    ("75012", "Paris 12e Arrondissement", ("75", "Paris")),
    ("38000", "GRENOBLE", ("38", "Isère")),
    ("42000", "Saint-Étienne", ("42", "Loire")),
    ("20000", "Ajaccio", ("2A", "Corse-du-Sud")),
    ("97400", "L'Étang-Salé", ("974", "La Réunion")),
];
const SPECIALTIES: [(&str, &str); 3] =
    [("SM04", "Cardiologie et maladies vasculaires (SM)"), ("SM54", "Médecine générale (SM)"), ("SM20", "Gynécologie-obstétrique (SM)")];

/// A small deterministic source of choices.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }

    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.roll(choices.len())]
    }
}

/// About 300 documents: professionals, their mailboxes, structures with ORG, APP and CAB mailboxes.
pub fn world() -> Vec<Doc> {
    let mut dice = Dice(42);
    let sites: Vec<SiteRecord> = (0..30)
        .map(|i| {
            let (postal_code, city, department) = PLACES[i % PLACES.len()];
            let id = if i % 3 == 0 { format!("C9900000000{i:03}") } else { format!("F9909990{i:02}") };
            let mut site =
                site(&id, &format!("{} {city}", ["CH DE", "CLINIQUE SAINTE-ÉVE", "Cabinet d'Œuvre"][i % 3]), postal_code, city, department);
            std::sync::Arc::make_mut(&mut site.structure).trade_name = if i % 4 == 0 { format!("Enseigne n°{i}") } else { String::new() };
            site
        })
        .collect();
    let mut records: Vec<Record> = Vec::new();
    for i in 0..100 {
        let profession = if dice.roll(2) == 0 { physician() } else { nurse() };
        let places: Vec<_> = (0..dice.roll(4)).map(|_| dice.of(&sites).clone()).collect();
        let specialties = if profession.code == "10" { vec![*dice.of(&SPECIALTIES)] } else { vec![] };
        let activities = places.iter().map(|p| activity(profession.clone(), Some(p.clone()))).collect();
        let (given, family) = (*dice.of(&GIVENS), *dice.of(&FAMILIES));
        let mut holder = person(&format!("1000000{i:04}"), given, family, vec![exercise(profession, &specialties)], activities);
        for n in 0..dice.roll(3) {
            let mut own = held(mailbox(&format!("p{i}.{n}@medecin{}.mssante.fr", i % 3), MailboxType::Per), &holder);
            own.mailbox.zero_papier = [None, Some(true), Some(false)][dice.roll(3)];
            own.mailbox.phone = ["", "+33 1 99 00 11 22", "0199-00.33.44"][dice.roll(3)].into();
            own.mailbox.description = if dice.roll(4) == 0 { "Réservé aux  confrères – urgences".into() } else { String::new() };
            if let (Some(place), 0) = (places.first(), dice.roll(2)) {
                own.sites = vec![place.clone()];
            }
            records.push(Record::Mailbox(own.clone()));
            holder.mailboxes.push(MailboxRecord { holders: Vec::new(), ..own });
        }
        records.push(Record::Professional(holder));
    }
    for (i, site) in sites.into_iter().enumerate() {
        let mut structure = StructureRecord { site: site.clone(), mailboxes: Vec::new() };
        for kind in [MailboxType::Org, MailboxType::App, MailboxType::Cab] {
            if dice.roll(2) == 0 {
                let mut own = mailbox(&format!("{}.{i}@structure{}.mssante.fr", kind.code().to_lowercase(), i % 2), kind);
                own.mailbox.service = ["", "Secrétariat", "Urgences & SAMU"][dice.roll(3)].into();
                own.mailbox.description = "Échanges ville-hôpital".into();
                own.sites = vec![site.clone()];
                records.push(Record::Mailbox(own.clone()));
                structure.mailboxes.push(own);
            }
        }
        records.push(Record::Structure(structure));
    }
    records.iter().flat_map(documents).collect()
}
