//! A small directory: a few people with names that try the rules, a hospital, and enough others to pass the limits.

use annuaire::directory::{Directory, Governor};
use annuaire::index::{Committed, Document, Gate, Index, Reader};
use annuaire::ldap::LdapService;
use annuaire::model::{
    Address, Audience, Coded, ExerciseRecord, HolderStanding, Kind, Mailbox, MailboxRecord, MailboxStanding, MailboxType, OperatorState,
    PostalAddress, Professional, ProfessionalOrigin, ProfessionalRecord, Record, SiteRecord, Structure, StructureRecord,
};
use annuaire::net::Server;
use annuaire::settings::Settings;
use annuaire::store::{DataDir, Store};
use annuaire::trust::{Accounts, Authenticator};
use annuaire::visibility::publish;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Secret of the account `logiciel`.
pub const SECRET: &str = "ann_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
pub const ACCOUNT: &str = "uid=logiciel,ou=comptes,dc=mssante,dc=fr";
pub const MAILBOXES: &str = "ou=bal,dc=mssante,dc=fr";
/// Further mailboxes of a domain of their own, past every entry limit of the anonymous.
pub const FILLERS: usize = 130;
/// 2026-01-02T03:04:05Z.
pub const SINCE: i64 = 1_767_323_045;

pub struct World {
    pub reader: Reader,
    pub gate: Arc<Gate>,
    pub store: Store,
    pub accounts: Accounts,
    _index: Index,
    _folder: TempDir,
}

/// A running server; dropped, it stops.
pub struct Running {
    pub ldap: SocketAddr,
    pub http: SocketAddr,
    pub stop: CancellationToken,
    pub task: JoinHandle<annuaire::error::Result<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Settings with free ports, no limit on the speed of one source (all tests are one), and the defaults for the rest.
pub fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.limits.searches_per_second = 1_000_000;
    settings.limits.connections_per_source = 10_000;
    settings.ldap.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings
}

impl World {
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let data = DataDir::create_or_open(folder.path().join("data")).unwrap();
        let store = Store::open(&data).await.unwrap();
        let accounts = Accounts::new(store.clone());
        let (_, secret) = accounts.add("logiciel", Audience::Professional, [7; 32], 0).await.unwrap();
        assert_eq!(secret.reveal(), SECRET);
        let mut index = Index::open(&data.index(), store.store_id(), &annuaire::index::Reader::default()).unwrap();
        let generation = index.live();
        for record in records() {
            let views = Audience::ALL.map(|audience| (audience, publish(&record, audience)));
            match &views {
                [(_, Some(a)), (_, Some(b))] if a == b => {
                    generation.add(&Document { published: a, audiences: 3, since: SINCE, created: SINCE }).unwrap();
                }
                _ => {
                    for (audience, published) in views.iter().filter_map(|(a, p)| p.as_ref().map(|p| (*a, p))) {
                        generation.add(&Document { published, audiences: audience.bit(), since: SINCE, created: SINCE }).unwrap();
                    }
                }
            }
        }
        generation.commit(Committed { seq: 1 }).unwrap();
        let gate = Arc::new(Gate::default());
        gate.open();
        Self { reader: index.reader(), gate, store, accounts, _index: index, _folder: folder }
    }

    pub async fn serve(&self, settings: Settings) -> Running {
        let governor = Governor::new(settings.limits.clone());
        let service = LdapService {
            directory: Directory::new(self.reader.clone(), Arc::clone(&self.gate), [7; 32], governor.clone()),
            authenticator: Authenticator::new(self.store.clone(), governor),
            settings: settings.clone(),
        };
        let router = axum::Router::new().route("/hello", axum::routing::get(|| async { "hello" }));
        let server = Server::bind(&settings, service, router).await.unwrap();
        let (ldap, http, stop) = (server.ldap_address(), server.http_address(), CancellationToken::new());
        let task = tokio::spawn(server.run(stop.clone()));
        Running { ldap, http, stop, task }
    }
}

/// A world and a server with default limits.
pub async fn serve() -> (World, Running) {
    let world = World::new().await;
    let running = world.serve(settings()).await;
    (world, running)
}

fn coded(code: &str, label: &str) -> Coded {
    Coded { code: code.to_owned(), label: label.to_owned() }
}

fn site(id: &str, name: &str, city: &str) -> SiteRecord {
    let address = PostalAddress { postal_code: "99000".to_owned(), city: city.to_owned(), ..PostalAddress::default() };
    SiteRecord {
        structure: Structure {
            id: id.to_owned(),
            name: name.to_owned(),
            finess: "990000001".to_owned(),
            address,
            in_rpps: true,
            ..Structure::default()
        }
        .into(),
        sector: coded("SA01", "Etablissement Public de santé"),
        department: coded("99", "Exemple"),
        service: String::new(),
    }
}

fn person(number: &str, family: &str, given: &str) -> ProfessionalRecord {
    ProfessionalRecord {
        professional: Professional {
            id: format!("8{number}"),
            id_type: "8".to_owned(),
            id_value: number.to_owned(),
            family: family.to_owned(),
            given: given.to_owned(),
            origin: Some(ProfessionalOrigin::Rpps),
            ..Professional::default()
        },
        civility: coded("MME", "Madame"),
        exercise_civility: coded("DR", "Docteur"),
        exercises: vec![ExerciseRecord { profession: coded("10", "Médecin"), category: coded("C", "Civil"), specialties: vec![] }],
        activities: vec![],
        mailboxes: vec![],
    }
}

fn mailbox(kind: MailboxType, address: &str, holders: Vec<ProfessionalRecord>, sites: Vec<SiteRecord>) -> MailboxRecord {
    MailboxRecord {
        mailbox: Mailbox {
            zero_papier: Some(true),
            phone: "01 99 00 12 34".to_owned(),
            responsible: "RESPONSABLE Cachée".to_owned(),
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
        holder_standings: holders.iter().map(|_| HolderStanding::Present).collect(),
        holders,
        sites,
    }
}

/// Everybody: three named people with mailboxes, one of them red, a hospital with a secretariat and a software mailbox, the fillers.
fn records() -> Vec<Record> {
    let lyon = || site("F990000001", "CH D'EXEMPLEVILLE", "EXEMPLEVILLE");
    let elodie = person("10000000001", "LEFÈVRE", "Élodie");
    let jean = person("10000000002", "MARTIN", "Jean");
    let rouge = person("10000000003", "DISCRET", "Rosa");
    let per = |person: &ProfessionalRecord, address: &str| mailbox(MailboxType::Per, address, vec![person.clone()], vec![lyon()]);
    let mut red = per(&rouge, "rosa.discret@medecin.exemple.fr");
    red.mailbox.liste_rouge = true;
    let mut records = vec![
        Record::Mailbox(per(&elodie, "elodie.lefevre@medecin.exemple.fr")),
        Record::Mailbox(per(&jean, "jean.martin@medecin.exemple.fr")),
        Record::Mailbox(red),
        Record::Mailbox(mailbox(MailboxType::Org, "secretariat@ch.exemple.fr", vec![], vec![lyon()])),
        Record::Mailbox(mailbox(MailboxType::App, "logiciel@ch.exemple.fr", vec![], vec![lyon()])),
        Record::Professional(elodie),
        Record::Professional(jean),
        Record::Structure(StructureRecord { site: lyon(), mailboxes: vec![] }),
    ];
    for number in 0..FILLERS {
        let holder = person(&format!("2{number:010}"), &format!("REMPLISSAGE{number:03}"), "Fanny");
        let address = format!("fanny.{number:03}@remplissage.exemple.fr");
        records.push(Record::Mailbox(mailbox(MailboxType::Per, &address, vec![holder], vec![lyon()])));
    }
    records
}

/// DN of a mailbox.
pub fn mailbox_dn(address: &str) -> String {
    annuaire::ldap_entry::dn(Kind::Mailbox, address)
}
