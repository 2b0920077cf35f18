//! Cursors: opaque, authenticated tokens a walk continues by. They carry a place in the order, never an offset nor an index generation,
//! so an entry that does not change during the walk is neither skipped nor repeated. REST pages and LDAP paging cookies are the same.
//!
//! Layout, then base64url without padding: version (1), audience bit (1), query fingerprint (16), issued at (i64), entries returned so far
//! (u64), class (1), has no mailbox (1), name, HMAC-SHA256 over all before it, cut to 16 bytes. The time is given by the caller.

use super::{Audience, Query, RankKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

const VERSION: u8 = 4;
const TAG: usize = 16;
const FIXED: usize = 37;
/// Longest token read, in characters.
const LONGEST: usize = 32_768;

/// Seconds a cursor is valid.
pub const VALID_SECONDS: i64 = 24 * 3600;

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    #[error("the cursor is not one of this service")]
    Invalid,
    #[error("the cursor belongs to another question or another caller")]
    OtherQuery,
    #[error("the cursor is older than 24 hours")]
    Expired,
}

/// How far a walk has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The last entry returned.
    pub last: RankKey,
    /// Entries returned on all pages.
    pub returned: u64,
}

/// Makes and reads tokens; the key must be the same for all machines behind one name.
#[derive(Clone)]
pub struct CursorKey {
    key: [u8; 32],
}

impl CursorKey {
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn tag(&self, message: &[u8]) -> Vec<u8> {
        // HMAC takes keys of any length; the error case cannot happen and then authenticates nothing.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return Vec::new();
        };
        mac.update(message);
        let mut tag = mac.finalize().into_bytes().to_vec();
        tag.truncate(TAG);
        tag
    }

    /// A token that continues `query` behind `last`. `identity` binds it to more than the question (an LDAP connection's identity, the
    /// attributes chosen); `now` in UTC seconds.
    #[must_use]
    pub fn encode(&self, audience: Audience, query: &Query, identity: &str, progress: &Progress, now: i64) -> String {
        let last = &progress.last;
        let mut token = vec![VERSION, audience.bit()];
        token.extend_from_slice(&fingerprint(query, identity));
        token.extend_from_slice(&now.to_be_bytes());
        token.extend_from_slice(&progress.returned.to_be_bytes());
        token.extend_from_slice(&last.class.to_be_bytes());
        token.push(last.without_mailbox);
        token.extend_from_slice(last.name.as_bytes());
        let tag = self.tag(&token);
        token.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// Where a token continues: its last entry goes into `Query::after`.
    pub fn decode(&self, token: &str, audience: Audience, query: &Query, identity: &str, now: i64) -> Result<Progress, CursorError> {
        if token.len() > LONGEST {
            return Err(CursorError::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| CursorError::Invalid)?;
        let split = bytes.len().checked_sub(TAG).ok_or(CursorError::Invalid)?;
        let (message, tag) = bytes.split_at_checked(split).ok_or(CursorError::Invalid)?;
        let genuine: bool = subtle::ConstantTimeEq::ct_eq(self.tag(message).as_slice(), tag).into();
        let (fixed, name) = message.split_at_checked(FIXED).ok_or(CursorError::Invalid)?;
        let [version, bit, rest @ ..] = fixed else {
            return Err(CursorError::Invalid);
        };
        if !genuine || *version != VERSION {
            return Err(CursorError::Invalid);
        }
        let (print, rest) = rest.split_at_checked(16).ok_or(CursorError::Invalid)?;
        let (issued, rest) = rest.split_at_checked(8).ok_or(CursorError::Invalid)?;
        let (returned, rank) = rest.split_at_checked(8).ok_or(CursorError::Invalid)?;
        if *bit != audience.bit() || print != fingerprint(query, identity) {
            return Err(CursorError::OtherQuery);
        }
        let issued = issued.try_into().map(i64::from_be_bytes).map_err(|_| CursorError::Invalid)?;
        if !(0..=VALID_SECONDS).contains(&now.saturating_sub(issued)) {
            return Err(CursorError::Expired);
        }
        let returned = returned.try_into().map(u64::from_be_bytes).map_err(|_| CursorError::Invalid)?;
        let [high, low, without_mailbox] = rank else {
            return Err(CursorError::Invalid);
        };
        let name = String::from_utf8(name.to_vec()).map_err(|_| CursorError::Invalid)?;
        Ok(Progress { last: RankKey { class: u16::from_be_bytes([*high, *low]), without_mailbox: *without_mailbox, name }, returned })
    }
}

/// Names the question: kinds, what is matched, the order. Page size and place are free to change between pages.
fn fingerprint(query: &Query, identity: &str) -> [u8; 16] {
    let question = format!("{:?}\0{:?}\0{:?}\0{identity}", query.kinds, query.matching, query.order);
    let digest = Sha256::digest(question.as_bytes());
    let mut print = [0; 16];
    for (to, from) in print.iter_mut().zip(digest) {
        *to = from;
    }
    print
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Criteria, Matching, Order};
    use crate::model::Kind;

    fn query(q: &str) -> Query {
        let criteria = Criteria { q: Some(q.into()), ..Criteria::default() };
        Query {
            kinds: vec![Kind::Mailbox],
            matching: Matching::Criteria(criteria),
            order: Order::Rank,
            limit: 5,
            after: None,
            count: true,
            facets: false,
        }
    }

    #[test]
    fn tokens_are_bound_and_expire() {
        let key = CursorKey::new([7; 32]);
        let rank = RankKey { class: 1, without_mailbox: 0, name: "dupont élise\0p:1".into() };
        let last = Progress { last: rank, returned: 40 };
        let token = key.encode(Audience::Public, &query("a"), "", &last, 1_000);
        assert_eq!(key.decode(&token, Audience::Public, &query("a"), "", 1_000 + VALID_SECONDS), Ok(last));
        let refused = |audience, q, identity, now| key.decode(&token, audience, &query(q), identity, now).unwrap_err();
        assert_eq!(refused(Audience::Professional, "a", "", 1_000), CursorError::OtherQuery);
        assert_eq!(refused(Audience::Public, "b", "", 1_000), CursorError::OtherQuery);
        assert_eq!(refused(Audience::Public, "a", "uid=x", 1_000), CursorError::OtherQuery);
        assert_eq!(refused(Audience::Public, "a", "", 1_001 + VALID_SECONDS), CursorError::Expired);
        assert_eq!(refused(Audience::Public, "a", "", 999), CursorError::Expired);
    }

    #[test]
    fn forged_tokens_are_refused() {
        let key = CursorKey::new([7; 32]);
        let last = Progress { last: RankKey { class: 0, without_mailbox: 1, name: "x\0p:1".into() }, returned: 1 };
        let token = key.encode(Audience::Public, &query("a"), "", &last, 0);
        let other = CursorKey::new([8; 32]);
        assert_eq!(other.decode(&token, Audience::Public, &query("a"), "", 0), Err(CursorError::Invalid));
        for cut in 0..token.len() {
            assert!(key.decode(&token[..cut], Audience::Public, &query("a"), "", 0).is_err());
        }
        assert!(key.decode(&"A".repeat(LONGEST + 1), Audience::Public, &query("a"), "", 0).is_err());
    }
}
