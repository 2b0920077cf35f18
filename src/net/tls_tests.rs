//! Which files of TLS are taken, when they are read again, and whom a revocation list shuts out.

use super::*;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa, KeyIdMethod, KeyPair, RevokedCertParams,
    SerialNumber, date_time_ymd,
};
use rustls_pki_types::ServerName;
use std::path::Path;

/// Certificate and key, PEM.
fn issued() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn settings(folder: &Path) -> TlsSettings {
    TlsSettings {
        certificate: Some(folder.join("c.pem")),
        key: Some(folder.join("k.pem")),
        client_ca: Some(folder.join("ca.pem")),
        client_crl: None,
    }
}

fn write(folder: &Path, certificate: &str, key: &str, ca: &str) {
    for (name, text) in [("c.pem", certificate), ("k.pem", key), ("ca.pem", ca)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ((certificate, key), (other, other_key)) = (issued(), issued());
    let load = || Tls::load(&settings(folder.path())).map(|tls| tls.is_some()).map_err(|error| error.to_string());
    assert!(load().unwrap_err().starts_with(&format!("setting net.tls.certificate (file {}", folder.path().join("c.pem").display())));
    for (certificate, key, ca, words) in [
        (certificate.as_str(), other_key.as_str(), other.as_str(), "setting net.tls.key (file "),
        ("", &key, &other, "setting net.tls.certificate (file "),
        ("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n", &key, &other, "setting net.tls.certificate (file "),
        (&certificate, "no key", &other, "setting net.tls.key (file "),
        (&certificate, &certificate, &other, "setting net.tls.key (file "),
        (&certificate, &key, "", "setting net.tls.client_ca (file "),
    ] {
        write(folder.path(), certificate, key, ca);
        let error = load().unwrap_err();
        assert!(error.starts_with(words), "{error}");
    }
    write(folder.path(), &certificate, &key, &other);
    assert_eq!(load(), Ok(true));
    let none = TlsSettings::default();
    assert!(Tls::load(&none).unwrap().is_none());
    assert!(Tls::load(&TlsSettings { key: None, ..settings(folder.path()) }).is_err());
    assert!(Tls::load(&TlsSettings { certificate: None, ..settings(folder.path()) }).is_err());
    assert!(Tls::load(&TlsSettings { client_ca: Some(folder.path().join("ca.pem")), ..none }).is_err());
    let crl = folder.path().join("crl.pem");
    let with = TlsSettings { client_crl: Some(crl.clone()), ..settings(folder.path()) };
    assert!(Tls::load(&TlsSettings { client_ca: None, ..with.clone() }).is_err());
    for text in ["", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"] {
        std::fs::write(&crl, text).unwrap();
        let error = Tls::load(&with).map(|tls| tls.is_some()).unwrap_err().to_string();
        assert!(error.starts_with("setting net.tls.client_crl (file "), "{error}");
    }
}

#[test]
fn only_regular_files_of_a_bounded_size_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = issued();
    let load = || Tls::load(&settings(folder.path())).map(|tls| tls.is_some()).map_err(|error| error.to_string());
    write(folder.path(), &certificate, &key, &certificate);
    let (path, kept) = (folder.path().join("c.pem"), folder.path().join("kept.pem"));
    // As secrets are mounted.
    #[cfg(unix)]
    {
        std::fs::rename(&path, &kept).unwrap();
        std::os::unix::fs::symlink(&kept, &path).unwrap();
        assert_eq!(load(), Ok(true));
        std::fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        // Opened anyway, the FIFO would find this writer and then hold nothing.
        let writer = path.clone();
        std::thread::spawn(move || std::fs::OpenOptions::new().write(true).open(writer));
        assert!(load().unwrap_err().ends_with("c.pem): is no regular file"));
        std::fs::remove_file(&path).unwrap();
    }
    let large = format!("{certificate}{}", "\n".repeat(1 << 20));
    write(folder.path(), &large, &key, &certificate);
    assert!(load().unwrap_err().ends_with("c.pem): is larger than 1 MiB"));
    let largest = format!("{certificate}{}", "\n".repeat((1 << 20) - certificate.len()));
    write(folder.path(), &largest, &key, &certificate);
    assert_eq!(load(), Ok(true));
}

#[test]
fn a_bad_new_file_leaves_the_old_one_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let ((certificate, key), (other, other_key)) = (issued(), issued());
    write(folder.path(), &certificate, &key, &certificate);
    let tls = Tls::load(&settings(folder.path())).unwrap().unwrap();
    let first = tls.configs.load_full();
    let same = |configs: &Arc<Configs>| Arc::ptr_eq(configs, &tls.configs.load_full());
    let tried = tls.look(tls.first, false);
    assert!(same(&first) && tls.look(tried, false) == tried && same(&first), "unchanged files are left alone");
    write(folder.path(), &other, &key, &certificate);
    let tried = tls.look(tried, false);
    assert!(same(&first), "the key is not there yet");
    std::fs::remove_file(folder.path().join("k.pem")).unwrap();
    let tried = tls.look(tried, false);
    assert!(same(&first));
    write(folder.path(), &other, &other_key, &certificate);
    let tried = tls.look(tried, false);
    assert!(!same(&first));
    let second = tls.configs.load_full();
    tls.look(tried, true);
    assert!(!same(&second), "told to, it reads again");
}
/// The authority's list that names one serial number, and the year of its successor.
fn revoking(authority: &CertifiedIssuer<'static, KeyPair>, serial: u64, next_year: i32) -> String {
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: date_time_ymd(2026, 1, 1),
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
    list.signed_by(authority).unwrap().pem().unwrap()
}

#[tokio::test]
async fn whom_a_list_names_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let issue = |serial: u64| {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from(serial));
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &authority).unwrap(), key)
    };
    let (server, server_key) = issue(1);
    write(folder.path(), &server.pem(), &server_key.serialize_pem(), &authority.pem());
    let list = folder.path().join("crl.pem");
    std::fs::write(&list, revoking(&authority, 7, 2099)).unwrap();
    let tls = Tls::load(&TlsSettings { client_crl: Some(list.clone()), ..settings(folder.path()) }).unwrap().unwrap();
    let clients = [7, 8].map(|serial| {
        let (certificate, key) = issue(serial);
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let builder = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        Arc::new(builder.with_client_auth_cert(vec![certificate.der().clone()], key).unwrap())
    });
    let accepted = async || {
        let mut accepted = Vec::new();
        for client in &clients {
            let (near, far) = tokio::io::duplex(1 << 16);
            let connector = tokio_rustls::TlsConnector::from(Arc::clone(client));
            let connect = connector.connect(ServerName::try_from("localhost").unwrap(), near);
            let (server, _) = tokio::join!(tls.handshake(Inside::Ldap, Duration::from_secs(10)).upgrade(far), connect);
            accepted.push(server.is_ok());
        }
        accepted
    };
    assert_eq!(accepted().await, [false, true]);
    let mut tried = tls.first;
    // The second is late, and used all the same.
    for (text, expected) in [(revoking(&authority, 8, 2099), [true, false]), (revoking(&authority, 7, 2021), [false, true])] {
        std::fs::write(&list, text).unwrap();
        tried = tls.look(tried, false);
        assert_eq!(accepted().await, expected);
    }
}
