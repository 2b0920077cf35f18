//! The hand-made country, served, with two operators that have keys: the hospital's, and the national one.

use crate::country;
use crate::harness::{HttpAnswer, PATIENCE, TestDirectory, http_with, import_into};
use annuaire::import::Options;
use annuaire::model::OperatorState;
use annuaire::publication::Actor;
use annuaire::settings::Settings;
use annuaire::trust::{NewKey, Operators};
use serde_json::Value;
use std::time::Duration;

pub const HOSPITAL: &str = country::HOSPITAL_OPERATOR;
pub const NATIONAL: &str = "399900003700013";
/// A physician, a nurse with a namesake, a midwife.
pub const ELODIE: &str = "10999990012";
pub const NURSE: &str = "10999990020";
pub const ZOE: &str = "10999990053";
/// A free address of each operator's domains.
pub const OURS: &str = "zoe.essai@ch-exempleville.mssante.fr";
pub const THEIRS: &str = "zoe.essai@medecin.mssante.fr";

pub struct World {
    pub directory: TestDirectory,
    pub operators: Operators,
    pub hospital: String,
    pub national: String,
}

impl World {
    pub async fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        country::write(files.path());
        let folder = tempfile::tempdir().unwrap();
        import_into(folder.path(), &[files.path().to_owned()], &Options::default()).await;
        // Tests are one source, and wrong on purpose.
        let mut settings = Settings::default();
        settings.limits.failed_credentials_per_minute = 1_000_000;
        let directory = TestDirectory::over(folder, &settings).await;
        let operators = Operators::new(directory.store.clone());
        let hospital = key(&operators, HOSPITAL, 1).await;
        let national = key(&operators, NATIONAL, 2).await;
        Self { directory, operators, hospital, national }
    }

    /// A request of the hospital's operator.
    pub async fn ask(&self, method: &str, path: &str, body: &str) -> HttpAnswer {
        self.send(&self.hospital, method, path, &[], body).await
    }

    pub async fn send(&self, secret: &str, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> HttpAnswer {
        let mut headers = vec![("ESANTE-API-KEY", secret)];
        headers.extend_from_slice(more);
        http_with(self.directory.http, method, path, &headers, body.as_bytes()).await
    }

    /// A batch of the hospital's operator, in JSON lines.
    pub async fn batch(&self, path: &str, lines: &[String]) -> HttpAnswer {
        self.send(&self.hospital, "POST", path, &[("Content-Type", "application/x-ndjson")], &lines.join("\n")).await
    }

    /// The report of a batch when it is done, looked at every 50 ms: a look reads the whole report, and takes the time of the work.
    pub async fn done(&self, place: &str) -> Value {
        let reached = async {
            loop {
                let report = self.ask("GET", place, "").await.json();
                if report["state"] == "done" {
                    return report;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("a batch done in time")
    }

    pub async fn state(&self, operator: &str, state: OperatorState) {
        self.operators.set_state(operator, state, &Actor::from("test"), now()).await.unwrap();
    }
}

pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

pub async fn key(operators: &Operators, operator: &str, entropy: u8) -> String {
    let new = NewKey { id: format!("key-{entropy}"), label: "test".to_owned(), expires_at: None, entropy: [entropy; 32] };
    let made = operators.add_key(operator, new, &Actor::from("test"), now()).await;
    made.unwrap().1.reveal().to_owned()
}

pub fn per(address: &str, holder: &str) -> String {
    format!(r#"{{"address":"{address}","type":"PER","professional_id":"{holder}"}}"#)
}

/// Status and code of a problem.
pub fn refused(answer: &HttpAnswer) -> (u16, String) {
    let json = answer.json();
    assert_eq!(json["status"], answer.status, "{json}");
    (answer.status, json["code"].as_str().unwrap_or_default().to_owned())
}

pub fn text<'a>(json: &'a Value, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {json}"))
}

pub fn own(address: &str) -> String {
    format!("/v1/operator/mailboxes/{address}")
}
