//! `/v1/exports`: only the newest edition whole, ranges and conditions, two audiences, strict about what is asked.

use super::{build, country, newest};
use crate::harness::{HttpAnswer, TestDirectory, http_with};
use annuaire::directory::Audience;
use annuaire::model::Role;
use annuaire::store::AuditQuery;
use std::time::Duration;

async fn with(directory: &TestDirectory, path: &str, headers: &[(&str, &str)]) -> HttpAnswer {
    http_with(directory.http, "GET", path, headers, b"").await
}

fn code(answer: &HttpAnswer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_newest_edition_is_offered_whole() {
    let (directory, exports) = country().await;
    assert_eq!(directory.get("/v1/exports").await.json(), serde_json::json!({ "latest": null, "kept": [] }));
    assert_eq!(code(&directory.get("/v1/exports/latest/annuaire.csv.gz").await), (404, "unknown_edition".to_owned()));
    build(&exports, 0).await;
    build(&exports, 0).await;
    let told = directory.get("/v1/exports").await.json();
    assert_eq!(told["kept"], serde_json::json!(["2026-11-27-2", "2026-11-27"]));
    assert_eq!(told["latest"]["edition"], "2026-11-27-2");
    assert_eq!(told["latest"]["delta_from"], "2026-11-27");
    for file in told["latest"]["files"].as_array().unwrap() {
        for edition in ["latest", "2026-11-27-2"] {
            let path = format!("/v1/exports/{edition}/{}", file["name"].as_str().unwrap());
            let answer = directory.get(&path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.headers["content-type"], "application/gzip");
            assert_eq!(answer.headers["etag"], format!("\"{}\"", file["sha256"].as_str().unwrap()));
            assert_eq!(answer.body.len() as u64, file["bytes"].as_u64().unwrap());
        }
        let older = directory.get(&format!("/v1/exports/2026-11-27/{}", file["name"].as_str().unwrap())).await;
        assert_eq!(code(&older), (410, "edition_not_offered".to_owned()));
    }
    assert_eq!(code(&directory.get("/v1/exports/2026-11-27/manifest.json").await), (410, "edition_not_offered".to_owned()));
    assert_eq!(directory.get("/v1/exports/latest/manifest.json").await.json(), told["latest"]);
    // Of the older one nothing is left on the disk but what differences are made from.
    let shelf = exports.shelf(Audience::Public);
    let older = shelf.path("2026-11-27".parse().unwrap(), "");
    let mut left: Vec<_> = std::fs::read_dir(older).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["annuaire.jsonl.gz", "manifest.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_go_on_and_are_not_repeated() {
    let (directory, exports) = country().await;
    build(&exports, 0).await;
    let path = "/v1/exports/latest/annuaire.jsonl.gz";
    let whole = directory.get(path).await;
    let tag = whole.headers["etag"].clone();
    assert_eq!(whole.headers["accept-ranges"], "bytes");
    let rest = with(&directory, path, &[("Range", "bytes=10-"), ("If-Range", &tag)]).await;
    assert_eq!((rest.status, &rest.body[..]), (206, &whole.body[10..]));
    assert_eq!(rest.headers["content-range"], format!("bytes 10-{}/{}", whole.body.len() - 1, whole.body.len()));
    let other = with(&directory, path, &[("Range", "bytes=10-"), ("If-Range", "\"other\"")]).await;
    assert_eq!((other.status, other.body.len()), (200, whole.body.len()), "another edition: from the beginning");
    assert_eq!(with(&directory, path, &[("Range", "bytes=99999999-")]).await.status, 416);
    assert_eq!(with(&directory, path, &[("If-None-Match", &tag)]).await.status, 304);
    let head = http_with(directory.http, "HEAD", path, &[], b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!((&head.headers["etag"], &head.headers["content-length"]), (&tag, &whole.body.len().to_string()));
    // Under the plain name it is the same bytes, said to be packed.
    let plain = "/v1/exports/latest/annuaire.jsonl";
    assert_eq!(code(&directory.get(plain).await), (406, "gzip_only".to_owned()));
    let packed = with(&directory, plain, &[("Accept-Encoding", "gzip")]).await;
    assert_eq!((packed.status, packed.headers["content-encoding"].as_str()), (200, "gzip"));
    assert_eq!(packed.headers["content-type"], "application/x-ndjson");
    assert!(packed.headers["vary"].contains("accept-encoding") || packed.body == whole.body);
    assert_eq!(packed.body, whole.body);
    assert!(directory.get("/metrics").await.text().contains("annuaire_export_downloads_total{form=\"jsonl\"}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_parameters_are_read_strictly() {
    let (directory, exports) = country().await;
    build(&exports, 0).await;
    for path in [
        "/v1/exports/latest/..%2f..%2fstore.sqlite3",
        "/v1/exports/latest/%2e%2e%2f%2e%2e%2f%2e%2e%2fstore.sqlite3",
        "/v1/exports/..%2f..%2fstaging/x",
        "/v1/exports/%2e%2e/lock",
        "/v1/exports/latest/",
        "/v1/exports/latest/annuaire.csv.gz.gz",
        "/v1/exports/latest/%00",
        "/v1/exports/professional/2026-11-27",
        "/v1/exports/2026-11-27-1/annuaire.csv.gz",
        "/v1/exports/delta?from=2026-11-26",
        "/v1/exports/delta?from=..%2f..",
    ] {
        assert_eq!(directory.get(path).await.status, 404, "{path}");
    }
    for (path, refused) in [
        ("/v1/exports?audiance=public", "unknown_parameter"),
        ("/v1/exports?audience=everybody", "invalid_parameter"),
        ("/v1/exports/latest/annuaire.csv.gz?x=1", "unknown_parameter"),
        ("/v1/exports/delta", "missing_parameter"),
        ("/v1/exports/latest/%ff", "invalid_encoding"),
    ] {
        assert_eq!(code(&directory.get(path).await), (400, refused.to_owned()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_professional_edition_takes_its_audience() {
    let (directory, exports) = country().await;
    build(&exports, 0).await;
    let outsider = format!("Bearer {}", super::account(&directory, "lecteur", Audience::Public, Role::Logiciel).await);
    for path in ["/v1/exports", "/v1/exports/latest/annuaire.csv.gz", "/v1/exports/delta?from=2026-11-27"] {
        let join = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{join}audience=professional");
        assert_eq!(directory.get(&path).await.status, 401, "{path}");
        assert_eq!(with(&directory, &path, &[("Authorization", &outsider)]).await.status, 403, "{path}");
        assert_eq!(with(&directory, &path, &[("Authorization", "Bearer ann_wrong")]).await.status, 401, "{path}");
        let answer = directory.get_as_professional(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["cache-control"], "private, no-store");
    }
    let [public, professional] = super::BOTH.map(|audience| newest(&exports.shelf(audience), "annuaire.jsonl.gz"));
    let app = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("appli.dpi@");
    assert!(!app(&public) && app(&professional));
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_between_any_kept_editions() {
    let (directory, exports) = country().await;
    build(&exports, 0).await;
    super::red(&directory, "jf.lefevre-darc@pharmacien.mssante.fr", true).await;
    build(&exports, 1).await;
    super::red(&directory, "elodie.martin@infirmier.mssante.fr", true).await;
    build(&exports, 2).await;
    let lines = async |path: &str| {
        let answer = directory.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(answer.body.as_slice()), &mut text).unwrap();
        let gone = text
            .lines()
            .filter(|line| line.contains("\"op\":\"gone\""))
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned());
        gone.collect::<Vec<_>>()
    };
    let (nurse, pharmacist) = ("elodie.martin@infirmier.mssante.fr", "jf.lefevre-darc@pharmacien.mssante.fr");
    assert_eq!(lines("/v1/exports/delta?from=2026-11-28").await, [nurse]);
    assert_eq!(lines("/v1/exports/delta?from=2026-11-27&to=2026-11-29").await, [nurse, pharmacist]);
    assert_eq!(lines("/v1/exports/delta?from=2026-11-27&to=2026-11-28").await, [nurse, pharmacist], "hidden by now, so gone there too");
    assert_eq!(lines("/v1/exports/delta?from=2026-11-29&to=latest").await, Vec::<String>::new());
    let wrong = directory.get("/v1/exports/delta?from=2026-11-29&to=2026-11-27").await;
    assert_eq!(code(&wrong), (400, "invalid_edition".to_owned()));
    // What was made for one newest edition is gone with the next.
    let deltas = directory.data().exports().join("deltas");
    assert!(std::fs::read_dir(&deltas).unwrap().count() > 1);
    build(&exports, 3).await;
    assert_eq!(std::fs::read_dir(&deltas).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_build_and_the_journal_has_it() {
    let (directory, _exports) = country().await;
    let bearer = format!("Bearer {}", super::account(&directory, "chef", Audience::Professional, Role::Administrateur).await);
    let post = async |headers: &[(&str, &str)]| http_with(directory.http, "POST", "/v1/admin/exports", headers, b"").await.status;
    assert_eq!(post(&[]).await, 401);
    assert_eq!(post(&[("Authorization", &format!("Bearer {}", directory.secret))]).await, 403);
    let lock = annuaire::store::ExportLock::acquire(directory.data()).unwrap().unwrap();
    assert_eq!(post(&[("Authorization", &bearer)]).await, 409);
    drop(lock);
    assert_eq!(post(&[("Authorization", &bearer)]).await, 202);
    let built = async {
        let query = AuditQuery { action: Some("export.edition".to_owned()), limit: 10, ..AuditQuery::default() };
        loop {
            let found = directory.store.audit_search(&query).await.unwrap();
            if found.len() == 2 {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let entries = tokio::time::timeout(crate::harness::PATIENCE, built).await.unwrap();
    assert!(entries.iter().all(|(_, entry)| entry.actor == "chef" && !entry.detail.to_string().contains("@")));
    let manifest = directory.get("/v1/exports").await.json()["latest"].clone();
    assert_eq!(entries[0].1.detail["files"][0]["sha256"], manifest["files"][0]["sha256"]);
}
