//! Lines of a byte stream, with bounded memory whatever the stream holds.

use super::limits::MAX_LINE_BYTES;
use std::io::{self, BufRead, BufReader, Read};

/// Reads lines ended by LF or CRLF. Of a line longer than [`MAX_LINE_BYTES`] only the beginning is kept; the rest is read and dropped.
#[derive(Debug)]
pub(super) struct Lines<R> {
    source: BufReader<R>,
    buffer: Vec<u8>,
    /// Number of the current line, from 1.
    pub number: u64,
    /// Bytes of the current line in the stream, its end included.
    pub bytes: u64,
    /// The current line passes the bound: [`Lines::line`] is its beginning.
    pub too_long: bool,
}

impl<R: Read> Lines<R> {
    pub fn new(source: R) -> Self {
        Self { source: BufReader::with_capacity(1 << 18, source), buffer: Vec::new(), number: 0, bytes: 0, too_long: false }
    }

    /// Moves to the next line; `false` at the end of the stream.
    pub fn advance(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        let bound = MAX_LINE_BYTES as u64 + 2;
        self.bytes = (&mut self.source).take(bound).read_until(b'\n', &mut self.buffer)? as u64;
        self.number += 1;
        let ended = self.buffer.last() == Some(&b'\n');
        if !ended && self.bytes == bound {
            self.bytes += skip_line(&mut self.source)?;
        }
        if ended {
            self.buffer.pop();
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        self.too_long = self.buffer.len() > MAX_LINE_BYTES;
        self.buffer.truncate(MAX_LINE_BYTES);
        Ok(self.bytes > 0)
    }

    /// The current line without its end.
    pub fn line(&self) -> &[u8] {
        &self.buffer
    }
}

fn skip_line(source: &mut impl BufRead) -> io::Result<u64> {
    Ok(source.skip_until(b'\n')? as u64)
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
        assert!(lines.buffer.capacity() < 4 * MAX_LINE_BYTES);
        assert!(lines.advance().unwrap() && !lines.too_long);
        assert_eq!(lines.line(), b"ok");
    }
}
