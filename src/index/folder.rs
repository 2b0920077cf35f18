//! The index folder: `lock`, `CURRENT` (number of the live generation), one folder a generation with its seal.
//!
//! `CURRENT` changes by write, sync, rename, sync of the folder: a crash leaves the old number or the new one. A seal names what the
//! generation was built for; another store, format, visibility rule or folding of text means that it must be rebuilt.

use super::fields::FORMAT;
use crate::error::{Error, Result, at_path};
use crate::visibility::RULE_VERSION;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Raised when folding or word splitting changes its results: terms of another number would not be found.
const TEXT_VERSION: u32 = 4;

/// What a generation was built for.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seal {
    format: u32,
    store_id: String,
    visibility_rule: u32,
    text: u32,
}

impl Seal {
    pub fn of(store_id: &str) -> Self {
        Self { format: FORMAT, store_id: store_id.to_owned(), visibility_rule: RULE_VERSION, text: TEXT_VERSION }
    }

    pub fn write(&self, generation: &Path) -> Result<()> {
        let text = serde_json::to_vec(self).map_err(|e| Error::internal("the seal of the index cannot be written", e))?;
        replace(&generation.join("seal.json"), &text)
    }

    /// Is the generation sealed with the same?
    pub fn matches(&self, generation: &Path) -> bool {
        let found: Option<Self> = fs::read(generation.join("seal.json")).ok().and_then(|text| serde_json::from_slice(&text).ok());
        found.as_ref() == Some(self)
    }
}

/// The index folder, locked by this process for as long as the value lives.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    lock: File,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Said aloud, because a child process being started holds the file open for a moment longer.
        let _ = self.lock.unlock();
    }
}

impl Folder {
    /// Takes the lock, or says who holds it.
    pub fn lock(root: PathBuf) -> Result<Self> {
        fs::create_dir_all(&root).map_err(at_path(&root))?;
        let path = root.join("lock");
        let mut lock = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(at_path(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = lock.read_to_string(&mut holder);
                return Err(Error::conflict(format!("another process projects into this index (pid {})", holder.trim())));
            }
            Err(TryLockError::Error(e)) => return Err(at_path(&path)(e)),
        }
        let written = lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| write!(lock, "{}", std::process::id()));
        written.map_err(at_path(&path))?;
        Ok(Self { root, lock })
    }

    pub fn generation(&self, number: u64) -> PathBuf {
        self.root.join(number.to_string())
    }

    pub fn current(&self) -> Option<u64> {
        current(&self.root)
    }

    pub fn set_current(&self, number: u64) -> Result<()> {
        replace(&self.root.join("CURRENT"), number.to_string().as_bytes())
    }

    /// A number no generation of this folder has.
    pub fn unused(&self) -> Result<u64> {
        Ok(self.generations()?.into_iter().max().unwrap_or(0).max(self.current().unwrap_or(0)) + 1)
    }

    /// Removes every generation but these; open readers keep the files they have mapped.
    pub fn keep_only(&self, kept: &[u64]) -> Result<()> {
        for number in self.generations()?.into_iter().filter(|n| !kept.contains(n)) {
            let path = self.generation(number);
            fs::remove_dir_all(&path).map_err(at_path(&path))?;
        }
        sync_folder(&self.root)
    }

    fn generations(&self) -> Result<Vec<u64>> {
        let entries = fs::read_dir(&self.root).map_err(at_path(&self.root))?;
        Ok(entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok()).collect())
    }
}

/// Number in `CURRENT` of an index folder, read without the lock.
pub(super) fn current(root: &Path) -> Option<u64> {
    fs::read_to_string(root.join("CURRENT")).ok()?.trim().parse().ok()
}

fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh).map_err(at_path(&fresh))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(at_path(&fresh))?;
    fs::rename(&fresh, path).map_err(at_path(path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

pub(super) fn sync_folder(path: &Path) -> Result<()> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(at_path(path))
}
