//! The day's files: an edition for both audiences, beside a server that is asked all the while; then the next edition, with the difference.

use crate::client::{self, Figures, Load};
use crate::ours::{Certificate, Ours, annuaire, copy};
use crate::process::{Cost, disk, timed};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Editions {
    /// The first, for the public and for accounts.
    pub first: Cost,
    /// The second, with the difference.
    pub second: Cost,
    /// All files of the newest, both audiences, packed.
    pub bytes: u64,
    pub quiet: Figures,
    pub during: Figures,
}

/// `rate`: searches a second beside, in all.
pub fn measure(keep: &Path, data: &Path, certificate: &Certificate, questions: &[Vec<u8>], rate: f64) -> Result<Editions> {
    let copied = copy(keep, data)?;
    let mut ours = Ours::start(&copied, certificate)?;
    ours.listens()?;
    let target = ours.target("ac1", certificate);
    client::first_answer(&target, questions.first().context("a question")?, Instant::now())?;
    let connections = 8;
    let pace = Duration::from_secs_f64(connections as f64 / rate.max(1.0));
    let load = Load { connections, duration: Duration::from_secs(20), pace: Some(pace) };
    let quiet = client::run(&target, questions, &load, &AtomicBool::new(false))?;
    let first = timed(&mut annuaire(&copied, &["edition", "build"]))?;
    let bytes = disk(&copied.join("exports"), &[]);
    let end = AtomicBool::new(false);
    let (second, during) = std::thread::scope(|scope| {
        let build = scope.spawn(|| {
            let cost = timed(&mut annuaire(&copied, &["edition", "build"]));
            end.store(true, Ordering::Relaxed);
            cost
        });
        let during = client::run(&target, questions, &Load { duration: Duration::from_secs(3_600), ..load }, &end);
        (build.join(), during)
    });
    let second = second.map_err(|_| anyhow::anyhow!("the build's thread failed"))??;
    drop(ours);
    let _ = std::fs::remove_dir_all(copied);
    Ok(Editions { first, second, bytes, quiet, during: during? })
}
