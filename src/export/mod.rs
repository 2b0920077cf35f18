//! Files made of what an audience may see. So far one form: the LDAP tree as LDIF (RFC 2849).
//!
//! Everything comes through [`crate::directory`], page by page in the order of names: the gate is passed for every page, memory is that
//! of one page, and nothing can be written that a search would not show. Entries that change meanwhile are written as they were when
//! their page was read.

pub mod feed;
mod feed_cursor;
mod ldif;

use crate::directory::{Audience, Caller, Criteria, Directory, MAX_PAGE, Matching, Order, Query};
use crate::error::{Error, Result};
use crate::ldap_entry::{self, BASES};
use std::io::{self, Write};
use std::time::Duration;

const PAGE_WITHIN: Duration = Duration::from_secs(120);

/// What an LDIF file is to hold.
#[derive(Clone, Copy, Debug)]
pub struct Ldif<'a> {
    pub audience: Audience,
    /// One naming context only.
    pub context: Option<&'a str>,
    /// Begin with the version line, as RFC 2849 demands. slapadd takes it for an entry and stops.
    pub version: bool,
    /// Entries read at once.
    pub page: usize,
}

impl Ldif<'_> {
    /// Each page looks at every entry of the country: there should be few.
    pub const PAGE: usize = MAX_PAGE;
}

/// Writes the tree, or one of its naming contexts, roots and branches first, so that it loads in this order: user attributes only, which
/// is what `slapadd` and `ldapadd` take. Returns the number of entries.
pub async fn ldif(directory: &Directory, wanted: Ldif<'_>, out: &mut impl Write) -> Result<u64> {
    let Ldif { audience, context, version, page } = wanted;
    if version {
        ldif::version(out).map_err(failed)?;
    }
    let mut written = 0;
    let bases = || BASES.iter().filter(|base| context.is_none_or(|context| base.dn.ends_with(context)));
    for base in bases() {
        let attributes = base.user_attributes();
        let lines = attributes.iter().flat_map(|(name, values)| values.iter().map(move |value| (*name, value.as_bytes())));
        ldif::entry(out, base.dn, lines).map_err(failed)?;
        written += 1;
    }
    for kind in bases().filter_map(|base| base.leaves) {
        let mut after = None;
        loop {
            let query = Query {
                kinds: vec![kind],
                matching: Matching::Criteria(Criteria::default()),
                order: Order::Name,
                limit: page,
                after,
                count: false,
            };
            let answer = directory.search(&Caller::local(audience), query, PAGE_WITHIN).await?;
            if answer.truncated.is_some() {
                return Err(Error::unavailable("the directory did not finish a page in time; the export is not whole"));
            }
            for hit in &answer.hits {
                let attributes = ldap_entry::user_values(hit.ldap());
                let lines = attributes.flat_map(|(name, values)| values.map(move |value| (name, value)));
                ldif::entry(out, ldap_entry::dn_of(hit.ldap()), lines).map_err(failed)?;
                written += 1;
            }
            after = answer.hits.into_iter().next_back().map(|hit| hit.rank);
            if !answer.more || after.is_none() {
                break;
            }
        }
    }
    Ok(written)
}

fn failed(error: io::Error) -> Error {
    Error::internal("the export cannot be written", error)
}
