//! Lists for the health authority: one region, then everybody, from the asking to the list on the disk, and what the searches of others meet
//! meanwhile; beside PostgreSQL's COPY of the same columns from the same files.

use crate::client::{self, Figures, Load};
use crate::ours::{Certificate, Ours, annuaire, copy};
use crate::postgres::Postgres;
use crate::process::Sampler;
use crate::publishing::ask;
use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Auvergne-Rhône-Alpes, and its départements.
const REGION: &str = "84";
const DEPARTMENTS: &str = "'01','03','07','15','26','38','42','43','63','69','73','74'";
/// What is asked to be told of each address.
const COLUMNS: &str = r#""columns":["address","type","professional_id","family_name","given_name","profession","specialties","structure_id","structure_name","city","postal_code","department"]"#;

/// One list.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct List {
    pub recipients: u64,
    pub seconds: f64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Alerts {
    pub region: List,
    pub everybody: List,
    /// The same by PostgreSQL, to a file.
    pub postgres: Option<(List, List)>,
    pub server_before: u64,
    pub server_peak: u64,
    pub quiet: Figures,
    pub during: Figures,
}

/// `rate`: searches a second beside, in all.
pub fn measure(keep: &Path, data: &Path, certificate: &Certificate, questions: &[Vec<u8>], rate: f64) -> Result<Alerts> {
    let copied = copy(keep, data)?;
    let made = annuaire(&copied, &["account", "add", "corruss", "--role", "autorite-sanitaire"]).output()?;
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    let key = said.lines().find_map(|line| line.strip_prefix("secret")).context("a key")?.trim().to_owned();
    let mut ours = Ours::start(&copied, certificate)?;
    ours.listens()?;
    let target = ours.target("ac1", certificate);
    client::first_answer(&target, questions.first().context("a question")?, Instant::now())?;
    let connections = 8;
    let pace = Duration::from_secs_f64(connections as f64 / rate.max(1.0));
    let load = Load { connections, duration: Duration::from_secs(20), pace: Some(pace) };
    let quiet = client::run(&target, questions, &load, &AtomicBool::new(false))?;
    let server_before = crate::process::usage(ours.id()).private;
    let sampler = Sampler::of(ours.id());
    let region = list(ours.http(), &key, &format!(r#"{{"regions":["{REGION}"]}}"#))?;
    let everybody = list(ours.http(), &key, "{}")?;
    let end = AtomicBool::new(false);
    let during = std::thread::scope(|scope| {
        let lists = scope.spawn(|| {
            let made = list(ours.http(), &key, "{}");
            end.store(true, Ordering::Relaxed);
            made
        });
        let during = client::run(&target, questions, &Load { duration: Duration::from_secs(3_600), ..load }, &end);
        lists.join().map_err(|_| anyhow::anyhow!("the thread of the lists failed"))??;
        during
    })?;
    let server_peak = sampler.peak();
    drop(ours);
    let _ = std::fs::remove_dir_all(copied);
    Ok(Alerts { region, everybody, postgres: None, server_before, server_peak, quiet, during })
}

fn list(http: SocketAddr, key: &str, filter: &str) -> Result<List> {
    let body = format!(r#"{{"filter":{filter},{COLUMNS},"reason":"Essai","reference":"essai"}}"#);
    let began = Instant::now();
    let (status, answer) = ask(http, "POST", "/v1/alerts", key, &body)?;
    ensure!(status == 201, "{status} {answer}");
    let alert: serde_json::Value = serde_json::from_str(&answer)?;
    let recipients = alert.pointer("/recipients").and_then(serde_json::Value::as_u64).context("a count")?;
    Ok(List { recipients, seconds: began.elapsed().as_secs_f64() })
}

/// PostgreSQL writes the same columns, one line a mailbox, from the first activity of its holder.
pub fn of_postgres(keep: &Path, folder: &Path, files: &Path) -> Result<(List, List)> {
    let postgres = Postgres::start(folder)?;
    let statement = postgres.with_columns(
        files,
        "SELECT DISTINCT ON (lower(m.{address})) lower(m.{address}) AS address, m.{type}, a.{id}, a.{name}, a.{given}, a.{label}, s.skills, a.{structure},
           a.{site}, a.{city}, a.{postal}, a.{department}
         FROM mailbox m
         JOIN (SELECT DISTINCT ON ({id}) * FROM activity WHERE {where} ORDER BY {id}) a ON a.{id} = m.{mailbox_id}
         LEFT JOIN skills s ON s.id = a.{id} WHERE m.{type} = 'PER'",
    )?;
    let out = keep.join("copied.csv");
    let one = |condition: &str| -> Result<List> {
        let began = Instant::now();
        let recipients = postgres.copy_out(&statement.replace("{where}", &postgres.with_columns(files, condition)?), &out)?;
        Ok(List { recipients, seconds: began.elapsed().as_secs_f64() })
    };
    let both = (one(&format!("{{department}} IN ({DEPARTMENTS})"))?, one("true")?);
    let _ = std::fs::remove_file(out);
    Ok(both)
}
