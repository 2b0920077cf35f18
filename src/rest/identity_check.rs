//! `/v1/identity-check`: does a number go with the names that somebody gives? For accounts.
//!
//! The answer is a level and the reasons for it: no list of people, and no name that was not sent. A number of nobody and one that is not shown
//! take the same steps and get the same answer. Each number asked for counts as a mailbox shown, so that nobody tries them all.

use super::credential::IdentifiedCaller;
use super::json_body;
use super::problem::Problem;
use super::query_string::NoParameters;
use super::refusals::AccountRefusals;
use super::router::Shared;
use crate::directory::View;
use crate::text;
use crate::text::identity::{Agreement, Remark, compare};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest name, characters.
const LONGEST_NAME: usize = 200;

/// Who somebody says to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityQuestion {
    /// RPPS number (11 digits), or identification nationale (12 digits).
    #[schema(pattern = "^([0-9]{11}|8[0-9]{11})$", example = "10999990012")]
    rpps: String,
    #[schema(min_length = 1, max_length = 200, example = "TESTARD")]
    family_name: String,
    #[schema(min_length = 1, max_length = 200, example = "Élodie")]
    given_name: String,
}

/// How far the names agree with those of the number.
#[derive(Serialize, ToSchema)]
pub(super) struct IdentityAnswer {
    level: Level,
    /// Why, in the order of the names; none when they agree to the letter, case aside.
    reasons: Vec<Reason>,
}

/// `exact`: the same names, but for case, accents, hyphens, apostrophes and blanks; `close`: near enough to be the same person; `different`:
/// another name; `unknown`: nobody is shown under the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    Exact,
    Close,
    Different,
    Unknown,
}

/// `…_spelling`: accents, hyphens, apostrophes or blanks; `family_name_part`: one is a part of the other, as a half of a double surname is;
/// `given_name_short`: one is the beginning or a part of the other; `…_typo`: one error, or two in a long name; `…_other`: another name;
/// `perhaps_birth_name`: the given name agrees, so the family name may be that of birth, of which the directory knows only the name of
/// exercise; `names_swapped`: each in the place of the other; `no_such_number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    FamilyNameSpelling,
    FamilyNamePart,
    FamilyNameTypo,
    FamilyNameOther,
    PerhapsBirthName,
    GivenNameSpelling,
    GivenNameShort,
    GivenNameTypo,
    GivenNameOther,
    NamesSwapped,
    NoSuchNumber,
}

impl From<Remark> for Reason {
    fn from(remark: Remark) -> Self {
        match remark {
            Remark::FamilySpelling => Self::FamilyNameSpelling,
            Remark::FamilyPart => Self::FamilyNamePart,
            Remark::FamilyTypo => Self::FamilyNameTypo,
            Remark::FamilyOther => Self::FamilyNameOther,
            Remark::PerhapsBirthName => Self::PerhapsBirthName,
            Remark::GivenSpelling => Self::GivenNameSpelling,
            Remark::GivenShort => Self::GivenNameShort,
            Remark::GivenTypo => Self::GivenNameTypo,
            Remark::GivenOther => Self::GivenNameOther,
            Remark::Swapped => Self::NamesSwapped,
        }
    }
}

/// Identity check
///
/// For accounts: do these names go with this RPPS number? Answers a level and reasons, never names. Who is not shown is answered like a number
/// of nobody. Each number asked for counts as one mailbox shown.
#[utoipa::path(
    post,
    path = "/v1/identity-check",
    tag = "directory",
    operation_id = "identity_check",
    request_body = IdentityQuestion,
    responses((status = 200, description = "How far they agree", body = IdentityAnswer), AccountRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn check(
    State(api): State<Shared>,
    IdentifiedCaller(caller): IdentifiedCaller,
    _: NoParameters,
    bytes: Bytes,
) -> Result<Json<IdentityAnswer>, Problem> {
    let question: IdentityQuestion = json_body::read(&bytes)?;
    let id = national_id(&question.rpps).ok_or_else(|| invalid("rpps", "an RPPS number has 11 digits, an identification nationale 12"))?;
    let names = [("family_name", &question.family_name), ("given_name", &question.given_name)];
    for (field, name) in names {
        if name.chars().count() > LONGEST_NAME || text::words(name).is_empty() {
            return Err(invalid(field, "a name has a letter, and 200 characters at most"));
        }
    }
    let hit = api.service.directory.professional(&caller, &id).await?;
    let published = hit.map(|hit| hit.published()).transpose()?;
    let Some(View::Professional(view)) = published.as_ref().map(|published| published.view()) else {
        return Ok(Json(IdentityAnswer { level: Level::Unknown, reasons: vec![Reason::NoSuchNumber] }));
    };
    let known = (view.person.family_name.as_str(), view.person.given_name.as_str());
    let (agreement, remarks) = compare((&question.family_name, &question.given_name), known);
    let level = match agreement {
        Agreement::Exact => Level::Exact,
        Agreement::Close => Level::Close,
        Agreement::Different => Level::Different,
    };
    Ok(Json(IdentityAnswer { level, reasons: remarks.into_iter().map(Reason::from).collect() }))
}

fn invalid(field: &'static str, detail: &'static str) -> Problem {
    Problem::field(StatusCode::BAD_REQUEST, "invalid_body", field, detail)
}

/// Identification nationale of an RPPS number, or one as it is.
pub(super) fn national_id(number: &str) -> Option<String> {
    let number = number.trim();
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    match number.len() {
        11 if digits => Some(format!("8{number}")),
        12 if digits && number.starts_with('8') => Some(number.to_owned()),
        _ => None,
    }
}
