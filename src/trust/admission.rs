//! Which liste blanche is let in: any, none, or one that the configured authorities stand for.
//!
//! The liste blanche says which operators may publish for which domains, so whoever can put one in place can publish anything. Where real
//! people are served none is taken whose signer nobody checked; elsewhere any is, so that invented ones can be tried, and the report says
//! that nothing was checked. A list that brings a signature must fit it everywhere. What is handed out is what was digested, so that the
//! reader of the list cannot see anything that the signature does not cover.

use super::anchors::{Anchors, Signer};
use super::signature::{self, consistent, refused, signed};
use crate::error::{Error, Kind, Result};
use std::borrow::Cow;

/// What a liste blanche must show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Admission {
    /// Nothing; but a signature must fit the certificate it brings.
    #[default]
    Unchecked,
    /// None is let in: real people are served, and no authority is configured.
    Closed,
    /// The signature of whom these stand for.
    Signed(Box<Anchors>),
}

/// A list that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted<'a> {
    /// What is to be read: the document, or what of it was signed.
    pub content: Cow<'a, [u8]>,
    /// It carries a signature, which fits.
    pub signed: bool,
    /// Who signed it; `None` where that was not checked.
    pub signer: Option<Signer>,
}

impl Admission {
    /// Refuses early what no list could pass.
    pub fn check_open(&self) -> Result<()> {
        match self {
            Self::Unchecked | Self::Signed(_) => Ok(()),
            Self::Closed => Err(Error::new(
                Kind::Unprocessable,
                "no_list_authority",
                "setting trust.liste_blanche_ca is not set: where `production = true` a liste blanche is taken only when its signature \
                 can be checked; the former list stays in force",
            )),
        }
    }

    /// Lets a whole document in, or refuses it; `now` in UTC seconds.
    pub fn admit<'a>(&self, document: &'a [u8], now: i64) -> Result<Admitted<'a>> {
        self.check_open()?;
        let anchors = match self {
            Self::Signed(anchors) => Some(anchors),
            Self::Unchecked | Self::Closed => None,
        };
        if anchors.is_none() && !signed(document) {
            return Ok(Admitted { content: Cow::Borrowed(document), signed: false, signer: None });
        }
        let signature::Consistent { content, certificate } = consistent(document)?;
        let signer = anchors.map(|anchors| anchors.check(&certificate, now)).transpose().map_err(|what| refused(&what))?;
        Ok(Admitted { content: Cow::Owned(content), signed: true, signer })
    }

    /// Something an administrator should know of the means of checking; `now` in UTC seconds.
    #[must_use]
    pub fn warning(&self, now: i64) -> Option<&'static str> {
        match self {
            Self::Signed(anchors) if anchors.outdated(now) => {
                Some("a revocation list of trust.liste_blanche_crl is past its nextUpdate: it was used all the same")
            }
            Self::Unchecked | Self::Closed | Self::Signed(_) => None,
        }
    }
}
