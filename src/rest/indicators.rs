//! `/v1/indicators`: the figures of a day, or of many. The public ones are for everybody; the full ones take a role, and reading them is an
//! act that the journal keeps.

use super::credential::identify;
use super::operator::{Parameters, actor};
use super::problem::{Problem, ProblemDocument};
use super::router::Shared;
use crate::indicators::{Answered, Asked, Cut, Scope, csv};
use crate::model::Role;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use utoipa::IntoResponses;

/// Refusals of the indicators.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
enum IndicatorRefusals {
    /// `unknown_parameter`, `invalid_parameter`, `repeated_parameter`, `parameter_too_long`, `invalid_encoding`; `too_many_figures`: ask for fewer days, or one key
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`: not valid; or none, where full figures are asked for
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `forbidden`: full figures take the role autorite-sanitaire or administrateur; `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument<'static>),
    /// `not_counted`: of the day asked for there are no figures; `unknown_key`: nothing has this key
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument<'static>),
    /// `too_many_requests`: wrong credentials; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `store_busy`: the store is busy; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Indicators
///
/// Figures of the last day counted, or of the days asked for; without `cut` those of the nation. `value` is null where a count is from 1 to 4,
/// or hidden so that such a count cannot be computed from the others; a count that is not listed is 0 of a day that `days` lists, and not known
/// of any other. Public figures count what the public is shown. Questions are told of days that are over.
/// `scope=full` counts everything, hidden mailboxes too, for the nation and its regions: roles `autorite-sanitaire` and `administrateur`.
#[utoipa::path(
    get, path = "/v1/indicators", tag = "directory", operation_id = "indicators",
    params(
        ("day" = Option<String>, Query, description = "One day, or one month for exchange figures: 2026-11-27, 2026-11"),
        ("from" = Option<String>, Query, description = "First day of several, 400 at most"),
        ("to" = Option<String>, Query, description = "Last day"),
        ("cut" = Option<String>, Query, description = "national, type, profession, specialty, region, department, operator, domain, interface; full ones: national, region, operator, state, reason"),
        ("key" = Option<String>, Query, description = "One key of the cut: a code, a domain"),
        ("measure" = Option<String>, Query, description = "mailboxes, mailboxes_created, mailboxes_gone, professionals, equipment_rate … see docs/indicators.md"),
        ("scope" = Option<String>, Query, description = "public (unless said) or full"),
        ("format" = Option<String>, Query, description = "json or csv"),
    ),
    responses((status = 200, description = "Figures", content((Answered = "application/json"), (String = "text/csv"))), IndicatorRefusals),
    security((), ("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn indicators(State(api): State<Shared>, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let identity = identify(&parts, &api).await?;
    let parameters = Parameters::of(&parts.uri, &["day", "from", "to", "cut", "key", "measure", "scope", "format"])?;
    let text = |name: &str| Some(parameters.text(name).to_owned()).filter(|text| !text.is_empty());
    let wrong = |name: &str, detail: &str| Problem::parameter("invalid_parameter", name, detail);
    let scope = match parameters.text("scope") {
        "" | "public" => Scope::Public,
        "full" => Scope::Full,
        _ => return Err(wrong("scope", "public or full is expected")),
    };
    let cut = text("cut").map(|word| Cut::parse(&word).ok_or_else(|| wrong("cut", "there is no such cut"))).transpose()?;
    let measure = text("measure");
    if measure.as_deref().is_some_and(|word| !Asked::is_measure(word)) {
        return Err(wrong("measure", "there is no such measure"));
    }
    let as_csv = match parameters.text("format") {
        "" | "json" => false,
        "csv" => true,
        _ => return Err(wrong("format", "json or csv is expected")),
    };
    let reader = match (scope, identity) {
        (Scope::Public, _) => None,
        (Scope::Full, None) => {
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "invalid_credential", "the credential is not valid"));
        }
        (Scope::Full, Some(identity)) if matches!(identity.role, Role::AutoriteSanitaire | Role::Administrateur) => {
            Some(actor(&parts, identity.account, identity.credential))
        }
        (Scope::Full, Some(_)) => {
            return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "the account has not the role that this takes"));
        }
    };
    let asked = Asked { scope, day: text("day"), from: text("from"), to: text("to"), cut, key: text("key"), measure };
    let answered = api.service.indicators.answer(&asked).await.map_err(Problem::of_question)?;
    if let Some(reader) = reader {
        let detail = serde_json::json!({
            "day": asked.day, "from": asked.from, "to": asked.to, "cut": asked.cut.map(Cut::word), "measure": asked.measure,
            "figures": answered.items.len(),
        });
        api.service.journal.append(&reader.entry("indicators.read", "", detail, api.now())).await?;
    }
    Ok(answer(&answered, as_csv))
}

fn answer(answered: &Answered, as_csv: bool) -> Response {
    if as_csv {
        let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"indicateurs.csv\"")];
        return (headers, csv(&answered.items)).into_response();
    }
    Json(answered).into_response()
}
