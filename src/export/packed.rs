//! Where the bytes of a file go: packed (gzip, RFC 1952), or as they are. Both count and digest what passes.
//!
//! The packed form carries no time and no name, so that the same content has the same bytes.

use super::shelf::create;
use super::unwritable;
use crate::error::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Six of nine: a third above it in size would save half of the time.
const LEVEL: u32 = 6;
const BUFFER: usize = 256 * 1024;

/// Size and SHA-256 of what passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// Counts and digests what passes.
struct Counted<W> {
    to: W,
    bytes: u64,
    digest: Sha256,
}

impl<W> Counted<W> {
    fn new(to: W) -> Self {
        Self { to, bytes: 0, digest: Sha256::new() }
    }

    fn sum(self) -> (W, Sum) {
        (self.to, Sum { bytes: self.bytes, sha256: hexadecimal(&self.digest.finalize()) })
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A gzip file in the making.
pub struct Packed {
    to: BufWriter<Counted<GzEncoder<Counted<BufWriter<File>>>>>,
}

impl Packed {
    /// Makes the file; there must be none of that name.
    pub fn create(path: &Path) -> Result<Self> {
        let file = create(path)?;
        let packed = GzEncoder::new(Counted::new(BufWriter::with_capacity(BUFFER, file)), Compression::new(LEVEL));
        Ok(Self { to: BufWriter::with_capacity(BUFFER, Counted::new(packed)) })
    }

    /// Synced; first the sum of the content, then that of the file.
    pub fn finish(self) -> Result<(Sum, Sum)> {
        let (packed, content) = self.to.into_inner().map_err(|e| unwritable(e.into_error()))?.sum();
        let (file, packed) = packed.finish().map_err(unwritable)?.sum();
        let file = file.into_inner().map_err(|e| unwritable(e.into_error()))?;
        file.sync_all().map_err(unwritable)?;
        Ok((content, packed))
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Bytes as they are, into a file that somebody else syncs, or to standard output.
pub struct Plain {
    to: BufWriter<Counted<Box<dyn Write + Send>>>,
}

impl Plain {
    #[must_use]
    pub fn new(to: Box<dyn Write + Send>) -> Self {
        Self { to: BufWriter::with_capacity(BUFFER, Counted::new(to)) }
    }
}

/// Either of them.
pub enum Target {
    Packed(Box<Packed>),
    Plain(Plain),
}

impl Target {
    pub fn packed(path: &Path) -> Result<Self> {
        Packed::create(path).map(|packed| Self::Packed(Box::new(packed)))
    }

    /// Everything is handed on; the sum of the content, then that of the packed file if it is one.
    pub fn finish(self) -> Result<(Sum, Option<Sum>)> {
        match self {
            Self::Packed(packed) => packed.finish().map(|(content, file)| (content, Some(file))),
            Self::Plain(plain) => {
                let mut counted = plain.to.into_inner().map_err(|e| unwritable(e.into_error()))?;
                counted.flush().map_err(unwritable)?;
                Ok((counted.sum().1, None))
            }
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Packed(packed) => packed.write(bytes),
            Self::Plain(plain) => plain.to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Packed(packed) => packed.flush(),
            Self::Plain(plain) => plain.to.flush(),
        }
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn both_sums_are_those_of_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gz");
        let content = "é;b\n".repeat(100_000);
        let mut packed = Packed::create(&path).unwrap();
        packed.write_all(content.as_bytes()).unwrap();
        let (content_sum, file_sum) = packed.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, content);
        let of = |bytes: &[u8]| Sum { bytes: bytes.len() as u64, sha256: hexadecimal(&Sha256::digest(bytes)) };
        assert_eq!((content_sum, file_sum), (of(content.as_bytes()), of(&bytes)));
        assert!(Packed::create(&path).is_err(), "what is there is not written over");
    }
}
