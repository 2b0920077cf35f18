//! Logs: where they go, and what may never be in them.
//!
//! Standard error, text or JSON lines. Ours hold no filter, query, name or address, at any level; libraries below may log what passes
//! through them at `debug` and `trace` (header values, statements), so whatever level is asked for, they are heard from `info` up only.

use super::exit;
use crate::settings::LogSettings;
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// Starts logging at the level of the settings for `serve`, and with warnings only for the other commands, which talk to a reader.
pub fn start(settings: &LogSettings, server: bool) -> Result<(), exit::Usage> {
    let level = if server { settings.level.as_str() } else { "warn" };
    let asked = EnvFilter::try_new(level).map_err(|error| exit::Usage(format!("settings: log.level: {error}")))?;
    let ours = filter_fn(|metadata| metadata.target().starts_with("annuaire") || *metadata.level() <= Level::INFO);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = if settings.json { lines.json().boxed() } else { lines.with_ansi(false).boxed() };
    // Only a second start in one process can fail, and then logging is already there.
    let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).with(asked).try_init();
    Ok(())
}
