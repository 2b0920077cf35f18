//! What a page was asked: the pairs of its address that are criteria of the search, and the addresses of questions beside it.
//!
//! Names are those of `/v1/search`, so that the same words asked of the API give the same answer. Parameters of others (trackers of mailing
//! lists add some) are ignored: a page that was mailed around still opens.

use super::super::problem::Problem;
use super::super::query_string;

/// Criteria with their name for people, in the order they are shown in.
pub(super) const CRITERIA: [(&str, &str); 15] = [
    ("q", "Mots"),
    ("name", "Nom"),
    ("given", "Prénom"),
    ("profession", "Profession"),
    ("specialty", "Spécialité"),
    ("city", "Commune"),
    ("postal_code", "Code postal"),
    ("department", "Département"),
    ("organization", "Structure"),
    ("identifier", "Identifiant"),
    ("address", "Adresse"),
    ("mailbox_type", "Type de boîte"),
    ("zero_papier", "Zéro papier"),
    ("has_mailbox", "Messagerie"),
    ("kind", "Fiches"),
];

const CURSOR: &str = "cursor";
const SORT: &str = "sort";

/// The pairs that are asked, without empty ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Question {
    pairs: Vec<(&'static str, String)>,
}

impl Question {
    /// Errors: `invalid_encoding`, `repeated_parameter`.
    pub(super) fn read(query: &str) -> Result<Self, Problem> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in query_string::pairs(query)? {
            let known = CRITERIA.iter().map(|(name, _)| *name).chain([SORT, CURSOR]).find(|known| *known == name);
            let Some(name) = known.filter(|_| !value.trim().is_empty()) else { continue };
            // People and structures are shown with their mailboxes inside.
            if name == "kind" && !matches!(value.as_str(), "professional" | "structure") {
                continue;
            }
            if pairs.iter().any(|(before, _)| *before == name) {
                return Err(Problem::parameter("repeated_parameter", name, "the parameter may be given once"));
            }
            pairs.push((name, value.trim().to_owned()));
        }
        Ok(Self { pairs })
    }

    pub(super) fn of_words(words: &str) -> Self {
        Self { pairs: vec![("q", words.to_owned())] }
    }

    /// Who practises at a structure, by its id.
    pub(super) fn of_organization(id: &str) -> Self {
        Self { pairs: vec![("organization", id.to_owned()), ("kind", "professional".to_owned())] }
    }

    /// The value of a criterion; empty when it is not asked.
    pub(super) fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(asked, _)| *asked == name).map_or("", |(_, value)| value)
    }

    /// Nothing to search by.
    pub(super) fn is_empty(&self) -> bool {
        self.criteria().all(|(name, ..)| name == "kind")
    }

    /// Is this a page behind the first?
    pub(super) fn goes_on(&self) -> bool {
        !self.get(CURSOR).is_empty()
    }

    /// Name, name for people, value.
    pub(super) fn criteria(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        CRITERIA.iter().filter_map(|(name, label)| Some((*name, *label, self.get(name))).filter(|(_, _, value)| !value.is_empty()))
    }

    /// The query string of `/v1/search`.
    pub(super) fn query(&self) -> String {
        let pairs: Vec<_> = self.pairs.iter().map(|(name, value)| format!("{name}={}", query_string::encode(value))).collect();
        pairs.join("&")
    }

    pub(super) fn href(&self) -> String {
        if self.pairs.is_empty() { "/".to_owned() } else { format!("/?{}", self.query()) }
    }

    /// The first page of the question without a criterion.
    pub(super) fn without(&self, name: &str) -> Self {
        let kept = self.pairs.iter().filter(|(asked, _)| *asked != name && *asked != CURSOR);
        Self { pairs: kept.cloned().collect() }
    }

    /// The first page.
    pub(super) fn first_page(&self) -> Self {
        self.without(CURSOR)
    }

    /// The first page of the question with a criterion, or an order, set anew.
    pub(super) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut with = self.without(name);
        with.pairs.push((name, value.to_owned()));
        with
    }

    /// The questions that ask for one word of `q`, or one other criterion, less; with the criterion and what it loses.
    pub(super) fn each_with_less(&self) -> Vec<((&'static str, String), Self)> {
        let words: Vec<&str> = self.get("q").split_whitespace().collect();
        let fewer_words = (0..words.len()).map(|at| {
            let kept: Vec<&str> = words.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, word)| *word).collect();
            let question = if kept.is_empty() { self.without("q") } else { self.with("q", &kept.join(" ")) };
            (("q", words.get(at).copied().unwrap_or_default().to_owned()), question)
        });
        let others =
            self.criteria().filter(|(name, ..)| *name != "q").map(|(name, _, value)| ((name, value.to_owned()), self.without(name)));
        fewer_words.chain(others).filter(|(_, question)| !question.is_empty()).collect()
    }

    /// The page behind.
    pub(super) fn behind(&self, cursor: &str) -> Self {
        self.with(CURSOR, cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_beside_are_first_pages() {
        let asked = Question::read("q=d%27arc+%26+fils&city=Lyon&cursor=abc&utm_source=x&name=").unwrap();
        assert_eq!(asked.href(), "/?q=d%27arc%20%26%20fils&city=Lyon&cursor=abc");
        assert!(asked.goes_on());
        assert_eq!(asked.without("city").href(), "/?q=d%27arc%20%26%20fils");
        assert_eq!(asked.without("city").without("q").href(), "/");
        assert_eq!(asked.behind("def").href(), "/?q=d%27arc%20%26%20fils&city=Lyon&cursor=def");
        assert_eq!(Question::read(&asked.query()).unwrap(), asked);
    }

    #[test]
    fn kinds_alone_are_no_question() {
        assert!(Question::read("kind=structure").unwrap().is_empty());
        assert!(!Question::read("kind=structure&city=lyon").unwrap().is_empty());
        assert_eq!(Question::read("kind=mailbox&q=a").unwrap().query(), "q=a");
        assert!(Question::read("q=a&q=b").is_err() && Question::read("q=%ff").is_err());
    }
}
