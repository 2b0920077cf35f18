//! Compare (RFC 4511 section 4.10): does an entry hold a value? The attribute's equality rule decides, as in a filter.

use super::asking::Asking;
use super::entry::Entry;
use super::request::CompareRequest;
use super::response::Outcome;
use super::tree;
use crate::directory::AttributeFilter;
use crate::ldap_entry::attributes::attribute;
use crate::ldap_entry::matching::Rule;
use ldap3_proto::proto::LdapResultCode;

/// Answers a compare request: 6 true, 5 false, 16 the entry lacks the attribute, 17 nothing has it, 18 it has no equality rule,
/// 21 the value can be none of it, 32 no such entry.
pub async fn run(asking: &Asking, content: &[u8]) -> Outcome {
    let Ok(request) = CompareRequest::read(content) else {
        return Outcome::malformed();
    };
    let Ok(place) = tree::resolve(request.entry) else {
        return Outcome::new(LdapResultCode::InvalidDNSyntax, "the name is no DN");
    };
    let entry = match Entry::at(asking, &place).await {
        Ok(entry) => entry,
        Err(outcome) => return outcome,
    };
    let Some(known) = attribute(&request.attribute) else {
        return Outcome::new(LdapResultCode::UndefinedAttributeType, "");
    };
    if !entry.matches(&AttributeFilter::Present(known.name.to_owned())) {
        return Outcome::new(LdapResultCode::NoSuchAttribute, "");
    }
    let assertion = AttributeFilter::Equal(known.name.to_owned(), request.value.to_vec());
    match entry.evaluate(&assertion) {
        Err(error) => Outcome::from(&error),
        Ok(Some(true)) => Outcome::new(LdapResultCode::CompareTrue, ""),
        Ok(Some(false)) => Outcome::new(LdapResultCode::CompareFalse, ""),
        Ok(None) if Rule::of(known.matching).is_some() => Outcome::new(LdapResultCode::InvalidAttributeSyntax, ""),
        Ok(None) => Outcome::new(LdapResultCode::InappropriateMatching, ""),
    }
}
