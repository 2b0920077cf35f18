//! `annuaire synth`: invented national files in the real layouts; no person in them exists.

use super::exit::Exit;
use super::{Context, say, say_json};
use crate::synth::{self, MAX_PEOPLE, Options};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Professionals to invent
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(10..=MAX_PEOPLE))]
    people: u64,
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The edition of the day after: some came, some left, some changed
    #[arg(long)]
    next_day: bool,
    /// Folder to write to
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Text files instead of zips
    #[arg(long)]
    plain: bool,
    /// The whole fixture folder of this project instead: demo set, variants and hostile files
    #[arg(long, conflicts_with_all = ["people", "seed", "next_day", "plain"])]
    fixtures: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    context.outside_production("synth")?;
    if args.fixtures {
        synth::write_fixtures(&args.out)?;
        return Ok(Exit::Ok);
    }
    let options = Options {
        people: args.people,
        seed: args.seed,
        next_day: args.next_day,
        zipped: !args.plain,
        plain: args.plain,
        ..Options::default()
    };
    let summary = synth::generate(&options, &args.out)?;
    if args.json {
        say_json(&summary)?;
    } else {
        summary.files.iter().for_each(|name| say(args.out.join(name).display()));
    }
    Ok(Exit::Ok)
}
