//! `annuaire audit`: the journal for an auditor. Verifies it, searches it, exports it, and erases what entries say when the law asks.
//!
//! Days are those of Europe/Paris, both ends included. An export holds, for each row, all that its digest and its link in the chain are
//! made of, so that it can be checked without this program. `verify` ends with the code of a failure when anything is wrong, and says
//! where. Looking is not journaled; erasing is.

use super::exit::{Exit, Usage};
use super::{ACTOR, Context, now, say, say_json};
use crate::audit::Journal;
use crate::store::{AuditEntry, AuditQuery, AuditRow, AuditVerdict};
use anyhow::Context as _;
use clap::Subcommand;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;
use std::io::{BufWriter, Write as _};

/// Rows of an export read at once.
const PAGE: usize = 500;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Prove that nothing was removed or changed, or say where
    Verify {
        /// A head noted earlier, which must be found: proves that the end was not cut or written anew
        #[arg(long, value_name = "HEX", value_parser = head)]
        head: Option<[u8; 32]>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the head of the chain, to be noted elsewhere
    Head,
    /// Find entries, oldest first
    Search(Box<Search>),
    /// Write all rows as JSON lines, with what is needed to check them elsewhere
    Export {
        /// First day, Europe/Paris (2026-09-01)
        #[arg(long, value_name = "DAY")]
        from: Option<Date>,
        /// Last day
        #[arg(long, value_name = "DAY")]
        to: Option<Date>,
    },
    /// Erase what entries about an object say; the chain stays whole
    Erase {
        /// Address of a mailbox, name of an account …
        object: String,
        /// Why: recorded, so without a name
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Print the last technical traces, newest first
    Traces {
        /// Traces printed at most
        #[arg(long, default_value_t = 100)]
        limit: u16,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub struct Search {
    /// Address of a mailbox, name of an account …
    #[arg(long)]
    object: Option<String>,
    #[arg(long)]
    actor: Option<String>,
    /// mailbox.flag, account.add …
    #[arg(long)]
    action: Option<String>,
    /// First day, Europe/Paris (2026-09-01)
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Last day
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Entries behind this one only
    #[arg(long, value_name = "ID", default_value_t = 0)]
    after: i64,
    /// Entries printed at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// An entry with its id, as `search --json` prints it.
#[derive(serde::Serialize)]
struct Found<'a> {
    id: i64,
    #[serde(flatten)]
    entry: &'a AuditEntry,
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    let (_data, store) = context.store().await?;
    let journal = Journal::new(store);
    match action {
        Action::Verify { head, json } => verify(&journal, head, json).await,
        Action::Head => {
            say(hex(&journal.head().await?));
            Ok(Exit::Ok)
        }
        Action::Search(wanted) => search(&journal, *wanted).await,
        Action::Export { from, to } => export(&journal, from, to).await,
        Action::Erase { object, reason } => {
            let erased = journal.erase(&object, &reason, ACTOR, now()).await?;
            say(format_args!("erased what {erased} entries said"));
            Ok(if erased == 0 { Exit::NothingFound } else { Exit::Ok })
        }
        Action::Traces { limit, json } => traces(&journal, limit.into(), json).await,
    }
}

async fn verify(journal: &Journal, head: Option<[u8; 32]>, json: bool) -> anyhow::Result<Exit> {
    let verdict = journal.verify(head).await?;
    let exit = if verdict.fault.is_none() { Exit::Ok } else { Exit::Failed };
    if json {
        say_json(&verdict)?;
        return Ok(exit);
    }
    let AuditVerdict { entries, erased, first, last, head, fault } = verdict;
    match fault {
        None => say("whole"),
        Some(fault) => say(format_args!("wrong at entry {}: {}", fault.id, fault.what)),
    }
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    say(format_args!("{entries} entries, {first} to {last}; what {erased} of them said is erased"));
    say(format_args!("head {head}"));
    Ok(exit)
}

async fn search(journal: &Journal, wanted: Search) -> anyhow::Result<Exit> {
    let Search { object, actor, action, from, to, after, limit, json } = wanted;
    let (from, to) = span(from, to)?;
    let found = journal.search(&AuditQuery { object, actor, action, from, to, after, limit: limit.into() }).await?;
    if json {
        say_json(&found.iter().map(|(id, entry)| Found { id: *id, entry }).collect::<Vec<_>>())?;
    } else {
        found.iter().for_each(|(id, entry)| print(*id, entry));
    }
    if let Some((last, _)) = found.last().filter(|_| found.len() == usize::from(limit)) {
        let _ = writeln!(std::io::stderr(), "there may be more: --after {last}");
    }
    if found.is_empty() && !json {
        say("nothing found");
    }
    Ok(if found.is_empty() { Exit::NothingFound } else { Exit::Ok })
}

fn print(id: i64, entry: &AuditEntry) {
    let AuditEntry { at, actor, credential, source, request_id, action, object, result, detail } = entry;
    let more = [("credential", credential), ("from", source), ("request", request_id), ("result", result)];
    let more: String = more.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("  {name} {value}")).collect();
    say(format_args!("{id:>8}  {}  {actor}  {action}  {object}{more}  {detail}", moment(*at)));
}

async fn export(journal: &Journal, from: Option<Date>, to: Option<Date>) -> anyhow::Result<Exit> {
    let (from, to) = span(from, to)?;
    let mut query = AuditQuery { from, to, limit: PAGE, ..AuditQuery::default() };
    let mut out = BufWriter::new(std::io::stdout());
    loop {
        let rows = journal.rows(&query).await?;
        let Some(last) = rows.last() else { break };
        query.after = last.id;
        for row in &rows {
            writeln!(out, "{}", line(row)).context("writing to standard output")?;
        }
    }
    out.flush().context("writing to standard output")?;
    Ok(Exit::Ok)
}

/// The payload is a text and not an object: its digest is that of just these bytes.
fn line(row: &AuditRow) -> serde_json::Value {
    let (salt, payload) = row.payload.as_ref().map(|(salt, payload)| (hex(salt), payload)).unzip();
    json!({
        "id": row.id, "at": row.at, "day": row.day, "payload_digest": hex(&row.payload_digest), "chain": hex(&row.chain),
        "salt": salt, "payload": payload,
    })
}

async fn traces(journal: &Journal, limit: usize, json: bool) -> anyhow::Result<Exit> {
    let traces = journal.traces(limit).await?;
    if json {
        say_json(&traces)?;
    } else if traces.is_empty() {
        say("no traces");
    } else {
        traces.iter().for_each(|trace| say(format_args!("{}  {}  {}  {}", moment(trace.at), trace.actor, trace.action, trace.detail)));
    }
    Ok(Exit::Ok)
}

/// First second of the first day, and first second after the last.
fn span(from: Option<Date>, to: Option<Date>) -> anyhow::Result<(Option<i64>, Option<i64>)> {
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Usage("--from is after --to".to_owned()).into());
    }
    let midnight = |day: Date| anyhow::Ok(day.to_zoned(crate::model::paris())?.timestamp().as_second());
    let to = to.map(|day| anyhow::Ok(midnight(day.checked_add(1.day())?)?)).transpose()?;
    Ok((from.map(midnight).transpose()?, to))
}

/// A UTC second as the time of Paris, with its offset.
fn moment(second: i64) -> String {
    let time = Timestamp::from_second(second);
    time.map_or_else(|_| second.to_string(), |t| t.to_zoned(crate::model::paris()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn head(text: &str) -> Result<[u8; 32], String> {
    let wrong = || "a head has 64 hexadecimal digits".to_owned();
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len() == 64).ok_or_else(wrong)?;
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    bytes.try_into().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_printed() {
        let bytes: [u8; 32] = std::array::from_fn(|i| (i * 37 % 256) as u8);
        assert_eq!(head(&hex(&bytes)), Ok(bytes));
        for wrong in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(64)] {
            assert!(head(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn both_days_are_included() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let (from, to) = span(Some(day("2026-03-28")), Some(day("2026-03-29"))).unwrap();
        assert_eq!(to.unwrap() - from.unwrap(), 47 * 3600, "the clocks go forward that night");
        assert_eq!(moment(from.unwrap()), "2026-03-28T00:00:00+01:00");
        assert!(span(Some(day("2026-03-29")), Some(day("2026-03-28"))).is_err());
    }
}
