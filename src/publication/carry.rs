//! Carrying out many lines: checked one by one, written some fifty at a time in one transaction, each accepted or refused on its own.
//!
//! Two lines about one mailbox never share a transaction, since the second is checked against what the first leaves.

use super::Publication;
use super::check::{Checks, Domains};
use super::line::{Line, Operation, syntax};
use super::report::{Asked, LineReport, Warning};
use crate::error::{Kind, Result};
use crate::store::{Actor, BatchMark, Beside, Write, Written};
use crate::trust::Publisher;
use std::collections::BTreeSet;

/// Writes of one transaction: a sync is shared by them, and nobody else waits longer than they take.
pub(super) const AT_ONCE: usize = 50;

/// A line with the place it is reported under.
pub(super) struct Item<'a> {
    pub(super) line: u64,
    pub(super) body: Result<&'a [u8], &'a str>,
}

/// Lines checked and not yet written.
#[derive(Default)]
pub(super) struct Pending {
    writes: Vec<Write>,
    /// In order: what is refused already, or what is asked, with its warnings.
    lines: Vec<Result<(Asked, Vec<Warning>), LineReport>>,
    addresses: BTreeSet<String>,
    batch: Option<BatchMark>,
}

impl Pending {
    pub(super) fn of_batch(batch: BatchMark) -> Self {
        Self { batch: Some(batch), ..Self::default() }
    }

    fn full(&self) -> bool {
        self.writes.len() >= AT_ONCE || self.lines.len() >= 10 * AT_ONCE
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// What became of each line.
    fn settle(lines: &[Result<(Asked, Vec<Warning>), LineReport>], outcomes: &[Result<Written>]) -> Vec<LineReport> {
        let mut outcomes = outcomes.iter();
        let settled = |line: &Result<(Asked, Vec<Warning>), LineReport>| match line {
            Err(refused) => Some(refused.clone()),
            Ok((asked, warnings)) => outcomes.next().map(|outcome| asked.settled(outcome, warnings)),
        };
        lines.iter().filter_map(settled).collect()
    }
}

/// What was written of some lines.
pub(super) struct Settled {
    pub(super) lines: Vec<LineReport>,
    pub(super) last_change: Option<i64>,
}

impl Publication {
    /// Checks one line and adds it. `false`, having done nothing, when what is pending must be written first.
    pub(super) async fn take(
        &self,
        item: &Item<'_>,
        publisher: &Result<Publisher>,
        allowed: &[Operation],
        pending: &mut Pending,
        domains: &mut Domains,
    ) -> Result<bool> {
        if pending.full() {
            return Ok(false);
        }
        let parsed = match item.body {
            Ok(bytes) => Line::parse(bytes),
            Err(why) => Err(syntax("", why)),
        };
        let mut asked = Asked { line: item.line, address: None, operation: None };
        let line = match parsed {
            Ok(line) => line,
            Err(error) => {
                pending.lines.push(Err(asked.rejected(&error)));
                return Ok(true);
            }
        };
        asked.operation = line.operation;
        asked.address = line.address.given().and_then(|text| crate::model::Address::parse(text).ok()).map(String::from);
        if asked.address.as_ref().is_some_and(|address| pending.addresses.contains(address)) {
            return Ok(false);
        }
        let publisher = match publisher {
            Ok(publisher) => publisher,
            Err(error) => {
                pending.lines.push(Err(asked.rejected(error)));
                return Ok(true);
            }
        };
        let checked = match allowed.contains(&line.operation()) {
            true => Checks { store: &self.store, publisher }.act(&line, domains).await,
            false => Err(syntax("operation", "un état complet ne prend pas d'opération")),
        };
        match checked {
            Ok(checked) => {
                pending.addresses.extend(asked.address.clone());
                pending.writes.push(Write { batch: pending.batch.clone(), ..checked.write });
                pending.lines.push(Ok((asked, checked.warnings)));
            }
            // The store could not be asked: nothing of the line is known, and it is tried again.
            Err(error) if matches!(error.kind(), Kind::Internal | Kind::Busy | Kind::Unavailable) => return Err(error),
            Err(error) => pending.lines.push(Err(asked.rejected(&error))),
        }
        Ok(true)
    }

    /// Writes what is pending. `beside` is made from the lines as they turn out, in the same transaction.
    pub(super) async fn write_pending(
        &self,
        pending: Pending,
        actor: &Actor,
        now: i64,
        dry_run: bool,
        beside: Option<impl FnOnce(&[LineReport]) -> crate::store::Noted + Send + 'static>,
    ) -> Result<Settled> {
        let Pending { writes, lines, .. } = pending;
        let told = lines.clone();
        let beside =
            beside.map(|beside| Box::new(move |outcomes: &[Result<Written>]| beside(&Pending::settle(&told, outcomes))) as Box<dyn Beside>);
        let outcomes = self.store.write_mailboxes(&writes, actor, now, dry_run, beside).await?;
        let last_change = if dry_run { None } else { outcomes.iter().flatten().filter_map(|written| written.seq).max() };
        Ok(Settled { lines: Pending::settle(&lines, &outcomes), last_change })
    }
}
