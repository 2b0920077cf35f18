//! The data folder: its marker, the places inside it, and the locks between processes.
//!
//! A folder is ours when it holds the marker file `ANNUAIRE`; a folder that is not empty and has no marker is refused, so that a
//! mistyped `--data` never mixes our files with somebody else's.
//!
//! Four advisory file locks stand beside the index's own. `store.lock` is held shared by every process that has the store open, and
//! exclusively by a first load, which replaces the database file. `import.lock` is held by the one import that runs. `writers.lock` is
//! held shared by whoever waits for SQLite's write lock, so that an import sees it and steps back. `exports/lock` is held by the one build of
//! export files. The kernel releases them with the
//! process, so a kill leaves none behind.

use crate::error::{Error, Kind, Result, at_path, unwritable};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MARKER: &str = "ANNUAIRE";
const MARKER_DRAFT: &str = "ANNUAIRE.new";
const MARKER_TEXT: &str = "annuaire data folder\nformat 1\n";
/// How long an opening waits for a first load, or for another opening, to end.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// Who may read the files that are given out, and the folders they lie in: their owner, and a group that a backup or a web server may have.
pub const PRIVATE_FILE: u32 = 0o640;
const PRIVATE_FOLDER: u32 = 0o750;

/// Makes a folder that strangers do not enter, with those it lies in; one that is there is closed to them.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    std::fs::DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(folder)?;
    let mut permissions = std::fs::metadata(folder)?.permissions();
    if permissions.mode() & 0o7777 & !PRIVATE_FOLDER != 0 {
        permissions.set_mode(permissions.mode() & PRIVATE_FOLDER);
        std::fs::set_permissions(folder, permissions)?;
    }
    Ok(())
}

/// `--data`: one folder that holds everything.
#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// Names a folder without looking at it.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Opens a folder of ours, or makes one of a missing or empty folder. Refuses any other folder, and a newer format.
    pub fn create_or_open(root: impl Into<PathBuf>) -> Result<Self> {
        let data = Self::new(root);
        std::fs::create_dir_all(&data.root).map_err(at_path(&data.root))?;
        if data.read_marker()?.is_none() {
            data.write_marker()?;
        }
        Self::open(data.root)
    }

    /// Opens a folder of ours that exists already.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let data = Self::new(root);
        match data.read_marker()?.as_deref() {
            Some(MARKER_TEXT) => {}
            Some(_) => {
                return Err(Error::conflict(format!("{} was made by another version: unknown format", data.root.display())));
            }
            None => {
                return Err(Error::new(
                    Kind::NotFound,
                    "no_data_folder",
                    format!("{} is no data folder: it holds no {MARKER} marker", data.root.display()),
                ));
            }
        }
        for folder in [data.index(), data.staging()] {
            std::fs::create_dir_all(&folder).map_err(at_path(&folder))?;
        }
        Ok(data)
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    #[must_use]
    pub fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    /// Highest change number that every door of the projecting process answers from; 0 when nothing was projected yet.
    #[must_use]
    pub fn searchable(&self) -> i64 {
        std::fs::read_to_string(self.searchable_file()).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Where the process that projects says so.
    #[must_use]
    pub fn searchable_file(&self) -> PathBuf {
        self.index().join("searchable")
    }

    #[must_use]
    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// Lists for the health authority.
    #[must_use]
    pub fn alerts(&self) -> PathBuf {
        self.root.join("alerts")
    }

    /// Files made of what an audience may see.
    #[must_use]
    pub fn exports(&self) -> PathBuf {
        self.root.join("exports")
    }

    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("store.sqlite3")
    }

    fn marker(&self) -> PathBuf {
        self.root.join(MARKER)
    }

    fn read_marker(&self) -> Result<Option<String>> {
        let path = self.marker();
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at_path(&path)(error)),
        }
    }

    /// Written beside and renamed: a kill in between leaves a folder that is still taken for empty.
    fn write_marker(&self) -> Result<()> {
        let draft = self.root.join(MARKER_DRAFT);
        let entries = std::fs::read_dir(&self.root).map_err(at_path(&self.root))?;
        let foreign = entries.flatten().any(|entry| entry.file_name() != MARKER_DRAFT);
        // Another process may have made the folder ours since the marker was looked for.
        if foreign && self.read_marker()?.is_none() {
            return Err(Error::conflict(format!(
                "{} is not empty and holds no {MARKER} marker: not a data folder of this program",
                self.root.display()
            )));
        }
        std::fs::write(&draft, MARKER_TEXT).map_err(at_path(&draft))?;
        std::fs::rename(&draft, self.marker()).map_err(at_path(&draft))
    }

    fn lock_file(&self, name: &str) -> Result<File> {
        let path = self.root.join(name);
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(at_path(&path))
    }
}

/// A lock on a file, given back when dropped: said aloud, because a child process being started holds the file open for a moment longer.
#[derive(Debug)]
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Who has the store open: many shared, or one exclusive. Released when dropped.
#[derive(Debug)]
pub struct ProcessLock {
    _held: Held,
}

impl ProcessLock {
    /// Held by whoever opens the store. Waits up to 30 s for a first load to end; blocks the thread meanwhile.
    pub fn shared(data: &DataDir) -> Result<Self> {
        let file = data.lock_file("store.lock")?;
        wait("the store is being loaded by another process", || file.try_lock_shared())?;
        Ok(Self { _held: Held(file) })
    }

    /// `None` while any process, this one included, has the store open.
    pub fn try_exclusive(data: &DataDir) -> Result<Option<Self>> {
        let file = data.lock_file("store.lock")?;
        Ok(taken(file.try_lock())?.then_some(Self { _held: Held(file) }))
    }
}

/// One import at a time. Released when dropped.
#[derive(Debug)]
pub struct ImportLock {
    _held: Held,
}

impl ImportLock {
    /// `None` while another import runs.
    pub fn acquire(data: &DataDir) -> Result<Option<Self>> {
        let file = data.lock_file("import.lock")?;
        Ok(taken(file.try_lock())?.then_some(Self { _held: Held(file) }))
    }
}

/// One build of export files at a time. Released when dropped.
#[derive(Debug)]
pub struct ExportLock {
    _held: Held,
}

impl ExportLock {
    /// `None` while another build runs, in any process. Makes the folder `exports` when it is not there.
    pub fn acquire(data: &DataDir) -> Result<Option<Self>> {
        let folder = data.exports();
        private_folder(&folder).map_err(unwritable)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, PRIVATE_FILE);
        let file = options.open(folder.join("lock")).map_err(unwritable)?;
        Ok(taken(file.try_lock())?.then_some(Self { _held: Held(file) }))
    }
}

/// Those who wait for the write lock, as an import sees them.
#[derive(Debug)]
pub(super) struct Waiting {
    file: File,
    tasks: Mutex<usize>,
}

/// One of them, until dropped.
pub(super) struct Standing<'a>(&'a Waiting);

impl Waiting {
    pub(super) fn new(data: &DataDir) -> Result<Self> {
        Ok(Self { file: data.lock_file("writers.lock")?, tasks: Mutex::new(0) })
    }

    /// Shows that this task waits. Only a sign: a lock that cannot be had is done without.
    pub(super) fn stand(&self) -> Standing<'_> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if *tasks == 0 {
            let _ = self.file.try_lock_shared();
        }
        *tasks += 1;
        Standing(self)
    }

    /// Does anybody wait, in any process?
    pub(super) fn anybody(&self) -> Result<bool> {
        let nobody = taken(self.file.try_lock())?;
        if nobody {
            self.file.unlock().map_err(|e| Error::internal("the data folder cannot be unlocked", e))?;
        }
        Ok(!nobody)
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        *tasks -= 1;
        if *tasks == 0 {
            let _ = self.0.file.unlock();
        }
    }
}

/// Two processes that open a new folder at once must not both run the first migration.
#[derive(Debug)]
pub(super) struct OpeningLock {
    _held: Held,
}

impl OpeningLock {
    pub(super) fn acquire(data: &DataDir) -> Result<Self> {
        let file = data.lock_file("opening.lock")?;
        wait("the store is being opened by another process", || file.try_lock())?;
        Ok(Self { _held: Held(file) })
    }
}

fn taken(attempt: std::result::Result<(), TryLockError>) -> Result<bool> {
    match attempt {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(Error::internal("the data folder cannot be locked", error)),
    }
}

fn wait(held: &str, mut attempt: impl FnMut() -> std::result::Result<(), TryLockError>) -> Result<()> {
    let start = Instant::now();
    while !taken(attempt())? {
        if start.elapsed() > PATIENCE {
            return Err(Error::new(Kind::Busy, "store_locked", format!("{held}; try again later")));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
