//! OpenLDAP with our schema and our export: mdb, with the indices that an administrator gives a directory for mail clients.

use crate::client::Target;
use crate::data::CONTEXTS;
use crate::ours::Certificate;
use crate::process::{Cost, Server, free_port, install, program, timed, version};
use crate::wire::{Protocol, ldap_bind};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const INDICES: &str = "index objectClass eq\nindex cn,sn,givenName,mail,o,l,ou,title,description eq,sub\nindex displayName,uid,rpps,IdentifiantPP,finess eq\n\
                       index profession,specialite,departement,postalCode eq\n";

fn needed(name: &str) -> Result<PathBuf> {
    if program(name).is_none() {
        install(&["slapd"])?;
    }
    program(name).with_context(|| format!("{name} is missing"))
}

pub fn release() -> Result<String> {
    let said = version(&needed("slapd")?, "-VV");
    Ok(said.split_whitespace().skip_while(|w| *w != "slapd").nth(1).map_or(said.clone(), |v| format!("OpenLDAP slapd {v}")))
}

fn configure(folder: &Path, certificate: &Certificate) -> Result<PathBuf> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/ldap/annuaire.schema");
    let mut conf = String::new();
    for standard in ["core", "cosine", "inetorgperson"] {
        conf.push_str(&format!("include /etc/ldap/schema/{standard}.schema\n"));
    }
    conf.push_str(&format!("include {}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n", schema.display()));
    conf.push_str(&format!("TLSCertificateFile {}\nTLSCertificateKeyFile {}\n", certificate.chain.display(), certificate.key.display()));
    conf.push_str("loglevel none\nsizelimit unlimited\ntimelimit unlimited\nthreads 8\ntool-threads 2\n");
    for context in CONTEXTS {
        let data = folder.join(context);
        std::fs::create_dir_all(&data)?;
        // As its manual advises for loads; the size is only a bound of the sparse file.
        conf.push_str(&format!("\ndatabase mdb\nsuffix \"{context}\"\ndirectory {}\nmaxsize 34359738368\n{INDICES}", data.display()));
    }
    let path = folder.join("slapd.conf");
    std::fs::write(&path, conf)?;
    Ok(path)
}

/// Loads our exports with `slapadd -q` into a folder.
pub fn load(folder: &Path, ldifs: &[PathBuf], certificate: &Certificate) -> Result<Cost> {
    let conf = configure(folder, certificate)?;
    let mut cost = Cost::default();
    for (context, ldif) in CONTEXTS.iter().zip(ldifs) {
        let mut command = Command::new(needed("slapadd")?);
        cost = cost.then(timed(command.args(["-q", "-b", context, "-f"]).arg(&conf).arg("-l").arg(ldif))?);
    }
    Ok(cost)
}

/// A running slapd; `tls` is where it speaks TLS.
pub struct Slapd {
    server: Server,
    ldap: std::net::SocketAddr,
    ldaps: std::net::SocketAddr,
}

impl Slapd {
    pub fn start(folder: &Path, certificate: &Certificate) -> Result<Self> {
        let conf = configure(folder, certificate)?;
        let (ldap, ldaps) = (free_port()?, free_port()?);
        let mut command = Command::new(needed("slapd")?);
        command.args(["-d", "0", "-h", &format!("ldap://{ldap}/ ldaps://{ldaps}/"), "-f"]).arg(conf);
        let mut server = Server::start(&mut command, "-TERM")?;
        server.listens(ldap)?;
        Ok(Self { server, ldap, ldaps })
    }

    pub fn id(&self) -> u32 {
        self.server.id()
    }

    pub fn target(&self, class: &str, certificate: &Certificate) -> Target {
        let tls = (class == "session_tls").then(|| Arc::clone(&certificate.client));
        Target {
            address: if tls.is_some() { self.ldaps } else { self.ldap },
            protocol: Protocol::Ldap,
            greeting: vec![ldap_bind()],
            fresh: class.starts_with("session"),
            tls,
            process: self.id(),
        }
    }
}
