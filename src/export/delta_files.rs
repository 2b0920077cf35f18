//! Differences between any two kept editions, made when they are asked for and kept until the next edition.
//!
//! One is made at a time, whoever asks; who asks meanwhile is told to come again. The newest edition's own delta is a file of that edition.

use super::delta::{self, DELTA};
use super::draft::Draft;
use super::edition::lines;
use super::packed::Packed;
use super::shelf::{EditionId, Shelf, names, sync};
use super::{Exports, audience_name, unwritable};
use crate::directory::Audience;
use crate::error::{Error, Kind, Result};
use crate::store::{DataDir, private_folder};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

fn folder(data: &DataDir) -> PathBuf {
    data.exports().join("deltas")
}

/// What was made for a former newest edition.
pub(super) fn clear(data: &DataDir) -> Result<()> {
    let folder = folder(data);
    for name in names(&folder)? {
        fs::remove_file(folder.join(name)).map_err(unwritable)?;
    }
    Ok(())
}

/// A difference that is there.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Its packed file.
    pub path: PathBuf,
    /// Name of the file for a client.
    pub name: String,
    /// Names these very bytes.
    pub tag: String,
}

impl Exports {
    /// A packed file with the difference from one kept edition to a later one, the newest when `to` is `None`.
    /// Errors: `unknown_edition`, invalid (`invalid_edition`) when they stand the other way round, busy, those of the disk.
    pub async fn difference(&self, audience: Audience, from: EditionId, to: Option<EditionId>) -> Result<Difference> {
        let shelf = self.shelf(audience);
        let kept = shelf.editions()?;
        let unknown = || Error::new(Kind::NotFound, "unknown_edition", "there is no such edition, or it is not kept any more");
        let newest = *kept.first().ok_or_else(unknown)?;
        let to = to.unwrap_or(newest);
        if !kept.contains(&from) || !kept.contains(&to) {
            return Err(unknown());
        }
        if from > to {
            return Err(Error::new(Kind::Invalid, "invalid_edition", "`from` is the earlier of the two editions"));
        }
        let name = format!("delta-{from}_{to}.jsonl.gz");
        let manifest = shelf.manifest(newest)?;
        if let Some(own) = manifest.file(DELTA).filter(|_| to == newest && manifest.delta_from == Some(from.to_string())) {
            return Ok(Difference { path: shelf.path(to, DELTA), name, tag: own.sha256.clone() });
        }
        let tag = format!("{}-{from}_{to}_{newest}", audience_name(audience));
        let path = folder(&self.data).join(format!("{tag}.jsonl.gz"));
        if path.is_file() {
            return Ok(Difference { path, name, tag });
        }
        let busy = |_| Error::new(Kind::Busy, "busy", "another difference is being made");
        let turn = Arc::clone(&self.state.comparing).try_acquire_owned().map_err(busy)?;
        let (data, made) = (self.data.clone(), path.clone());
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            make(&data, &shelf, [from, to, newest], &made)
        });
        task.await.map_err(|e| Error::internal("a difference ended abnormally", e))??;
        Ok(Difference { path, name, tag })
    }
}

fn make(data: &DataDir, shelf: &Shelf, [from, to, newest]: [EditionId; 3], path: &std::path::Path) -> Result<()> {
    let folder = folder(data);
    private_folder(&folder).map_err(unwritable)?;
    let beside = Draft::begin(data)?;
    let draft = beside.made().join("delta");
    let mut out = Packed::create(&draft)?;
    let latest = (to != newest).then(|| lines(&shelf.lines(newest))).transpose()?;
    // From an edition to itself nothing happened, whatever was withdrawn since.
    if from != to {
        delta::write(lines(&shelf.lines(from))?, lines(&shelf.lines(to))?, latest, &mut out)?;
    }
    out.finish()?;
    // A build that ended meanwhile has cleared the folder: what was made for the edition before it must not come back.
    if shelf.newest()? == Some(newest) {
        fs::rename(&draft, path).map_err(unwritable)?;
        return sync(&folder);
    }
    Err(Error::new(Kind::Busy, "busy", "a new edition came meanwhile; ask again"))
}
