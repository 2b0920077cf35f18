//! Bounds on what is read: a line, and the inflated size of a zip member.
//!
//! Real figures (2026): lines of 350 bytes, members of about 800 MB, a ratio of 4 to 5 between plain and zipped. The bounds leave room
//! for ten times that and stop a zip bomb after a few megabytes of it.

use std::io::{self, Read};

/// Longest line read, its end not counted; a longer one is a rejected row.
pub const MAX_LINE_BYTES: usize = 64 << 10;
/// Most bytes of an overlong line that are handed on as its raw bytes.
pub const MAX_RAW_BYTES: usize = 1 << 10;
/// Largest inflated member.
pub const MAX_MEMBER_BYTES: u64 = 8 << 30;
/// Inflated over compressed size, checked once [`RATIO_FLOOR_BYTES`] are inflated. Text of these layouts stays below 30.
pub const MAX_INFLATE_RATIO: u64 = 100;
/// Below this, any ratio is harmless.
pub const RATIO_FLOOR_BYTES: u64 = 16 << 20;
/// Most members looked at in one zip; the official ones hold one to three.
pub const MAX_MEMBERS: usize = 64;

/// A zip member's stream that fails, instead of going on, past [`MAX_MEMBER_BYTES`] or [`MAX_INFLATE_RATIO`]. The sizes a zip declares
/// are not trusted: what is counted is what comes out.
#[derive(Debug)]
pub struct BoundedInflate<R> {
    source: R,
    compressed: u64,
    inflated: u64,
}

impl<R: Read> BoundedInflate<R> {
    /// `compressed`: size of the member in the archive, in bytes (at most the archive's own size).
    pub fn new(source: R, compressed: u64) -> Self {
        Self { source, compressed, inflated: 0 }
    }
}

impl<R: Read> Read for BoundedInflate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.inflated += read as u64;
        if self.inflated > MAX_MEMBER_BYTES {
            return Err(io::Error::other(format!("the member inflates to more than {} GiB", MAX_MEMBER_BYTES >> 30)));
        }
        if self.inflated > RATIO_FLOOR_BYTES && self.inflated / MAX_INFLATE_RATIO > self.compressed {
            return Err(io::Error::other(format!("the member inflates more than {MAX_INFLATE_RATIO} times its zipped size")));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_stops_early() {
        let error = io::copy(&mut BoundedInflate::new(io::repeat(0), 60_000), &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("100 times"));
        let honest = io::Read::take(io::repeat(0), 20 << 20);
        assert_eq!(io::copy(&mut BoundedInflate::new(honest, 4 << 20), &mut io::sink()).unwrap(), 20 << 20);
    }
}
