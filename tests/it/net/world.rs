//! A certificate authority of the tests, the files of a server, and a directory served with them.

use crate::harness::TestDirectory;
use annuaire::model::{Audience, Role};
use annuaire::settings::Settings;
use annuaire::trust::{Accounts, written_subject};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyIdMethod,
    KeyPair, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Subject of the client certificate that is the account `logiciel`, as openssl prints it.
pub const SUBJECT: &str = "subject=CN=logiciel.exemple.invalid,OU=1990999013,O=Exemple,C=FR";

/// The subject of [`Authority::client`] of that name, as an account has it.
pub fn written(name: &str) -> annuaire::model::DistinguishedName {
    written_subject(&format!("CN={name},OU=1990999013,O=Exemple,C=FR")).unwrap()
}

/// A certificate with its key.
pub struct Issued {
    pub certificate: CertificateDer<'static>,
    pub certificate_pem: String,
    pub key_pem: String,
    key: Vec<u8>,
}

impl Issued {
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }
}

pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = subject(&[(DnType::CommonName, "Autorité d'exemple")]);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A revocation list in PEM that names one client, and the year of its successor.
    pub fn revocations(&self, client: &Issued, next_year: i32) -> String {
        let (_, certificate) = X509Certificate::from_der(&client.certificate).unwrap();
        let revoked = RevokedCertParams {
            serial_number: SerialNumber::from_slice(certificate.raw_serial()),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(next_year, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.0).unwrap().pem().unwrap()
    }

    fn issue(&self, names: &[&str], parts: &[(DnType, &str)]) -> Issued {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = subject(parts);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Issued {
            certificate_pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key_pem: key.serialize_pem(),
            key: key.serialize_der(),
        }
    }

    pub fn server(&self) -> Issued {
        self.issue(&["127.0.0.1", "localhost"], &[(DnType::CommonName, "annuaire.exemple.invalid")])
    }

    /// In the order of certificates: the country first.
    pub fn client(&self, name: &str) -> Issued {
        let parts = [
            (DnType::CountryName, "FR"),
            (DnType::OrganizationName, "Exemple"),
            (DnType::OrganizationalUnitName, "1990999013"),
            (DnType::CommonName, name),
        ];
        self.issue(&[], &parts)
    }
}

fn subject(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    for (kind, value) in parts {
        subject.push(kind.clone(), *value);
    }
    subject
}

/// An empty directory behind every door.
pub struct World {
    pub authority: Authority,
    pub server: Issued,
    pub files: TempDir,
    pub directory: TestDirectory,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// With further settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::of(Authority::new(), change).await
    }

    /// Refuses the clients that the authority's list names.
    pub async fn revoking(authority: Authority, client: &Issued) -> Self {
        let list = authority.revocations(client, 2099);
        Self::of(authority, |settings| {
            let path = settings.net.tls.client_ca.as_ref().unwrap().with_file_name("crl.pem");
            std::fs::write(&path, list).unwrap();
            settings.net.tls.client_crl = Some(path);
        })
        .await
    }

    async fn of(authority: Authority, change: impl FnOnce(&mut Settings)) -> Self {
        let files = tempfile::tempdir().unwrap();
        let server = authority.server();
        write(files.path(), &server);
        std::fs::write(files.path().join("ca.pem"), authority.pem()).unwrap();
        let mut settings = settings(files.path());
        change(&mut settings);
        let directory = TestDirectory::over(tempfile::tempdir().unwrap(), &settings).await;
        let certificates = vec![written_subject(SUBJECT).unwrap()];
        let accounts = Accounts::new(directory.store.clone());
        accounts.add_with_certificates("logiciel", Audience::Professional, Role::Logiciel, certificates, [9; 32], 0).await.unwrap();
        Self { authority, server, files, directory }
    }

    pub fn ldaps(&self) -> SocketAddr {
        self.directory.service().addresses().ldaps.unwrap()
    }

    pub fn https(&self) -> SocketAddr {
        self.directory.service().addresses().https.unwrap()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }
}

/// Certificate and key where the settings point to.
pub fn write(folder: &Path, issued: &Issued) {
    std::fs::write(folder.join("server.pem"), &issued.certificate_pem).unwrap();
    std::fs::write(folder.join("server.key"), &issued.key_pem).unwrap();
}

/// Every door, on free ports.
pub fn settings(files: &Path) -> Settings {
    let mut settings = Settings::default();
    settings.net.tls.certificate = Some(files.join("server.pem"));
    settings.net.tls.key = Some(files.join("server.key"));
    settings.net.tls.client_ca = Some(files.join("ca.pem"));
    settings.ldap.listen_tls = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    settings.http.listen_tls = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    settings
}
