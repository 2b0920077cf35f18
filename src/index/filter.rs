//! Attribute filters, compiled once and evaluated against the entry's own values with the three truth values of RFC 4511 §4.5.1.7.
//!
//! `None` is Undefined: an unknown attribute or rule, an attribute description with options, a value that is not of the rule's syntax,
//! an order the attribute does not have. Only TRUE lets an entry through.

use super::laid::Laid;
use super::query::AttributeFilter;
use super::terms::{Coverage, coverage};
use crate::error::{Error, Kind, Result};
use crate::ldap_entry::attributes::{ATTRIBUTES, Attribute, MatchingKind, attribute, with_subtypes};
use crate::ldap_entry::matching::{Pattern, Rule, words_match};
use crate::ldap_entry::{self, parse_dn};
use crate::text;
use std::cell::{OnceCell, RefCell};

/// Deepest nesting and most members of a filter: beyond, it is refused as too large.
const DEEPEST: usize = 64;
const MOST_TESTS: usize = 1_024;

#[derive(Clone, Debug)]
pub(super) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Undefined,
    Test(Test),
    /// Document key.
    Entry(String),
}

/// A filter to prove candidates by.
pub(super) struct Asked {
    pub node: Node,
    /// Does it ask for operational attributes that entries have?
    pub operational: bool,
}

impl Asked {
    pub fn of(filter: &AttributeFilter) -> Result<Self> {
        let node = compile(filter)?;
        Ok(Self { operational: node.is_of_operational(), node })
    }
}

impl Node {
    fn is_of_operational(&self) -> bool {
        match self {
            Self::And(members) | Self::Or(members) => members.iter().any(Self::is_of_operational),
            Self::Not(inner) => inner.is_of_operational(),
            Self::Undefined | Self::Entry(_) => false,
            Self::Test(test) => test.attributes.iter().any(|attribute| attribute.operational && coverage(attribute) != Coverage::Never),
        }
    }
}

/// One assertion on some attributes.
#[derive(Clone, Debug)]
pub(super) struct Test {
    /// The attribute with its subtypes, or all that a rule applies to.
    pub attributes: Vec<&'static Attribute>,
    /// Values of the entry's DN are asked as well.
    pub dn_attributes: bool,
    pub rule: Rule,
    pub check: Check,
}

#[derive(Clone, Debug)]
pub(super) enum Check {
    Present,
    Equal(String),
    Substring(Pattern),
    Words(Vec<String>),
    AtLeast(String),
    AtMost(String),
}

pub(super) fn compile(filter: &AttributeFilter) -> Result<Node> {
    let mut tests = 0;
    node(filter, 0, &mut tests)
}

fn node(filter: &AttributeFilter, depth: usize, tests: &mut usize) -> Result<Node> {
    *tests += 1;
    if depth > DEEPEST || *tests > MOST_TESTS {
        return Err(Error::new(Kind::TooLarge, "filter_too_large", "the filter is too large"));
    }
    let mut all = |members: &[AttributeFilter]| members.iter().map(|m| node(m, depth + 1, tests)).collect::<Result<Vec<_>>>();
    Ok(match filter {
        AttributeFilter::And(members) => Node::And(all(members)?),
        AttributeFilter::Or(members) => Node::Or(all(members)?),
        AttributeFilter::Not(inner) => Node::Not(Box::new(node(inner, depth + 1, tests)?)),
        AttributeFilter::Entry(key) => Node::Entry(key.clone()),
        other => test(other).map_or(Node::Undefined, Node::Test),
    })
}

/// One assertion; `None` when it is Undefined whatever the entry.
fn test(filter: &AttributeFilter) -> Option<Test> {
    let (description, value) = match filter {
        AttributeFilter::Present(name) => (name, None),
        AttributeFilter::Equal(name, value)
        | AttributeFilter::AtLeast(name, value)
        | AttributeFilter::AtMost(name, value)
        | AttributeFilter::Approx(name, value) => (name, Some(std::str::from_utf8(value).ok()?)),
        AttributeFilter::Substring { attribute, .. } => (attribute, None),
        AttributeFilter::Extensible { rule, attribute, value, dn_attributes } => {
            return extensible(rule.as_deref(), attribute.as_deref(), std::str::from_utf8(value).ok()?, *dn_attributes);
        }
        AttributeFilter::And(_) | AttributeFilter::Or(_) | AttributeFilter::Not(_) | AttributeFilter::Entry(_) => return None,
    };
    let known = attribute(description)?;
    let attributes = with_subtypes(known);
    let made = |rule, check| Some(Test { attributes: attributes.clone(), dn_attributes: false, rule, check });
    let Some(rule) = Rule::of(known.matching) else {
        return matches!(filter, AttributeFilter::Present(_)).then(|| made(Rule::CaseExact, Check::Present))?;
    };
    match filter {
        AttributeFilter::Present(_) => made(rule, Check::Present),
        AttributeFilter::Equal(..) => made(rule, Check::Equal(rule.prepare(value?)?)),
        AttributeFilter::Approx(..) if rule == Rule::CaseIgnore => {
            let words = text::words(value?);
            (!words.is_empty()).then(|| made(rule, Check::Words(words)))?
        }
        AttributeFilter::Approx(..) => made(rule, Check::Equal(rule.prepare(value?)?)),
        AttributeFilter::AtLeast(..) if rule.has_order() => made(rule, Check::AtLeast(rule.prepare(value?)?)),
        AttributeFilter::AtMost(..) if rule.has_order() => made(rule, Check::AtMost(rule.prepare(value?)?)),
        AttributeFilter::Substring { initial, any, last, .. } => {
            let any: Vec<&str> = any.iter().map(|p| std::str::from_utf8(p)).collect::<std::result::Result<_, _>>().ok()?;
            made(rule, Check::Substring(Pattern::new(rule, text_of(initial.as_deref())?, &any, text_of(last.as_deref())?)?))
        }
        _ => None,
    }
}

/// The outer `None` is a piece that is no text.
fn text_of(piece: Option<&[u8]>) -> Option<Option<&str>> {
    piece.map_or(Some(None), |p| std::str::from_utf8(p).ok().map(Some))
}

/// Rule and attribute, rule alone (every attribute of its syntax), attribute alone (its own equality rule): RFC 4511 §4.5.1.7.7.
fn extensible(rule: Option<&str>, description: Option<&str>, value: &str, dn_attributes: bool) -> Option<Test> {
    let named = rule.map_or(Some(None), |text| Rule::parse(text).map(Some))?;
    let known = description.map_or(Some(None), |text| attribute(text).map(Some))?;
    let rule = named.or_else(|| Rule::of(known?.matching))?;
    let applies = |a: &&'static Attribute| rule.applies_to(a.matching);
    let attributes: Vec<_> = match known {
        Some(known) => with_subtypes(known).into_iter().filter(applies).collect(),
        None => ATTRIBUTES.iter().filter(|a| Rule::of(a.matching) == Some(rule)).collect(),
    };
    if attributes.is_empty() {
        return None;
    }
    Some(Test { attributes, dn_attributes, rule, check: Check::Equal(rule.prepare(value)?) })
}

/// An entry laid open for evaluation.
pub(super) struct Subject<'a> {
    /// Document key, which few filters ask for.
    key: &'a dyn Fn() -> &'a str,
    entry: &'a [u8],
    /// A filter of many terms asks for the same values each time, and preparing them is what costs.
    laid: RefCell<&'a mut Laid>,
    /// Types and values of the entry's DN, read when first asked for.
    name: OnceCell<Vec<(Option<&'static Attribute>, String)>>,
    /// The same prepared under a rule.
    prepared_name: RefCell<Vec<(Rule, Vec<Option<String>>)>>,
}

impl<'a> Subject<'a> {
    /// `laid`: room to lay it open in.
    pub fn new(key: &'a dyn Fn() -> &'a str, entry: &'a [u8], laid: &'a mut Laid) -> Self {
        laid.begin(entry);
        Self { key, entry, laid: RefCell::new(laid), name: OnceCell::new(), prepared_name: RefCell::default() }
    }

    pub fn evaluate(&self, node: &Node) -> Option<bool> {
        match node {
            Node::And(members) => self.all(members, true),
            Node::Or(members) => self.all(members, false),
            Node::Not(inner) => self.evaluate(inner).map(|truth| !truth),
            Node::Undefined => None,
            Node::Entry(key) => Some((self.key)() == key),
            Node::Test(test) => Some(self.test(test)),
        }
    }

    /// AND (`neutral` true): FALSE decides, else Undefined, else TRUE. OR the other way round.
    fn all(&self, members: &[Node], neutral: bool) -> Option<bool> {
        let mut outcome = Some(neutral);
        for member in members {
            match self.evaluate(member) {
                Some(truth) if truth != neutral => return Some(truth),
                Some(_) => {}
                None => outcome = None,
            }
        }
        outcome
    }

    fn test(&self, test: &Test) -> bool {
        let mut laid = self.laid.borrow_mut();
        let mut from = 0;
        while let Some((place, _)) = laid.next_of(self.entry, from, &test.attributes) {
            let proved = match &test.check {
                Check::Present => true,
                Check::Words(words) => laid.values(self.entry, place).filter_map(text_value).any(|value| words_match(words, value)),
                check => laid.prepared(self.entry, place, test.rule).any(|value| holds(check, value)),
            };
            if proved {
                return true;
            }
            from = place + 1;
        }
        drop(laid);
        test.dn_attributes && !matches!(test.check, Check::Present | Check::Words(_)) && self.dn_holds(test)
    }

    fn dn_holds(&self, test: &Test) -> bool {
        let name = self.name.get_or_init(|| {
            let names = parse_dn(ldap_entry::dn_of(self.entry)).unwrap_or_default();
            names.into_iter().flatten().map(|(kind, value)| (attribute(&kind), value)).collect()
        });
        let mut prepared = self.prepared_name.borrow_mut();
        let at = prepared.iter().position(|(rule, _)| *rule == test.rule).unwrap_or_else(|| {
            prepared.push((test.rule, name.iter().map(|(_, value)| test.rule.prepare(value)).collect()));
            prepared.len() - 1
        });
        let values = prepared.get(at).map(|(_, values)| values.as_slice()).unwrap_or_default();
        name.iter().zip(values).any(|((kind, _), value)| {
            let asked = kind.is_some_and(|a| test.attributes.iter().any(|t| t.name == a.name));
            asked && value.as_deref().is_some_and(|prepared| holds(&test.check, prepared))
        })
    }
}

fn text_value(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

/// Does a prepared value hold? Words are asked of the value as it stands.
fn holds(check: &Check, prepared: &str) -> bool {
    match check {
        Check::Present | Check::Words(_) => true,
        Check::Equal(asserted) => prepared == asserted,
        Check::Substring(pattern) => pattern.matches(prepared),
        Check::AtLeast(bound) => prepared >= bound.as_str(),
        Check::AtMost(bound) => prepared <= bound.as_str(),
    }
}

/// Is the attribute's kind one whose prepared values the index holds terms of?
pub(super) fn is_native(test: &Test, attribute: &Attribute) -> bool {
    attribute.matching != MatchingKind::None && Rule::of(attribute.matching) == Some(test.rule)
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
