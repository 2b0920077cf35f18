//! `annuaire indicators`: count the day now, and read figures.

use super::exit::{Exit, Refused, Usage};
use super::search::Door;
use super::{ACTOR, Context, now, say, say_json};
use crate::audit::Journal;
use crate::export::Exports;
use crate::indicators::{Asked, Cut, Indicators, Scope, csv};
use clap::{Subcommand, ValueEnum};
use std::io::Write as _;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Count the present day now, in the place of its figures if it was counted before
    Build,
    /// Print figures: of the last day and the nation unless said otherwise
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// One day, or one month for exchange figures
    #[arg(long, value_name = "DAY", conflicts_with_all = ["from", "to"])]
    day: Option<String>,
    /// First day of several
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last day
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// national, type, profession, specialty, region, department, operator, domain, interface; with --full: national, region, operator, state, reason
    #[arg(long, value_parser = cut)]
    cut: Option<Cut>,
    /// One key of the cut
    #[arg(long)]
    key: Option<String>,
    /// One measure or rate
    #[arg(long)]
    measure: Option<String>,
    /// Everything the store holds, hidden mailboxes too, for the nation and its regions; in the journal
    #[arg(long)]
    full: bool,
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Json,
}

fn cut(word: &str) -> Result<Cut, String> {
    Cut::parse(word).ok_or_else(|| format!("one of {}", Cut::ALL.iter().map(|cut| cut.word()).collect::<Vec<_>>().join(", ")))
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    let (data, store) = context.store().await?;
    let door = Door::of_now(&data, &store).await?;
    let indicators = Indicators::new(store.clone(), door.directory.clone(), &data);
    match action {
        Action::Build => {
            let exports = Exports::new(data, store, door.directory.clone(), context.settings.exports.clone());
            if exports.built_on_the_day_of(now())? {
                let message = "the figures of the day are those of its edition; `annuaire edition build` makes both anew";
                return Err(Refused(message.to_owned()).into());
            }
            let day = indicators.build(now()).await?;
            say(format_args!("the figures of {day} are counted"));
        }
        Action::Show(Show { day, from, to, cut, key, measure, full, format }) => {
            if measure.as_deref().is_some_and(|word| !Asked::is_measure(word)) {
                return Err(Usage("there is no such measure; see docs/indicators.md".to_owned()).into());
            }
            let scope = if full { Scope::Full } else { Scope::Public };
            let answered = indicators.answer(&Asked { scope, day, from, to, cut, key, measure }).await?;
            if full {
                let detail = serde_json::json!({ "figures": answered.items.len() });
                Journal::new(store).record(ACTOR, "indicators.read", "", detail, now()).await?;
            }
            match format {
                Format::Json => say_json(&answered)?,
                Format::Csv => drop(std::io::stdout().write_all(csv(&answered.items).as_bytes())),
            }
            return Ok(if answered.items.is_empty() { Exit::NothingFound } else { Exit::Ok });
        }
    }
    Ok(Exit::Ok)
}
