//! The REST door: `/v1` over HTTP, each route one question to [`Directory`] and its answer as JSON. It decides nothing about who may
//! see what: it renders published views as they come, for the audience the credential gives.
//!
//! It refuses to guess: an unknown parameter, a wrong credential, a value out of bounds is an error that says so, never a silently
//! different answer. Errors are problem documents (RFC 9457) with stable codes; conditional requests follow RFC 9110 §13; bearer
//! credentials RFC 6750. Sizes and times are bounded before any work is done, and no log line ever holds a URI or a query.
//!
//! [`router`] reads as the table of contents; [`openapi`] is the same table as a document, kept in `openapi/annuaire.json`.

mod accepted;
mod admin;
mod alerts;
mod asked;
mod bounds;
mod changes;
mod credential;
mod docs;
mod entry;
mod exports;
mod facets;
mod file_answer;
mod french;
mod health;
mod identity_check;
mod indicators;
mod indicators_page;
mod indicators_plot;
mod indicators_sections;
mod item;
mod json_body;
mod layers;
mod lookup;
mod mailboxes;
mod nomenclatures;
mod observe;
mod operator;
mod organizations;
mod parameters;
mod path;
mod problem;
mod professionals;
mod query_string;
mod refusals;
mod robots;
mod router;
mod search;
mod site;
mod suggest;
mod trust_space;

pub use asked::question;
pub use router::{Clock, openapi, router, router_with_clock};

use crate::alert::Alerts;
use crate::audit::Journal;
use crate::directory::Directory;
use crate::export::Exports;
use crate::export::feed::Feed;
use crate::indicators::{Exchanges, Indicators};
use crate::publication::Publication;
use crate::settings::Settings;
use crate::trust::{Authenticator, Operators, Registry};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::{Arc, OnceLock};

/// The ports of the LDAP door, in clear and over TLS, for the page that tells them: known when they are bound, for a setting may ask for any
/// free one.
#[derive(Clone, Debug, Default)]
pub struct LdapPorts(Arc<OnceLock<(u16, Option<u16>)>>);

impl LdapPorts {
    /// The first word holds.
    pub fn bound(&self, clear: u16, tls: Option<u16>) {
        let _ = self.0.set((clear, tls));
    }

    fn get(&self) -> Option<(u16, Option<u16>)> {
        self.0.get().copied()
    }
}

/// What the routes need; cheap to clone.
#[derive(Clone)]
pub struct RestService {
    pub directory: Directory,
    pub authenticator: Authenticator,
    pub publication: Publication,
    pub operators: Operators,
    pub registry: Registry,
    pub journal: Journal,
    pub alerts: Alerts,
    pub feed: Feed,
    pub indicators: Indicators,
    pub exchanges: Exchanges,
    pub exports: Exports,
    /// `http` and `search.deadline_ms` are read here.
    pub settings: Settings,
    pub ldap_ports: LdapPorts,
    /// Renders `/metrics`; counting goes through the `metrics` macros.
    pub metrics: PrometheusHandle,
}
