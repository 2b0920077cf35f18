//! Figures kept between runs, and docs/performance.md made of them: what is between the two marks is ours to write, the rest is not.

use crate::alerts::{Alerts, List};
use crate::client::{Figures, Recall};
use crate::data;
use crate::editions::Editions;
use crate::ours::NextDay;
use crate::process::Cost;
use crate::publishing::Publishing;
use crate::targets::TARGETS;
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- what follows is written by `cargo bench --bench national -- --write` -->";
const END: &str = "<!-- up to here -->";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Loaded {
    pub cost: Cost,
    pub disk: u64,
}

/// Everything measured in a folder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Results {
    #[serde(skip)]
    file: PathBuf,
    pub people: u64,
    pub date: String,
    pub releases: BTreeMap<String, String>,
    /// When each run began and how busy the machine was before it (load average of a minute): figures of several runs are no comparison
    /// without saying so.
    #[serde(default)]
    pub runs: Vec<(String, f64)>,
    pub loads: BTreeMap<String, Loaded>,
    /// `class/system/connections`.
    pub asked: BTreeMap<String, Figures>,
    /// `class/system`.
    #[serde(default)]
    pub recalled: BTreeMap<String, Recall>,
    /// Private memory of each server after all questions.
    pub serving: BTreeMap<String, u64>,
    pub restart: Option<f64>,
    pub next_day: Option<NextDay>,
    #[serde(default)]
    pub publishing: Option<Publishing>,
    #[serde(default)]
    pub alerts: Option<Alerts>,
    #[serde(default)]
    pub editions: Option<Editions>,
    /// Megabytes, what it cost, or why it failed.
    pub limited: Option<(String, Option<Cost>, Option<String>)>,
}

impl Results {
    /// What the folder holds, or nothing yet.
    pub fn open(keep: &Path, people: u64) -> Result<Self> {
        let file = keep.join("results.json");
        let mut results: Self = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{}", file.display()))?,
            Err(_) => Self { people, ..Self::default() },
        };
        anyhow::ensure!(people == 0 || results.people == people, "{} holds {} people", keep.display(), results.people);
        results.file = file;
        results.release("ours", format!("annuaire {}", env!("CARGO_PKG_VERSION")));
        Ok(results)
    }

    pub fn save(&mut self) -> Result<()> {
        self.date = jiff::Zoned::now().strftime("%F").to_string();
        Ok(std::fs::write(&self.file, serde_json::to_vec_pretty(self)?)?)
    }

    /// Another run begins.
    pub fn begins(&mut self) {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split_whitespace().next().and_then(|l| l.parse().ok()).unwrap_or(0.0);
        self.runs.push((jiff::Zoned::now().strftime("%F %H:%M").to_string(), load));
    }

    /// Figures of other questions are not to be mixed with those of these.
    pub fn forget_answers(&mut self) {
        self.asked.clear();
        self.recalled.clear();
        self.runs.drain(..self.runs.len().saturating_sub(1));
    }

    fn recall(&self, class: &str, system: &str) -> String {
        let recall = self.recalled.get(&format!("{class}/{system}"));
        recall.map_or(String::new(), |r| format!(", recall {:.3} ({:.3} of all)", r.clear, r.all))
    }

    /// The targets are for a country of this size; a smaller one neither meets nor misses them.
    pub fn judged(&self) -> bool {
        self.people >= 1_300_000
    }

    pub fn release(&mut self, system: &str, release: String) {
        self.releases.insert(system.to_owned(), release);
    }

    pub fn figures(&self, class: &str, system: &str, connections: usize) -> Option<&Figures> {
        self.asked.get(&format!("{class}/{system}/{connections}"))
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}

/// As many digits as it deserves.
fn short(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 1.0 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}

fn brief(figures: Option<&Figures>) -> String {
    figures.map_or("–".to_owned(), |f| format!("{}/s, p99 {} ms, {} ms", short(f.per_second), short(f.p99), short(f.cpu)))
}

fn met(results: &Results, held: bool) -> &'static str {
    if results.judged() { verdict(held) } else { "–" }
}

fn verdict(held: bool) -> &'static str {
    if held { "yes" } else { "**no**" }
}

/// Everything between the marks.
pub fn text(results: &Results, beside: &[Results]) -> String {
    let mut out = String::new();
    let releases: Vec<_> = results.releases.values().map(String::as_str).collect();
    let _ = writeln!(
        out,
        "{} people, {}. {}. On: {}. Clients and servers share it.\n",
        results.people,
        results.date,
        releases.join(", "),
        data::machine()
    );
    let runs: Vec<_> = results.runs.iter().map(|(began, load)| format!("{began} (load average before it {load:.1})")).collect();
    let _ = writeln!(out, "Measured in {} run{}: {}.\n", runs.len(), if runs.len() == 1 { "" } else { "s" }, runs.join(", "));
    if !results.judged() {
        out.push_str("**The targets are for 1.3 million people; at this size nothing is judged.**\n\n");
    }
    questions(&mut out, results);
    ceilings(&mut out, results);
    loads(&mut out, results);
    own(&mut out, results);
    if !beside.is_empty() {
        out.push_str("## As the country grows\n\n");
    }
    for beside in beside {
        growth(&mut out, results, beside);
    }
    every(&mut out, results);
    out
}

fn questions(out: &mut String, results: &Results) {
    out.push_str(
        "## Questions\n\nAt 32 connections: answers a second, p99, server CPU an answer. The other is slapd, for REST PostgreSQL.\n\n",
    );
    out.push_str("| question | target | ours | the other | ratio | met |\n|---|---|---|---|---|---|\n");
    for target in &TARGETS {
        let Some(ours) = results.figures(target.class, "ours", 32) else { continue };
        let other = results.figures(target.class, target.other, 32);
        // An answer without the person asked for is fast and worth nothing.
        let finds =
            target.recall.is_none_or(|least| results.recalled.get(&format!("{}/ours", target.class)).is_some_and(|r| r.clear >= least));
        let ratio = other.filter(|_| finds).map_or("–".to_owned(), |other| format!("{} ×", short(ours.per_second / other.per_second)));
        let met = match target.missed(results, ours, other).filter(|_| results.judged()) {
            None => "–".to_owned(),
            Some(missed) if missed.is_empty() => "yes".to_owned(),
            Some(missed) => format!("**no**: {}", missed.join(", ")),
        };
        let recall = |system: &str| results.recall(target.class, system);
        let (here, there) = (brief(Some(ours)) + &recall("ours"), brief(other) + &recall(target.other));
        let _ = writeln!(out, "| {} | {} | {here} | {there} | {ratio} | {met} |", target.title, target.words());
    }
    if let Some(recall) = results.recalled.get("rest/ours") {
        let _ = writeln!(
            out,
            "\nOf the questions by name, profession and city, {:.1} % fit more than {} people of that very name: these are not part of the \
             recall, but of the one in brackets.",
            recall.ambiguous * 100.0,
            crate::questions::SHOWN
        );
    }
    for (class, title) in [("rest_columns", "name, profession, city"), ("typo_columns", "the same with a typo")] {
        if let Some(figures) = results.figures(class, "postgres", 32) {
            let recall = results.recall(class, "postgres");
            let _ = writeln!(out, "\nPostgreSQL by exact columns instead, {title}: {}{recall}.", brief(Some(figures)));
        }
    }
    if let Some(resumed) = results.figures("session_tls", "ours", 32).and_then(|f| f.resumed) {
        let _ = writeln!(out, "\nTLS sessions resumed: {:.0} %.", resumed * 100.0);
    }
    out.push('\n');
}

/// What no server could do better here.
fn ceilings(out: &mut String, results: &Results) {
    let with_nothing = TARGETS.iter().filter_map(|target| Some((target, results.figures(target.class, "nothing", 32)?)));
    let rows: Vec<_> = with_nothing.collect();
    if rows.is_empty() {
        return;
    }
    out.push_str(
        "## What the machine allows\n\nA server that does nothing sends bytes made ready beforehand, as many as we send on average, to the same \
         client on the same two cores. No server can be faster here, so that a ratio to slapd beyond its own cannot be reached.\n\n\
         | question | doing nothing | its ratio to slapd | asked of us | ours, of nothing |\n|---|---|---|---|---|\n",
    );
    for (target, nothing) in rows {
        let slapd = results.figures(target.class, "slapd", 32);
        let ratio = slapd.map_or("–".to_owned(), |slapd| format!("{} ×", short(nothing.per_second / slapd.per_second)));
        let asked = target.ratio.map_or("–".to_owned(), |ratio| format!("{ratio} ×"));
        let ours = results.figures(target.class, "ours", 32).map_or(0.0, |ours| ours.per_second / nothing.per_second * 100.0);
        let _ = writeln!(out, "| {} | {} | {ratio} | {asked} | {ours:.0} % |", target.title, brief(Some(nothing)));
    }
    out.push('\n');
}

fn loads(out: &mut String, results: &Results) {
    out.push_str("## Loading\n\nFrom the files to the first search; slapd from our export. Disk without write-ahead logs.\n\n");
    out.push_str("| system | seconds | CPU seconds | disk | peak private memory | private memory serving |\n|---|---|---|---|---|---|\n");
    for (system, Loaded { cost, disk }) in &results.loads {
        let serving = results.serving.get(system).map_or("–".to_owned(), |bytes| megabytes(*bytes));
        let (disk, peak) = (megabytes(*disk), megabytes(cost.peak_private));
        let _ = writeln!(out, "| {system} | {:.1} | {:.1} | {disk} | {peak} | {serving} |", cost.seconds, cost.cpu_seconds);
    }
    out.push('\n');
}

/// What only our server is asked.
fn own(out: &mut String, results: &Results) {
    out.push_str("## The rest of what was asked\n\n| work | target | measured | met |\n|---|---|---|---|\n");
    let mut row = |work: &str, target: &str, measured: String, held: bool| {
        let _ = writeln!(out, "| {work} | {target} | {measured} | {} |", met(results, held));
    };
    if let Some(Loaded { cost, disk }) = results.loads.get("ours") {
        let store = cost.at("first load done").map_or(String::new(), |at| format!(", the store after {at:.1} s"));
        row("load all, ready to search", "≤ 150 s", format!("{:.1} s{store}", cost.seconds), cost.seconds <= 150.0);
        row("disk", "≤ 2500 MB", megabytes(*disk), *disk <= 2_500_000_000);
        row("private memory of the load, peak", "≤ 600 MB", megabytes(cost.peak_private), cost.peak_private <= 600_000_000);
    }
    if let Some((kept_by, cost, error)) = &results.limited {
        let said = cost
            .as_ref()
            .map_or(format!("failed: {}", error.as_deref().and_then(|e| e.lines().last()).unwrap_or_default().replace('|', " ")), |c| {
                format!("passed, {:.1} s", c.seconds)
            });
        row(&format!("the load in {kept_by}"), "passes", said, cost.is_some());
    }
    if let Some(next) = &results.next_day {
        let (import, beside) = (&next.import, &next.import_beside);
        row("next day's file until searchable, with `serve`", "≤ 10 s", format!("{:.1} s", import.seconds), import.seconds <= 10.0);
        row("its private memory, peak", "≤ 300 MB", megabytes(import.peak_private), import.peak_private <= 300_000_000);
        let grown = next.bytes_after.saturating_sub(next.bytes_before);
        row("growth of the folder by it", "the change's", megabytes(grown), grown < next.bytes_before / 10);
        let held = next.during.p99 <= 3.0 * next.quiet.p99;
        let searches = format!(
            "{} ms beside {} ms quiet (max {} and {})",
            short(next.during.p99),
            short(next.quiet.p99),
            short(next.during.max),
            short(next.quiet.max)
        );
        let pace = format!("p99 of autocompletion at {:.0}/s during it ({:.1} s then)", next.quiet.per_second, beside.seconds);
        row(&pace, "≤ 3 × quiet", searches, held);
        row("private memory of the server meanwhile, peak", "≤ 600 MB", megabytes(next.server_peak), next.server_peak <= 600_000_000);
    }
    if let Some(publishing) = &results.publishing {
        for (when, waits) in [("", &publishing.quiet), (" during the import", &publishing.during_import)] {
            let acknowledged = format!("{} ms, {} ms", short(waits.acknowledged_p50), short(waits.acknowledged_p99));
            row(&format!("an operator's write acknowledged{when}, p50 and p99"), "–", acknowledged, true);
            let found = format!(
                "{} ms, {} ms (max {}, of {})",
                short(waits.found_p50),
                short(waits.found_p99),
                short(waits.found_max),
                waits.count
            );
            row(&format!("then found by everybody{when}, p50 and p99"), "p99 ≤ 1 s", found, waits.found_p99 <= 1_000.0);
        }
        let rates = format!("{:.0}/s, {:.0} lines/s", publishing.per_second, publishing.batch_lines_per_second);
        row("four connections that only publish; a batch of 10,000", "–", rates, true);
    }
    if let Some(alerts) = &results.alerts {
        let postgres = |of: fn(&(List, List)) -> &List| {
            alerts
                .postgres
                .as_ref()
                .map_or(String::new(), |both| format!("; PostgreSQL's COPY of {}: {:.1} s", of(both).recipients, of(both).seconds))
        };
        let one = |list: &List| format!("{} addresses in {:.1} s", list.recipients, list.seconds);
        let pace = alerts.region.recipients as f64 / alerts.region.seconds;
        row("an alert list of one region", "50,000 in 10 s", one(&alerts.region) + &postgres(|both| &both.0), pace >= 5_000.0);
        let everybody = one(&alerts.everybody) + &postgres(|both| &both.1);
        row("an alert list of everybody", "≤ 60 s", everybody, alerts.everybody.seconds <= 60.0);
        let memory = format!("{} before, {} at most", megabytes(alerts.server_before), megabytes(alerts.server_peak));
        row("private memory of the server meanwhile", "constant", memory, alerts.server_peak < alerts.server_before + 100_000_000);
        let searches = format!("{} ms beside {} ms quiet", short(alerts.during.p99), short(alerts.quiet.p99));
        let pace = format!("p99 of autocompletion at {:.0}/s during it", alerts.quiet.per_second);
        row(&pace, "≤ 2 × quiet", searches, alerts.during.p99 <= 2.0 * alerts.quiet.p99);
    }
    if let Some(editions) = &results.editions {
        let (first, second) = (&editions.first, &editions.second);
        let peak = megabytes(first.peak_private.max(second.peak_private));
        let built = format!("{:.1} s, {peak} of private memory, {} of files", first.seconds, megabytes(editions.bytes));
        row("the day's open files, six forms for two audiences", "–", built, true);
        let searches = format!("{:.1} s; {} ms beside {} ms quiet", second.seconds, short(editions.during.p99), short(editions.quiet.p99));
        let pace = format!("the next, with its difference; p99 of autocompletion at {:.0}/s during it", editions.quiet.per_second);
        row(&pace, "≤ 2 × quiet", searches, editions.during.p99 <= 2.0 * editions.quiet.p99);
    }
    if let Some(restart) = results.restart {
        row("restart to first answer", "≤ 0.5 s", format!("{restart:.2} s"), restart <= 0.5);
    }
    if let Some(serving) = results.serving.get("ours") {
        row("private memory serving, after all questions", "≤ 600 MB", megabytes(*serving), *serving <= 600_000_000);
    }
    out.push('\n');
}

fn growth(out: &mut String, results: &Results, beside: &Results) {
    let (small, large) = if results.people < beside.people { (results, beside) } else { (beside, results) };
    let people = [small.people, large.people].map(|people| people.to_string());
    let _ = writeln!(out, "Ours with {} people, 8 connections; measured on {}.\n", people.join(" and with "), beside.date);
    let head = people.map(|people| format!("p99 with {people} | CPU")).join(" | ");
    let _ = writeln!(out, "| question | {head} | ratio | p99 grows by less than 3 × |\n|---|---|---|---|---|---|---|");
    for target in &TARGETS {
        let of = |results: &Results| results.figures(target.class, "ours", 8).cloned();
        let (Some(less), Some(more)) = (of(small), of(large)) else { continue };
        let (ratio, title) = (more.p99 / less.p99, target.title);
        let columns = [less, more].map(|figures| format!("{} ms | {} ms", short(figures.p99), short(figures.cpu))).join(" | ");
        let _ = writeln!(out, "| {title} | {columns} | {ratio:.2} × | {} |", verdict(ratio < 3.0));
    }
    if let (Some(less), Some(more)) = (small.loads.get("ours"), large.loads.get("ours")) {
        let told = |load: &Loaded| {
            let cost = &load.cost;
            let (disk, peak) = (load.disk / 1_000_000, cost.peak_private / 1_000_000);
            format!("{:.1} s, {:.1} s of CPU, {disk} MB on disk, at most {peak} MB of private memory", cost.seconds, cost.cpu_seconds)
        };
        let ratio = more.cost.cpu_seconds / less.cost.cpu_seconds;
        let people = large.people as f64 / small.people as f64;
        let _ = writeln!(out, "\nThe load takes {ratio:.1} × the CPU for {people:.1} × the people: {}; {}.", told(less), told(more));
    }
    out.push('\n');
}

fn every(out: &mut String, results: &Results) {
    out.push_str(
        "## Every figure\n\n| question | system | connections | answers/s | p50 ms | p99 ms | max ms | entries | CPU ms | failed |\n",
    );
    out.push_str("|---|---|---|---|---|---|---|---|---|---|\n");
    for (key, f) in &results.asked {
        let parts: Vec<_> = key.split('/').collect();
        let [p50, p99, max, cpu] = [f.p50, f.p99, f.max, f.cpu].map(short);
        let (rate, entries) = (short(f.per_second), f.entries);
        let _ = writeln!(out, "| {} | {rate} | {p50} | {p99} | {max} | {entries:.1} | {cpu} | {} |", parts.join(" | "), f.errors);
    }
    out.push('\n');
}

/// Puts it between the marks of docs/performance.md.
pub fn write(text: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
    let page = std::fs::read_to_string(&path)?;
    let (before, rest) = page.split_once(BEGIN).context("docs/performance.md has lost its first mark")?;
    let (_, after) = rest.split_once(END).context("docs/performance.md has lost its second mark")?;
    std::fs::write(&path, format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim_end()))?;
    println!("written: {}", path.display());
    Ok(())
}
