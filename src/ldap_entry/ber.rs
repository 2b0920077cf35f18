//! The few BER forms an entry is made of (RFC 4511 §5.1): definite lengths, shortest form, primitive OCTET STRINGs.
//!
//! Reading is as tolerant as it is safe: what is cut or overlong ends the walk, nothing panics.

pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Appends tag, length and content.
pub(crate) fn write(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    write_header(out, tag, content.len());
    out.extend_from_slice(content);
}

/// Appends tag and length; the caller appends `length` bytes.
pub(crate) fn write_header(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let zeros = bytes.iter().take_while(|b| **b == 0).count();
            let significant = bytes.get(zeros..).unwrap_or_default();
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            out.extend_from_slice(significant);
        }
    }
}

/// Bytes of a header.
pub(crate) fn header_length(length: usize) -> usize {
    let significant = usize::BITS.div_ceil(8) as usize - length.leading_zeros() as usize / 8;
    if length < 0x80 { 2 } else { 2 + significant }
}

/// One element: its content, its bytes with header, and what follows it. Its tag is not kept: the walk knows what stands where.
pub(crate) struct Element<'a> {
    pub content: &'a [u8],
    pub whole: &'a [u8],
    pub rest: &'a [u8],
}

/// Reads the first element; `None` at the end or when it is cut.
pub(crate) fn read(bytes: &[u8]) -> Option<Element<'_>> {
    let (_tag, after_tag) = bytes.split_first()?;
    let (&first, mut body) = after_tag.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > size_of::<usize>() {
            return None;
        }
        let (digits, after) = body.split_at_checked(count)?;
        length = digits.iter().fold(0usize, |sum, d| (sum << 8) | usize::from(*d));
        body = after;
    }
    let (content, rest) = body.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some(Element { content, whole, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_round_trip() {
        for length in [0usize, 1, 127, 128, 255, 256, 65_535, 65_536, 1 << 20] {
            let mut out = Vec::new();
            write(&mut out, OCTET_STRING, &vec![7; length]);
            out.push(9);
            let element = read(&out).unwrap();
            assert_eq!((element.content.len(), element.rest), (length, &[9u8][..]));
            assert_eq!(element.whole.len(), out.len() - 1);
            assert_eq!(header_length(length), out.len() - 1 - length);
        }
    }

    #[test]
    fn cut_bytes_end_the_walk() {
        for bytes in [&[][..], &[4], &[4, 2, 0], &[4, 0x80], &[4, 0x84, 0xff], &[4, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1]] {
            assert!(read(bytes).is_none());
        }
    }
}
