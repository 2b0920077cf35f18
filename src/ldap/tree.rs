//! The directory information tree: two naming contexts, their base entries, and where the published entries hang.
//!
//! ```text
//! dc=mssante,dc=fr                 ou=bal               mail=ADDRESS        mailboxes
//! dc=annuaire,dc=sante,dc=fr       ou=professionnels    uid=NATIONAL ID     professionals
//!                                  ou=structures        uid=STRUCTURE ID    structures
//! ```
//!
//! Base entries are encoded like any other and matched by the same evaluator. `ou=comptes`, where accounts bind, is no entry: a search
//! there finds nothing, so that accounts cannot be listed.

use super::dn::{Dn, InvalidDn, value_of};
use super::schema::{SCHEMA_CREATED, SCHEMA_SINCE};
use crate::ldap_entry::{BASES, Base, DIRECTORY_ROOT, MAILBOX_ROOT, Rdn, SUBSCHEMA, encode_entry};
use crate::model::{Kind, entry_uuid};
use std::sync::LazyLock;

/// The naming contexts of the root DSE.
pub const NAMING_CONTEXTS: [&str; 2] = [MAILBOX_ROOT, DIRECTORY_ROOT];
/// What an empty base with scope sub searches: some clients cannot be given a base.
pub const DEFAULT_CONTEXT: usize = 0;
/// Accounts bind as `uid=<name>` below it.
pub const ACCOUNTS: &str = "ou=comptes,dc=mssante,dc=fr";

/// An entry of the tree itself.
#[derive(Debug)]
pub struct BaseEntry {
    pub dn: &'static str,
    name: Dn,
    /// Position of the entry above in [`base_entries`], `None` for a naming context.
    parent: Option<usize>,
    /// Published entries right below it.
    leaves: Option<Kind>,
    /// LDAPDN and attribute list, BER.
    pub bytes: Vec<u8>,
}

static BASE_ENTRIES: LazyLock<Vec<BaseEntry>> = LazyLock::new(|| BASES.iter().map(BaseEntry::new).collect());
static SUBSCHEMA_NAME: LazyLock<Dn> = LazyLock::new(|| constant(SUBSCHEMA));
static ACCOUNTS_NAME: LazyLock<Dn> = LazyLock::new(|| constant(ACCOUNTS));

/// A name written in this file; a test parses them all.
fn constant(text: &str) -> Dn {
    Dn::parse(text.as_bytes()).unwrap_or_default()
}

impl BaseEntry {
    fn new(base: &Base) -> Self {
        let Base { dn, parent, class, leaves, .. } = *base;
        let one = |text: &str| vec![text.to_owned()];
        let user = base.user_attributes().map(|(name, values)| (name, values.into_iter().map(str::to_owned).collect()));
        let operational = [
            ("structuralObjectClass", one(class)),
            ("entryUUID", one(&entry_uuid("base", dn).to_string())),
            ("entryDN", one(dn)),
            ("createTimestamp", one(SCHEMA_CREATED)),
            ("modifyTimestamp", one(SCHEMA_SINCE)),
            ("hasSubordinates", one("TRUE")),
            ("subschemaSubentry", one(SUBSCHEMA)),
        ];
        let attributes: Vec<_> = user.into_iter().chain(operational).collect();
        Self { dn, name: constant(dn), parent, leaves, bytes: encode_entry(dn, &attributes) }
    }
}

/// Every entry of the tree itself, parents before children.
#[must_use]
pub fn base_entries() -> &'static [BaseEntry] {
    &BASE_ENTRIES
}

/// Where a name points.
#[derive(Debug)]
pub enum Place {
    /// The empty name.
    Root,
    Subschema,
    /// Position in [`base_entries`].
    Base(usize),
    /// Where a published entry of this kind would be.
    Leaf {
        kind: Kind,
        /// Value of its naming attribute, as written.
        id: String,
        /// The name goes on below the leaf, where nothing can be.
        beyond: bool,
        /// The base entry it hangs from.
        parent: &'static str,
    },
    /// Nothing can be there; the nearest base entry above, empty outside the naming contexts.
    Nowhere {
        matched: &'static str,
    },
}

/// Finds the place a name points to.
pub fn resolve(bytes: &[u8]) -> Result<Place, InvalidDn> {
    let name = Dn::parse(bytes)?;
    if name.is_root() {
        return Ok(Place::Root);
    }
    if name.below(&SUBSCHEMA_NAME).is_some_and(<[Rdn]>::is_empty) {
        return Ok(Place::Subschema);
    }
    let nearest = base_entries()
        .iter()
        .enumerate()
        .filter_map(|(position, base)| name.below(&base.name).map(|above| (position, base, above)))
        .min_by_key(|(_, _, above)| above.len());
    Ok(match nearest {
        None => Place::Nowhere { matched: "" },
        Some((position, _, [])) => Place::Base(position),
        Some((_, base, above)) => leaf(base, above).unwrap_or(Place::Nowhere { matched: base.dn }),
    })
}

fn leaf(base: &'static BaseEntry, above: &[Rdn]) -> Option<Place> {
    let kind = base.leaves?;
    let (rdn, beyond) = above.split_last()?;
    let naming = match kind {
        Kind::Mailbox => "mail",
        Kind::Professional | Kind::Structure => "uid",
    };
    let id = value_of(rdn, naming)?.to_owned();
    Some(Place::Leaf { kind, id, beyond: !beyond.is_empty(), parent: base.dn })
}

/// Base entries right below a base entry, and the published entries right below it.
#[must_use]
pub fn one_level(position: usize) -> (Vec<usize>, Vec<Kind>) {
    let children = positions(|base| base.parent == Some(position));
    (children, base_entries().get(position).and_then(|base| base.leaves).into_iter().collect())
}

/// A base entry with the base entries below it, and the published entries of its subtree.
#[must_use]
pub fn subtree(position: usize) -> (Vec<usize>, Vec<Kind>) {
    let (children, _) = one_level(position);
    let all: Vec<usize> = std::iter::once(position).chain(children).collect();
    let kinds = all.iter().filter_map(|p| base_entries().get(*p)?.leaves).collect();
    (all, kinds)
}

/// The naming contexts: what is one level below the root.
#[must_use]
pub fn contexts() -> Vec<usize> {
    positions(|base| base.parent.is_none())
}

fn positions(keep: impl Fn(&BaseEntry) -> bool) -> Vec<usize> {
    base_entries().iter().enumerate().filter(|(_, base)| keep(base)).map(|(position, _)| position).collect()
}

/// Name of the account a bind DN means; `None` when it can be no account's.
pub fn account_name(bytes: &[u8]) -> Result<Option<String>, InvalidDn> {
    let name = Dn::parse(bytes)?;
    Ok(match name.below(&ACCOUNTS_NAME) {
        Some([rdn]) => value_of(rdn, "uid").map(str::to_owned),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_tree_is_one() {
        for (position, base) in base_entries().iter().enumerate() {
            assert!(matches!(resolve(base.dn.as_bytes()), Ok(Place::Base(p)) if p == position), "{}", base.dn);
        }
        assert!(!SUBSCHEMA_NAME.is_root() && !ACCOUNTS_NAME.is_root());
        assert!(matches!(resolve(b"CN=SubSchema"), Ok(Place::Subschema)));
        assert!(matches!(resolve(b""), Ok(Place::Root)));
    }

    #[test]
    fn leaves_and_what_is_nowhere() {
        let place = resolve("MAIL=Jean@Ch.fr, ou=BAL,dc=mssante,dc=fr".as_bytes()).unwrap();
        assert!(matches!(place, Place::Leaf { kind: Kind::Mailbox, ref id, beyond: false, .. } if id == "Jean@Ch.fr"));
        let place = resolve(b"cn=x,uid=8100,ou=professionnels,dc=annuaire,dc=sante,dc=fr").unwrap();
        assert!(matches!(place, Place::Leaf { kind: Kind::Professional, beyond: true, .. }));
        for (name, expected) in [
            ("cn=x,ou=bal,dc=mssante,dc=fr", "ou=bal,dc=mssante,dc=fr"),
            ("uid=a+mail=b,ou=bal,dc=mssante,dc=fr", "ou=bal,dc=mssante,dc=fr"),
            ("ou=comptes,dc=mssante,dc=fr", "dc=mssante,dc=fr"),
            ("uid=x,ou=comptes,dc=mssante,dc=fr", "dc=mssante,dc=fr"),
            ("dc=fr", ""),
            ("cn=config", ""),
            ("dc=sante,dc=fr", ""),
        ] {
            assert!(matches!(resolve(name.as_bytes()), Ok(Place::Nowhere { matched }) if matched == expected), "{name}");
        }
        assert!(resolve(b"no name").is_err());
    }

    #[test]
    fn scopes_reach_what_they_should() {
        assert_eq!(subtree(0), (vec![0, 2], vec![Kind::Mailbox]));
        assert_eq!(subtree(1), (vec![1, 3, 4], vec![Kind::Professional, Kind::Structure]));
        assert_eq!(one_level(2), (vec![], vec![Kind::Mailbox]));
        assert_eq!(one_level(1), (vec![3, 4], vec![]));
        assert_eq!(contexts(), [0, 1]);
    }

    #[test]
    fn accounts_are_named_in_one_place() {
        assert_eq!(account_name(b"UID=logiciel, ou=Comptes,dc=mssante,dc=fr"), Ok(Some("logiciel".to_owned())));
        assert_eq!(account_name(b"cn=logiciel,ou=comptes,dc=mssante,dc=fr"), Ok(None));
        assert_eq!(account_name(b"uid=a,uid=b,ou=comptes,dc=mssante,dc=fr"), Ok(None));
        assert!(account_name(b"logiciel").is_err());
    }
}
