//! What may be asked: plain types, neutral of any protocol. `directory` hands them on; the frontends build them.

use crate::model::{Kind, MailboxType};
use std::cmp::Ordering;

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Kinds of entry searched; none given finds nothing.
    pub kinds: Vec<Kind>,
    pub matching: Matching,
    pub order: Order,
    /// Entries wanted at most; the index clamps it to [`MAX_PAGE`].
    pub limit: usize,
    /// Continue behind this entry (its rank key as answered before).
    pub after: Option<RankKey>,
    /// Count all matches (REST) or stop at the limit (LDAP).
    pub count: bool,
    /// Count all matches by the values they show as well; takes `count`.
    pub facets: bool,
}

/// Most entries one question may return.
pub const MAX_PAGE: usize = 10_000;
/// Assertions of a filter that one entry is tested by in a few microseconds.
pub const QUICK_TESTS: usize = 64;

impl Query {
    /// Can it be given up soon, whenever that is asked, and is it worth a try? Not what is sorted: all matches are looked at for that.
    #[must_use]
    pub fn is_quick_to_try(&self) -> bool {
        let Matching::Attributes(filter) = &self.matching else { return false };
        self.order == Order::Any && !self.count && filter.has_at_most(&mut { QUICK_TESTS })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Matching {
    /// Attribute by attribute, three-valued, as RFC 4511 says.
    Attributes(AttributeFilter),
    /// The criteria of the REST search; all must hold.
    Criteria(Criteria),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Document order: whatever is cheapest.
    Any,
    /// (folded name, id).
    Name,
    /// [`Order::Name`] from its end.
    NameDescending,
    /// Values of attributes, then folded name and id. Every match is read: dearer than the name, which is a column.
    By(Vec<SortKey>),
    /// Folded commune of the first place, then folded name and id; entries without a place last.
    City,
    /// (match class, has a mailbox, folded name, id).
    Rank,
    /// The first entries of [`Order::Rank`], this many, as in [`Order::Name`]: the others are not in the answer.
    BestByName(usize),
    /// The same as in [`Order::City`].
    BestByCity(usize),
}

/// One key of [`Order::By`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// Canonical name of a type that [`crate::ldap_entry::matching::collation_key`] can order.
    pub attribute: &'static str,
    pub descending: bool,
}

/// Parts of the name of a rank key of [`Order::By`], [`Order::City`] and [`Order::BestByCity`]: the keys' values, then folded name, NUL, document key.
pub(super) const PART: char = '\u{1}';

impl Order {
    /// This order among the first entries of [`Order::Rank`], as many as are given; orders of the LDAP search stay as they are.
    #[must_use]
    pub fn of_best(self, best: usize) -> Self {
        match self {
            Self::Name => Self::BestByName(best),
            Self::City => Self::BestByCity(best),
            other => other,
        }
    }

    /// How two places of this order follow each other.
    #[must_use]
    pub fn compare(&self, a: &RankKey, b: &RankKey) -> Ordering {
        match self {
            Self::Any | Self::Name | Self::City | Self::Rank | Self::BestByName(_) | Self::BestByCity(_) => a.cmp(b),
            Self::NameDescending => b.cmp(a),
            Self::By(keys) => {
                let (mut left, mut right) = (a.name.split(PART), b.name.split(PART));
                for key in keys {
                    let values = left.next().cmp(&right.next());
                    let values = if key.descending { values.reverse() } else { values };
                    if values.is_ne() {
                        return values;
                    }
                }
                left.cmp(right)
            }
        }
    }
}

/// Where an entry stands in an ordered answer. The mailbox is 0 but for [`Order::Rank`]; of the class the other orders keep only that an
/// error was forgiven.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RankKey {
    /// `64 × level + 4 × level of the next word + 2 × the family name is more than name + accents or particles are not as typed`. Level: that
    /// of the worst word, then of the worst of the others, each word at its best: `3 × quality + field`. Quality: 0 whole or a code it stands for, 1 a beginning or a short form of a first name, 2 a
    /// word that sounds alike, 3 one error, 4 two. Field: 0 names of persons, identifiers and addresses, 1 profession, specialty, place and the
    /// structure's own name, 2 others.
    pub class: u16,
    /// 0 has a mailbox, 1 has none.
    pub without_mailbox: u8,
    /// Folded name, NUL, document key; before them the values of [`Order::By`], the commune of [`Order::City`]. Empty where there is no order.
    pub name: String,
}

/// Classes of one level, by the bits below.
pub(super) const CLASSES_OF_A_LEVEL: u16 = 64;
/// The family name is not just what was asked for by `name`.
pub(super) const OTHER_NAME: u16 = 2;
/// A name is not spelled as typed.
pub(super) const INEXACT: u16 = 1;

/// See [`RankKey::class`]; `level` that of the worst word, `next` that of the next one.
pub(super) fn class_of(level: u8, next: u8, behind: u16) -> u16 {
    u16::from(level) * CLASSES_OF_A_LEVEL + 4 * u16::from(next.min(15)) + behind
}

impl RankKey {
    /// Level of the worst word, without what breaks ties.
    #[must_use]
    pub fn level(&self) -> u16 {
        self.class / CLASSES_OF_A_LEVEL
    }

    /// The place of every entry where there is no order: nothing continues from it.
    pub(super) const NONE: Self = Self { class: 0, without_mailbox: 0, name: String::new() };
}

/// A filter on published attributes. Names are canonical or not, case ignored; unknown ones are Undefined.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeFilter {
    And(Vec<AttributeFilter>),
    Or(Vec<AttributeFilter>),
    Not(Box<AttributeFilter>),
    Present(String),
    Equal(String, Vec<u8>),
    Substring {
        attribute: String,
        initial: Option<Vec<u8>>,
        any: Vec<Vec<u8>>,
        last: Option<Vec<u8>>,
    },
    /// `>=`
    AtLeast(String, Vec<u8>),
    /// `<=`
    AtMost(String, Vec<u8>),
    /// `~=`: tolerant search by words.
    Approx(String, Vec<u8>),
    /// Extensible match.
    Extensible {
        rule: Option<String>,
        attribute: Option<String>,
        value: Vec<u8>,
        dn_attributes: bool,
    },
    /// Below or at a place of the tree is expressed by `Query::kinds`; this restricts to one entry by its document key.
    Entry(String),
}

impl AttributeFilter {
    /// Takes its assertions, and the joints between them, off a number; `false` when it is not enough.
    fn has_at_most(&self, left: &mut usize) -> bool {
        let Some(fewer) = left.checked_sub(1) else { return false };
        *left = fewer;
        match self {
            Self::And(members) | Self::Or(members) => members.iter().all(|member| member.has_at_most(left)),
            Self::Not(inner) => inner.has_at_most(left),
            _ => true,
        }
    }
}

/// REST criteria, all optional, all joined by AND. Profession, specialty, places and organization hold of one same practice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Criteria {
    /// Free words: names, profession, specialty, place, organisation; each by its beginning.
    pub q: Option<String>,
    /// Family or usage name, words by their beginning.
    pub name: Option<String>,
    pub given: Option<String>,
    /// Code or label.
    pub profession: Option<String>,
    /// Code or label of a savoir-faire.
    pub specialty: Option<String>,
    pub city: Option<String>,
    pub postal_code: Option<String>,
    /// Code or name.
    pub department: Option<String>,
    /// Words of the name, or id.
    pub organization: Option<String>,
    /// RPPS, ADELI, FINESS, SIRET, or a stable id.
    pub identifier: Option<String>,
    /// Whole address, or `@domain`.
    pub address: Option<String>,
    pub mailbox_type: Option<MailboxType>,
    /// accepted / refused / not stated on a shown mailbox.
    pub zero_papier: Option<ZeroPapierFilter>,
    pub has_mailbox: Option<bool>,
    /// Names of `q` and `name` with a title or particle that is part of them, written as one word. Whoever asks leaves it empty: a search finds
    /// them out, and its answer tells them.
    pub known_names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroPapierFilter {
    Accepted,
    Refused,
    NotStated,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer<H> {
    pub hits: Vec<H>,
    /// More entries matched than were returned.
    pub more: bool,
    /// Exact number of matches, when asked for (`Query::count`).
    pub total: Option<u64>,
    /// When asked for (`Query::facets`); of all matches, as `total` is.
    pub facets: Option<Facets>,
    /// The evaluation budget or deadline ended the search early: entries may be missing, `total` is a lower bound.
    pub truncated: Option<Truncated>,
    /// See [`Criteria::known_names`].
    pub known_names: Vec<String>,
}

/// Matches by the values they show, the most frequent first, then by code; the first fifty of each list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    pub profession: Vec<FacetCount>,
    pub specialty: Vec<FacetCount>,
    pub department: Vec<FacetCount>,
    pub mailbox_type: Vec<FacetCount>,
    /// `accepted`, `refused`, `unknown`, of the mailboxes shown.
    pub zero_papier: Vec<FacetCount>,
}

impl Facets {
    pub(super) fn lists_mut(&mut self) -> [&mut Vec<FacetCount>; 5] {
        [&mut self.profession, &mut self.specialty, &mut self.department, &mut self.mailbox_type, &mut self.zero_papier]
    }
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct FacetCount {
    #[schema(example = "10")]
    pub code: String,
    #[schema(example = "Médecin")]
    pub label: String,
    /// Entries that match and show it; an entry counts once.
    pub count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncated {
    /// Too many candidates.
    Budget,
    /// The deadline of the caller passed.
    Deadline,
    /// The caller has had its allowance: only the first entries are answered.
    Allowance,
}
