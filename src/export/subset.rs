//! Subsets of the directory by profession and place, made when they are asked for and kept until the next edition, a day at most.
//!
//! One of an account at a time, two of all: a subset is a walk over everybody. Whoever leaves before it is made finds it made.

use super::draft::Draft;
use super::edition::about;
use super::manifest::{FileEntry, Licence, MANIFEST, Manifest};
use super::packed::hexadecimal;
use super::shelf::{names, packed, write_synced};
use super::{Exports, Filter, Form, Making, Target, Wanted, audience_name, select, unreadable, unwritable};
use crate::directory::{Audience, Directory};
use crate::error::{Error, Kind, Result};
use crate::store::{Actor, DataDir, private_folder};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Walks for subsets at the same time.
const AT_ONCE: usize = 2;
/// A subset is not older than this, also where no edition is built.
const OLDEST: Duration = Duration::from_secs(24 * 3_600);

/// How long one waits for changes that are being applied.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who has a subset made right now.
#[derive(Default)]
pub(super) struct Turns(Arc<Mutex<HashSet<String>>>);

/// Held until dropped.
struct Turn(Arc<Mutex<HashSet<String>>>, String);

impl Turns {
    fn take(&self, who: &str) -> Result<Turn> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.contains(who) || taken.len() >= AT_ONCE {
            return Err(Error::new(Kind::Busy, "busy", "a subset is being made; ask again when it is done"));
        }
        taken.insert(who.to_owned());
        Ok(Turn(Arc::clone(&self.0), who.to_owned()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// A subset that is there.
#[derive(Clone, Debug)]
pub struct Subset {
    pub manifest: Manifest,
    /// Its packed file.
    pub path: PathBuf,
    /// Name of the file for a client.
    pub name: String,
}

fn folder(data: &DataDir) -> PathBuf {
    data.exports().join("subsets")
}

/// All of them.
pub(super) fn clear(data: &DataDir) -> Result<()> {
    let folder = folder(data);
    for name in names(&folder)? {
        remove(&folder.join(name))?;
    }
    Ok(())
}

struct Order {
    data: DataDir,
    directory: Directory,
    audience: Audience,
    form: Form,
    filter: Filter,
    sources: Vec<(String, String)>,
    now: jiff::Timestamp,
    most: usize,
    /// Last change of the store before the walk.
    seq: i64,
}

impl Exports {
    /// The subset in that form, made if it is not there; making it is in the journal. `now`: UTC seconds.
    /// Errors: `unknown_code`, busy, unavailable when the gate is closed or the disk full, internal.
    pub async fn subset(&self, actor: &Actor, audience: Audience, form: Form, filter: Filter, now: i64) -> Result<Subset> {
        let folder = folder(&self.data).join(key(audience, form, &filter));
        // What was withdrawn since is in it no longer: it is made anew.
        if let (Some(subset), Some(seq)) = (ready(&folder, form)?, made_at(&folder))
            && !self.store.withdrawn_since(seq).await?
        {
            return Ok(subset);
        }
        filter.check(&self.store.official_labels().await?)?;
        let turn = self.state.subsets.take(&actor.name)?;
        let seq = self.store.last_change().await?;
        self.caught_up(PATIENCE).await?;
        let now_stamp = jiff::Timestamp::from_second(now).map_err(|e| Error::internal("the time of a subset", e))?;
        let order = Order {
            data: self.data.clone(),
            directory: self.directory.clone(),
            audience,
            form,
            filter,
            sources: self.sources().await?,
            now: now_stamp,
            most: self.settings.subsets,
            seq,
        };
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            order.carry_out(&folder).map(|()| folder)
        });
        let folder = task.await.map_err(|e| Error::internal("a subset ended abnormally", e))??;
        let gone = || Error::new(Kind::Busy, "busy", "a new edition came meanwhile; ask again");
        let subset = ready(&folder, form)?.ok_or_else(gone)?;
        self.journal_subset(actor, &subset.manifest, form, now).await?;
        Ok(subset)
    }
}

/// Names what was asked for.
fn key(audience: Audience, form: Form, filter: &Filter) -> String {
    let asked = serde_json::json!([audience_name(audience), form.name(), filter]).to_string();
    hexadecimal(&Sha256::digest(asked.as_bytes()))
}

/// Holds the last change of the store before the walk: what was withdrawn later may be in the files.
const SEQ: &str = "seq";

fn made_at(folder: &Path) -> Option<i64> {
    fs::read_to_string(folder.join(SEQ)).ok()?.parse().ok()
}

/// Removes a folder that another request may have removed as well.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unwritable(error)),
        _ => Ok(()),
    }
}

fn ready(folder: &Path, form: Form) -> Result<Option<Subset>> {
    let path = folder.join(MANIFEST);
    let young = |age: SystemTime| age.elapsed().is_ok_and(|age| age < OLDEST);
    if !fs::metadata(&path).and_then(|metadata| metadata.modified()).is_ok_and(young) {
        return Ok(None);
    }
    // Cleared by a build between the two looks: it is not there.
    let Ok(bytes) = fs::read(&path) else { return Ok(None) };
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| unreadable(e.into()))?;
    let name = packed(form);
    if !folder.join(&name).is_file() {
        return Ok(None);
    }
    Ok(Some(Subset { path: folder.join(&name), manifest, name }))
}

impl Order {
    fn carry_out(&self, folder: &Path) -> Result<()> {
        let all = self::folder(&self.data);
        private_folder(&all).map_err(unwritable)?;
        self.make_room(&all)?;
        let draft = Draft::begin(&self.data)?;
        let beside = draft.made();
        let licence = Licence::of(self.sources.iter().cloned());
        let id = self.now.to_zoned(crate::model::paris()).strftime("%Y-%m-%d").to_string();
        let about = about(&id, self.audience, self.now, &licence);
        let wanted = Wanted { about: &about, ..Wanted::default() };
        let name = packed(self.form);
        let target = Target::packed(&beside.join(&name))?;
        let mut making = Making::begin(self.form, &wanted, target, &beside.join(self.form.file()))?;
        let entries = select(&self.directory, self.audience, &self.filter, &mut making)?;
        let file = FileEntry::of(self.form.name(), name, making.finish()?)?;
        let manifest = Manifest {
            edition: id,
            created: self.now.to_string(),
            audience: audience_name(self.audience).to_owned(),
            entries,
            filter: Some(self.filter.clone()),
            delta_from: None,
            cursor: None,
            licence,
            files: vec![file],
        };
        write_synced(&beside.join(SEQ), self.seq.to_string().as_bytes())?;
        write_synced(&beside.join(MANIFEST), &manifest.encode()?)?;
        remove(folder)?;
        fs::rename(&beside, folder).map_err(unwritable)
    }

    /// Removes the oldest ones that are too many with one more.
    fn make_room(&self, all: &Path) -> Result<()> {
        let mut kept: Vec<_> = names(all)?
            .into_iter()
            .map(|name| all.join(name))
            .map(|path| (fs::metadata(&path).and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH), path))
            .collect();
        kept.sort();
        let most = self.most.saturating_sub(1);
        for (_, path) in kept.iter().take(kept.len().saturating_sub(most)) {
            remove(path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_an_account_and_two_of_all() {
        let turns = Turns::default();
        let first = turns.take("a").unwrap();
        assert_eq!(turns.take("a").err().map(|error| error.kind()), Some(Kind::Busy));
        let second = turns.take("b").unwrap();
        assert!(turns.take("c").is_err());
        drop(first);
        assert!(turns.take("b").is_err() && turns.take("c").is_ok());
        drop(second);
        assert!(turns.take("b").is_ok());
    }
}
