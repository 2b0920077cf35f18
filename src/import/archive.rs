//! Zip archives, read in place: no member is ever written to disk, whatever its name says.
//!
//! An archive is refused whole when a member's name leads outside (`..`, absolute, a drive, a backslash), is encrypted, or when there are
//! more members than the official archives could have. The sizes an archive declares are not trusted: what inflates is counted.

use crate::error::{Error, Kind, Result, at_path};
use crate::extraction::limits::{BoundedInflate, MAX_MEMBERS};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zip::ZipArchive;

/// Does a file that begins so look like a zip?
pub(super) fn recognise(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

pub(super) struct Archive {
    zip: ZipArchive<File>,
    title: String,
}

/// A member as the archive lists it.
pub(super) struct Member {
    pub index: usize,
    pub name: String,
    /// Inflated bytes, as declared.
    pub bytes: u64,
}

impl Archive {
    /// Opens an archive and checks the names of all its members.
    pub fn open(path: &Path) -> Result<(Self, Vec<Member>)> {
        let title = path.display().to_string();
        let zip = ZipArchive::new(File::open(path).map_err(at_path(path))?)
            .map_err(|e| refused(&title, &format!("is no readable zip: {e}")).with_source(e))?;
        let mut archive = Self { zip, title };
        let members = archive.members()?;
        Ok((archive, members))
    }

    fn members(&mut self) -> Result<Vec<Member>> {
        if self.zip.len() > MAX_MEMBERS {
            return Err(refused(&self.title, &format!("holds {} members, more than {MAX_MEMBERS}", self.zip.len())));
        }
        let mut members = Vec::new();
        for index in 0..self.zip.len() {
            let member = self.zip.by_index_raw(index).map_err(|e| refused(&self.title, &format!("member {index}: {e}")).with_source(e))?;
            let name = member.name().to_owned();
            if !is_inside(&name) {
                return Err(refused(&self.title, &format!("holds a member whose name leads outside: {:?}", shorten(&name))));
            }
            if member.encrypted() {
                return Err(refused(&self.title, &format!("holds an encrypted member: {:?}", shorten(&name))));
            }
            if !member.is_dir() {
                members.push(Member { index, bytes: member.size(), name });
            }
        }
        Ok(members)
    }

    /// The member's plain bytes; fails, instead of going on, where it inflates beyond reason.
    pub fn member(&mut self, index: usize) -> Result<impl Read + Send + '_> {
        let title = &self.title;
        let member = self.zip.by_index(index).map_err(|e| refused(title, &format!("member {index}: {e}")).with_source(e))?;
        let compressed = member.compressed_size();
        Ok(BoundedInflate::new(member, compressed))
    }
}

fn refused(title: &str, why: &str) -> Error {
    Error::new(Kind::Unprocessable, "bad_zip", format!("{title} {why}; nothing was imported"))
}

/// A relative name without `..`, backslash or drive.
fn is_inside(name: &str) -> bool {
    let plain = !name.starts_with('/') && !name.contains(['\\', '\0', ':']);
    plain && name.split('/').all(|part| part != "..")
}

fn shorten(name: &str) -> String {
    name.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        for name in ["a.txt", "x/a.txt", "a..txt", "..a/b", "x/./a"] {
            assert!(is_inside(name), "{name}");
        }
        for name in ["../a.txt", "x/../../a", "/etc/passwd", "..\\a", "C:/a", "x\\a"] {
            assert!(!is_inside(name), "{name}");
        }
    }
}
