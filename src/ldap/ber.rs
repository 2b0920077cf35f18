//! The subset of BER that LDAP uses (RFC 4511 section 5.1): definite lengths, one-octet tags, primitive octet strings.
//!
//! A walk over a slice that never copies and never recurses by itself: whoever descends bounds the depth. Lengths in the long form of
//! one to four octets are read whether minimal or not, as several clients write nothing else. A length that does not fit its container,
//! an indefinite length or a multi-octet tag is [`Malformed`]; nothing is ever guessed or dropped.

/// The bytes are not the BER this place needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed BER")]
pub struct Malformed;

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const OCTET_STRING: u8 = 0x04;
pub const ENUMERATED: u8 = 0x0a;
pub const SEQUENCE: u8 = 0x30;

/// Largest INTEGER of the protocol (`maxInt`, RFC 4511 4.1.1).
pub const MAX_INT: i64 = i32::MAX as i64;

/// One element: its identifier octet and its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
}

/// The elements of a container, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    #[must_use]
    pub fn new(content: &'a [u8]) -> Self {
        Self { rest: content }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Tag of the next element, if any.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, whatever its tag; malformed at the end.
    pub fn next(&mut self) -> Result<Element<'a>, Malformed> {
        let (&tag, after) = self.rest.split_first().ok_or(Malformed)?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed);
        }
        let (length, header) = length(after)?.ok_or(Malformed)?;
        let body = after.get(header..).ok_or(Malformed)?;
        let content = body.get(..length).ok_or(Malformed)?;
        self.rest = body.get(length..).ok_or(Malformed)?;
        Ok(Element { tag, content })
    }

    /// Content of the next element, which must carry `tag`.
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        let element = self.next()?;
        if element.tag == tag { Ok(element.content) } else { Err(Malformed) }
    }

    /// Content of the next element when it carries `tag`; otherwise it stays.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.peek() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// An INTEGER or ENUMERATED within `range`.
    pub fn integer(&mut self, tag: u8, range: std::ops::RangeInclusive<i64>) -> Result<i64, Malformed> {
        let value = integer(self.expect(tag)?)?;
        if range.contains(&value) { Ok(value) } else { Err(Malformed) }
    }

    /// A BOOLEAN; any octet but zero is TRUE.
    pub fn boolean(&mut self) -> Result<bool, Malformed> {
        match self.expect(BOOLEAN)? {
            [octet] => Ok(*octet != 0),
            _ => Err(Malformed),
        }
    }

    /// Passes over elements of the future: the protocol is extensible at the end of every SEQUENCE (RFC 4511 section 4). They carry tags of
    /// their own; a universal one would be a field repeated or misplaced, and is malformed.
    pub fn ignore_unknown(&mut self) -> Result<(), Malformed> {
        while !self.is_empty() {
            if self.next()?.tag & 0xc0 == 0 {
                return Err(Malformed);
            }
        }
        Ok(())
    }

    /// Malformed unless everything was read.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

/// A length field at the start of `bytes`: (length, octets it took), `None` when more bytes are needed.
pub fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let Some((&first, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    if first < 0x80 {
        return Ok(Some((usize::from(first), 1)));
    }
    let octets = usize::from(first & 0x7f);
    if octets == 0 || octets > 4 {
        return Err(Malformed);
    }
    Ok(rest.get(..octets).map(|digits| {
        let length = digits.iter().fold(0usize, |sum, &octet| (sum << 8) | usize::from(octet));
        (length, 1 + octets)
    }))
}

/// Content of an INTEGER, two's complement, of at most eight octets.
pub fn integer(content: &[u8]) -> Result<i64, Malformed> {
    let (&first, _) = content.split_first().ok_or(Malformed)?;
    if content.len() > 8 {
        return Err(Malformed);
    }
    let sign = if first & 0x80 == 0 { 0 } else { -1 };
    Ok(content.iter().fold(sign, |value: i64, &octet| (value << 8) | i64::from(octet)))
}

/// Appends identifier and length of an element whose content of `length` bytes follows.
pub fn put_header(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        out.push(short);
        return;
    }
    let octets = length.to_be_bytes();
    let zeros = octets.iter().take_while(|o| **o == 0).count();
    let digits = octets.get(zeros..).unwrap_or_default();
    out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
    out.extend_from_slice(digits);
}

/// Appends a whole element.
pub fn put(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    put_header(out, tag, content.len());
    out.extend_from_slice(content);
}

/// Appends an INTEGER in its shortest form.
pub fn put_integer(out: &mut Vec<u8>, value: i32) {
    let octets = value.to_be_bytes();
    let mut digits = octets.as_slice();
    while let [first, second, ..] = digits {
        let padding = (*first == 0 && second & 0x80 == 0) || (*first == 0xff && second & 0x80 != 0);
        if !padding {
            break;
        }
        digits = digits.get(1..).unwrap_or_default();
    }
    put(out, INTEGER, digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_every_form() {
        assert_eq!(length(&[0x05]), Ok(Some((5, 1))));
        assert_eq!(length(&[0x84, 0, 0, 0, 7]), Ok(Some((7, 5))));
        assert_eq!(length(&[0x82, 1]), Ok(None));
        assert_eq!(length(&[]), Ok(None));
        assert_eq!(length(&[0x80]), Err(Malformed));
        assert_eq!(length(&[0x85, 0, 0, 0, 0, 1]), Err(Malformed));
        assert_eq!(length(&[0xff]), Err(Malformed));
    }

    #[test]
    fn integers_keep_their_sign() {
        assert_eq!(integer(&[0xfb]), Ok(-5));
        assert_eq!(integer(&[0x00, 0x80]), Ok(128));
        assert_eq!(integer(&[1, 0, 0, 0, 1]), Ok((1 << 32) + 1));
        assert_eq!(integer(&[]), Err(Malformed));
        assert_eq!(integer(&[0; 9]), Err(Malformed));
        for value in [0, 1, 127, 128, 255, 256, 65_535, i32::MAX, -1, -128, -129] {
            let mut out = Vec::new();
            put_integer(&mut out, value);
            assert_eq!(Elements::new(&out).integer(INTEGER, i64::MIN..=i64::MAX), Ok(i64::from(value)));
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for size in [0, 127, 128, 255, 256, 70_000] {
            let mut out = Vec::new();
            put(&mut out, OCTET_STRING, &vec![7; size]);
            let mut elements = Elements::new(&out);
            assert_eq!(elements.expect(OCTET_STRING).unwrap().len(), size);
            assert!(elements.end().is_ok());
        }
    }

    #[test]
    fn overruns_are_malformed() {
        assert_eq!(Elements::new(&[4, 2, 1]).next(), Err(Malformed));
        assert_eq!(Elements::new(&[0x1f, 1, 1]).next(), Err(Malformed));
        assert_eq!(Elements::new(&[]).next(), Err(Malformed));
        assert_eq!(Elements::new(&[1, 2, 0, 0]).boolean(), Err(Malformed));
    }
}
