//! The folders of the lists: made beside, locked while they are made, renamed when they are whole, swept when nobody owns them.
//!
//! A list is in `alerts/<id>/` (0700), its files 0600. While it is made the folder is `alerts/.<id>` and the lock file in it is held; the
//! lock is held until the store has the row too. Whatever has no row and no lock was left by a crash, and goes with the next sweep.

use super::files::storage;
use crate::error::{Result, at_path};
use std::fs::{DirBuilder, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LOCK: &str = "lock";
/// A folder whose lock is not there yet is being begun; after so long it was not.
const BEGUN: Duration = Duration::from_secs(60);

/// A folder being made; removed when it is dropped before it was kept.
#[derive(Debug)]
pub(super) struct Making {
    path: PathBuf,
    kept: bool,
    _lock: File,
}

impl Making {
    /// `root`: the folder of all lists, made when it is not there.
    pub(super) fn begin(root: &Path, id: &str) -> Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(root).map_err(storage(root))?;
        let path = root.join(format!(".{id}"));
        DirBuilder::new().mode(0o700).create(&path).map_err(storage(&path))?;
        match lock(&path) {
            Ok(lock) => Ok(Self { path, kept: false, _lock: lock }),
            Err(error) => {
                let _ = std::fs::remove_dir_all(&path);
                Err(error)
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name; its files are synced. It still goes unless [`Making::keep`] is called.
    pub(super) fn place(&mut self, root: &Path, id: &str) -> Result<()> {
        let named = root.join(id);
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(storage(&self.path))?;
        std::fs::rename(&self.path, &named).map_err(storage(&named))?;
        self.path = named;
        File::open(root).and_then(|folder| folder.sync_all()).map_err(storage(root))
    }

    /// The store has it.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        // Kept or not, nobody asks for the lock file again.
        let gone = if self.kept { std::fs::remove_file(self.path.join(LOCK)) } else { std::fs::remove_dir_all(&self.path) };
        if let Err(error) = gone {
            tracing::warn!(error = %error, "what is left of a list could not be removed; the next sweep tries again");
        }
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let file = File::create(&path).map_err(storage(&path))?;
    file.lock().map_err(storage(&path))?;
    Ok(file)
}

/// Names of the folders there are, made or being made: path, and id.
pub(super) fn all(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at_path(root)(error)),
    };
    let named = entries.flatten().map(|entry| (entry.path(), entry.file_name().to_string_lossy().trim_start_matches('.').to_owned()));
    Ok(named.collect())
}

/// Is nobody making it?
pub(super) fn abandoned(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(file) => match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        },
        Err(_) => {
            let made = std::fs::metadata(folder).and_then(|metadata| metadata.modified()).ok();
            made.and_then(|made| made.elapsed().ok()).is_some_and(|age| age > BEGUN)
        }
    }
}

/// Removes the folder of a list that is no longer kept.
pub(super) fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(at_path(folder)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_kept_goes_and_what_is_being_made_stays() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("alerts");
        let mut making = Making::begin(&root, "a1").unwrap();
        assert!(!abandoned(making.path()));
        making.place(&root, "a1").unwrap();
        assert_eq!(all(&root).unwrap(), [(root.join("a1"), "a1".to_owned())]);
        assert!(!abandoned(&root.join("a1")));
        drop(making);
        assert_eq!(all(&root).unwrap(), []);
        let mut making = Making::begin(&root, "a2").unwrap();
        making.place(&root, "a2").unwrap();
        making.keep();
        assert_eq!(std::fs::read_dir(root.join("a2")).unwrap().count(), 0, "the lock is gone");
        // As a kill leaves it.
        std::mem::forget(File::create(root.join("a2").join(LOCK)).unwrap());
        assert!(abandoned(&root.join("a2")));
    }
}
