//! A small directory behind the REST door: an index of published records, an account, a clock that can be moved.

use annuaire::alert::Alerts;
use annuaire::audit::Journal;
use annuaire::directory::{Directory, Governor};
use annuaire::export::{Exports, feed::Feed};
use annuaire::index::{Committed, Document, Gate, Index};
use annuaire::indicators::{Exchanges, Indicators};
use annuaire::model::{Account, Audience, Coded, Record, Role};
use annuaire::publication::Publication;
use annuaire::rest::{LdapPorts, RestService, router_with_clock};
use annuaire::settings::Settings;
use annuaire::store::{DataDir, Store};
use annuaire::trust::{Authenticator, Operators, Registry};
use annuaire::visibility::publish;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;

/// When every entry last changed: 2026-11-03T05:12:45Z.
pub const SINCE: i64 = 1_793_682_765;
const SECRET: &str = "ann_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

pub struct World {
    pub router: Router,
    pub gate: Arc<Gate>,
    now: Arc<AtomicI64>,
    _index: Index,
    _folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Ids of the items, in order: id of a professional or structure, address of a mailbox.
    pub fn ids(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{:?}", self.body);
        let json = self.json();
        let id = |item: &serde_json::Value| item.get("id").or(item.get("address")).unwrap().as_str().unwrap().to_owned();
        json["items"].as_array().unwrap().iter().map(id).collect()
    }

    /// The code of a problem, after checking its whole shape.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{:?}", self.body);
        let json = self.json();
        let code = json["code"].as_str().unwrap();
        assert_eq!(json["status"], self.status.as_u16());
        assert_eq!(json["type"], format!("urn:annuaire:problem:{code}"));
        assert_eq!(json["request_id"], self.header("x-request-id"));
        assert!(!json["title"].as_str().unwrap().is_empty() && !json["detail"].as_str().unwrap().is_empty());
        code.to_owned()
    }

    /// The body with its request id taken out: what must be equal between two refusals.
    pub fn body_without_request_id(&self) -> String {
        let id = self.header("x-request-id");
        String::from_utf8(self.body.to_vec()).unwrap().replace(id, "")
    }
}

impl World {
    pub async fn new() -> Self {
        // All tests are one source: how fast it asks and how often it is wrong is for the tests of limits.
        let mut settings = Settings::default();
        settings.limits.searches_per_second = 1_000_000;
        settings.limits.failed_credentials_per_minute = 1_000_000;
        Self::with(&super::records::all(), settings).await
    }

    pub async fn with(records: &[Record], settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::create_or_open(folder.path()).unwrap();
        let store = Store::open(&data).await.unwrap();
        let account = Account {
            name: "logiciel".to_owned(),
            audience: Audience::Professional,
            role: Role::Logiciel,
            created_at: SINCE,
            revoked_at: None,
            certificates: vec![],
        };
        store.add_account(&account, Sha256::digest(SECRET.as_bytes()).into()).await.unwrap();

        let mut index = Index::open(&data.index(), store.store_id(), &annuaire::index::Reader::default()).unwrap();
        let table = vec![
            Coded { code: "SM04".into(), label: "Cardiologie".into() },
            Coded { code: "SM54".into(), label: "Médecine générale".into() },
        ];
        index.set_labels([("TRE_R38".to_owned(), Arc::new(table))].into());
        let live = index.live();
        for record in records {
            let [public, professional] = Audience::ALL.map(|audience| publish(record, audience));
            let same = public == professional;
            for (published, bits) in [(public, if same { 3 } else { 1 }), (professional.filter(|_| !same), 2)] {
                if let Some(published) = published {
                    live.add(&Document { published: &published, audiences: bits, since: SINCE, created: SINCE }).unwrap();
                }
            }
        }
        live.commit(Committed { seq: 1 }).unwrap();

        let gate = Arc::new(Gate::default());
        gate.open();
        let now = Arc::new(AtomicI64::new(SINCE + 3_600));
        let clock = Arc::clone(&now);
        let governor = Governor::new(settings.limits.clone());
        let directory = Directory::new(index.reader(), Arc::clone(&gate), [7; 32], governor.clone());
        let service = RestService {
            feed: Feed::new(store.clone(), directory.clone()),
            indicators: Indicators::new(store.clone(), directory.clone(), &data),
            exchanges: Exchanges::new(store.clone()),
            exports: Exports::new(data.clone(), store.clone(), directory.clone(), settings.exports.clone()),
            directory,
            authenticator: Authenticator::new(store.clone(), governor),
            publication: Publication::new(store.clone()),
            operators: Operators::new(store.clone()),
            registry: Registry::new(store.clone()),
            alerts: Alerts::new(store.clone(), &data, &settings.alerts),
            journal: Journal::new(store),
            settings,
            ldap_ports: LdapPorts::default(),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
        };
        let clock = Arc::new(move || jiff::Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap());
        Self { router: router_with_clock(service, clock), gate, now, _index: index, _folder: folder }
    }

    pub fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 10 << 20).await.unwrap();
        assert_eq!(parts.headers["x-content-type-options"], "nosniff");
        assert!(parts.headers.contains_key("x-request-id"));
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// As the public.
    pub async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).body(Body::empty()).unwrap()).await
    }

    /// With the bearer of the account.
    pub async fn get_identified(&self, uri: &str) -> Answer {
        self.get_with(uri, "authorization", &format!("Bearer {SECRET}")).await
    }

    pub async fn post(&self, uri: &str, body: &str) -> Answer {
        self.send(Request::post(uri).body(Body::from(body.to_owned())).unwrap()).await
    }

    pub async fn post_identified(&self, uri: &str, body: String) -> Answer {
        self.send(Request::post(uri).header("authorization", format!("Bearer {SECRET}")).body(Body::from(body)).unwrap()).await
    }

    pub async fn get_with(&self, uri: &str, header: &str, value: &str) -> Answer {
        self.send(Request::get(uri).header(header, value).body(Body::empty()).unwrap()).await
    }
}
