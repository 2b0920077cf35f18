//! The entries of the tree itself: two roots and the branches the published entries hang from.

use super::dn::{DIRECTORY_ROOT, MAILBOX_ROOT, branch};
use crate::model::Kind;

/// One entry of the tree, by what a user may see of it.
#[derive(Clone, Copy, Debug)]
pub struct Base {
    pub dn: &'static str,
    /// Position of the entry above in [`BASES`], `None` for a naming context.
    pub parent: Option<usize>,
    /// Structural class.
    pub class: &'static str,
    /// Attribute type of the relative name, and its value.
    pub naming: (&'static str, &'static str),
    /// Kind of the published entries right below it.
    pub leaves: Option<Kind>,
}

const fn root(dn: &'static str, label: &'static str) -> Base {
    Base { dn, parent: None, class: "domain", naming: ("dc", label), leaves: None }
}

const fn unit(kind: Kind, parent: usize, name: &'static str) -> Base {
    Base { dn: branch(kind), parent: Some(parent), class: "organizationalUnit", naming: ("ou", name), leaves: Some(kind) }
}

/// Parents before children.
pub static BASES: [Base; 5] = [
    root(MAILBOX_ROOT, "mssante"),
    root(DIRECTORY_ROOT, "annuaire"),
    unit(Kind::Mailbox, 0, "bal"),
    unit(Kind::Professional, 1, "professionnels"),
    unit(Kind::Structure, 1, "structures"),
];

impl Base {
    /// Attributes with their values, in the order an entry shows them.
    #[must_use]
    pub fn user_attributes(&self) -> [(&'static str, Vec<&'static str>); 2] {
        [("objectClass", vec!["top", self.class]), (self.naming.0, vec![self.naming.1])]
    }
}
