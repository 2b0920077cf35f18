//! Whose signature the liste blanche must carry. One half without the other would check nothing while it seems to.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustSettings {
    /// PEM: the authorities that may issue the signer's certificate, or that certificate itself.
    pub liste_blanche_ca: Option<PathBuf>,
    /// Subject of the signer, the name first and the country last.
    pub liste_blanche_subject: Option<String>,
    /// PEM: revocation lists of these authorities.
    pub liste_blanche_crl: Option<PathBuf>,
}

impl TrustSettings {
    /// Refuses what makes sense only with a setting that is missing.
    pub(super) fn check(&self) -> Result<()> {
        let lacks = |has, lacks| Err(Error::invalid(format!("setting trust.{has} is set and trust.{lacks} is not")));
        match (&self.liste_blanche_ca, &self.liste_blanche_subject, &self.liste_blanche_crl) {
            (Some(_), None, _) => lacks("liste_blanche_ca", "liste_blanche_subject"),
            (None, Some(_), _) => lacks("liste_blanche_subject", "liste_blanche_ca"),
            (None, None, Some(_)) => lacks("liste_blanche_crl", "liste_blanche_ca"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn one_half_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.toml");
        let load = |text: &str| {
            std::fs::write(&file, format!("[trust]\n{text}")).unwrap();
            Settings::load(Some(&file)).map(|settings| settings.trust).map_err(|error| error.to_string())
        };
        let (ca, subject, crl) = ("liste_blanche_ca = 'a.pem'\n", "liste_blanche_subject = 'CN=a'\n", "liste_blanche_crl = 'c.pem'\n");
        for whole in ["", &format!("{ca}{subject}"), &format!("{ca}{subject}{crl}")] {
            assert!(load(whole).is_ok(), "{whole}");
        }
        for (half, missing) in [(ca, "liste_blanche_subject"), (subject, "liste_blanche_ca"), (crl, "liste_blanche_ca")] {
            assert!(load(half).unwrap_err().ends_with(&format!("and trust.{missing} is not")), "{half}");
        }
    }
}
