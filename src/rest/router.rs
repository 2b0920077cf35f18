//! The table of contents of the API: which handler answers which route, in one place for the server and for the OpenAPI document.

use super::{RestService, docs, health, layers, mailboxes, nomenclatures, organizations, professionals, search};
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
}

impl Api {
    /// Longest a search may work.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.service.settings.search.deadline_ms)
    }
}

pub(super) type Shared = Arc<Api>;

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(docs::description())
        .routes(routes!(search::search))
        .routes(routes!(professionals::professional))
        .routes(routes!(organizations::organization))
        .routes(routes!(mailboxes::mailbox))
        .routes(routes!(nomenclatures::nomenclature))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
}

/// The OpenAPI document of these routes.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    docs::finish(routes().split_for_parts().1)
}

/// The whole HTTP door, by the system's clock.
pub fn router(service: RestService) -> axum::Router {
    router_with_clock(service, Arc::new(jiff::Timestamp::now))
}

/// [`router`] with the time as a parameter.
pub fn router_with_clock(service: RestService, clock: Clock) -> axum::Router {
    let bounds = layers::Bounds::of(&service.settings.http);
    let (router, document) = routes().split_for_parts();
    let router = router.merge(docs::pages(&docs::finish(document))).with_state(Arc::new(Api { service, clock }));
    layers::around(router, bounds)
}
