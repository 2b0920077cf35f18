//! What the API says of itself: the head and the finish of the OpenAPI document, `/openapi.json` and the page `/docs`. The page's assets are in the binary and its policy (CSP) lets it load nothing from anywhere else.

use super::problem::ProblemDocument;
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, Object, OpenApi, PathItem, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{Modify, OpenApi as _};
use utoipa_swagger_ui::{Config, SwaggerUi};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Annuaire",
        description = "An open national directory for secure health messaging (MSSanté): professionals, structures and mailboxes \
            from the official files.\n\nWithout a credential the answers are the public ones; the bearer of an account gives the \
            professional view. A wrong credential is refused, never ignored. What may not be shown does not exist here: it is in no \
            answer, no count, no error. Every answer carries `x-request-id`; every error is `application/problem+json` (RFC 9457) with a \
            stable `code`.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
    ),
    tags(
        (name = "directory", description = "Search, and single entries"),
        (name = "nomenclatures", description = "Codes and labels"),
        (name = "trust", description = "Operators, domains, liste blanche"),
        (name = "exports", description = "Files of the whole directory, their differences, and subsets"),
        (name = "operator", description = "An operator's own mailboxes; refusals carry MSS-codes"),
        (name = "admin", description = "For accounts of administrators"),
        (name = "alerts", description = "Lists for the health authority"),
        (name = "service", description = "For those who run it"),
    ),
    components(schemas(ProblemDocument)),
    modifiers(&Bearer),
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("Secret of an account (`annuaire account add`) or key of an operator (`annuaire operator key add`), shown once when it is made.".to_owned());
        document.components.get_or_insert_with(Components::new).add_security_scheme("bearer", SecurityScheme::Http(scheme));
        let key = ApiKeyValue::with_description("ESANTE-API-KEY", "The same secrets, in the header of the official API.");
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("esante-api-key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

/// The head of the document; the routes add themselves.
pub(super) fn description() -> OpenApi {
    Description::openapi()
}

/// What any route may answer before it is asked; the document tells it of every route that refuses anything at all.
const BY_ANY: [(&str, &str); 3] = [("414", "`uri_too_long`"), ("431", "`headers_too_large`"), ("504", "`timeout`")];

fn add_common_refusals(document: &mut OpenApi) {
    let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    for item in document.paths.paths.values_mut() {
        let PathItem { get, put, post, patch, delete, .. } = item;
        for operation in [get, put, post, patch, delete].into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            if !responses.contains_key("400") {
                continue;
            }
            for (status, code) in BY_ANY {
                let refusal = ResponseBuilder::new().description(code).content("application/problem+json", problem()).build();
                responses.entry(status.to_owned()).or_insert(RefOr::T(refusal));
            }
        }
    }
}

/// Adds what all routes share, and moves the example of each query parameter into its schema and description. As an example of the parameter itself the page would
/// fill it in: a first try of the search would ask for every criterion at once.
pub(super) fn finish(mut document: OpenApi) -> OpenApi {
    add_common_refusals(&mut document);
    super::accepted::tell(&mut document);
    let operations = document.paths.paths.values_mut().filter_map(|item| item.get.as_mut());
    for parameter in operations.filter_map(|operation| operation.parameters.as_mut()).flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if !matches!(parameter.parameter_in, ParameterIn::Query) {
            continue;
        }
        if let ("limit", Some(RefOr::T(Schema::Object(schema)))) = (parameter.name.as_str(), &mut parameter.schema) {
            bound_limit(schema);
        }
        // The field can be set and not read: it is read from what the document will say.
        let written = serde_json::to_value(&*parameter).unwrap_or_default();
        let Some(example) = written.get("example").cloned() else { continue };
        *parameter = ParameterBuilder::from(parameter.clone()).example(None).build();
        let shown = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        if let Some(description) = &mut parameter.description {
            description.push_str(&format!("; for example `{shown}`"));
        }
        if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
            schema.examples = vec![example];
        }
    }
    document
}

/// What [`super::operator::Parameters::limit`] takes, where a route says nothing else.
fn bound_limit(schema: &mut Object) {
    if schema.maximum.is_none() {
        (schema.minimum, schema.maximum) = (Some(1.into()), Some(1_000.into()));
    }
}

/// Scripts, styles and images of the page come from this server only; Swagger UI sets inline styles and data images.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/openapi.json` and `/docs`.
pub(super) fn pages<S: Clone + Send + Sync + 'static>(document: &OpenApi) -> Router<S> {
    let json = document.to_json().unwrap_or_default();
    let serve = async move || ([(CONTENT_TYPE, "application/json")], json).into_response();
    // "none" turns off the badge that would send the document's address to an outside validator.
    let config = Config::from("/openapi.json").validator_url("none");
    let page = Router::from(SwaggerUi::new("/docs").config(config))
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY)));
    Router::new().route("/openapi.json", get(serve)).merge(page)
}
