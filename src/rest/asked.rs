//! Reading the parameters of `/v1/search` into a question.
//!
//! A parameter is one of the list, given once (only `kind` may be repeated), of 200 characters at most, and says something: a value
//! without a letter or a digit is refused, for it would restrict nothing. A blank value counts as absent, as forms send it. At least
//! one criterion is required: the directory is for finding, not for copying.

use super::facets::Facet;
use super::problem::Problem;
use super::query_string;
use super::router::Shared;
use crate::directory::{Criteria, Matching, Order, Query, ZeroPapierFilter};
use crate::error::Error;
use crate::model::{Kind, MailboxType};
use crate::text;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

/// Longest value of a parameter, characters.
pub(super) const MAX_LENGTH: usize = 200;
/// Longest cursor looked at: it carries a folded name.
const MAX_CURSOR: usize = 2_000;
/// Entries a page holds when nothing is said.
const DEFAULT_LIMIT: usize = 20;

/// Every parameter of the route.
const NAMES: [&str; 20] = [
    "q",
    "name",
    "given",
    "profession",
    "specialty",
    "city",
    "postal_code",
    "department",
    "organization",
    "identifier",
    "address",
    "mailbox_type",
    "zero_papier",
    "has_mailbox",
    "kind",
    "facets",
    "sort",
    "limit",
    "cursor",
    "explain",
];

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    pub criteria: Criteria,
    /// Sorted, without repetition, never empty.
    pub kinds: Vec<Kind>,
    /// The facets to be answered.
    pub facets: Vec<Facet>,
    pub order: Order,
    /// Entries of the page: 1 to the maximum of the settings.
    pub limit: usize,
    pub cursor: Option<String>,
    /// Is told how the question was read.
    pub explain: bool,
}

/// The first page of what a query string of `/v1/search` asks, without a listener: for what measures answers.
///
/// # Errors
/// What the route would refuse.
pub fn question(query: &str, max_page: usize) -> crate::error::Result<Query> {
    let asked = Asked::read(query, max_page).map_err(|problem| Error::invalid(format!("{}: {query}", problem.code())))?;
    Ok(asked.question())
}

impl FromRequestParts<Shared> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        Self::read(parts.uri.query().unwrap_or_default(), api.service.settings.http.max_page)
    }
}

impl Asked {
    /// What the directory is asked for the first page.
    pub(super) fn question(&self) -> Query {
        Query {
            kinds: self.kinds.clone(),
            matching: Matching::Criteria(self.criteria.clone()),
            order: self.order.clone(),
            limit: self.limit,
            after: None,
            count: true,
            facets: !self.facets.is_empty(),
        }
    }

    pub(super) fn read(query: &str, max_page: usize) -> Result<Self, Problem> {
        let mut asked = Self {
            criteria: Criteria::default(),
            kinds: Vec::new(),
            facets: Vec::new(),
            order: Order::Rank,
            limit: DEFAULT_LIMIT.min(max_page),
            cursor: None,
            explain: false,
        };
        let mut seen = Vec::new();
        for (name, value) in query_string::pairs(query)? {
            let Some(name) = NAMES.into_iter().find(|known| *known == name) else {
                return Err(query_string::unknown(&name));
            };
            if name != "kind" && seen.contains(&name) {
                return Err(Problem::parameter("repeated_parameter", name, "the parameter may be given once"));
            }
            seen.push(name);
            let most = if name == "cursor" { MAX_CURSOR } else { MAX_LENGTH };
            if value.chars().count() > most {
                return Err(Problem::parameter("parameter_too_long", name, format!("the parameter may have {most} characters")));
            }
            match value.trim() {
                "" => {}
                value => asked.set(name, value, max_page)?,
            }
        }
        asked.complete()
    }

    fn set(&mut self, name: &'static str, value: &str, max_page: usize) -> Result<(), Problem> {
        let one_of = |words: &str| Problem::parameter("invalid_parameter", name, format!("the value is one of {words}"));
        match name {
            "mailbox_type" => {
                self.criteria.mailbox_type = Some(MailboxType::parse(value).ok_or_else(|| one_of("PER, ORG, APP, CAB"))?);
            }
            "zero_papier" => {
                self.criteria.zero_papier = Some(match value {
                    "accepted" => ZeroPapierFilter::Accepted,
                    "refused" => ZeroPapierFilter::Refused,
                    "unknown" => ZeroPapierFilter::NotStated,
                    _ => return Err(one_of("accepted, refused, unknown")),
                });
            }
            "has_mailbox" => self.criteria.has_mailbox = Some(value.parse().map_err(|_| one_of("true, false"))?),
            "kind" => {
                for word in value.split(',').map(str::trim) {
                    let kind = Kind::ALL.into_iter().find(|k| k.name() == word);
                    self.kinds.push(kind.ok_or_else(|| one_of("professional, structure, mailbox"))?);
                }
            }
            "facets" => {
                self.facets = match value {
                    "true" => Facet::ALL.to_vec(),
                    "false" => Vec::new(),
                    names => {
                        let facet = |word: &str| Facet::ALL.into_iter().find(|facet| facet.name() == word.trim());
                        let facets = names.split(',').map(facet).collect::<Option<_>>();
                        facets.ok_or_else(|| one_of("true, false, profession, specialty, department, mailbox_type, zero_papier"))?
                    }
                };
            }
            "sort" => {
                self.order = match value {
                    "relevance" => Order::Rank,
                    "name" => Order::Name,
                    "city" => Order::City,
                    _ => return Err(one_of("relevance, name, city")),
                };
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| *limit > 0);
                self.limit = limit.ok_or_else(|| Problem::parameter("invalid_parameter", name, "the value is a whole number above 0"))?;
                if self.limit > max_page {
                    return Err(Problem::parameter("limit_too_large", name, format!("a page holds {max_page} entries at most")));
                }
            }
            "explain" => self.explain = value.parse().map_err(|_| one_of("true, false"))?,
            "cursor" => self.cursor = Some(value.to_owned()),
            _ if text::words(value).is_empty() => {
                return Err(Problem::parameter("invalid_parameter", name, "the value holds neither a letter nor a digit"));
            }
            _ => {
                if let Some(criterion) = text_criterion(&mut self.criteria, name) {
                    *criterion = Some(value.to_owned());
                }
            }
        }
        Ok(())
    }

    /// What only the parameters together can say.
    fn complete(mut self) -> Result<Self, Problem> {
        self.kinds.sort_unstable();
        self.kinds.dedup();
        if self.kinds.is_empty() {
            self.kinds = vec![Kind::Professional, Kind::Structure];
        }
        if self.kinds.contains(&Kind::Mailbox) && self.kinds.len() > 1 {
            // The total would count a mailbox inside its holder and once more by itself.
            return Err(Problem::parameter("invalid_parameter", "kind", "mailbox is asked for alone"));
        }
        if self.criteria == Criteria::default() {
            let detail = "at least one criterion is required; kind, facets, sort, limit, cursor and explain are none";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "missing_criterion", detail));
        }
        Ok(self)
    }
}

fn text_criterion<'a>(criteria: &'a mut Criteria, name: &str) -> Option<&'a mut Option<String>> {
    Some(match name {
        "q" => &mut criteria.q,
        "name" => &mut criteria.name,
        "given" => &mut criteria.given,
        "profession" => &mut criteria.profession,
        "specialty" => &mut criteria.specialty,
        "city" => &mut criteria.city,
        "postal_code" => &mut criteria.postal_code,
        "department" => &mut criteria.department,
        "organization" => &mut criteria.organization,
        "identifier" => &mut criteria.identifier,
        "address" => &mut criteria.address,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::parameters::SearchParameters;
    use super::*;
    use utoipa::IntoParams;

    fn read(query: &str) -> Result<Asked, &'static str> {
        Asked::read(query, 100).map_err(|problem| problem.code())
    }

    #[test]
    fn every_documented_parameter_is_read_and_no_other() {
        let documented: Vec<_> = SearchParameters::into_params(|| None).into_iter().map(|p| p.name).collect();
        assert_eq!(documented, NAMES);
    }

    #[test]
    fn refusals_have_their_codes() {
        let long = format!("q={}", "é".repeat(201));
        let cursor = format!("q=a&cursor={}", "x".repeat(2_001));
        for (query, code) in [
            ("", "missing_criterion"),
            ("kind=mailbox&limit=5", "missing_criterion"),
            ("q=&name=%20", "missing_criterion"),
            ("ville=lyon&q=a", "unknown_parameter"),
            ("Q=a", "unknown_parameter"),
            ("q=a&q=b", "repeated_parameter"),
            ("q=&q=b", "repeated_parameter"),
            (&long, "parameter_too_long"),
            (&cursor, "parameter_too_long"),
            ("q=--", "invalid_parameter"),
            ("q=a&limit=0", "invalid_parameter"),
            ("q=a&limit=-1", "invalid_parameter"),
            ("q=a&limit=x", "invalid_parameter"),
            ("q=a&limit=99999999999999999999", "invalid_parameter"),
            ("q=a&limit=101", "limit_too_large"),
            ("q=a&kind=person", "invalid_parameter"),
            ("q=a&kind=mailbox,professional", "invalid_parameter"),
            ("q=a&kind=mailbox&kind=structure", "invalid_parameter"),
            ("mailbox_type=XXX", "invalid_parameter"),
            ("zero_papier=oui", "invalid_parameter"),
            ("has_mailbox=1", "invalid_parameter"),
            ("q=a&facets=city", "invalid_parameter"),
            ("q=a&facets=profession,,", "invalid_parameter"),
            ("q=a&sort=distance", "invalid_parameter"),
            ("facets=true&sort=name", "missing_criterion"),
            ("q=a&explain=oui", "invalid_parameter"),
            ("q=%ff", "invalid_encoding"),
        ] {
            assert_eq!(read(query).unwrap_err(), code, "{query}");
        }
    }

    #[test]
    fn values_arrive_as_meant() {
        let read =
            read("q=+Dupont%20&kind=structure,professional&kind=structure&mailbox_type=org&has_mailbox=true&zero_papier=unknown&limit=7");
        let read = read.unwrap();
        assert_eq!(read.kinds, [Kind::Professional, Kind::Structure]);
        assert_eq!(read.limit, 7);
        let criteria = read.criteria;
        assert_eq!(criteria.q.as_deref(), Some("Dupont"));
        assert_eq!((criteria.mailbox_type, criteria.has_mailbox), (Some(MailboxType::Org), Some(true)));
        assert_eq!(criteria.zero_papier, Some(ZeroPapierFilter::NotStated));
    }
}
