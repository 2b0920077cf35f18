//! A served directory with two accounts of the health authority, one of each other role that may be tried, and the hand-made country with
//! every kind of mailbox a list may or may not hold.

use crate::country;
use crate::harness::{HttpAnswer, TestDirectory, http_with, import_into};
use annuaire::alert::{Alerts, Report};
use annuaire::import::Options;
use annuaire::model::{Audience, Role};
use annuaire::publication::{Actor, Publication};
use annuaire::settings::Settings;
use annuaire::trust::Accounts;
use serde_json::{Value, json};

pub struct World {
    pub directory: TestDirectory,
    /// Keys of two accounts of the role: `dgs-1`, `dgs-2`.
    pub one: String,
    pub two: String,
}

pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

impl World {
    /// The demo's three thousand people.
    pub async fn demo() -> Self {
        Self::around(TestDirectory::demo_with(&lenient()).await).await
    }

    /// The hand-made country, and `lines` published by the hospital's operator.
    pub async fn country(lines: &str, settings: Settings) -> Self {
        let files = tempfile::tempdir().unwrap();
        country::write(files.path());
        let folder = tempfile::tempdir().unwrap();
        import_into(folder.path(), &[files.path().to_owned()], &Options::default()).await;
        let world = Self::around(TestDirectory::over(folder, &settings).await).await;
        world.publish(lines).await;
        world
    }

    pub async fn around(directory: TestDirectory) -> Self {
        let number = directory.store.accounts().await.unwrap().len();
        let one = account(&directory, &format!("dgs-{number}"), Role::AutoriteSanitaire, 1).await;
        let two = account(&directory, &format!("dgs-{}", number + 1), Role::AutoriteSanitaire, 2).await;
        Self { directory, one, two }
    }

    pub async fn publish(&self, lines: &str) {
        let publication = Publication::new(self.directory.store.clone());
        let report = publication.load_lines(country::HOSPITAL_OPERATOR, lines.as_bytes(), "test", 1_790_000_100).await.unwrap();
        assert_eq!(report.counters.rejected, 0, "{report:?}");
    }

    pub fn alerts(&self, settings: &Settings) -> Alerts {
        Alerts::new(self.directory.store.clone(), self.directory.data(), &settings.alerts)
    }

    pub async fn ask(&self, key: &str, method: &str, path: &str, body: &str) -> HttpAnswer {
        self.send(key, method, path, &[], body).await
    }

    pub async fn send(&self, key: &str, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> HttpAnswer {
        let mut headers = vec![("ESANTE-API-KEY", key)];
        headers.extend_from_slice(more);
        http_with(self.directory.http, method, path, &headers, body.as_bytes()).await
    }

    /// Makes a list of a request that says all but why.
    pub async fn made(&self, mut request: Value) -> Value {
        request["reason"] = json!("Essai");
        request["reference"] = json!("ESSAI 1");
        let answer = self.ask(&self.one, "POST", "/v1/alerts", &request.to_string()).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let alert = answer.json();
        assert_eq!(answer.headers["location"], format!("/v1/alerts/{}", alert["id"].as_str().unwrap()));
        alert
    }

    pub async fn list(&self, id: &str, format: &str) -> String {
        let answer = self.ask(&self.one, "GET", &format!("/v1/alerts/{id}/list?format={format}"), "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }

    /// The lines of a list that is made, as objects.
    pub async fn lines(&self, request: Value) -> Vec<Value> {
        let alert = self.made(request).await;
        let list = self.list(alert["id"].as_str().unwrap(), "jsonl").await;
        let lines: Vec<Value> = list.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(alert["recipients"], lines.len());
        lines
    }

    /// The addresses of a list that is made, in their order.
    pub async fn addresses(&self, request: Value) -> Vec<String> {
        self.lines(request).await.iter().map(|line| line["address"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn report(&self, id: &str) -> Report {
        let answer = self.ask(&self.one, "GET", &format!("/v1/alerts/{id}/coverage"), "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }
}

/// Tests are one source, and wrong on purpose.
pub fn lenient() -> Settings {
    let mut settings = Settings::default();
    settings.limits.failed_credentials_per_minute = 1_000_000;
    settings
}

pub async fn account(directory: &TestDirectory, name: &str, role: Role, entropy: u8) -> String {
    let seed = directory.store.accounts().await.unwrap().len();
    let entropy = [entropy.wrapping_add(u8::try_from(seed).unwrap().wrapping_mul(16)); 32];
    let accounts = Accounts::new(directory.store.clone());
    let made = accounts.add_with_certificates(name, Audience::Professional, role, Vec::new(), entropy, now()).await;
    made.unwrap().1.reveal().to_owned()
}

pub fn actor(name: &str) -> Actor {
    Actor::from(name)
}

/// Status and code of a problem.
pub fn refused(answer: &HttpAnswer) -> (u16, String) {
    let json = answer.json();
    assert_eq!(json["status"], answer.status, "{json}");
    (answer.status, json["code"].as_str().unwrap_or_default().to_owned())
}
