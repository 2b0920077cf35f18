//! Single entries: finding the one a name points to, testing it, and writing it with the attributes asked for.

use super::asking::Asking;
use super::response::{self, Outcome};
use super::tree::{self, Place};
use super::{root_dse, schema};
use crate::directory::{AttributeFilter, Hit, Matcher, Matching, Order, Query};
use crate::ldap_entry::{self, Selection};
use crate::model::{Address, EntryKey, Kind};
use std::borrow::Cow;
use std::time::Instant;

/// An entry ready to be sent, from wherever it came.
pub enum Entry {
    /// Of the tree itself, the root DSE or the schema.
    Fixed(&'static [u8]),
    /// Of the index.
    Hit(Hit),
}

impl Entry {
    /// LDAPDN and attribute list, BER; whole.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Fixed(bytes) => Cow::Borrowed(bytes),
            Self::Hit(hit) => Cow::Owned(hit.with_operational()),
        }
    }

    /// Bytes of its user attributes, about.
    pub fn length(&self) -> usize {
        match self {
            Self::Fixed(bytes) => bytes.len(),
            Self::Hit(hit) => hit.ldap().len(),
        }
    }

    /// Appends it as a message, with the attributes asked for.
    pub fn put(&self, out: &mut Vec<u8>, id: i32, wanted: &Selection, types_only: bool) {
        match self {
            Self::Hit(hit) if !wanted.takes_operational() => {
                response::put_entry(out, id, &ldap_entry::select(hit.ldap(), hit.user_end(), wanted, types_only));
            }
            _ => response::put_entry(out, id, &ldap_entry::select(&self.bytes(), None, wanted, types_only)),
        }
    }

    /// `None` is Undefined. Error `TooLarge` past the bounds of a filter.
    pub fn evaluate(&self, filter: &AttributeFilter) -> crate::error::Result<Option<bool>> {
        let matcher = Matcher::new(filter)?;
        Ok(match self {
            Self::Hit(hit) if !matcher.is_of_operational() => matcher.evaluate(hit.ldap()),
            _ => matcher.evaluate(&self.bytes()),
        })
    }

    /// Only TRUE returns an entry; Undefined does not.
    pub fn matches(&self, filter: &AttributeFilter) -> bool {
        matches!(self.evaluate(filter), Ok(Some(true)))
    }

    /// The entry a name points to; the refusal is noSuchObject with the nearest entry that exists, or what the directory answered.
    pub async fn at(asking: &Asking, place: &Place) -> Result<Self, Outcome> {
        match place {
            Place::Root => Ok(Self::Fixed(root_dse::bytes(asking.offers))),
            Place::Subschema => Ok(Self::Fixed(schema::subschema_entry())),
            Place::Base(position) => match tree::base_entries().get(*position) {
                Some(base) => Ok(Self::Fixed(&base.bytes)),
                None => Err(Outcome::no_such_object("")),
            },
            Place::Nowhere { matched } => Err(Outcome::no_such_object(*matched)),
            Place::Leaf { kind, id, beyond, parent } => {
                let begun = Instant::now();
                let found = leaf(asking, *kind, id).await?;
                asking.count(begun, found.is_none());
                match found {
                    Some(hit) if *beyond => Err(Outcome::no_such_object(ldap_entry::dn_of(hit.ldap()))),
                    Some(hit) => Ok(Self::Hit(hit)),
                    None => Err(Outcome::no_such_object(*parent)),
                }
            }
        }
    }
}

/// Ids are case-exact in the store and not in a DN: the id as written is tried first, then the equality rule of `uid` decides.
async fn leaf(asking: &Asking, kind: Kind, id: &str) -> Result<Option<Hit>, Outcome> {
    let id = match kind {
        Kind::Mailbox => match Address::parse(id) {
            Ok(address) => address.to_string(),
            Err(_) => return Ok(None),
        },
        Kind::Professional | Kind::Structure => id.trim().to_owned(),
    };
    let found = asking.entry(EntryKey::new(kind, id.as_str())).await?;
    if found.is_some() || kind == Kind::Mailbox || !id.contains(char::is_alphabetic) {
        return Ok(found);
    }
    let query = Query {
        kinds: vec![kind],
        matching: Matching::Attributes(AttributeFilter::Equal("uid".to_owned(), id.into_bytes())),
        order: Order::Any,
        limit: 1,
        after: None,
        count: false,
        facets: false,
    };
    Ok(asking.search(query, asking.deadline()).await?.hits.into_iter().next())
}
