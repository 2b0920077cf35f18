//! Lines of a byte stream, with bounded memory whatever the stream holds.
//!
//! A line is looked at where it was read to: nothing of it is copied but the beginning of one that reaches over the end of a block.

use super::limits::MAX_LINE_BYTES;
use memchr::memchr;
use std::io::{self, Read};

/// Bytes looked through for the end of a line: the longest one with CRLF.
const BOUND: usize = MAX_LINE_BYTES + 2;
/// Bytes read at a time, besides a line that is not at its end.
const BLOCK: usize = 1 << 18;

/// Reads lines ended by LF or CRLF. Of a line longer than [`MAX_LINE_BYTES`] only the beginning is kept; the rest is read and dropped.
#[derive(Debug)]
pub(super) struct Lines<R> {
    source: R,
    block: Vec<u8>,
    /// Where the current line begins in the block, where it ends without its end, and where the next begins.
    start: usize,
    end: usize,
    next: usize,
    /// How far the block is filled.
    filled: usize,
    /// Number of the current line, from 1.
    pub number: u64,
    /// Bytes of the current line in the stream, its end included.
    pub bytes: u64,
    /// The current line passes the bound: [`Lines::line`] is its beginning.
    pub too_long: bool,
}

impl<R: Read> Lines<R> {
    pub fn new(source: R) -> Self {
        Self { source, block: vec![0; BLOCK + BOUND], start: 0, end: 0, next: 0, filled: 0, number: 0, bytes: 0, too_long: false }
    }

    /// Moves to the next line; `false` at the end of the stream.
    pub fn advance(&mut self) -> io::Result<bool> {
        self.start = self.next;
        self.end = self.next;
        let mut looked_at = 0;
        let length = loop {
            let held = self.filled - self.start;
            let within = held.min(BOUND);
            if let Some(at) = memchr(b'\n', self.of_line(looked_at, within)) {
                break looked_at + at + 1;
            }
            looked_at = within;
            if within == BOUND || !self.fill(held)? {
                break within;
            }
        };
        self.number += 1;
        self.bytes = length as u64;
        self.next = self.start + length;
        let ended = self.of_line(0, length).ends_with(b"\n");
        if !ended && length == BOUND {
            self.bytes += self.skip()?;
        }
        let length = length - usize::from(ended);
        let length = length - usize::from(self.of_line(0, length).ends_with(b"\r"));
        self.too_long = length > MAX_LINE_BYTES;
        self.end = self.start + length.min(MAX_LINE_BYTES);
        Ok(self.bytes > 0)
    }

    /// The current line without its end.
    pub fn line(&self) -> &[u8] {
        self.block.get(self.start..self.end).unwrap_or_default()
    }

    fn of_line(&self, from: usize, to: usize) -> &[u8] {
        self.block.get(self.start + from..self.start + to).unwrap_or_default()
    }

    /// Reads on behind the first `kept` bytes of the line, which move to the beginning of the block; `false` at the end of the stream.
    fn fill(&mut self, kept: usize) -> io::Result<bool> {
        self.block.copy_within(self.start..self.start + kept, 0);
        (self.start, self.filled) = (0, kept);
        let read = loop {
            match self.source.read(self.block.get_mut(kept..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.filled += read;
        Ok(read > 0)
    }

    /// Passes over what is left of a line that reaches the bound; returns how many bytes, its end included.
    fn skip(&mut self) -> io::Result<u64> {
        let mut skipped = 0;
        loop {
            let rest = self.block.get(self.next..self.filled).unwrap_or_default();
            if let Some(at) = memchr(b'\n', rest) {
                self.next += at + 1;
                return Ok(skipped + at as u64 + 1);
            }
            skipped += rest.len() as u64;
            let more = self.fill(BOUND)?;
            self.next = BOUND;
            if !more {
                return Ok(skipped);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<(u64, u64, bool, usize)> {
        let mut lines = Lines::new(bytes);
        let mut out = Vec::new();
        while lines.advance().unwrap() {
            out.push((lines.number, lines.bytes, lines.too_long, lines.line().len()));
        }
        out
    }

    #[test]
    fn line_ends_are_not_part_of_lines() {
        assert_eq!(all(b"ab\r\ncd\n\nlast"), [(1, 4, false, 2), (2, 3, false, 2), (3, 1, false, 0), (4, 4, false, 4)]);
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut stream = vec![b'x'; MAX_LINE_BYTES];
        stream.extend_from_slice(b"\r\nok\n");
        assert_eq!(all(&stream), [(1, MAX_LINE_BYTES as u64 + 2, false, MAX_LINE_BYTES), (2, 3, false, 2)]);
        let mut lines = Lines::new(io::Read::chain(io::Read::take(io::repeat(b'x'), 50 << 20), &b"\nok\n"[..]));
        assert!(lines.advance().unwrap() && lines.too_long);
        assert_eq!((lines.bytes, lines.line().len()), ((50 << 20) + 1, MAX_LINE_BYTES));
        assert!(lines.block.capacity() < 8 * MAX_LINE_BYTES);
        assert!(lines.advance().unwrap() && !lines.too_long);
        assert_eq!(lines.line(), b"ok");
    }

    /// Gives what is asked for in pieces of changing sizes.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 * 7 % 40_009 + 1;
            let size = self.1.min(buffer.len()).min(self.0.len());
            buffer[..size].copy_from_slice(&self.0[..size]);
            self.0 = &self.0[size..];
            Ok(size)
        }
    }

    #[test]
    fn lines_are_the_same_however_they_come() {
        let mut stream = Vec::new();
        for length in [0, 1, 300, MAX_LINE_BYTES - 1, MAX_LINE_BYTES, MAX_LINE_BYTES + 1, 0, 5 * BLOCK, 17, MAX_LINE_BYTES + 2, 3] {
            for (letter, end) in [(b'a', &b"\n"[..]), (b'b', b"\r\n"), (b'\r', b"\n")] {
                stream.extend(std::iter::repeat_n(letter, length));
                stream.extend_from_slice(end);
            }
        }
        stream.extend_from_slice(b"end\r");
        let mut lines = Lines::new(Pieces(&stream, 1));
        let mut rest = &stream[..];
        while lines.advance().unwrap() {
            let bytes = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, behind) = rest.split_at(bytes);
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            assert_eq!((lines.bytes, lines.too_long), (bytes as u64, line.len() > MAX_LINE_BYTES));
            assert!(lines.line() == &line[..line.len().min(MAX_LINE_BYTES)]);
            rest = behind;
        }
        assert!(rest.is_empty());
    }
}
