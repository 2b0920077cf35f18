//! The LDAP view of a published entry: attribute names, values and BER bytes. Pure; no type of any LDAP library in a signature.
//!
//! An entry is encoded once, when it is indexed, and copied or walked for every answer ([`select`]). The schema it follows is data:
//! [`attributes`], [`classes`], [`matching`]; the index, the filters and the published subschema read the same tables.
//! It sees [`Published`] only, so nothing hidden can reach it. Tree and names: semantics "LDAP tree"; RFC 4512, 4514, 4517 to 4519.

pub mod attributes;
mod base;
pub(crate) mod ber;
mod build;
pub mod classes;
mod dn;
pub mod matching;
mod names;
mod operational;
mod walk;

pub use base::{BASES, Base};
pub use dn::{DIRECTORY_ROOT, MAILBOX_ROOT, Rdn, SUBSCHEMA, branch, dn, escape, key as dn_key, parse as parse_dn};
pub use operational::with_operational;
pub(crate) use walk::{Places, user_end};
pub use walk::{Selected, Selection, Values, dn_of, encode_entry, select, user_values, values};

use crate::visibility::Published;

/// Content of a SearchResultEntry: LDAPDN and PartialAttributeList, BER-encoded, without the outer application tag.
/// User attributes first, in canonical spelling; operational attributes (entryUUID, modifyTimestamp …) last.
/// `since`: UTC seconds of the last change of the content; `created`: when it was first shown.
#[must_use]
pub fn encode(published: &Published, since: i64, created: i64) -> Vec<u8> {
    with_operational(&encode_user(published), published.kind(), published.id(), since, created)
}

/// The same without operational attributes.
#[must_use]
pub fn encode_user(published: &Published) -> Vec<u8> {
    encode_entry(&dn(published.kind(), published.id()), &build::attributes_of(published.view()))
}

/// Collation key of an entry: `NOM Prénom` of a person, the name of a structure. What `Order::Name` and `Order::Rank` sort by.
#[must_use]
pub fn sort_name(published: &Published) -> String {
    names::sort_name(published.view())
}
