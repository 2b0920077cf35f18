//! Progress of an import: a bar on a terminal, plain lines otherwise, always on standard error so that reports can be piped.

use crate::import::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A plain line is written this often at most while rows are read.
const EVERY: Duration = Duration::from_secs(5);

/// The display that fits standard error.
pub fn for_terminal() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bar::default()) } else { Box::new(Lines::default()) }
}

/// A bar over the bytes of the file being read; a spinner for stages without a length.
#[derive(Default)]
struct Bar {
    shown: Mutex<Option<ProgressBar>>,
}

impl Bar {
    fn replace(&self, next: ProgressBar) {
        if let Some(last) = self.shown.lock().unwrap_or_else(PoisonError::into_inner).replace(next) {
            last.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(last) = self.shown.lock().unwrap_or_else(PoisonError::into_inner).take() {
            last.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn file(&self, kind: &str, name: &str, bytes: u64) {
        let bar = ProgressBar::new(bytes);
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes} {prefix} {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(format!("{kind} {name}"));
        self.replace(bar);
    }

    fn rows(&self, rows: u64, bytes: u64) {
        if let Some(bar) = &*self.shown.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.set_position(bytes);
            bar.set_prefix(format!("{} rows/s", rate(rows, bar.elapsed())));
        }
    }

    fn applied(&self, applied: u64, planned: u64) {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = &*shown {
            bar.set_message(format!("{applied} of {planned} differences applied"));
        }
    }

    fn stage(&self, stage: &str) {
        let spinner = ProgressBar::new_spinner();
        spinner.set_message(stage.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(120));
        self.replace(spinner);
    }
}

/// One line a file and a stage, and one every few seconds in between.
#[derive(Default)]
pub struct Lines {
    current: Mutex<Option<Current>>,
}

struct Current {
    name: String,
    bytes: u64,
    begun: Instant,
    said: Instant,
}

impl Current {
    fn new(name: &str, bytes: u64) -> Self {
        Self { name: name.to_owned(), bytes, begun: Instant::now(), said: Instant::now() }
    }
}

/// Rows a second.
fn rate(rows: u64, elapsed: Duration) -> u64 {
    (rows as f64 / elapsed.as_secs_f64().max(0.001)) as u64
}

/// What is left of a file at the pace so far.
fn seconds_left(read: u64, bytes: u64, elapsed: Duration) -> u64 {
    (elapsed.as_secs_f64() * bytes.saturating_sub(read) as f64 / read.max(1) as f64).ceil() as u64
}

fn write(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

impl Progress for Lines {
    fn file(&self, kind: &str, name: &str, bytes: u64) {
        write(format_args!("reading {kind}: {name} ({bytes} bytes)"));
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Current::new(name, bytes));
    }

    fn rows(&self, rows: u64, bytes: u64) {
        if let Some(current) = &mut *self.current.lock().unwrap_or_else(PoisonError::into_inner)
            && current.said.elapsed() >= EVERY
        {
            current.said = Instant::now();
            let percent = bytes.saturating_mul(100).checked_div(current.bytes).unwrap_or(100).min(100);
            let elapsed = current.begun.elapsed();
            let (rate, left) = (rate(rows, elapsed), seconds_left(bytes, current.bytes, elapsed));
            write(format_args!("{}: {rows} rows, {percent} %, {rate} rows/s, {left} s left", current.name));
        }
    }

    fn applied(&self, applied: u64, planned: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_none_or(|current| current.said.elapsed() >= EVERY) {
            *current = Some(Current::new("", 0));
            write(format_args!("{applied} of {planned} differences applied"));
        }
    }

    fn stage(&self, stage: &str) {
        write(format_args!("{stage}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_and_rest_are_told() {
        assert_eq!(rate(300_000, Duration::from_secs(3)), 100_000);
        assert_eq!(seconds_left(250, 1_000, Duration::from_secs(5)), 15);
        assert_eq!((seconds_left(0, 10, Duration::ZERO), seconds_left(12, 10, Duration::from_secs(1))), (0, 0));
    }
}
