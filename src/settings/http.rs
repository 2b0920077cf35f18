//! The HTTP door: where it listens, what a request may be, and how the public calls it.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    pub listen: SocketAddr,
    /// HTTPS.
    pub listen_tls: Option<SocketAddr>,
    /// Where the public reaches this server: scheme and host, perhaps a port, such as `https://annuaire.example.fr`.
    pub public_address: Option<String>,
    pub max_connections: usize,
    /// Largest page of `/v1/search`.
    pub max_page: usize,
    /// Largest URI and largest body, bytes.
    pub max_uri_bytes: usize,
    pub max_body_bytes: usize,
    /// Headers must arrive, and an answer be ready, within this.
    pub request_seconds: u64,
    /// Largest batch of an operator, bytes, and the time it may take to send one and to hear what became of it.
    pub max_batch_bytes: usize,
    pub batch_seconds: u64,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            listen_tls: None,
            public_address: None,
            max_connections: 2_000,
            max_page: 100,
            max_uri_bytes: 8 * 1024,
            max_body_bytes: 64 * 1024,
            request_seconds: 10,
            max_batch_bytes: 32 << 20,
            batch_seconds: 300,
        }
    }
}

impl HttpSettings {
    /// Refuses a public address that is more, or less, than a scheme and a host: paths are put behind it.
    pub(super) fn check(&self) -> Result<()> {
        let Some(address) = &self.public_address else { return Ok(()) };
        let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or_default();
        if is_host(host) {
            return Ok(());
        }
        Err(Error::invalid(format!("setting http.public_address is {address:?}, not one such as \"https://annuaire.example.fr\"")))
    }
}

/// A name or an address in brackets, and a port or none.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) if address.parse::<std::net::Ipv6Addr>().is_ok() => ("v6", rest),
        Some(_) => return false,
        None => host.find(':').map_or((host, ""), |at| host.split_at(at)),
    };
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_port = |port: &str| port.starts_with(|c: char| c.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    name.split('.').all(label) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn a_public_address_is_a_scheme_and_a_host() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.toml");
        let load = |address: &str| {
            std::fs::write(&file, format!("[http]\npublic_address = '{address}'")).unwrap();
            Settings::load(Some(&file)).map(|settings| settings.http.public_address).map_err(|error| error.to_string())
        };
        for address in ["https://annuaire.example.fr", "https://annuaire.example.fr:8443", "http://127.0.0.1:8080", "https://[::1]"] {
            assert_eq!(load(address), Ok(Some(address.to_owned())));
        }
        let no_hosts =
            ["https://a:b:c", "https://a[", "https://[::g]", "https://[::1", "https://a.fr:99999", "https://a.fr:", "https://a..fr"];
        let others =
            ["annuaire.example.fr", "https://annuaire.example.fr/", "https://a.fr/x", "ftp://a.fr", "https://", "https://a\"><b", ""];
        for refused in no_hosts.into_iter().chain(others) {
            assert!(load(refused).unwrap_err().starts_with("setting http.public_address is "), "{refused}");
        }
    }
}
