//! The signed sample, every byte of it changed, and what an attacker would do to it; documents signed here under an issued certificate.

#[path = "../../tests/it/harness/signer.rs"]
mod signer;

use super::super::{Admission, Admitted, liste_blanche, written_subject};
use super::*;
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use signer::{ListAuthority, ListSigner, SIGNER};

const SAMPLE: &str = include_str!("../../tests/data/listeblanchemssante-signed.xml");
const SUBJECT: &str = "CN=signature.exemple.invalid,O=EXEMPLE INVENTE,C=FR";
const LIST: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">\
    <DateDeGeneration>2026-09-01T03:15:42Z</DateDeGeneration><ListeDomaines>\n<Domaine><Nom>un.mssante.fr</Nom>\
    <Description>L'essai &amp; plus</Description><DNCertificatOperateur>CN=x,O=Un</DNCertificatOperateur></Domaine></ListeDomaines>\
    </ListeBlancheMSSante>";

fn at(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_second()
}

/// A time at which the certificate of the sample is valid.
fn now() -> i64 {
    at("2026-12-01T00:00:00Z")
}

fn within<'a>(text: &'a str, tag: &str) -> &'a str {
    let start = text.find(&format!("<{tag}")).unwrap();
    let end = text.find(&format!("</{tag}>")).unwrap();
    &text[start..end + tag.len() + 3]
}

fn anchors(pem: &str, subject: &str) -> Anchors {
    Anchors::new(pem.as_bytes(), written_subject(subject).unwrap()).unwrap()
}

fn of_sample(subject: &str) -> Anchors {
    let certificate = within(SAMPLE, "X509Certificate").replace("&#13;", "");
    let base64 = certificate.trim_start_matches("<X509Certificate>").trim_end_matches("</X509Certificate>");
    anchors(&format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n"), subject)
}

fn refusal(document: &str, anchors: &Anchors) -> String {
    let error = verify(document.as_bytes(), anchors, now()).expect_err(document);
    assert_eq!((error.kind(), error.code()), (Kind::Unprocessable, "bad_signature"));
    let text = error.to_string();
    assert!(text.ends_with("; the former list stays in force"), "{text}");
    text
}

#[test]
fn the_sample_verifies() {
    let signer = verify(SAMPLE.as_bytes(), &of_sample(SUBJECT), now()).unwrap();
    assert_eq!(signer.subject.text, SUBJECT);
    assert_eq!(signer.not_after, at("2126-10-28T22:41:54Z"));
    assert!(signed(SAMPLE.as_bytes()));
    let plain = SAMPLE.replace(within(SAMPLE, "Signature"), "");
    assert!(!signed(plain.as_bytes()));
    let content = consistent(SAMPLE.as_bytes()).unwrap().content;
    assert_eq!(String::from_utf8(content.clone()).unwrap(), plain.split_once("?>").unwrap().1.trim_end());
    assert_eq!(liste_blanche::parse(&content).unwrap(), liste_blanche::parse(SAMPLE.as_bytes()).unwrap());
    for same in [SAMPLE.replace("&#13;", "&#xD;"), SAMPLE.replace("&#13;", ""), format!("\u{feff}{SAMPLE}\n")] {
        assert!(verify(same.as_bytes(), &of_sample(SUBJECT), now()).is_ok());
    }
}

#[test]
fn no_byte_may_change() {
    let anchors = of_sample(SUBJECT);
    let verifies = |bytes: &[u8]| verify(bytes, &anchors, now()).is_ok();
    let mut bytes = SAMPLE.as_bytes().to_vec();
    let root = SAMPLE.find("<ListeBlancheMSSante").unwrap();
    for place in root..SAMPLE.trim_end().len() {
        let before = bytes[place];
        bytes[place] ^= 1;
        assert!(!verifies(&bytes), "{place}: {before:?}");
        bytes[place] = before;
    }
    // Blanks for blanks, which a canonical form may not tell apart.
    for region in ["ListeDomaines", "SignedInfo", "SignatureValue", "X509Certificate"] {
        let part = within(SAMPLE, region);
        let start = SAMPLE.find(part).unwrap();
        for place in (start..start + part.len()).filter(|place| SAMPLE.as_bytes()[*place].is_ascii_whitespace()) {
            let before = bytes[place];
            for other in [b' ', b'\t', b'\n', b'\r'].into_iter().filter(|other| *other != before) {
                bytes[place] = other;
                assert!(!verifies(&bytes), "{region} {place}: {other:?}");
            }
            bytes[place] = before;
        }
    }
    assert!(!verifies(SAMPLE.replacen("&#13;", "&#10;", 1).as_bytes()));
    assert!(verifies(&bytes));
}

#[test]
fn what_is_added_or_taken_away_is_noticed() {
    let anchors = of_sample(SUBJECT);
    let domain = within(SAMPLE, "Domaine");
    let value = within(SAMPLE, "SignatureValue");
    for (from, to) in [
        ("<Nom>pro.mssante.fr", "<Nom>pro.mssante.fr "),
        ("<Nom>pro.mssante.fr", "<Nom >pro.mssante.fr"),
        ("<Nom>pro.mssante.fr", "<Nom>pro<!-- x -->.mssante.fr"),
        ("<Nom>pro.mssante.fr", "<Nom>pro<?x y?>.mssante.fr"),
        ("<Nom>pro.mssante.fr", "<Nom a=\"b\">pro.mssante.fr"),
        ("<Nom>pro.mssante.fr", "<Nom xmlns=\"urn:x\">pro.mssante.fr"),
        ("</ListeDomaines>", &format!("{domain}</ListeDomaines>")),
        (domain, ""),
        ("</ListeBlancheMSSante>", "</ListeBlancheMSSante><!-- x -->"),
        ("</ListeBlancheMSSante>", "</ListeBlancheMSSante>x"),
        ("</ListeBlancheMSSante>", "</ListeBlancheMSSante><ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\"/>"),
        ("</ListeBlancheMSSante>", " </ListeBlancheMSSante>"),
        (value, "<SignatureValue></SignatureValue>"),
        (value, ""),
        ("?><Liste", "?><!DOCTYPE ListeBlancheMSSante><Liste"),
        ("encoding=\"UTF-8\"", "encoding=\"UTF-16\""),
    ] {
        assert!(SAMPLE.contains(from));
        refusal(&SAMPLE.replacen(from, to, 1), &anchors);
    }
    for cut in (0..SAMPLE.trim_end().len()).step_by(11) {
        let cut = (0..=cut).rev().find(|cut| SAMPLE.is_char_boundary(*cut)).unwrap();
        refusal(&SAMPLE[..cut], &anchors);
    }
    assert!(refusal(&SAMPLE.replace(within(SAMPLE, "Signature"), ""), &anchors).contains("there is none"));
    assert!(refusal(&SAMPLE.replacen("medecin", "pirate", 1), &anchors).contains("its digest is another"));
    assert!(verify(b"\xff", &anchors, now()).is_err());
}

#[test]
fn signatures_are_not_moved_or_doubled() {
    let anchors = of_sample(SUBJECT);
    let signature = within(SAMPLE, "Signature");
    let bare = SAMPLE.replace(signature, "");
    let root = bare.split_once("?>").unwrap().1.trim_end();
    let evil = root.replace("OPERATEUR", "PIRATE");
    let inner = |list: &str| list.split_once('>').unwrap().1.trim_end_matches("</ListeBlancheMSSante>").to_owned();
    let open = "<ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">";
    for document in [
        // Twice, first, too deep, and empty beside the good one.
        SAMPLE.replace(signature, &signature.repeat(2)),
        bare.replacen("<DateDeGeneration>", &format!("{signature}<DateDeGeneration>"), 1),
        bare.replacen("</ListeDomaines>", &format!("{signature}</ListeDomaines>"), 1),
        SAMPLE.replacen("<ListeDomaines>", &format!("<Signature xmlns=\"{DSIG}\"/><ListeDomaines>"), 1),
        // Another list around the signed one, before it, and with the signed one inside the signature.
        format!("{open}{}{root}{signature}</ListeBlancheMSSante>", inner(&evil)),
        format!("{open}{}{}</ListeBlancheMSSante>", inner(&evil), SAMPLE.split_once("?>").unwrap().1.trim_end()),
        format!("{open}{}{}{signature}</ListeBlancheMSSante>", inner(&evil), inner(root)),
        evil.replacen("</ListeBlancheMSSante>", &format!("{signature}</ListeBlancheMSSante>"), 1),
        evil.replacen(
            "</ListeBlancheMSSante>",
            &signature.replace("</Signature>", &format!("<Object>{root}</Object></Signature></ListeBlancheMSSante>")),
            1,
        ),
        evil.replacen("</ListeBlancheMSSante>", &format!("{}</ListeBlancheMSSante>", signature.replace("URI=\"\"", "URI=\"#signed\"")), 1),
        // A prefix for the signature.
        SAMPLE.replace("<Signature ", "<d:Signature ").replace("</Signature>", "</d:Signature>").replace("xmlns=\"http", "xmlns:d=\"http"),
    ] {
        refusal(&document, &anchors);
    }
}

/// Signed well, under a good certificate, and not in the one way that is known.
#[test]
fn other_profiles_are_refused() {
    let authority = ListAuthority::new("AC d'exemple");
    let (signer, anchors) = (authority.signer(|_| ()), anchors(&authority.pem(), SIGNER));
    for (from, to) in [
        ("xmlenc#sha256", "xmlenc#sha512"),
        ("rsa-sha256", "rsa-sha512"),
        ("<Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></Transform>", ""),
        ("xml-exc-c14n#", "xml-exc-c14n#WithComments"),
        ("URI=\"\"", "URI=\"#a\""),
        (" URI=\"\"", ""),
        ("URI=\"\"", "Type=\"a\" URI=\"\""),
        ("</Transforms>", "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"></Transform></Transforms>"),
        ("</Reference>", "</Reference><Reference URI=\"\"></Reference>"),
        ("</SignedInfo>", "x</SignedInfo>"),
    ] {
        let altered = signer.sign_altered(LIST, |info| {
            assert!(info.contains(from));
            info.replace(from, to)
        });
        let text = refusal(&altered, &anchors);
        assert!(text.contains("Signature"), "{text}");
    }
    // Pretty or not, it is the same profile.
    let pretty = signer.sign_altered(LIST, |info| info.replace("><", ">\n  <"));
    assert!(verify(pretty.as_bytes(), &anchors, now()).is_ok());
}

#[test]
fn the_signer_is_who_is_configured() {
    let (authority, stranger) = (ListAuthority::new("AC d'exemple"), ListAuthority::new("AC d'exemple"));
    let good = anchors(&authority.pem(), SIGNER);
    let document = authority.signer(|_| ()).sign(LIST);
    assert_eq!(verify(document.as_bytes(), &good, now()).unwrap().subject.text, SIGNER);
    let both = anchors(&format!("{}{}", stranger.pem(), authority.pem()), SIGNER);
    assert!(verify(document.as_bytes(), &both, now()).is_ok());
    let why = |signer: &ListSigner, anchors: &Anchors| refusal(&signer.sign(LIST), anchors);
    let says = |text: String, words: &str| assert!(text.contains(words), "{text}");
    says(why(&stranger.signer(|_| ()), &good), "no configured authority issued");
    says(refusal(&document, &anchors(&authority.pem(), "CN=autre,O=EXEMPLE INVENTE,C=FR")), "CN=autre,O=EXEMPLE INVENTE,C=FR is expected");
    says(why(&authority.signer(|params| params.not_after = date_time_ymd(2026, 11, 30)), &good), "has expired");
    says(why(&authority.signer(|params| params.not_before = date_time_ymd(2026, 12, 2)), &good), "not valid yet");
    let usages = |usages: Vec<ExtendedKeyUsagePurpose>| authority.signer(|params| params.extended_key_usages = usages);
    says(why(&usages(vec![ExtendedKeyUsagePurpose::ClientAuth]), &good), "not for signing mail");
    assert!(verify(usages(Vec::new()).sign(LIST).as_bytes(), &good, now()).is_ok());
    // The signer itself in the place of an authority: trusted, but in its time only.
    let signer = authority.signer(|params| params.not_after = date_time_ymd(2026, 12, 2));
    let pinned = anchors(&signer.pem, SIGNER);
    assert!(verify(signer.sign(LIST).as_bytes(), &pinned, now()).is_ok());
    assert!(verify(signer.sign(LIST).as_bytes(), &pinned, at("2026-12-03T00:00:00Z")).is_err());
    says(why(&authority.signer(|_| ()), &pinned), "no configured authority issued");
    says(refusal(SAMPLE, &of_sample("CN=signature.exemple.invalid,O=EXEMPLE INVENTE,C=BE")), "C=BE is expected");
}

#[test]
fn revoked_signers_are_refused() {
    let authority = ListAuthority::new("AC d'exemple");
    let document = authority.signer(|_| ()).sign(LIST);
    let with = |authority: &ListAuthority, list: &str| anchors(&authority.pem(), SIGNER).with_revocations(list.as_bytes()).unwrap();
    for (revoked, next_year, good) in [(8, 2027, true), (7, 2027, false), (7, 2026, false)] {
        let anchors = with(&authority, &authority.revocations(revoked, next_year));
        assert_eq!(verify(document.as_bytes(), &anchors, now()).is_ok(), good);
        assert_eq!(anchors.outdated(now()), next_year == 2026);
    }
    // The list of another authority says nothing of this one's.
    let other = with(&authority, &ListAuthority::new("AC autre").revocations(7, 2027));
    assert!(verify(document.as_bytes(), &other, now()).is_ok());
    for unusable in [String::new(), authority.pem(), "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n".to_owned()] {
        assert!(anchors(&authority.pem(), SIGNER).with_revocations(unusable.as_bytes()).is_err());
    }
    assert!(Anchors::new(b"", written_subject(SIGNER).unwrap()).is_err());
}

#[test]
fn what_is_let_in() {
    let authority = ListAuthority::new("AC d'exemple");
    let document = authority.signer(|_| ()).sign(LIST);
    let tampered = document.replacen("un.mssante.fr", "deux.mssante.fr", 1);
    let content = LIST.split_once("?>").unwrap().1.as_bytes();
    let plain = Admission::Unchecked.admit(LIST.as_bytes(), now()).unwrap();
    assert_eq!(plain, Admitted { content: LIST.as_bytes().into(), signed: false, signer: None });
    let fitting = Admission::Unchecked.admit(document.as_bytes(), now()).unwrap();
    assert_eq!(fitting, Admitted { content: content.into(), signed: true, signer: None });
    assert!(Admission::Unchecked.admit(tampered.as_bytes(), now()).is_err());
    for document in [LIST, &document] {
        let error = Admission::Closed.admit(document.as_bytes(), now()).unwrap_err();
        assert!(error.to_string().contains("trust.liste_blanche_ca"), "{error}");
    }
    let checked = Admission::Signed(Box::new(anchors(&authority.pem(), SIGNER)));
    let admitted = checked.admit(document.as_bytes(), now()).unwrap();
    assert_eq!((admitted.content.as_ref(), admitted.signer.unwrap().subject.text.as_str()), (content, SIGNER));
    for refused in [LIST, &tampered] {
        assert!(checked.admit(refused.as_bytes(), now()).is_err());
    }
    assert_eq!(checked.warning(now()), None);
}
