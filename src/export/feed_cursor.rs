//! Cursors of the change feed: a place in table `feed`, which its bearer can neither read nor make.
//!
//! The number of a row tells how much happens in the directory, also to what is hidden; so it is encrypted. Synthetic-IV construction: the
//! tag authenticates audience and number, and is what the pad over the number is made from. The same place has the same cursor, which tells
//! nothing, because a place is always that of a row the audience was told of. It never expires by itself: rows do.
//!
//! Layout, then base64url without padding: version (1), tag (16), number under the pad (8).

use crate::directory::Audience;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

const VERSION: u8 = 1;
const TAG: usize = 16;
/// Characters of a token.
const LENGTH: usize = 34;

/// Makes and reads cursors.
#[derive(Clone)]
pub(super) struct FeedKey([u8; 32]);

impl FeedKey {
    /// From the key of the store's cursors; what it makes is none of theirs.
    pub fn new(key: [u8; 32]) -> Self {
        Self(mac(&key, &[b"annuaire change feed"]))
    }

    pub fn encode(&self, audience: Audience, place: i64) -> String {
        let tag = self.tag(audience, place);
        let mut token = vec![VERSION];
        token.extend_from_slice(&tag);
        token.extend_from_slice(&(place.cast_unsigned() ^ self.pad(&tag)).to_be_bytes());
        URL_SAFE_NO_PAD.encode(token)
    }

    /// `None` for what is no cursor of this store and audience.
    pub fn decode(&self, token: &str, audience: Audience) -> Option<i64> {
        if token.len() != LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (tag, number) = rest.split_at_checked(TAG)?;
        let place = (u64::from_be_bytes(number.try_into().ok()?) ^ self.pad(tag)).cast_signed();
        let genuine: bool = subtle::ConstantTimeEq::ct_eq(self.tag(audience, place).as_slice(), tag).into();
        (genuine && *version == VERSION).then_some(place)
    }

    fn tag(&self, audience: Audience, place: i64) -> [u8; TAG] {
        let digest = mac(&self.0, &[b"tag", &[VERSION, audience.bit()], &place.to_be_bytes()]);
        let mut tag = [0; TAG];
        tag.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        tag
    }

    fn pad(&self, tag: &[u8]) -> u64 {
        mac(&self.0, &[b"pad", tag]).into_iter().take(8).fold(0, |pad, byte| pad << 8 | u64::from(byte))
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length; the error case cannot happen.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_to_whom_they_were_given() {
        let key = FeedKey::new([7; 32]);
        for place in [0, 1, 2, 1 << 40, i64::MAX] {
            let token = key.encode(Audience::Public, place);
            assert_eq!(token.len(), LENGTH);
            assert_eq!(key.decode(&token, Audience::Public), Some(place));
            assert_eq!(key.decode(&token, Audience::Professional), None);
            assert_eq!(FeedKey::new([8; 32]).decode(&token, Audience::Public), None);
        }
        assert_ne!(key.encode(Audience::Public, 1)[22..], key.encode(Audience::Public, 2)[22..]);
    }

    #[test]
    fn forged_cursors_are_none() {
        let key = FeedKey::new([7; 32]);
        let token = key.encode(Audience::Public, 5);
        for place in 0..token.len() {
            for other in ['A', 'b', '_', '=', 'é'] {
                let mut forged: String = token.chars().take(place).collect();
                forged.push(other);
                forged.extend(token.chars().skip(place + 1));
                assert!(forged == token || key.decode(&forged, Audience::Public).is_none(), "{forged}");
            }
        }
        for forged in ["", "5", &token[1..], &format!("{token}A"), &"A".repeat(LENGTH)] {
            assert_eq!(key.decode(forged, Audience::Public), None);
        }
    }
}
