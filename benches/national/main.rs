//! The whole country, ours beside slapd and PostgreSQL: the same people, the same questions, the same machine, one command.
//!
//! `cargo bench --bench national -- --people 1300000 --keep FOLDER --write` generates the files, loads each system (what is in FOLDER
//! already is not loaded again), asks the questions at 1, 8 and 32 connections, then the next day, a restart and an import with little
//! memory, and writes docs/performance.md. Without arguments: a small country, in less than ten minutes, in a temporary folder.
//!
//! `--seconds 2` of each class; `--connections 1,8,32`; `--systems ours,slapd,postgres`; `--classes ac1,mail,…`;
//! `--parts questions,next_day,publishing,alerts,editions,restart,memory`; `--memory 600` megabytes of the limited import; `--beside FOLDER,…` other sizes, kept;
//! `--again ours` loads a system once more.
//! Missing servers are installed by apt.

mod alerts;
mod client;
mod data;
mod editions;
mod nothing;
mod ours;
mod pieces;
mod postgres;
mod process;
mod publishing;
mod questions;
mod report;
mod slapd;
mod targets;
mod wire;

use anyhow::{Context as _, Result};
use client::{Load, Target};
use ours::{Certificate, Ours};
use postgres::Postgres;
use questions::Question;
use report::{Loaded, Results};
use slapd::Slapd;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Every class, and who is asked it besides us.
const CLASSES: [(&str, &[&str]); 28] = [
    ("ac1", &["ours", "slapd", "postgres"]),
    ("ac2", &["ours", "slapd", "postgres"]),
    ("ac2_typed", &["ours", "slapd"]),
    ("quick1", &["ours", "slapd"]),
    ("quick2", &["ours", "slapd"]),
    ("sn_prefix", &["ours", "slapd"]),
    ("mail", &["ours", "slapd"]),
    ("rpps", &["ours", "slapd"]),
    ("name_city", &["ours", "slapd"]),
    ("spec_dept", &["ours", "slapd"]),
    ("rest", &["ours", "postgres"]),
    ("rest_columns", &["postgres"]),
    ("typo", &["ours", "postgres"]),
    ("typo_columns", &["postgres"]),
    ("rest_q1", &["ours"]),
    ("rest_q2", &["ours"]),
    ("rest_q3", &["ours"]),
    ("rest_typing", &["ours"]),
    ("rest_facets", &["ours"]),
    ("rest_suggest", &["ours"]),
    ("session", &["ours", "slapd"]),
    ("session_tls", &["ours", "slapd"]),
    ("one_letter", &["ours", "slapd"]),
    ("present", &["ours", "slapd"]),
    ("negation", &["ours", "slapd"]),
    ("or60", &["ours", "slapd"]),
    ("telephone", &["ours", "slapd"]),
    ("scan", &["ours"]),
];

struct Arguments {
    people: u64,
    keep: PathBuf,
    seconds: f64,
    connections: Vec<usize>,
    systems: Vec<String>,
    classes: Vec<String>,
    parts: Vec<String>,
    again: Vec<String>,
    memory: u64,
    beside: Vec<PathBuf>,
    write: bool,
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args();
    arguments.find(|a| a == name)?;
    arguments.next()
}

fn list(name: &str, default: &str) -> Vec<String> {
    argument(name).unwrap_or_else(|| default.to_owned()).split(',').map(str::to_owned).collect()
}

fn main() -> Result<()> {
    if let Some(answer) = argument("--do-nothing") {
        return nothing::serve(&answer, &std::env::args().next_back().context("an address")?);
    }
    let temporary = tempfile::tempdir()?;
    let arguments = Arguments {
        people: argument("--people").map_or(Ok(20_000), |p| p.parse())?,
        keep: argument("--keep").map_or_else(|| temporary.path().to_owned(), PathBuf::from),
        seconds: argument("--seconds").map_or(Ok(1.0), |s| s.parse())?,
        connections: list("--connections", "1,8,32").iter().map(|c| c.parse()).collect::<Result<_, _>>()?,
        systems: list("--systems", "ours,slapd,postgres"),
        classes: list("--classes", &CLASSES.map(|(class, _)| class).join(",")),
        parts: list("--parts", "questions,next_day,publishing,alerts,editions,restart,memory"),
        again: list("--again", ""),
        memory: argument("--memory").map_or(Ok(600), |m| m.parse())?,
        beside: argument("--beside").iter().flat_map(|folders| folders.split(',')).map(PathBuf::from).collect(),
        write: std::env::args().any(|a| a == "--write"),
    };
    std::fs::create_dir_all(&arguments.keep)?;
    // PostgreSQL runs as somebody else.
    std::fs::set_permissions(&arguments.keep, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let mut results = Results::open(&arguments.keep, arguments.people)?;
    results.begins();
    results.loads.retain(|system, _| !arguments.again.contains(system));
    measure(&arguments, &mut results)?;
    let beside = arguments.beside.iter().map(|folder| Results::open(folder, 0)).collect::<Result<Vec<_>>>()?;
    let text = report::text(&results, &beside);
    if arguments.write {
        report::write(&text)?;
    } else {
        println!("{text}");
    }
    Ok(())
}

fn measure(arguments: &Arguments, results: &mut Results) -> Result<()> {
    let keep = &arguments.keep;
    let wanted = |system: &str| arguments.systems.iter().any(|s| s == system);
    let part = |part: &str| arguments.parts.iter().any(|p| p == part);
    let certificate = Certificate::new(keep)?;
    let files = data::generated(keep, arguments.people, false)?;
    let at = |system: &str| keep.join(system);
    load(results, "ours", &at("ours"), &ours::PASSING, || ours::load(&at("ours"), &files))?;
    let ldifs = data::CONTEXTS.map(|context| data::exported(keep, &at("ours"), context));
    let ldifs = ldifs.into_iter().collect::<Result<Vec<_>>>()?;
    if questions::draw(keep, ldifs.first().context("an export")?)? {
        results.forget_answers();
    }
    if wanted("slapd") {
        results.release("slapd", slapd::release()?);
        load(results, "slapd", &at("slapd"), &["lock.mdb"], || slapd::load(&at("slapd"), &ldifs, &certificate))?;
    }
    if wanted("postgres") {
        results.release("postgres", postgres::release()?);
        load(results, "postgres", &at("postgres"), &["pg_wal"], || postgres::load(&at("postgres"), &files))?;
    }
    results.save()?;
    if part("restart") {
        let request = requests("rpps", "ours", &questions::read(keep, "rpps")?)?;
        results.restart = Some(ours::restart(&at("ours"), &certificate, request.first().context("a question")?)?);
    }
    if part("questions") {
        if wanted("ours") {
            let mut ours = Ours::start(&at("ours"), &certificate)?;
            ours.listens()?;
            let first = requests("rpps", "ours", &questions::read(keep, "rpps")?)?;
            client::first_answer(&ours.target("rpps", &certificate), first.first().context("a question")?, std::time::Instant::now())?;
            ask_all(arguments, results, "ours", &|class| Ok(ours.target(class, &certificate)))?;
            results.serving.insert("ours".to_owned(), process::usage(ours.id()).private);
            for (class, systems) in CLASSES.iter().filter(|(class, _)| arguments.classes.iter().any(|c| c == class)) {
                if systems.contains(&"slapd") && *class != "session_tls" {
                    do_nothing(arguments, results, class, &ours.target(class, &certificate))?;
                }
            }
        }
        if wanted("slapd") {
            let slapd = Slapd::start(&at("slapd"), &certificate)?;
            ask_all(arguments, results, "slapd", &|class| Ok(slapd.target(class, &certificate)))?;
            results.serving.insert("slapd".to_owned(), process::usage(slapd.id()).private);
        }
        if wanted("postgres") {
            let postgres = Postgres::start(&at("postgres"))?;
            ask_all(arguments, results, "postgres", &|class| postgres.target(class))?;
            results.serving.insert("postgres".to_owned(), process::usage(postgres.id()).private);
        }
    }
    results.save()?;
    if part("next_day") {
        let next = data::generated(keep, arguments.people, true)?;
        let questions = requests("ac1", "ours", &questions::read(keep, "ac1")?)?;
        // Half of what it can do.
        let rate = results.figures("ac1", "ours", 8).map_or(500.0, |f| f.per_second / 2.0);
        results.next_day = Some(ours::next_day(keep, &at("ours"), &next, &certificate, &questions, rate)?);
        results.save()?;
    }
    if part("publishing") {
        let next = data::generated(keep, arguments.people, true)?;
        results.publishing = Some(publishing::measure(keep, &at("ours"), &next, &certificate)?);
        results.save()?;
    }
    if part("alerts") {
        let questions = requests("ac1", "ours", &questions::read(keep, "ac1")?)?;
        let rate = results.figures("ac1", "ours", 8).map_or(500.0, |f| f.per_second / 4.0);
        if wanted("ours") {
            let measured = alerts::measure(keep, &at("ours"), &certificate, &questions, rate)?;
            let postgres = results.alerts.take().and_then(|before| before.postgres);
            results.alerts = Some(alerts::Alerts { postgres, ..measured });
        }
        if wanted("postgres") {
            results.alerts.get_or_insert_default().postgres = Some(alerts::of_postgres(keep, &at("postgres"), &files)?);
        }
        results.save()?;
    }
    if part("editions") {
        let questions = requests("ac1", "ours", &questions::read(keep, "ac1")?)?;
        let rate = results.figures("ac1", "ours", 8).map_or(500.0, |f| f.per_second / 4.0);
        results.editions = Some(editions::measure(keep, &at("ours"), &certificate, &questions, rate)?);
        results.save()?;
    }
    if part("memory") {
        let limited = keep.join("limited");
        let (kept_by, cost) = ours::load_with_little_memory(&limited, &files, arguments.memory * 1_000_000)?;
        results.limited = Some((kept_by, cost.as_ref().ok().cloned(), cost.as_ref().err().map(ToString::to_string)));
        let _ = std::fs::remove_dir_all(limited);
    }
    results.save()
}

/// Loads a system and remembers what it cost, once.
fn load(results: &mut Results, system: &str, folder: &Path, passing: &[&str], load: impl FnOnce() -> Result<Cost>) -> Result<()> {
    if results.loads.contains_key(system) && folder.exists() {
        return Ok(());
    }
    println!("loading {system}");
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder.parent().context("a folder")?)?;
    let cost = load()?;
    println!("  {:.1} s, {:.1} s CPU", cost.seconds, cost.cpu_seconds);
    results.loads.insert(system.to_owned(), Loaded { cost, disk: process::disk(folder, passing) });
    results.save()
}

use process::Cost;

/// What a server could reach that has nothing to do, at the most connections asked for.
fn do_nothing(arguments: &Arguments, results: &mut Results, class: &str, ours: &Target) -> Result<()> {
    let connections = arguments.connections.iter().copied().max().unwrap_or(1);
    let entries = results.figures(class, "ours", connections).map_or(0.0, |figures| figures.entries);
    let requests = requests(class, "ours", &questions::read(&arguments.keep, class)?)?;
    let file = arguments.keep.join(format!("answer-{class}"));
    let answer = client::usual_answer(&Target { fresh: false, ..ours.clone() }, &requests, entries)?;
    std::fs::write(&file, answer)?;
    let nothing = nothing::Nothing::start(&file)?;
    let load = Load { connections, duration: Duration::from_secs_f64(arguments.seconds), pace: None };
    let figures = client::run(&nothing.target(class), &requests, &load, &AtomicBool::new(false))?;
    println!("nothing  {class:12} {connections:2} connections: {:8.0}/s, CPU {:.3} ms", figures.per_second, figures.cpu);
    results.asked.insert(format!("{class}/nothing/{connections}"), figures);
    results.save()
}

/// Questions as the bytes of a system's protocol.
fn requests(class: &str, system: &str, questions: &[Question]) -> Result<Vec<Vec<u8>>> {
    // Published telephones are those of structures.
    let base = if class == "telephone" { data::CONTEXTS[0] } else { data::PEOPLE };
    let one = |question: &Question| match system {
        "postgres" => Ok(wire::postgres_execute(class, &question.sql.iter().map(String::as_str).collect::<Vec<_>>())),
        _ if !question.rest.is_empty() => {
            let parameters: Vec<_> = question.rest.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Ok(wire::http_get(if class == "rest_suggest" { "/v1/suggest" } else { "/v1/search" }, &parameters))
        }
        _ => wire::ldap_search(base, &question.ldap),
    };
    questions.iter().map(one).collect()
}

fn ask_all(arguments: &Arguments, results: &mut Results, system: &str, target: &dyn Fn(&str) -> Result<Target>) -> Result<()> {
    for (class, systems) in CLASSES {
        if !systems.contains(&system) || !arguments.classes.iter().any(|c| c == class) {
            continue;
        }
        let questions = questions::read(&arguments.keep, class)?;
        let (requests, target) = (requests(class, system, &questions)?, target(class)?);
        if questions.iter().any(|question| !question.wanted.is_empty()) {
            let about: Vec<_> =
                requests.iter().cloned().zip(&questions).map(|(r, q)| (r, q.wanted.as_str(), q.alike <= questions::SHOWN)).collect();
            results.recalled.insert(format!("{class}/{system}"), client::recall(&target, &about)?);
        }
        let duration = Duration::from_secs_f64(arguments.seconds);
        let mut load = Load { connections: 8, duration: duration / 2, pace: None };
        let _ = client::run(&target, &requests, &load, &AtomicBool::new(false));
        load.duration = duration;
        for connections in &arguments.connections {
            load.connections = *connections;
            let figures = match client::run(&target, &requests, &load, &AtomicBool::new(false)) {
                Ok(figures) => figures,
                Err(error) => {
                    println!("{system:8} {class:12} {connections:2} connections: {error:#}");
                    continue;
                }
            };
            println!(
                "{system:8} {class:12} {connections:2} connections: {:8.0}/s, p50 {:.2} ms, p99 {:.2} ms, {:.0} back, CPU {:.3} ms, {} errors",
                figures.per_second, figures.p50, figures.p99, figures.entries, figures.cpu, figures.errors
            );
            results.asked.insert(format!("{class}/{system}/{connections}"), figures);
        }
        results.save()?;
    }
    Ok(())
}
