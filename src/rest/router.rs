//! The table of contents of the API: which handler answers which route, in one place for the server and for the OpenAPI document.

use super::{
    RestService, admin, alerts, changes, docs, exports, health, identity_check, indicators, indicators_page, layers, lookup, mailboxes,
    nomenclatures, operator, organizations, professionals, robots, search, site, suggest, trust_space,
};
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where the present time comes from: cursors expire by it.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// State of every handler.
pub(super) struct Api {
    pub service: RestService,
    pub clock: Clock,
    pub turns: operator::Turns,
    pub polls: changes::Polls,
}

impl Api {
    /// UTC seconds.
    pub fn now(&self) -> i64 {
        (self.clock)().as_second()
    }

    /// Where the public reaches this server, if that is known.
    pub fn public_address(&self) -> Option<&str> {
        self.service.settings.http.public_address.as_deref()
    }

    /// Longest a search may work.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.service.settings.search.deadline_ms)
    }
}

pub(super) type Shared = Arc<Api>;

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(docs::description())
        .routes(routes!(search::search))
        .routes(routes!(suggest::suggest))
        .routes(routes!(professionals::professional))
        .routes(routes!(organizations::organization))
        .routes(routes!(mailboxes::mailbox))
        .routes(routes!(identity_check::check))
        .routes(routes!(nomenclatures::nomenclature))
        .routes(routes!(trust_space::operators))
        .routes(routes!(trust_space::domains))
        .routes(routes!(trust_space::liste_blanche))
        .routes(routes!(indicators::indicators))
        .routes(routes!(operator::record::record))
        .routes(routes!(operator::record::notices))
        .routes(routes!(operator::mailboxes::list, operator::mailboxes::create))
        .routes(routes!(operator::mailboxes::read, operator::mailboxes::put, operator::mailboxes::update, operator::mailboxes::delete))
        .routes(routes!(operator::mailboxes::suspend))
        .routes(routes!(operator::mailboxes::resume))
        .routes(routes!(operator::mailboxes::history))
        .routes(routes!(operator::batches::read, operator::batches::cancel))
        .routes(routes!(admin::operators::list, admin::operators::add))
        .routes(routes!(admin::operators::read, admin::operators::change))
        .routes(routes!(admin::operators::add_key))
        .routes(routes!(admin::operators::revoke_key))
        .routes(routes!(admin::operators::add_certificate, admin::operators::remove_certificate))
        .routes(routes!(admin::operators::grant))
        .routes(routes!(admin::operators::take))
        .routes(routes!(admin::mailboxes::read, admin::mailboxes::flag))
        .routes(routes!(admin::journal::search))
        .routes(routes!(admin::journal::verify))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
}

/// Routes that wait for something to happen.
fn waiting_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(changes::changes))
}

/// Routes that take a list.
fn list_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(lookup::lookup))
}

/// Routes that take a whole batch.
fn batch_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(operator::batches::send, operator::batches::list))
        .routes(routes!(operator::batches::synchronise, operator::batches::sync_state))
        .routes(routes!(operator::exchanges::deposit))
}

/// Routes that may have to look at everybody, or to read two editions.
fn everybody_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(alerts::preview))
        .routes(routes!(alerts::create, alerts::list))
        .routes(routes!(alerts::read))
        .routes(routes!(alerts::confirm))
        .routes(routes!(alerts::download))
        .routes(routes!(alerts::coverage))
        .routes(routes!(exports::list))
        .routes(routes!(exports::file))
        .routes(routes!(exports::delta))
        .routes(routes!(exports::subset))
        .routes(routes!(exports::subset_manifest))
        .routes(routes!(admin::exports::build))
}

/// The OpenAPI document of these routes.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let all = routes().merge(waiting_routes()).merge(list_routes()).merge(batch_routes()).merge(everybody_routes());
    docs::finish(all.split_for_parts().1)
}

/// The whole HTTP door, by the system's clock.
pub fn router(service: RestService) -> axum::Router {
    router_with_clock(service, Arc::new(jiff::Timestamp::now))
}

/// [`router`] with the time as a parameter.
pub fn router_with_clock(service: RestService, clock: Clock) -> axum::Router {
    let bounds = layers::Bounds::of(&service.settings.http);
    let state: Shared = Arc::new(Api { service, clock, turns: operator::Turns::default(), polls: changes::Polls::default() });
    let (router, _) = routes().split_for_parts();
    let (waiting, _) = waiting_routes().split_for_parts();
    let (lists, _) = list_routes().split_for_parts();
    let (batches, _) = batch_routes().split_for_parts();
    let (everybody, _) = everybody_routes().split_for_parts();
    let pages = docs::pages(&openapi()).merge(indicators_page::pages()).merge(robots::page()).merge(site::pages());
    let router = layers::bounded(router.merge(pages).with_state(Arc::clone(&state)), bounds);
    let waiting = layers::bounded_for_waiting(waiting.with_state(Arc::clone(&state)), bounds, changes::LONGEST_WAIT);
    let lists = layers::bounded_for_lists(lists.with_state(Arc::clone(&state)), bounds);
    let batches = layers::bounded_for_batches(batches.with_state(Arc::clone(&state)), bounds);
    let everybody = layers::bounded_for_everybody(everybody.with_state(state), bounds);
    layers::around(router.merge(waiting).merge(lists).merge(batches).merge(everybody), bounds)
}
