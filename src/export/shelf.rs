//! What lies on the disk: `exports/<audience>/<edition>/`. The newest edition is the one of the highest id that has a manifest.
//!
//! An edition appears by the renaming of its folder, whole; folders that begin with a point are in the making, or left by a kill. Of an edition
//! that is not the newest only the manifest and the JSON lines stay, for differences: whatever was withdrawn since is still in it.

use super::manifest::{MANIFEST, Manifest};
use super::{Form, audience_name, unreadable, unwritable};
use crate::directory::Audience;
use crate::error::{Error, Kind, Result};
use crate::store::{DataDir, PRIVATE_FILE, private_folder};
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// `2026-11-27`, then `2026-11-27-2`; ordered as they were built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EditionId {
    day: jiff::civil::Date,
    number: u16,
}

impl EditionId {
    #[must_use]
    pub fn first(day: jiff::civil::Date) -> Self {
        Self { day, number: 1 }
    }

    #[must_use]
    pub fn day(self) -> jiff::civil::Date {
        self.day
    }

    /// The next one of the same day.
    pub(super) fn next(self) -> Self {
        Self { number: self.number.saturating_add(1), ..self }
    }
}

impl fmt::Display for EditionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number == 1 { write!(f, "{}", self.day) } else { write!(f, "{}-{}", self.day, self.number) }
    }
}

impl FromStr for EditionId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || Error::new(Kind::NotFound, "unknown_edition", "there is no such edition");
        let (day, number) = text.split_at_checked(10).ok_or_else(unknown)?;
        let id = Self {
            day: day.parse().map_err(|_| unknown())?,
            number: match number.strip_prefix('-') {
                Some(number) => number.parse().map_err(|_| unknown())?,
                None => 1,
            },
        };
        // One way of writing only: an id is the name of a folder.
        if id.to_string() == text { Ok(id) } else { Err(unknown()) }
    }
}

/// The editions for one audience.
#[derive(Clone, Debug)]
pub struct Shelf {
    audience: Audience,
    folder: PathBuf,
}

impl Shelf {
    pub(super) fn new(data: &DataDir, audience: Audience) -> Self {
        Self { audience, folder: data.exports().join(audience_name(audience)) }
    }

    #[must_use]
    pub fn audience(&self) -> Audience {
        self.audience
    }

    /// Ids of the editions, newest first.
    pub fn editions(&self) -> Result<Vec<EditionId>> {
        let mut found = Vec::new();
        for name in names(&self.folder)? {
            if let Ok(id) = name.parse()
                && self.of(id).join(MANIFEST).is_file()
            {
                found.push(id);
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(found)
    }

    pub fn newest(&self) -> Result<Option<EditionId>> {
        Ok(self.editions()?.into_iter().next())
    }

    /// Errors: `unknown_edition`.
    pub fn manifest(&self, id: EditionId) -> Result<Manifest> {
        let path = self.of(id).join(MANIFEST);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::new(Kind::NotFound, "unknown_edition", "there is no such edition"));
            }
            Err(error) => return Err(unreadable(error)),
        };
        serde_json::from_slice(&bytes).map_err(|e| Error::internal("the manifest of an edition cannot be read", e))
    }

    /// Path of a file of an edition, which need not be there.
    #[must_use]
    pub fn path(&self, id: EditionId, file: &str) -> PathBuf {
        self.of(id).join(file)
    }

    /// The JSON lines of an edition that is kept.
    pub(super) fn lines(&self, id: EditionId) -> PathBuf {
        self.path(id, &packed(Form::Jsonl))
    }

    fn of(&self, id: EditionId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// An empty folder for an edition in the making; what a kill left of others is removed.
    pub(super) fn begin(&self, id: EditionId) -> Result<PathBuf> {
        private_folder(&self.folder).map_err(unwritable)?;
        for name in names(&self.folder)?.into_iter().filter(|name| name.starts_with('.')) {
            fs::remove_dir_all(self.folder.join(name)).map_err(unwritable)?;
        }
        let building = self.folder.join(format!(".building-{id}"));
        private_folder(&building).map_err(unwritable)?;
        Ok(building)
    }

    /// The edition is there from now on.
    pub(super) fn put(&self, building: &Path, id: EditionId) -> Result<()> {
        sync(building)?;
        fs::rename(building, self.of(id)).map_err(unwritable)?;
        sync(&self.folder)
    }

    /// Keeps the newest `keep` editions, and of all but the newest what differences are made from.
    pub(super) fn trim(&self, keep: usize) -> Result<()> {
        let kept = [MANIFEST.to_owned(), packed(Form::Jsonl)];
        for (place, id) in self.editions()?.into_iter().enumerate() {
            let folder = self.of(id);
            if place >= keep.max(1) {
                // Out of sight first: a folder half removed must not be taken for an edition.
                let gone = self.folder.join(format!(".gone-{id}"));
                fs::rename(&folder, &gone).map_err(unwritable)?;
                fs::remove_dir_all(&gone).map_err(unwritable)?;
            } else if place > 0 {
                for name in names(&folder)?.into_iter().filter(|name| !kept.contains(name)) {
                    fs::remove_file(folder.join(name)).map_err(unwritable)?;
                }
            }
        }
        sync(&self.folder)
    }
}

/// Name of a form's file in an edition.
pub(super) fn packed(form: Form) -> String {
    format!("{}.gz", form.file())
}

/// Names in a folder; none when it is not there.
pub(super) fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

/// A file that is not there yet, and that strangers do not read.
pub(super) fn create(path: &Path) -> Result<File> {
    File::options().write(true).create_new(true).mode(PRIVATE_FILE).open(path).map_err(unwritable)
}

/// A small file, synced.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = create(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(unwritable)
}

pub(super) fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_one_way_and_ordered_as_built() {
        let id = |text: &str| text.parse::<EditionId>();
        assert!(id("2026-11-27").unwrap() < id("2026-11-27-2").unwrap());
        assert!(id("2026-11-27-9").unwrap() < id("2026-11-27-10").unwrap());
        assert!(id("2026-11-27-10").unwrap() < id("2026-11-28").unwrap());
        assert_eq!(id("2026-11-27").unwrap().next().to_string(), "2026-11-27-2");
        for refused in
            ["", "..", "../x", "2026-11-27-1", "2026-11-27-02", "2026-13-01", "2026-11-27/..", "2026-11-27-", "latest", "2026-11-2é"]
        {
            assert!(id(refused).is_err(), "{refused}");
        }
    }
}
