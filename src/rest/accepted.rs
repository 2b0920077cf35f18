//! What parameters and fields of bodies take beyond their type, as the OpenAPI document tells it: words of a list, forms of ids, bounds. Lists are those of the code
//! that reads the parameter.
//!
//! A blank value counts as absent wherever a parameter may be left out, so lists and patterns have it. Domains and subjects of certificates are
//! told in their plain form; other ways to write them are read as well. What only several parameters or fields together decide, and what only the
//! directory knows (a code that something has, a cursor), no schema can say: tests/clients/schemathesis.toml names the operations it is so for.

use crate::export::Form;
use crate::indicators::{Cut, Scope};
use crate::model::MailboxState;
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::schema::{Array, KnownFormat, SchemaFormat};
use utoipa::openapi::{Object, OpenApi, PathItem, RefOr, Required, Schema};

/// Longest value of a parameter where nothing else is said, characters.
const LONGEST: usize = 200;
/// A letter or a digit stands in it, or nothing does.
const SAYS_SOMETHING: &str = r"[\p{L}\p{N}]|^\s*$";
/// A domain of two labels or more, as an A-label; what is written otherwise and is one is taken as well.
const DOMAIN: &str = r"^([A-Za-z0-9_]([A-Za-z0-9_-]{0,30}[A-Za-z0-9_])?\.){1,5}[A-Za-z][A-Za-z0-9]{1,20}$";
/// A year, a month, perhaps a day.
const DAY_OR_MONTH: &str = r"^([12][0-9]{3}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$";

/// A kept edition.
const EDITION: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(-[0-9]{1,4})?$";
/// The name first, the country last.
const SUBJECT: &str = concat!(
    r#"^(CN|OU|O|L|ST|UID)=[^\s,+="\\;<>#\u0000-\u001F\u007F-\u009F][^,+="\\;<>\u0000-\u001F\u007F-\u009F]{0,60}"#,
    r#"(,[A-Za-z]{1,20}=[^\s,+="\\;<>#\u0000-\u001F\u007F-\u009F][^,+="\\;<>\u0000-\u001F\u007F-\u009F]{0,60}){0,6}$"#
);
/// One line: no control character.
const ONE_LINE: &str = r"^[^\u0000-\u001F\u007F-\u009F]*$";

/// What the values of a parameter or field are.
#[derive(Clone)]
enum Takes {
    OneOf(Vec<&'static str>),
    Matching(&'static str),
    From(i64),
    UpTo(i64),
    /// Characters.
    Long(usize),
    /// Text on one line.
    Line,
    /// Printable ASCII, not of blanks and quotes alone.
    Key,
    Anything,
    /// A day, as 2026-11-27.
    Day,
    /// Elements of a list.
    Items(usize),
    /// A list that is given has an element.
    Filled,
}

/// Body, field, values.
const FIELDS: [(&str, &str, Takes); 35] = [
    ("NewOperator", "id", Takes::Matching("^[A-Za-z0-9_.-]{1,64}$")),
    (
        "NewOperator",
        "name",
        Takes::Matching(r"^[^\u0000-\u001F\u007F-\u009F]{0,99}[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]{0,99}$"),
    ),
    ("NewOperator", "contract", Takes::Line),
    ("NewOperator", "contract_from", Takes::Day),
    ("NewOperator", "contract_to", Takes::Day),
    ("NewOperator", "contacts", Takes::Items(20)),
    ("OperatorChange", "state", Takes::Matching("^(provisoire|valide|suspendu|resilie)$")),
    ("OperatorChange", "name", Takes::Line),
    ("OperatorChange", "contract", Takes::Line),
    ("OperatorChange", "contract_from", Takes::Day),
    ("OperatorChange", "contract_to", Takes::Day),
    ("OperatorChange", "contacts", Takes::Items(20)),
    ("Contact", "role", Takes::Line),
    ("Contact", "name", Takes::Line),
    ("Contact", "email", Takes::Line),
    ("Contact", "phone", Takes::Line),
    ("KeyBody", "label", Takes::Line),
    ("GrantedDomain", "domain", Takes::Matching(DOMAIN)),
    ("GrantedDomain", "description", Takes::Line),
    ("Flags", "zero_papier", Takes::Matching("^(accepted|refused)$")),
    ("Certificate", "subject", Takes::Matching(SUBJECT)),
    ("MailboxBody", "type", Takes::Matching("^(PER|ORG|APP|CAB)$")),
    ("MailboxBody", "state", Takes::Matching("^(active|suspended|unopened)$")),
    ("MailboxBody", "zero_papier", Takes::Matching("^(accepted|refused)$")),
    ("MailboxBody", "rank", Takes::From(1)),
    ("AlertFilter", "professions", Takes::Filled),
    ("AlertFilter", "specialties", Takes::Filled),
    ("AlertFilter", "modes", Takes::Filled),
    ("AlertFilter", "sectors", Takes::Filled),
    ("AlertFilter", "structures", Takes::Filled),
    ("AlertFilter", "regions", Takes::Filled),
    ("AlertFilter", "departments", Takes::Filled),
    ("AlertFilter", "communes", Takes::Filled),
    ("AlertFilter", "postal_codes", Takes::Filled),
    ("AlertFilter", "types", Takes::Filled),
];

/// Path of the routes (the whole, or with `*` its beginning), parameter, values. The first row that fits counts.
fn rows() -> Vec<(&'static str, &'static str, Takes)> {
    use Takes::{Anything, From, Key, Matching, OneOf, UpTo};
    let mut rows = vec![
        ("*/v1/exports", "audience", OneOf(vec!["public", "professional"])),
        ("*/v1/exports/subset", "form", OneOf(Form::ALL.iter().map(|form| form.name()).collect())),
        ("/v1/exports/delta", "from", Matching(EDITION)),
        ("/v1/indicators", "cut", OneOf(Cut::ALL.iter().map(|cut| cut.word()).collect())),
        ("/v1/indicators", "scope", OneOf(vec![Scope::Public.word(), Scope::Full.word()])),
        ("/v1/indicators", "format", OneOf(vec!["json", "csv"])),
        ("/v1/indicators", "day", Matching(DAY_OR_MONTH)),
        ("/v1/indicators", "from", Matching(DAY_OR_MONTH)),
        ("/v1/indicators", "to", Matching(DAY_OR_MONTH)),
        ("/v1/operator/batches/{id}", "format", OneOf(vec!["json", "csv"])),
        ("/v1/operator/sync", "mode", OneOf(vec!["delta", "full"])),
        ("/v1/operator/sync", "sequence", From(0)),
        ("/v1/operator/mailboxes", "state", OneOf(MailboxState::ALL.iter().map(|state| state.code()).collect())),
        ("/v1/operator/notices", "after", From(0)),
        ("/v1/alerts/{id}/list", "format", OneOf(vec!["csv", "psv", "jsonl"])),
        ("/v1/alerts/{id}/coverage", "format", OneOf(vec!["json", "csv", "html"])),
        ("/v1/admin/journal", "from", From(0)),
        ("/v1/admin/journal", "to", From(0)),
        ("/v1/admin/journal", "after", From(0)),
        ("/v1/admin/journal/verification", "head", Matching("^([0-9A-Fa-f]{64})?$")),
        ("/v1/admin/operators/{id}/domains/{domain}", "domain", Matching(DOMAIN)),
        ("/v1/changes", "wait", UpTo(30)),
        ("*/v1/", "Idempotency-Key", Key),
    ];
    let lists = ["profession", "specialty", "region", "department", "city", "insee"];
    // Two thousand characters each, but an address holds fewer bytes than all of them would make.
    rows.extend(lists.map(|name| ("*/v1/exports/subset", name, Anything)));
    let words =
        ["q", "name", "given", "profession", "specialty", "city", "postal_code", "department", "organization", "identifier", "address"];
    rows.extend(words.map(|name| ("/v1/search", name, Matching(SAYS_SOMETHING))));
    rows
}

/// Tells it of every parameter and field in the document.
pub(super) fn tell(document: &mut OpenApi) {
    if let Some(components) = &mut document.components {
        for (body, field, takes) in &FIELDS {
            let Some(RefOr::T(Schema::Object(body))) = components.schemas.get_mut(*body) else { continue };
            match body.properties.get_mut(*field) {
                Some(RefOr::T(Schema::Object(schema))) => takes.tell(schema, false),
                Some(RefOr::T(Schema::Array(list))) => takes.tell_list(list),
                _ => {}
            }
        }
    }
    let rows = rows();
    for (path, item) in &mut document.paths.paths {
        let PathItem { get, put, post, patch, delete, .. } = item;
        let parameters = [get, put, post, patch, delete].into_iter().flatten().filter_map(|operation| operation.parameters.as_mut());
        for parameter in parameters.flatten() {
            let RefOr::T(parameter) = parameter else { continue };
            let row = rows.iter().find(|(route, name, _)| fits(route, path) && *name == parameter.name);
            let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema else { continue };
            if let Some((.., takes)) = row {
                takes.tell(schema, matches!(parameter.required, Required::False));
            } else if is_bare(&parameter.parameter_in, schema) {
                Takes::Long(LONGEST).tell(schema, true);
            }
        }
    }
}

fn fits(route: &str, path: &str) -> bool {
    route.strip_prefix('*').map_or_else(|| route == path, |beginning| path.starts_with(beginning))
}

/// Text of which nothing is told.
fn is_bare(place: &ParameterIn, schema: &Object) -> bool {
    let text = serde_json::to_value(&schema.schema_type).is_ok_and(|kind| kind == "string");
    text && matches!(place, ParameterIn::Query | ParameterIn::Path) && schema.max_length.is_none() && schema.enum_values.is_none()
}

impl Takes {
    fn tell_list(&self, list: &mut Array) {
        match self {
            Self::Items(most) => list.max_items = Some(*most),
            Self::Filled => list.min_items = Some(1),
            _ => {}
        }
    }

    fn tell(&self, schema: &mut Object, optional: bool) {
        match self {
            Self::OneOf(words) => {
                let blank = optional.then_some("");
                schema.enum_values = Some(words.iter().copied().chain(blank).map(serde_json::Value::from).collect());
            }
            Self::Matching(pattern) => schema.pattern = Some((*pattern).to_owned()),
            Self::From(least) => schema.minimum = Some((*least).into()),
            Self::UpTo(most) => schema.maximum = Some((*most).into()),
            Self::Long(most) => schema.max_length = Some(*most),
            Self::Line => (schema.max_length, schema.pattern) = (Some(LONGEST), Some(ONE_LINE.to_owned())),
            Self::Day => schema.format = Some(SchemaFormat::KnownFormat(KnownFormat::Date)),
            Self::Key => (schema.max_length, schema.pattern) = (Some(LONGEST), Some(r"^[\t -~]*[!#-~][\t -~]*$".to_owned())),
            Self::Items(_) | Self::Filled | Self::Anything => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::openapi::path::Parameter;

    #[test]
    fn every_row_is_of_a_parameter() {
        let document = crate::rest::openapi();
        let named: Vec<(&String, &String)> = document
            .paths
            .paths
            .iter()
            .flat_map(|(path, item)| {
                let operations = [&item.get, &item.put, &item.post, &item.patch, &item.delete].into_iter().flatten();
                operations.flat_map(|operation| operation.parameters.iter().flatten()).filter_map(move |parameter| match parameter {
                    RefOr::T(Parameter { name, .. }) => Some((path, name)),
                    RefOr::Ref(_) => None,
                })
            })
            .collect();
        for (route, name, _) in rows() {
            assert!(named.iter().any(|(path, own)| fits(route, path) && *own == name), "{route} {name}");
        }
        let schemas = serde_json::to_value(&document.components.as_ref().unwrap().schemas).unwrap();
        for (body, field, _) in &FIELDS {
            let told = schemas[body]["properties"][field].as_object().unwrap_or_else(|| panic!("{body} has no {field}"));
            assert!(
                ["pattern", "format", "minimum", "maxItems", "minItems"].iter().any(|word| told.contains_key(*word)),
                "{body} {field}: {told:?}"
            );
        }
    }
}
