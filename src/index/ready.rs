//! Ready-made terms on their way into tantivy: all of one field in one text, a mark between them, so that an entry of some hundred terms
//! is a dozen values and the indexing thread splits instead of copying.

use ahash::{HashSet, HashSetExt as _};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Name of the tokenizer in the schema.
pub(super) const READY: &str = "ready";
/// Stands between two terms; no prepared value holds a control character.
const BREAK: u8 = 1;

/// Terms of one field of one document.
#[derive(Debug, Default)]
pub(super) struct Terms {
    text: String,
    places: Vec<(u32, u32)>,
}

impl Terms {
    /// A term, from its parts.
    pub fn add(&mut self, parts: &[&str]) {
        let start = self.place();
        parts.iter().for_each(|part| self.text.push_str(part));
        self.places.push((start, self.place()));
    }

    fn place(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    fn get(&self, (start, end): (u32, u32)) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Each term once, where it came first.
    pub fn into_value(self) -> String {
        let mut value = String::with_capacity(self.text.len() + self.places.len());
        let mut met = HashSet::with_capacity(self.places.len());
        self.places.iter().map(|place| self.get(*place)).filter(|term| met.insert(*term)).for_each(|term| put(&mut value, term));
        value
    }
}

/// Appends one term to the value of a field.
pub(super) fn put(value: &mut String, term: &str) {
    if !value.is_empty() {
        value.push(char::from(BREAK));
    }
    value.push_str(term);
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ready;

pub(super) struct ReadyTerms<'a> {
    rest: &'a str,
    token: Token,
}

impl Tokenizer for Ready {
    type TokenStream<'a> = ReadyTerms<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> ReadyTerms<'a> {
        // Positions are not kept.
        ReadyTerms { rest: text, token: Token { position: 0, ..Token::default() } }
    }
}

impl TokenStream for ReadyTerms<'_> {
    fn advance(&mut self) -> bool {
        if self.rest.is_empty() {
            return false;
        }
        let end = memchr::memchr(BREAK, self.rest.as_bytes()).unwrap_or(self.rest.len());
        self.token.text.clear();
        self.token.text.push_str(self.rest.get(..end).unwrap_or_default());
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_come_out_once_and_whole() {
        let mut terms = Terms::default();
        for parts in [&["n:", "martin"][..], &["a"], &["n:martin"], &["é", "\u{2}"]] {
            terms.add(parts);
        }
        let value = terms.into_value();
        let mut ready = Ready;
        let mut stream = ready.token_stream(&value);
        let mut found = Vec::new();
        stream.process(&mut |token| found.push(token.text.clone()));
        assert_eq!(found, ["n:martin", "a", "é\u{2}"]);
        assert!(!ready.token_stream("").advance());
    }
}
