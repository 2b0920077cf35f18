//! What was asked of this server, work by work, and whether a run shows it.

use crate::client::Figures;
use crate::report::Results;

/// A class of questions and its bounds; throughput and latency are those at 32 connections.
pub struct Target {
    pub class: &'static str,
    pub title: &'static str,
    /// Whom we are compared with.
    pub other: &'static str,
    /// Our requests a second over theirs, at least.
    pub ratio: Option<f64>,
    pub per_second: Option<f64>,
    /// Milliseconds, at most.
    pub p99: Option<f64>,
    pub cpu: Option<f64>,
    /// Share of the people asked for among the first twenty, at least.
    pub recall: Option<f64>,
}

const fn target(class: &'static str, title: &'static str, other: &'static str) -> Target {
    Target { class, title, other, ratio: None, per_second: None, p99: None, cpu: None, recall: None }
}

pub const TARGETS: [Target; 20] = [
    Target { ratio: Some(50.0), p99: Some(20.0), cpu: Some(0.35), ..target("ac1", "autocompletion, one word", "slapd") },
    Target { ratio: Some(150.0), p99: Some(30.0), ..target("ac2", "autocompletion, two words", "slapd") },
    Target { p99: Some(30.0), ..target("ac2_typed", "two words in Thunderbird's own form", "slapd") },
    Target { p99: Some(30.0), cpu: Some(1.0), ..target("quick1", "quick search, twelve terms, one word", "slapd") },
    Target { p99: Some(30.0), cpu: Some(1.0), ..target("quick2", "quick search, twelve terms, two words", "slapd") },
    Target { ratio: Some(8.0), ..target("sn_prefix", "beginning of the surname", "slapd") },
    Target { ratio: Some(1.3), ..target("mail", "exact address", "slapd") },
    Target { ratio: Some(1.3), ..target("rpps", "exact RPPS number", "slapd") },
    Target { ratio: Some(5.0), ..target("name_city", "surname and city", "slapd") },
    Target { ratio: Some(5.0), ..target("spec_dept", "specialty and department, by code", "slapd") },
    Target { ratio: Some(5.0), p99: Some(20.0), ..target("rest", "REST: name, profession, city", "postgres") },
    Target { ratio: Some(50.0), p99: Some(30.0), recall: Some(0.97), ..target("typo", "REST: the same with a typo", "postgres") },
    target("rest_q1", "REST, one box: surname", "postgres"),
    target("rest_q2", "surname and city", "postgres"),
    target("rest_q3", "dr, given name, surname, city, profession beside", "postgres"),
    target("rest_typing", "surname and three letters of the city", "postgres"),
    target("rest_facets", "surname and city, with facets", "postgres"),
    target("rest_suggest", "suggestions for two to five letters", "postgres"),
    Target { per_second: Some(5_000.0), ..target("session", "a connection for each search", "slapd") },
    target("session_tls", "the same over TLS", "slapd"),
];

impl Target {
    /// Its bounds, in words.
    pub fn words(&self) -> String {
        let bounds = [
            self.ratio.map(|r| format!("≥ {r} ×")),
            self.per_second.map(|r| format!("≥ {r:.0}/s")),
            self.p99.map(|p| format!("p99 ≤ {p} ms")),
            self.cpu.map(|c| format!("CPU ≤ {c} ms")),
            self.recall.map(|r| format!("recall ≥ {r}")),
        ];
        let words: Vec<_> = bounds.into_iter().flatten().collect();
        if words.is_empty() { "–".to_owned() } else { words.join(", ") }
    }

    /// `None` when the run does not say; else what was missed.
    pub fn missed(&self, results: &Results, ours: &Figures, other: Option<&Figures>) -> Option<Vec<&'static str>> {
        let ratio = other.map(|other| ours.per_second / other.per_second);
        let recall = results.recalled.get(&format!("{}/ours", self.class));
        let least = |bound: Option<f64>, is: Option<f64>| bound.map(|bound| is.map(|is| is >= bound));
        let most = |bound: Option<f64>, is: f64| bound.map(|bound| Some(is <= bound));
        let held = [
            ("throughput", least(self.ratio, ratio)),
            ("throughput", least(self.per_second, Some(ours.per_second))),
            ("p99", most(self.p99, ours.p99)),
            ("CPU", most(self.cpu, ours.cpu)),
            ("recall", least(self.recall, recall.map(|r| r.clear))),
        ];
        let judged: Vec<_> = held.into_iter().filter_map(|(what, held)| Some((what, held?))).collect();
        if judged.is_empty() || judged.iter().any(|(_, held)| held.is_none()) {
            return None;
        }
        Some(judged.into_iter().filter(|(_, held)| *held == Some(false)).map(|(what, _)| what).collect())
    }
}
