//! Every refusal is a problem document with its code, and repeats nothing of what was sent.

use super::world::World;
use axum::body::Body;
use axum::http::Request;

#[tokio::test]
async fn each_refusal_has_its_status_and_code() {
    let world = World::new().await;
    let long = "x".repeat(201);
    for (uri, status, code, parameter) in [
        ("/v1/search".to_owned(), 400, "missing_criterion", ""),
        ("/v1/search?kind=mailbox".to_owned(), 400, "missing_criterion", ""),
        ("/v1/search?ville=secretville".to_owned(), 400, "unknown_parameter", "ville"),
        ("/v1/search?q=a&%3Cscript%3E=1".to_owned(), 400, "unknown_parameter", "?"),
        ("/v1/search?q=a&name=b&name=secretville".to_owned(), 400, "repeated_parameter", "name"),
        (format!("/v1/search?city=secretville{long}"), 400, "parameter_too_long", "city"),
        ("/v1/search?q=a&limit=101".to_owned(), 400, "limit_too_large", "limit"),
        ("/v1/search?q=a&limit=secretville".to_owned(), 400, "invalid_parameter", "limit"),
        ("/v1/search?q=a&kind=secretville".to_owned(), 400, "invalid_parameter", "kind"),
        ("/v1/search?q=%C3%28".to_owned(), 400, "invalid_encoding", ""),
        ("/v1/search?q=%zz".to_owned(), 400, "invalid_encoding", ""),
        ("/v1/search?q=a&cursor=secretville".to_owned(), 400, "invalid_cursor", "cursor"),
        ("/v1/professionals/8100?q=secretville".to_owned(), 400, "unknown_parameter", "q"),
        ("/v1/professionals/%C3%28".to_owned(), 400, "invalid_encoding", ""),
        (format!("/v1/mailboxes/{long}"), 400, "invalid_identifier", ""),
        ("/v1/secretville".to_owned(), 404, "unknown_route", ""),
        ("/v1/professionals/".to_owned(), 404, "unknown_route", ""),
        ("/v1/professionals/a/b".to_owned(), 404, "unknown_route", ""),
        ("/docs/secretville".to_owned(), 404, "unknown_route", ""),
        (format!("/v1/search?q={}", "secretville".repeat(800)), 414, "uri_too_long", ""),
    ] {
        let answer = world.get(&uri).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{uri}");
        assert_eq!(answer.json().get("parameter").map_or("", |p| p.as_str().unwrap()), parameter, "{uri}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("secretville"), "{uri}");
    }
}

#[tokio::test]
async fn a_credential_is_right_or_refused() {
    let world = World::new().await;
    for credential in ["Bearer wrong", "Bearer ann_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9", "Bearer", "Bearer ", "Basic YTpi", "", "x"]
    {
        for uri in
            ["/v1/search?q=martin", "/v1/search", "/v1/professionals/810000000010", "/v1/mailboxes/a@b.fr", "/v1/nomenclatures/TRE_R38"]
        {
            let answer = world.get_with(uri, "authorization", credential).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (401, "invalid_credential"), "{credential} {uri}");
            assert!(answer.header("www-authenticate").starts_with("Bearer "));
            assert_eq!(answer.header("cache-control"), "private, no-store");
        }
    }
    assert_eq!(world.get_identified("/v1/search?q=martin").await.status, 200);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let world = World::new().await;
    for (method, uri) in [("POST", "/v1/search?q=a"), ("DELETE", "/v1/mailboxes/a@b.fr"), ("PUT", "/healthz"), ("BREW", "/openapi.json")] {
        let answer = world.send(Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (405, "method_not_allowed"), "{method} {uri}");
        assert_eq!(answer.header("allow"), "GET,HEAD", "{uri}");
    }
    let large = Request::get("/v1/search?q=a").header("content-length", 70_000).body(Body::from(vec![b' '; 70_000])).unwrap();
    assert_eq!(world.send(large).await.problem(), "body_too_large");
}

#[tokio::test]
async fn closed_doors_answer_nothing() {
    let world = World::new().await;
    world.gate.close("a withdrawal waits");
    for uri in ["/v1/search?q=martin", "/v1/professionals/810000000010", "/v1/mailboxes/accueil@ch-exempleville.mssante.fr"] {
        let answer = world.get(uri).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "unavailable"), "{uri}");
        assert!(!answer.header("retry-after").is_empty());
    }
    let ready = world.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), &ready.json()["ready"]), (503, &false.into()));
    assert!(!String::from_utf8_lossy(&ready.body).contains("withdrawal"));
    assert_eq!(world.get("/healthz").await.status, 200);
}
