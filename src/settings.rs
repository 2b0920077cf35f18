//! Typed settings: defaults, then a TOML file, then the environment (`ANNUAIRE_LDAP__LISTEN`), then flags.
//!
//! The only reader of the environment. An unknown name is refused wherever it stands, because a misspelt bound would silently be no
//! bound; every error names the setting and the file or variable it came from. The list with its defaults is docs/running.md; a test
//! compares the two.

mod alerts;
mod exports;
mod http;
mod indicators;
mod trust;

pub use alerts::AlertSettings;
pub use exports::ExportSettings;
pub use http::HttpSettings;
pub use indicators::IndicatorSettings;
pub use trust::TrustSettings;

use crate::error::{Error, Result};
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Every variable that begins so is a setting.
const PREFIX: &str = "ANNUAIRE_";
/// A day.
const LONGEST_SECONDS: u64 = 24 * 3_600;
const LARGEST_BYTES: u64 = 1 << 30;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Real people are served from here: commands that invent some are refused.
    pub production: bool,
    pub net: NetSettings,
    pub ldap: LdapSettings,
    pub http: HttpSettings,
    pub search: SearchSettings,
    pub limits: LimitSettings,
    pub trust: TrustSettings,
    pub alerts: AlertSettings,
    pub exports: ExportSettings,
    pub indicators: IndicatorSettings,
    pub log: LogSettings,
}

/// The transport below both protocols.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetSettings {
    pub tls: TlsSettings,
    /// Where requests are answered without TLS.
    pub cleartext: Cleartext,
    /// Networks whose PROXY headers and `Forwarded` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// A connection from a trusted proxy must begin with a PROXY header of version 2.
    pub proxy_protocol: bool,
}

/// PEM files, read again when they change.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsSettings {
    /// The server's certificate, then those between it and its root.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// Who may sign client certificates.
    pub client_ca: Option<PathBuf>,
    /// Client certificates that these authorities revoked.
    pub client_crl: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cleartext {
    /// From this machine only.
    #[default]
    Loopback,
    /// From everywhere: the network is safe, or the data is invented.
    Anywhere,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LdapSettings {
    pub listen: SocketAddr,
    /// LDAPS, TLS from the first byte.
    pub listen_tls: Option<SocketAddr>,
    pub max_connections: usize,
    /// Largest request, bytes.
    pub max_message_bytes: usize,
    /// Outstanding operations of one connection.
    pub max_operations: usize,
    /// Searches of one connection that work at the same time; the others wait without a place in the common queue.
    pub searches_at_once: usize,
    /// Silence before a connection is closed, seconds: before its first request, and after.
    pub first_request_seconds: u64,
    pub idle_seconds: u64,
    /// A request must arrive whole, and an answer be taken, within this.
    pub message_seconds: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchSettings {
    /// Longest a search may work, milliseconds.
    pub deadline_ms: u64,
}

/// What one source may take; a source is an account, else an IPv4 address, else an IPv6 /56.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Entries one LDAP search without account returns at most, pages together.
    pub anonymous_entries: usize,
    /// The same of an account, a page.
    pub account_entries: usize,
    /// The same of an account, pages together.
    pub account_paged_entries: usize,
    /// Searches a second; as many may come at once.
    pub searches_per_second: u32,
    /// Searches of one source that work at the same time, but never more than there are cores.
    pub searches_at_once: usize,
    /// Distinct mailboxes shown without account.
    pub anonymous_mailboxes_per_hour: u64,
    pub anonymous_mailboxes_per_day: u64,
    /// Distinct mailboxes shown to an account.
    pub account_mailboxes_per_day: u64,
    /// Entries of an answer once the allowance is used up.
    pub restricted_entries: usize,
    /// How long each of them is held back, milliseconds.
    pub restricted_pause_ms: u64,
    /// Wrong secrets of one address.
    pub failed_credentials_per_minute: u32,
    /// Connections of one address, over all listeners.
    pub connections_per_source: usize,
    /// Networks with more.
    pub networks: Vec<NetworkSettings>,
}

/// A network that may have more than others: a hospital behind one address. What it does not raise stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSettings {
    /// For the administrator.
    pub name: String,
    pub addresses: Vec<IpNet>,
    #[serde(default)]
    pub searches_per_second: u32,
    #[serde(default)]
    pub mailboxes_per_hour: u64,
    #[serde(default)]
    pub mailboxes_per_day: u64,
    #[serde(default)]
    pub failed_credentials_per_minute: u32,
    #[serde(default)]
    pub connections: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// `error`, `warn`, `info`, `debug` or a tracing filter.
    pub level: String,
    /// JSON lines instead of text.
    pub json: bool,
}

impl Default for LdapSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3389)),
            listen_tls: None,
            max_connections: 4_000,
            max_message_bytes: 64 * 1024,
            max_operations: 16,
            searches_at_once: 2,
            first_request_seconds: 30,
            idle_seconds: 300,
            message_seconds: 30,
        }
    }
}

impl Default for SearchSettings {
    fn default() -> Self {
        Self { deadline_ms: 5_000 }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            anonymous_entries: 100,
            account_entries: 1_000,
            account_paged_entries: 50_000,
            searches_per_second: 60,
            searches_at_once: 8,
            anonymous_mailboxes_per_hour: 20_000,
            anonymous_mailboxes_per_day: 60_000,
            account_mailboxes_per_day: 200_000,
            restricted_entries: 10,
            restricted_pause_ms: 1_000,
            failed_credentials_per_minute: 30,
            connections_per_source: 500,
            networks: Vec::new(),
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".to_owned(), json: false }
    }
}

impl Settings {
    /// Defaults, then `file` when given (it must exist), then the environment. Errors name the setting and where it came from.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(path) = file {
            if !path.is_file() {
                return Err(Error::invalid(format!("settings file {} does not exist", path.display())));
            }
            figment = figment.merge(Toml::file_exact(path));
        }
        let figment = figment.merge(Env::prefixed(PREFIX).split("__"));
        let settings: Self =
            figment.extract().map_err(|error| Error::invalid(error.into_iter().map(explained).collect::<Vec<_>>().join("; ")))?;
        match settings.bounds().into_iter().find(|(_, value, bounds)| !bounds.contains(value)) {
            None => settings.trust.check().and_then(|()| settings.http.check()).map(|()| settings),
            Some((name, value, bounds)) => {
                let what = format!("{value} is not from {} to {}", bounds.start(), bounds.end());
                let mut error = figment::Error::from(what).with_path(name);
                error.metadata = figment.find_metadata(name).cloned();
                Err(Error::invalid(explained(error)))
            }
        }
    }

    /// Settings with the values they may have: with none, or with a time no clock can count to, a listener would answer nobody.
    fn bounds(&self) -> [(&'static str, u64, RangeInclusive<u64>); 30] {
        let size = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        let (ldap, http, limits) = (&self.ldap, &self.http, &self.limits);
        [
            ("limits.anonymous_entries", size(limits.anonymous_entries), 1..=u64::MAX),
            ("limits.account_entries", size(limits.account_entries), 1..=u64::MAX),
            ("limits.account_paged_entries", size(limits.account_paged_entries), 1..=u64::MAX),
            ("limits.searches_per_second", limits.searches_per_second.into(), 1..=u64::MAX),
            ("limits.searches_at_once", size(limits.searches_at_once), 1..=u64::MAX),
            ("limits.anonymous_mailboxes_per_hour", limits.anonymous_mailboxes_per_hour, 1..=u64::MAX),
            ("limits.anonymous_mailboxes_per_day", limits.anonymous_mailboxes_per_day, 1..=u64::MAX),
            ("limits.account_mailboxes_per_day", limits.account_mailboxes_per_day, 1..=u64::MAX),
            ("limits.restricted_entries", size(limits.restricted_entries), 1..=u64::MAX),
            ("limits.restricted_pause_ms", limits.restricted_pause_ms, 0..=60_000),
            ("limits.failed_credentials_per_minute", limits.failed_credentials_per_minute.into(), 1..=u64::MAX),
            ("limits.connections_per_source", size(limits.connections_per_source), 1..=u64::MAX),
            ("ldap.max_connections", size(ldap.max_connections), 1..=u64::MAX),
            ("ldap.max_message_bytes", size(ldap.max_message_bytes), 1_024..=LARGEST_BYTES),
            ("ldap.max_operations", size(ldap.max_operations), 1..=u64::MAX),
            ("ldap.searches_at_once", size(ldap.searches_at_once), 1..=u64::MAX),
            ("ldap.first_request_seconds", ldap.first_request_seconds, 1..=LONGEST_SECONDS),
            ("ldap.idle_seconds", ldap.idle_seconds, 1..=LONGEST_SECONDS),
            ("ldap.message_seconds", ldap.message_seconds, 1..=LONGEST_SECONDS),
            ("http.max_connections", size(http.max_connections), 1..=u64::MAX),
            ("http.max_page", size(http.max_page), 1..=u64::MAX),
            ("http.max_uri_bytes", size(http.max_uri_bytes), 64..=LARGEST_BYTES),
            ("http.request_seconds", http.request_seconds, 1..=LONGEST_SECONDS),
            ("http.max_batch_bytes", size(http.max_batch_bytes), 1_024..=LARGEST_BYTES),
            ("http.batch_seconds", http.batch_seconds, 1..=LONGEST_SECONDS),
            ("search.deadline_ms", self.search.deadline_ms, 1..=LONGEST_SECONDS * 1_000),
            ("indicators.hour", self.indicators.hour.into(), 0..=23),
            ("exports.hour", self.exports.hour.into(), 0..=23),
            ("exports.keep", size(self.exports.keep), 1..=31),
            ("exports.subsets", size(self.exports.subsets), 1..=10_000),
        ]
    }
}

/// `setting ldap.listen (environment variable ANNUAIRE_LDAP__LISTEN): invalid …`
fn explained(error: figment::Error) -> String {
    let mut path = error.path;
    if let figment::error::Kind::UnknownField(name, _) = &error.kind
        && path.last() != Some(name)
    {
        path.push(name.clone());
    }
    let setting = path.join(".");
    let origin = match error.metadata {
        Some(metadata) => match metadata.source {
            Some(figment::Source::File(file)) => file.display().to_string(),
            _ if metadata.name.contains("environment") => {
                format!("environment variable {PREFIX}{}", path.join("__").to_uppercase())
            }
            _ => metadata.name.into_owned(),
        },
        None => "settings".to_owned(),
    };
    if setting.is_empty() { format!("{origin}: {}", error.kind) } else { format!("setting {setting} ({origin}): {}", error.kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_would_answer_nobody_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.toml");
        let load = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Settings::load(Some(&file))
        };
        assert!(load("[ldap]\nidle_seconds = 600\n[http]\nmax_page = 10").is_ok());
        for (room, name, value) in [
            ("ldap", "idle_seconds", "9223372036854775807"),
            ("ldap", "first_request_seconds", "9223372036854775807"),
            ("ldap", "max_message_bytes", "0"),
            ("http", "request_seconds", "9223372036854775807"),
            ("http", "max_page", "0"),
            ("search", "deadline_ms", "0"),
        ] {
            let error = load(&format!("[{room}]\n{name} = {value}")).unwrap_err().to_string();
            assert!(error.starts_with(&format!("setting {room}.{name} (")), "{error}");
            assert!(error.contains("s.toml") && error.contains(value), "{error}");
        }
    }

    #[test]
    fn what_may_be_left_out_may_be_given() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.toml");
        let load = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Settings::load(Some(&file))
        };
        let settings = load(
            "[net]\ncleartext = \"anywhere\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1/128\"]\n[net.tls]\ncertificate = \"c.pem\"\n\
             [ldap]\nlisten_tls = \"0.0.0.0:636\"",
        )
        .unwrap();
        assert_eq!(settings.net.cleartext, Cleartext::Anywhere);
        assert_eq!(settings.net.trusted_proxies.len(), 2);
        assert_eq!(settings.net.tls.certificate.as_deref(), Some(Path::new("c.pem")));
        assert_eq!(settings.ldap.listen_tls, Some(SocketAddr::from(([0, 0, 0, 0], 636))));
        assert_eq!(settings.http.listen_tls, None);
        for (text, name) in [
            ("[net]\ncleartext = \"everywhere\"", "net.cleartext"),
            ("[net]\ntrusted_proxies = [\"10.0.0.300/8\"]", "net.trusted_proxies"),
            ("[net.tls]\ncertifcate = \"c.pem\"", "net.tls.certifcate"),
            ("[ldap]\nlisten_tls = \"636\"", "ldap.listen_tls"),
        ] {
            let error = load(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("setting {name}")), "{error}");
        }
    }
}
