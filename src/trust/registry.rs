//! What anybody may know of the trust space: operators in force, listed domains, and the liste blanche in force in the official layout.
//!
//! Ours is not signed yet: who needs a proof asks the official one. Contacts are never public, so their elements are empty; the layout has
//! them always.

use crate::error::Result;
use crate::store::Store;
use crate::store::operators::{DomainListing, OperatorListing};
use quick_xml::escape::escape;
use std::fmt::Write as _;

/// Reads the public part of the store's trust tables.
#[derive(Clone, Debug)]
pub struct Registry {
    store: Store,
}

impl Registry {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    pub async fn operators(&self, after: &str, limit: u32) -> Result<Vec<OperatorListing>> {
        self.store.public_operators(after, limit).await
    }

    pub async fn domains(&self, after: &str, limit: u32) -> Result<Vec<DomainListing>> {
        self.store.public_domains(after, limit).await
    }

    /// The liste blanche as XML, and the UTC second at which it last changed. The same content gives the same bytes.
    pub async fn liste_blanche(&self) -> Result<(String, i64)> {
        let (entries, changed) = self.store.liste_blanche_entries().await?;
        let at = jiff::Timestamp::from_second(changed).unwrap_or_default();
        Ok((document(&entries, &at.to_string()), changed))
    }
}

fn document(entries: &[(String, String, String)], at: &str) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">\n    \
         <DateDeGeneration>{at}</DateDeGeneration>\n    <ListeDomaines>\n"
    );
    for (name, description, certificate) in entries {
        // The layout knows no empty description.
        let description = if description.is_empty() { name } else { description };
        let _ = write!(
            xml,
            "        <Domaine>\n            <Nom>{}</Nom>\n            <Description>{}</Description>\n            \
             <DNCertificatOperateur>{}</DNCertificatOperateur>\n            <ResponsableContact></ResponsableContact>\n            \
             <SupportContact></SupportContact>\n            <DateMAJ>{at}</DateMAJ>\n        </Domaine>\n",
            escape(name.as_str()),
            escape(description.as_str()),
            escape(certificate.as_str()),
        );
    }
    xml.push_str("    </ListeDomaines>\n</ListeBlancheMSSante>\n");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::liste_blanche;

    #[test]
    fn ours_is_read_like_the_official_one() {
        let entry = |name: &str, certificate: &str| (name.to_owned(), "L'essai & co".to_owned(), certificate.to_owned());
        let xml = document(&[entry("a.mssante.fr", "CN=x,O=<Un>"), entry("b.mssante.fr", "CN=y")], "2026-09-01T03:15:42Z");
        let list = liste_blanche::parse(xml.as_bytes()).unwrap();
        assert_eq!(list.generated.to_string(), "2026-09-01T03:15:42Z");
        let domains: Vec<_> = list.entries.iter().map(|e| e.outcome.as_ref().unwrap().domain.as_str()).collect();
        assert_eq!(domains, ["a.mssante.fr", "b.mssante.fr"]);
        assert_eq!((list.entries[0].raw[1].as_str(), list.entries[0].raw[2].as_str()), ("L'essai & co", "CN=x,O=<Un>"));
    }
}
