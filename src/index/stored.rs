//! The bytes of one document as stored: all an answer needs, so that a search touches neither SQL nor the columns' dictionaries.
//!
//! Layout: length of the LDAP entry and of the view (two u32, big-endian), `since` (i64), LDAP entry, view as JSON, sort key.

use super::Document;
use crate::error::{Error, Result};
use crate::ldap_entry;
use crate::visibility::Published;
use std::sync::Arc;
use tantivy::schema::document::{DeserializeError, DocumentDeserialize, DocumentDeserializer};

const HEADER: usize = 16;

/// What is stored of one entry, cheap to clone.
#[derive(Clone, Debug)]
pub struct Stored {
    bytes: Arc<[u8]>,
    ldap: usize,
    view: usize,
}

impl Stored {
    pub(super) fn new(document: &Document<'_>, sort: &str) -> Self {
        let Document { published, since, created, .. } = document;
        let (ldap, view) = (ldap_entry::encode(published, *since, *created), published.encode());
        let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut out = Vec::with_capacity(HEADER + ldap.len() + view.len() + sort.len());
        out.extend_from_slice(&length(&ldap));
        out.extend_from_slice(&length(&view));
        out.extend_from_slice(&since.to_be_bytes());
        out.extend_from_slice(&ldap);
        out.extend_from_slice(&view);
        out.extend_from_slice(sort.as_bytes());
        Self { bytes: out.into(), ldap: ldap.len(), view: view.len() }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn decode(bytes: Vec<u8>) -> Option<Self> {
        let length = |at: usize| bytes.get(at..at + 4).and_then(|b| usize::try_from(u32::from_be_bytes(b.try_into().ok()?)).ok());
        let (ldap, view) = (length(0)?, length(4)?);
        let whole = HEADER.checked_add(ldap)?.checked_add(view)?;
        (bytes.len() >= whole).then(|| Self { bytes: bytes.into(), ldap, view })
    }

    fn part(&self, from: usize, length: usize) -> &[u8] {
        self.bytes.get(from..from + length).unwrap_or_default()
    }

    /// BER of the SearchResultEntry content (see [`ldap_entry::encode`]).
    #[must_use]
    pub fn ldap(&self) -> &[u8] {
        self.part(HEADER, self.ldap)
    }

    /// Addresses of the mailboxes shown.
    pub fn addresses(&self) -> impl Iterator<Item = &[u8]> {
        ldap_entry::values(self.ldap()).filter(|(name, _)| *name == "mail").flat_map(|(_, values)| values)
    }

    /// JSON of the view.
    #[must_use]
    pub fn view_json(&self) -> &[u8] {
        self.part(HEADER + self.ldap, self.view)
    }

    /// Reads the view back.
    pub fn published(&self) -> Result<Published> {
        Published::decode(self.view_json()).map_err(|e| Error::internal("an entry of the index cannot be read", e))
    }

    /// UTC seconds of the last change of the content.
    #[must_use]
    pub fn since(&self) -> i64 {
        self.part(8, 8).try_into().map_or(0, i64::from_be_bytes)
    }

    /// Collation key, NUL, document key.
    #[must_use]
    pub fn sort(&self) -> &str {
        let from = HEADER + self.ldap + self.view;
        self.bytes.get(from..).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }

    /// Document key.
    #[must_use]
    pub fn key(&self) -> &str {
        self.sort().split_once('\0').map_or("", |(_, key)| key)
    }
}

impl DocumentDeserialize for Stored {
    fn deserialize<'de, D: DocumentDeserializer<'de>>(mut deserializer: D) -> Result<Self, DeserializeError> {
        while let Some((_, value)) = deserializer.next_field::<tantivy::schema::OwnedValue>()? {
            if let tantivy::schema::OwnedValue::Bytes(bytes) = value {
                return Self::decode(bytes).ok_or_else(|| DeserializeError::custom("stored bytes are cut"));
            }
        }
        Err(DeserializeError::custom("nothing is stored"))
    }
}
