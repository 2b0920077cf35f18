//! The list as text: one behaviour a line, its steps and what is expected of each.

use crate::harness::repository;

/// One behaviour.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    /// RFC section or client.
    pub source: String,
    pub steps: Vec<Vec<String>>,
    /// One for each step.
    pub expected: Vec<Vec<String>>,
    /// `None`: slapd does the same; otherwise why it does not.
    pub differs: Option<String>,
}

/// Names for what would make lines long.
const SHORT: [(&str, &str); 7] = [
    ("$bal", "ou=bal,dc=mssante,dc=fr"),
    ("$pros", "ou=professionnels,dc=annuaire,dc=sante,dc=fr"),
    ("$structs", "ou=structures,dc=annuaire,dc=sante,dc=fr"),
    ("$andre", "mail=camille.andre@medecin.mssante.fr,ou=bal,dc=mssante,dc=fr"),
    ("$mss", "dc=mssante,dc=fr"),
    ("$annuaire", "dc=annuaire,dc=sante,dc=fr"),
    ("$schema", "cn=subschema"),
];

/// Words of a step: blanks separate, but not inside quotes, parentheses, brackets or braces. Quotes around a whole word are taken off.
fn words(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let (mut depth, mut quoted) = (0, false);
    for c in text.trim().chars() {
        match c {
            '"' if depth == 0 => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        if c.is_whitespace() && depth == 0 && !quoted {
            out.push(String::new());
        } else {
            out.last_mut().expect("a word").push(c);
        }
    }
    assert!(depth == 0 && !quoted, "unbalanced: {text}");
    out.retain(|word| !word.is_empty());
    out.iter().map(|word| expand(word)).collect()
}

fn expand(word: &str) -> String {
    SHORT.iter().fold(word.to_owned(), |word, (short, long)| word.replace(short, long))
}

fn steps(text: &str) -> Vec<Vec<String>> {
    text.split(" ; ").map(words).collect()
}

impl Line {
    fn parse(text: &str) -> Self {
        let columns: Vec<&str> = text.split(" | ").map(str::trim).collect();
        let [id, source, sent, expected, slapd] = columns.as_slice() else {
            panic!("five columns: {text}");
        };
        assert!(!source.is_empty(), "{id} names no source");
        let differs = match slapd.strip_prefix("differs: ") {
            Some(reason) if !reason.trim().is_empty() => Some(reason.to_owned()),
            _ => {
                assert_eq!(*slapd, "=", "{id}");
                None
            }
        };
        let line = Self { id: (*id).to_owned(), source: (*source).to_owned(), steps: steps(sent), expected: steps(expected), differs };
        assert_eq!(line.steps.len(), line.expected.len(), "{id}: as many expectations as steps");
        line
    }
}

/// Every line, with the topic (its file).
pub fn lines() -> Vec<(String, Line)> {
    let mut files: Vec<_> =
        std::fs::read_dir(repository("tests/conformance")).expect("the list").map(|e| e.expect("a file").path()).collect();
    files.sort();
    let mut out = Vec::new();
    for file in files {
        let topic = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a topic");
        let kept = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        out.extend(kept.map(|line| (topic.clone(), Line::parse(line))));
    }
    out
}
