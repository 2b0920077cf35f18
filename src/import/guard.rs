//! The guard: a file that would close too much, or of which too much is rejected, is refused as a whole.
//!
//! A cut or wrong file looks like a mass departure. Per file and per kind of thing it owns, closing more than the greatest of 20 things,
//! 1 %, and 0.5 % for each day since the last edition refuses; the liste blanche at 20 % of its domains only. Rejected rows refuse above
//! the greater of 20 rows and 0.1 %. `--accept-shrink` and `--accept-rejects` say that it is meant.

use super::report::FileReport;
use super::{Options, edition};
use crate::error::{Error, Kind, Result};
use crate::store::import::{LastApplied, Shrink, SourceFile};

/// Refuses a file without a single accepted row, or with too many rejected ones.
pub(super) fn check_rows(file: &FileReport, options: &Options) -> Result<()> {
    let refuse = |code, why: String| Err(Error::new(Kind::Unprocessable, code, format!("{}: {why}; nothing was imported", file.title())));
    if file.accepted == 0 {
        return refuse("no_accepted_row", format!("not one of its {} rows could be accepted", file.rows_read));
    }
    let allowed = (file.rows_read / 1000).max(20);
    if file.rejected > allowed && !options.accept_rejects {
        let why = format!("{} of {} rows rejected, more than the {allowed} allowed", file.rejected, file.rows_read);
        return refuse("too_many_rejects", format!("{why}{}; --accept-rejects imports the rest", file.first_rejection()));
    }
    Ok(())
}

/// Refuses a plan that closes too much of what one of its files owns.
pub(super) fn check_shrinks(shrinks: &[Shrink], files: &[FileReport], last: &[LastApplied], options: &Options) -> Result<()> {
    if options.accept_shrink {
        return Ok(());
    }
    for shrink in shrinks {
        let Some(file) = files.iter().find(|f| f.kind == shrink.file.code()) else { continue };
        let days = last.iter().find(|l| l.file == shrink.file).map_or(0.0, |l| edition::days_between(&l.edition, &file.edition));
        let allowed = allowed(shrink, days);
        if shrink.closing > allowed {
            let why = format!("would close {} of {} {}, more than the {allowed} allowed", shrink.closing, shrink.held, shrink.thing);
            return Err(Error::new(
                Kind::Unprocessable,
                "too_much_closed",
                format!("{}: {why}; is the file cut? nothing was imported; --accept-shrink says that it is meant", file.title()),
            ));
        }
    }
    Ok(())
}

fn allowed(shrink: &Shrink, days: f64) -> u64 {
    let held = shrink.held as f64;
    match shrink.file {
        SourceFile::ListeBlanche => (held * 0.2) as u64,
        _ => 20.0_f64.max(held * 0.01).max(held * 0.005 * days) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_close() {
        let shrink = |file, held| Shrink { file, thing: "x".into(), held, closing: 0 };
        for (held, days, expected) in [(100, 0.0, 20), (5_000, 1.0, 50), (5_000, 4.0, 100), (10, 400.0, 20)] {
            assert_eq!(allowed(&shrink(SourceFile::Mailboxes, held), days), expected);
        }
        assert_eq!(allowed(&shrink(SourceFile::ListeBlanche, 50), 100.0), 10);
        assert_eq!(allowed(&shrink(SourceFile::ListeBlanche, 4), 100.0), 0);
    }
}
