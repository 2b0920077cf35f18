//! Names as clients send them: bounded and parsed, then compared by their place in the tree.
//!
//! The string form (RFC 4514) and the comparison of values by each type's equality rule belong to [`crate::ldap_entry`]; here are the
//! bounds a stranger's bytes need, and the one question the tree asks: what stands above this base? Bytes that are no UTF-8, no DN, or
//! longer than any name can be are [`InvalidDn`], answered invalidDNSyntax (34).

use crate::ldap_entry::{self, Rdn};

/// Longest name read, bytes.
pub const MAX_BYTES: usize = 4 * 1024;
/// Most relative names.
pub const MAX_RDNS: usize = 32;

/// The bytes are no DN, or a longer one than any entry can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid DN syntax")]
pub struct InvalidDn;

/// A name, its own RDN first.
#[derive(Clone, Debug, Default)]
pub struct Dn {
    rdns: Vec<Rdn>,
    /// What each of them is compared by.
    keys: Vec<String>,
}

impl Dn {
    /// Reads the string form; the empty text is the root.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidDn> {
        let text = std::str::from_utf8(bytes).map_err(|_| InvalidDn)?;
        if text.len() > MAX_BYTES {
            return Err(InvalidDn);
        }
        match ldap_entry::parse_dn(text) {
            Some(rdns) if rdns.len() <= MAX_RDNS => {
                let keys = rdns.iter().map(|rdn| ldap_entry::dn_key(std::slice::from_ref(rdn))).collect();
                Ok(Self { rdns, keys })
            }
            _ => Err(InvalidDn),
        }
    }

    #[must_use]
    pub fn is_root(&self) -> bool {
        self.rdns.is_empty()
    }

    /// The RDNs between this name and `base`, its own first, none when they are equal; `None` when it is not at or below it.
    #[must_use]
    pub fn below(&self, base: &Self) -> Option<&[Rdn]> {
        let split = self.rdns.len().checked_sub(base.rdns.len())?;
        (self.keys.get(split..)? == base.keys).then(|| self.rdns.get(..split))?
    }
}

/// Value of an RDN of a single pair of this type, whichever name or OID of the type was written.
#[must_use]
pub fn value_of<'a>(rdn: &'a Rdn, kind: &str) -> Option<&'a str> {
    let [(written, value)] = rdn.as_slice() else {
        return None;
    };
    (ldap_entry::attributes::attribute(written)?.name == kind).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> Dn {
        Dn::parse(text.as_bytes()).unwrap_or_else(|_| panic!("{text}"))
    }

    fn same(a: &Dn, b: &Dn) -> bool {
        a.below(b).is_some_and(<[Rdn]>::is_empty)
    }

    #[test]
    fn forms_of_one_name() {
        let plain = dn("mail=a.b@c.fr,ou=bal,dc=mssante,dc=fr");
        for other in [
            "MAIL=A.B@C.FR,OU=Bal,DC=MSSante,DC=FR",
            "  mail = a.b@c.fr , ou =  bal,dc=mssante , dc=fr ",
            "0.9.2342.19200300.100.1.3=a.b@c.fr,2.5.4.11=bal,0.9.2342.19200300.100.1.25=mssante,domainComponent=fr",
            "rfc822Mailbox=a\\2eb\\40c.fr,ou=#040362616c,dc=#16076d737361 6e7465,dc=fr".replace("61 6e", "616e").as_str(),
        ] {
            assert!(same(&dn(other), &plain), "{other}");
        }
        assert!(same(&dn("cn=a+sn=b"), &dn("sn=B + cn=A")));
        assert!(dn("").is_root() && dn("   ").is_root());
    }

    #[test]
    fn escapes_are_no_structure() {
        assert!(!same(&dn("dc=mssante\\,dc\\=fr"), &dn("dc=mssante,dc=fr")));
        let one = dn("uid=\\ a\\+b\\ ,dc=x");
        let above = one.below(&dn("dc=x")).unwrap();
        assert_eq!(value_of(&above[0], "uid"), Some(" a+b "));
        assert_eq!(value_of(&above[0], "mail"), None);
        assert!(same(&dn("cn=caf\\c3\\a9"), &dn("cn=CAFÉ")));
    }

    #[test]
    fn below_counts_whole_rdns() {
        let base = dn("dc=mssante,dc=fr");
        assert_eq!(dn("ou=bal,dc=mssante,dc=fr").below(&base).unwrap().len(), 1);
        assert!(dn("dc=fr").below(&base).is_none());
        assert!(dn("dc=xmssante,dc=fr").below(&base).is_none());
        assert_eq!(base.below(&Dn::default()).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_name() {
        for text in
            ["bal", "=x", "ou=bal,", ",ou=bal", "ou=bal,,dc=fr", "ou=\"a\"", "ou=a\\", "ou=a\\4", "ou=#0", "ou=#zz", "o u=a", "ou=a+"]
        {
            assert!(Dn::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(Dn::parse(b"ou=\xe9").is_err());
        assert!(Dn::parse(format!("{}dc=fr", "ou=a,".repeat(MAX_RDNS)).as_bytes()).is_err());
        assert!(Dn::parse(format!("ou={}", "a".repeat(MAX_BYTES)).as_bytes()).is_err());
    }
}
