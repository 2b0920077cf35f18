//! From the settings to what a liste blanche must show: reads the files that `[trust]` names.

use super::exit::Usage;
use crate::error::Error;
use crate::settings::Settings;
use crate::trust::{Admission, Anchors, written_subject};
use std::path::Path;

/// With an authority configured every list must be signed under it; without one any is taken, but none where real people are served.
pub fn of(settings: &Settings) -> anyhow::Result<Admission> {
    let trust = &settings.trust;
    let (Some(authorities), Some(subject)) = (&trust.liste_blanche_ca, &trust.liste_blanche_subject) else {
        return Ok(if settings.production { Admission::Closed } else { Admission::Unchecked });
    };
    let subject = written_subject(subject).map_err(|error| Usage(format!("setting trust.liste_blanche_subject: {error}")))?;
    let setting = "trust.liste_blanche_ca";
    let mut anchors = Anchors::new(&read(setting, authorities)?, subject).map_err(|error| at(setting, authorities, &error))?;
    if let Some(path) = &trust.liste_blanche_crl {
        let setting = "trust.liste_blanche_crl";
        anchors = anchors.with_revocations(&read(setting, path)?).map_err(|error| at(setting, path, &error))?;
    }
    Ok(Admission::Signed(Box::new(anchors)))
}

fn read(setting: &str, path: &Path) -> Result<Vec<u8>, Usage> {
    std::fs::read(path).map_err(|error| Usage(format!("setting {setting} (file {}): cannot be read: {error}", path.display())))
}

fn at(setting: &str, path: &Path, error: &Error) -> Usage {
    Usage(format!("setting {setting} (file {}): {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_settings_say() {
        let folder = tempfile::tempdir().unwrap();
        let (ca, crl) = (folder.path().join("ca.pem"), folder.path().join("crl.pem"));
        let mut settings = Settings::default();
        assert_eq!(of(&settings).unwrap(), Admission::Unchecked);
        settings.production = true;
        assert_eq!(of(&settings).unwrap(), Admission::Closed);
        settings.trust.liste_blanche_ca = Some(ca.clone());
        settings.trust.liste_blanche_subject = Some("signature".to_owned());
        let refused = |settings: &Settings| of(settings).unwrap_err().to_string();
        assert!(refused(&settings).starts_with("setting trust.liste_blanche_subject: the subject is no name"));
        settings.trust.liste_blanche_subject = Some("CN=signature,C=FR".to_owned());
        assert!(refused(&settings).starts_with(&format!("setting trust.liste_blanche_ca (file {}): cannot be read", ca.display())));
        std::fs::write(&ca, "").unwrap();
        assert!(refused(&settings).ends_with("ca.pem): holds no certificate in PEM"));
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&ca, rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().pem()).unwrap();
        assert!(matches!(of(&settings).unwrap(), Admission::Signed(_)));
        settings.trust.liste_blanche_crl = Some(crl.clone());
        std::fs::copy(&ca, &crl).unwrap();
        assert!(refused(&settings).ends_with("crl.pem): holds no revocation list in PEM"));
    }
}
