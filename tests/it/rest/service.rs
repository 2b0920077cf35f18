//! What those who run the service see: readiness, metrics, logs, the page of the documentation.

use super::world::World;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Everything logged, at every level.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_logs_nor_metrics_hold_what_was_asked() {
    let world = World::new().await;
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(move || writer.clone()).finish();
    // With a single dispatcher alive, tracing lets the thread that first meets a call site decide whether it is of interest, and that
    // may be another test's thread, which listens to nothing.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    {
        let _logs = tracing::subscriber::set_default(subscriber);
        let _metrics = metrics::set_default_local_recorder(&recorder);
        for uri in [
            "/v1/search?q=etang&city=lyon",
            "/v1/search?address=elodie.cardio%40medecin.mssante.fr",
            "/v1/search?secretville=etang",
            "/v1/search?q=%ffetang",
            "/v1/professionals/10000000010",
            "/v1/mailboxes/elodie.cardio@medecin.mssante.fr",
            "/v1/mailboxes/%ffelodie",
            "/v1/operator/mailboxes/elodie.cardio@medecin.mssante.fr",
            "/v1/operator/mailboxes?after=etang",
            "/v1/admin/mailboxes/elodie.cardio@medecin.mssante.fr",
            "/v1/admin/journal?object=elodie.cardio@medecin.mssante.fr",
            "/nowhere/etang",
            "/?q=etang&city=lyon",
            "/?q=etang&cursor=secretville",
            "/professionnel/10000000010",
            "/professionnel/elodie",
            "/structure/secretville",
        ] {
            world.get(uri).await;
            world.get_with(uri, "authorization", "Bearer secretville").await;
        }
    }
    let logs = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(
        logs.contains("/v1/professionals/{id}")
            && logs.contains("/professionnel/{id}")
            && logs.contains("request_id")
            && logs.contains("unmatched"),
        "{logs}"
    );
    let metrics = handle.render();
    assert!(metrics.contains(r#"annuaire_http_requests_total{method="GET",route="/v1/search",status="200"} 2"#), "{metrics}");
    assert!(metrics.contains("annuaire_http_request_seconds"));
    for said in ["etang", "lyon", "elodie", "cardio", "10000000010", "secretville", "nowhere"] {
        assert!(!logs.to_lowercase().contains(said), "{said} in the logs: {logs}");
        assert!(!metrics.contains(said), "{said} in the metrics");
    }
}

#[tokio::test]
async fn request_ids_are_taken_over_when_well_formed() {
    let world = World::new().await;
    assert_eq!(world.get_with("/healthz", "x-request-id", "c11e47-7").await.header("x-request-id"), "c11e47-7");
    let replaced = world.get_with("/v1/search", "x-request-id", "a b\"c").await;
    assert_eq!(replaced.header("x-request-id").len(), 36);
    assert_eq!(replaced.problem(), "missing_criterion");
    assert_ne!(world.get("/healthz").await.header("x-request-id"), world.get("/healthz").await.header("x-request-id"));
}

#[tokio::test]
async fn readiness_repeats_the_standing_remarks() {
    let world = World::new().await;
    world.gate.set_notices(vec!["no liste blanche was ever loaded".to_owned()]);
    let ready = world.get("/readyz").await;
    assert_eq!(ready.json(), serde_json::json!({ "ready": true, "notices": ["no liste blanche was ever loaded"] }));
    world.gate.set_pending_since(std::time::Instant::now() - annuaire::index::gate::ALARM_AFTER);
    assert_eq!(world.get("/readyz").await.status, 503);
    let metrics = world.get("/metrics").await;
    assert_eq!((metrics.status.as_u16(), metrics.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
}

#[tokio::test]
async fn long_answers_are_compressed_on_request() {
    let world = World::new().await;
    let plain = world.get("/v1/search?name=martin&limit=45").await;
    let zipped = world.get_with("/v1/search?name=martin&limit=45", "accept-encoding", "gzip").await;
    assert_eq!(zipped.header("content-encoding"), "gzip");
    assert!(zipped.body.len() * 2 < plain.body.len());
}

#[tokio::test]
async fn the_page_of_the_documentation_loads_nothing_from_outside() {
    let world = World::new().await;
    assert_eq!(world.get("/docs").await.header("location"), "/docs/");
    let page = world.get("/docs/").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("http"), "{policy}");
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    let sources: Vec<_> = html.split(['"', '\'']).filter(|text| text.contains("://") || text.starts_with("//")).collect();
    assert!(sources.is_empty(), "{sources:?}");
    assert!(!html.contains("<script>"), "the policy lets no inline script run");
    for asset in html.split('"').filter(|text| text.ends_with(".js") || text.ends_with(".css") || text.ends_with(".png")) {
        let answer = world.get(&format!("/docs/{}", asset.trim_start_matches("./"))).await;
        assert_eq!(answer.status, 200, "{asset}");
    }
    let start = String::from_utf8(world.get("/docs/swagger-initializer.js").await.body.to_vec()).unwrap();
    assert!(start.contains("/openapi.json") && start.contains("validatorUrl") && !start.contains("petstore"), "{start}");
    let document = world.get("/openapi.json").await;
    assert_eq!(document.json()["info"]["license"]["identifier"], "EUPL-1.2");
}
