//! A question as the rivals take it: its parameters, and the words of its texts.

use annuaire::text;
use std::collections::HashMap;

pub struct Asked<'a> {
    parameters: HashMap<&'a str, &'a str>,
}

impl<'a> Asked<'a> {
    pub fn of(asked: &'a str) -> Self {
        Self { parameters: asked.split('&').filter_map(|pair| pair.split_once('=')).collect() }
    }

    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.parameters.get(name).copied()
    }

    /// Folded words of a parameter, none when it is absent.
    pub fn words(&self, name: &str) -> Vec<String> {
        self.get(name).map(text::words).unwrap_or_default()
    }

    /// Kinds of entry searched.
    pub fn kinds(&self) -> Vec<&'a str> {
        self.get("kind").map_or_else(|| vec!["professional", "structure"], |kind| kind.split(',').collect())
    }
}

impl Asked<'_> {
    /// Words of `q`. A text of digits alone is one number, however it is grouped; a telephone number loses its country.
    pub fn free_words(&self) -> Vec<String> {
        let Some(q) = self.get("q") else { return Vec::new() };
        let grouped = q.chars().all(|c| c.is_ascii_digit() || " .+-".contains(c)) && q.chars().filter(char::is_ascii_digit).count() > 5;
        let national = q.trim().strip_prefix("+33").map(|rest| format!("0{rest}"));
        if grouped { vec![national.as_deref().unwrap_or(q).chars().filter(char::is_ascii_digit).collect()] } else { text::words(q) }
    }

    /// Words in which an error is forgiven when nothing matches as typed; none when there is a number, in which it would be another number.
    pub fn words_with_errors(&self) -> Vec<String> {
        let others = ["name", "given", "city"].into_iter().flat_map(|name| self.words(name));
        let words: Vec<_> = self.free_words().into_iter().chain(others).collect();
        let is_number = |word: &String| word.len() >= 5 && word.bytes().all(|byte| byte.is_ascii_digit());
        if words.iter().any(is_number) { Vec::new() } else { words }
    }
}
