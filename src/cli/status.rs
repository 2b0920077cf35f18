//! `annuaire status`: what the data folder holds and whether it is searchable. Counts only; no name, no address.

use super::exit::Exit;
use super::{Context, say, say_json};
use crate::index;
use anyhow::Context as _;
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let (data, store) = context.store().await?;
    let last_change = store.last_change().await?;
    let committed = index::committed_on_disk(&data.index())?.map(|committed| committed.seq);
    let status = json!({
        "data": data.root(),
        "store": serde_json::to_value(store.status().await?).context("writing the status")?,
        "index": {
            "committed": committed,
            "last_change": last_change,
            "searchable": committed.is_some_and(|seq| seq >= last_change),
        },
    });
    if args.json {
        say_json(&status)?;
    } else {
        print("", &status);
    }
    Ok(Exit::Ok)
}

/// `section.name  value`, one a line: the JSON for eyes and for grep.
fn print(path: &str, value: &Value) {
    let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| print(&under(name), value)),
        Value::Array(items) if items.is_empty() => say(format_args!("{path:<44} none")),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| print(&under(&(i + 1).to_string()), value)),
        Value::Null => say(format_args!("{path:<44} none")),
        Value::String(text) => say(format_args!("{path:<44} {text}")),
        other => say(format_args!("{path:<44} {other}")),
    }
}
