//! Folders in which subsets and differences are made: `exports/.making-…`, with a lock that whoever makes them holds. What a kill leaves
//! has no lock, and goes with the next build.

use super::shelf::names;
use super::unwritable;
use crate::error::Result;
use crate::store::{DataDir, PRIVATE_FILE, private_folder};
use std::fs::{self, File};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const PREFIX: &str = ".making-";
const LOCK: &str = "lock";
/// A folder whose lock is not there yet is being begun; after so long it was not.
const BEGUN: Duration = Duration::from_secs(60);

/// Removed with all that is still in it when it is dropped.
pub(super) struct Draft {
    folder: TempDir,
    _lock: File,
}

impl Draft {
    pub(super) fn begin(data: &DataDir) -> Result<Self> {
        private_folder(&data.exports()).map_err(unwritable)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(data.exports()).map_err(unwritable)?;
        let lock = File::options().write(true).create_new(true).mode(PRIVATE_FILE).open(folder.path().join(LOCK)).map_err(unwritable)?;
        lock.lock().map_err(unwritable)?;
        let draft = Self { folder, _lock: lock };
        private_folder(&draft.made()).map_err(unwritable)?;
        Ok(draft)
    }

    /// What is to be renamed from here: an empty folder at first.
    pub(super) fn made(&self) -> PathBuf {
        self.folder.path().join("made")
    }
}

/// Removes what a kill left.
pub(super) fn sweep(data: &DataDir) -> Result<()> {
    for name in names(&data.exports())?.into_iter().filter(|name| name.starts_with(PREFIX)) {
        let folder = data.exports().join(name);
        if abandoned(&folder) {
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unwritable(error)),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Is nobody at it?
fn abandoned(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(_) => {
            let made = fs::metadata(folder).and_then(|metadata| metadata.modified()).ok();
            made.and_then(|made| made.elapsed().ok()).is_some_and(|age| age > BEGUN)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_stays_and_what_was_left_goes() {
        let root = tempfile::tempdir().unwrap();
        let data = DataDir::create_or_open(root.path()).unwrap();
        let held = Draft::begin(&data).unwrap();
        let left = data.exports().join(".making-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        let begun = data.exports().join(".making-begun");
        fs::create_dir(&begun).unwrap();
        sweep(&data).unwrap();
        assert!(held.made().is_dir() && begun.is_dir() && !left.exists());
        let path = held.made();
        drop(held);
        assert!(!path.exists());
    }
}
