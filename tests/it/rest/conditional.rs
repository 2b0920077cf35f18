//! Single entries: stable and natural ids, entity tags, and what is not there.

use super::records::{BY_ADELI, CARDIOLOGIST, CLOSED, HOSPITAL, RED};
use super::world::World;
use axum::body::Body;
use axum::http::Request;

#[tokio::test]
async fn natural_ids_move_to_the_stable_one() {
    let world = World::new().await;
    for (from, to) in [
        ("/v1/professionals/10000000010", format!("/v1/professionals/{CARDIOLOGIST}")),
        ("/v1/professionals/691234567", format!("/v1/professionals/{BY_ADELI}")),
        ("/v1/organizations/690000001", format!("/v1/organizations/{HOSPITAL}")),
        ("/v1/organizations/690000999", format!("/v1/organizations/{HOSPITAL}")),
        ("/v1/organizations/12345678900011", format!("/v1/organizations/{HOSPITAL}")),
        ("/v1/mailboxes/Elodie.CARDIO@medecin.MSSANTE.fr", "/v1/mailboxes/elodie.cardio@medecin.mssante.fr".to_owned()),
        ("/v1/mailboxes/contact%40h%C3%B4pital.mssante.fr", "/v1/mailboxes/contact@xn--hpital-ixa.mssante.fr".to_owned()),
    ] {
        let answer = world.get(from).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (308, to.as_str()), "{from}");
        assert_eq!(world.get(&to).await.status, 200, "{to}");
    }
}

#[tokio::test]
async fn what_is_hidden_is_what_never_was() {
    let world = World::new().await;
    let unknown = world.get("/v1/professionals/899999999999").await;
    assert_eq!((unknown.status.as_u16(), unknown.problem().as_str()), (404, "not_found"));
    let mut names: Vec<_> = unknown.headers.keys().map(|name| name.as_str().to_owned()).collect();
    names.sort_unstable();
    for hidden in [
        &format!("/v1/professionals/{CLOSED}"),
        "/v1/professionals/10000000044",
        "/v1/mailboxes/marie.lerouge@medecin.mssante.fr",
        "/v1/mailboxes/Marie.LEROUGE@medecin.mssante.fr",
        "/v1/mailboxes/logiciel@ch-exempleville.mssante.fr",
        "/v1/mailboxes/nobody@medecin.mssante.fr",
        "/v1/mailboxes/no-address",
        "/v1/mailboxes/%20",
        "/v1/organizations/99999999900022",
        &format!("/v1/organizations/{CARDIOLOGIST}"),
        &format!("/v1/professionals/{HOSPITAL}"),
        "/v1/nomenclatures/TRE_NONE",
    ] {
        let answer = world.get(hidden).await;
        assert_eq!(answer.body_without_request_id(), unknown.body_without_request_id(), "{hidden}");
        let mut others: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
        others.sort_unstable();
        assert_eq!((answer.status, others), (unknown.status, names.clone()), "{hidden}");
    }
    assert_eq!(world.get_identified("/v1/mailboxes/logiciel@ch-exempleville.mssante.fr").await.status, 200);
    let red = world.get_identified(&format!("/v1/professionals/{RED}")).await;
    assert_eq!(red.json().get("mailboxes"), None);
}

#[tokio::test]
async fn entity_tags_spare_the_same_bytes() {
    let world = World::new().await;
    for uri in [
        format!("/v1/professionals/{CARDIOLOGIST}"),
        format!("/v1/organizations/{HOSPITAL}"),
        "/v1/mailboxes/accueil@ch-exempleville.mssante.fr".to_owned(),
        "/v1/nomenclatures/TRE_R38".to_owned(),
    ] {
        let full = world.get(&uri).await;
        let tag = full.header("etag");
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 16, "{tag}");
        assert!(full.header("vary").contains("authorization"));
        let none = world.get_with(&uri, "if-none-match", tag).await;
        assert_eq!((none.status.as_u16(), none.header("etag"), none.body.len()), (304, tag, 0), "{uri}");
        assert_eq!((none.header("cache-control"), none.header("last-modified")), ("no-cache", full.header("last-modified")));
        assert_eq!(world.get_with(&uri, "if-none-match", "\"other\"").await.body, full.body);
        let zipped = world.get_with(&uri, "accept-encoding", "gzip").await;
        assert_eq!((zipped.header("etag"), zipped.header("content-encoding")), (tag, ""), "a strong tag names these bytes");
    }
    let entry = world.get(&format!("/v1/professionals/{CARDIOLOGIST}")).await;
    assert_eq!(entry.header("last-modified"), "Tue, 03 Nov 2026 05:12:45 GMT");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::new().await;
    for (uri, status) in
        [(format!("/v1/professionals/{CARDIOLOGIST}"), 200), ("/v1/professionals/1".to_owned(), 404), ("/healthz".to_owned(), 200)]
    {
        let head = world.send(Request::head(&uri).body(Body::empty()).unwrap()).await;
        let get = world.get(&uri).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (status, 0), "{uri}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(head.header("etag"), get.header("etag"));
    }
}

#[tokio::test]
async fn a_nomenclature_is_a_table_of_codes() {
    let world = World::new().await;
    let json = world.get("/v1/nomenclatures/TRE_R38").await.json();
    assert_eq!(json["table"], "TRE_R38");
    assert_eq!(json["items"][0], serde_json::json!({ "code": "SM04", "label": "Cardiologie" }));
}
