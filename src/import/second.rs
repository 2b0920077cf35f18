//! The second pass over a file: the lines that speak of what is compared are read, and what they say of it is staged.

use super::ahead::Ahead;
use super::fingerprint::Keys;
use super::inputs::Input;
use super::memory::Bits;
use super::scope::Affected;
use super::statements;
use super::today::{Line, Today};
use super::witnesses::Pending;
use crate::error::{Error, Kind, Result};
use crate::extraction::Reader;
use crate::store::import::Staging;

pub(super) struct Second<'a> {
    pub keys: Keys,
    pub today: &'a Today<'a>,
    pub affected: &'a Affected,
    /// Places of the lines that speak of it.
    pub wanted: &'a Bits,
}

impl Second<'_> {
    pub fn pass(&self, pending: &mut Pending, staging: &mut Staging) -> Result<()> {
        let input = self.today.input;
        let Some(kind) = input.kind() else { return Ok(()) };
        let mut source = Ahead::again(input)?;
        let mut reader = Reader::new(kind, &mut source)?;
        let mut new = self.today.new.iter();
        for line in self.today.all() {
            if !reader.advance()? {
                return Err(changed(input));
            }
            let hash = match line {
                Line::Passed => continue,
                Line::New => new.next().map(|new| new.hash),
                Line::Known(place) => {
                    let sought = || reader.line().is_some_and(|line| pending.may_hold(input.file, line));
                    if !self.wanted.contains(place) && !sought() {
                        continue;
                    }
                    self.today.lines.hashes.get(place as usize).copied()
                }
            };
            if hash.is_none() || reader.line().map(|line| self.keys.hash(line)) != hash {
                return Err(changed(input));
            }
            let hash = hash.unwrap_or_default();
            let row = reader.row();
            let Ok(record) = &row.outcome else { continue };
            statements::of(record, &mut |candidate| {
                pending.see(input.file, candidate, hash);
                if self.affected.wants(candidate) { staging.add(input.file, candidate).map(drop) } else { Ok(()) }
            })?;
        }
        Ok(())
    }
}

fn changed(input: &Input) -> Error {
    let what = format!("{} {}: the file changed while it was read; nothing was imported", input.file.code(), input.name);
    Error::new(Kind::Conflict, "file_changed", what)
}
