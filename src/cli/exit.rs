//! Exit codes, and how an error is printed. The table is part of the interface: `--help` prints it, docs/commands.md repeats it.

use crate::error::{Error, Kind};
use std::io::Write as _;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Ok,
    Failed,
    Usage,
    Refused,
    NothingFound,
    Busy,
}

/// Printed under `--help`.
pub const HELP: &str = "\
Exit codes:
  0  done
  1  failed
  2  wrong arguments or settings
  3  refused by a rule: guard, older edition, folder of another kind, what is already there
  4  nothing found
  5  another process is in the way, or the directory cannot answer yet; try again";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::NothingFound => 4,
            Exit::Busy => 5,
        })
    }
}

/// A mistake in arguments or settings that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// A refusal that arises in this room.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// The exit code of a failure: the innermost error of ours decides.
pub fn of(failure: &anyhow::Error) -> Exit {
    for cause in failure.chain() {
        if cause.is::<Usage>() {
            return Exit::Usage;
        }
        if cause.is::<Refused>() {
            return Exit::Refused;
        }
        if let Some(error) = cause.downcast_ref::<Error>() {
            return of_kind(error.kind());
        }
    }
    Exit::Failed
}

fn of_kind(kind: Kind) -> Exit {
    match kind {
        Kind::Conflict | Kind::Gone | Kind::Precondition | Kind::Forbidden | Kind::Unprocessable => Exit::Refused,
        Kind::NotFound => Exit::NothingFound,
        Kind::Busy | Kind::RateLimited | Kind::Unavailable => Exit::Busy,
        Kind::Invalid | Kind::Unauthenticated | Kind::TooLarge | Kind::Internal => Exit::Failed,
    }
}

/// One line on standard error: the message and its causes, each said once.
pub fn print(failure: &anyhow::Error) {
    let _ = writeln!(std::io::stderr(), "annuaire: {}", line(failure));
}

fn line(failure: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in failure.chain() {
        let text = cause.to_string();
        // Messages made from an i/o error already end with it.
        if !line.contains(&text) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&text);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn the_error_of_ours_decides_the_code() {
        let refused: anyhow::Result<()> = Err(Error::conflict("an older edition").into());
        assert_eq!(of(&refused.context("file x").unwrap_err()), Exit::Refused);
        assert_eq!(of(&Error::not_found("x").into()), Exit::NothingFound);
        assert_eq!(of(&Usage("x".into()).into()), Exit::Usage);
        assert_eq!(of(&anyhow::anyhow!("x")), Exit::Failed);
    }

    #[test]
    fn causes_are_said_once() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        let text = missing.to_string();
        let failure = anyhow::Error::from(Error::internal(format!("/a/b: {text}"), missing)).context("reading");
        assert_eq!(line(&failure), format!("reading: /a/b: {text}"));
    }
}
