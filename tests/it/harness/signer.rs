//! Signs invented listes blanches in the layout of the official one, by certificates of an authority of the tests.
//!
//! Written apart from the code that verifies: the list must be in canonical form already, and everything else is put together as text.
//! RSA keys come from openssl, because ring makes none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, PKCS_RSA_SHA256, RevokedCertParams, SerialNumber, SigningKey as _, date_time_ymd,
};
use sha2::{Digest as _, Sha256};
use std::process::Command;
use std::sync::OnceLock;

pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Subject of every signer, as a setting names it.
pub const SIGNER: &str = "CN=liste.exemple.invalid,O=EXEMPLE INVENTE,C=FR";

/// May issue certificates of signers.
pub struct ListAuthority(CertifiedIssuer<'static, KeyPair>);

/// Signs lists.
pub struct ListSigner {
    key: KeyPair,
    certificate: Vec<u8>,
    /// PEM.
    pub pem: String,
}

impl ListAuthority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A signer for mail, number 7, unless `change` says otherwise.
    pub fn signer(&self, change: impl FnOnce(&mut CertificateParams)) -> ListSigner {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = DistinguishedName::new();
        for (kind, value) in
            [(DnType::CountryName, "FR"), (DnType::OrganizationName, "EXEMPLE INVENTE"), (DnType::CommonName, "liste.exemple.invalid")]
        {
            params.distinguished_name.push(kind, value);
        }
        params.serial_number = Some(SerialNumber::from(7));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
        change(&mut params);
        let key = rsa();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        ListSigner { pem: certificate.pem(), certificate: certificate.der().to_vec(), key }
    }

    /// A revocation list in PEM, of the year in which its successor is due.
    pub fn revocations(&self, revoked: u64, next_year: i32) -> String {
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 1, 1),
            next_update: date_time_ymd(next_year, 2, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(revoked),
                revocation_time: date_time_ymd(2026, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.0).unwrap().pem().unwrap()
    }
}

fn rsa() -> KeyPair {
    static PEM: OnceLock<String> = OnceLock::new();
    let pem = PEM.get_or_init(|| {
        let made = Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap()
    });
    KeyPair::from_pem_and_sign_algo(pem, &PKCS_RSA_SHA256).unwrap()
}

impl ListSigner {
    /// The document with its signature as the last child of the root.
    pub fn sign(&self, list: &str) -> String {
        self.sign_altered(list, |signed_info| signed_info)
    }

    /// The same over a `SignedInfo` that is changed before it is signed.
    pub fn sign_altered(&self, list: &str, alter: impl FnOnce(String) -> String) -> String {
        let (declaration, root) = list.split_at(list.find("?>").map_or(0, |at| at + 2));
        let signed_info = alter(format!(
            "<SignedInfo><CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></CanonicalizationMethod>\
             <SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"></SignatureMethod>\
             <Reference URI=\"\"><Transforms><Transform Algorithm=\"{DSIG}enveloped-signature\"></Transform>\
             <Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></Transform></Transforms>\
             <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></DigestMethod>\
             <DigestValue>{}</DigestValue></Reference></SignedInfo>",
            STANDARD.encode(Sha256::digest(root))
        ));
        let apex = signed_info.replacen("<SignedInfo>", &format!("<SignedInfo xmlns=\"{DSIG}\">"), 1);
        let value = lines(&self.key.sign(apex.as_bytes()).unwrap());
        let certificate = lines(&self.certificate);
        let (open, end) = root.split_at(root.rfind("</").unwrap());
        format!(
            "{declaration}{open}<Signature xmlns=\"{DSIG}\">{signed_info}<SignatureValue>{value}</SignatureValue><KeyInfo><X509Data>\
             <X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></Signature>{end}"
        )
    }
}

/// Base64 as the official list has it.
fn lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<_> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("&#13;\n")
}
