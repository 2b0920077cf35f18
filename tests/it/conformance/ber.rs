//! BER by hand, both ways: a notation for bytes that no library would send, RFC 4515 filters to bytes, and elements read back.

/// One element with its definite length in as few octets as it takes.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let bytes = content.len().to_be_bytes();
    match content.len() {
        short @ 0..=127 => out.push(u8::try_from(short).expect("it fits")),
        long => {
            let needed = 8 - usize::try_from(long.leading_zeros() / 8).expect("it fits");
            out.push(0x80 | u8::try_from(needed).expect("it fits"));
            out.extend_from_slice(&bytes[8 - needed..]);
        }
    }
    out.extend_from_slice(content);
    out
}

/// INTEGER content, two's complement, as short as possible.
pub fn integer(tag: u8, value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let redundant = |at: usize| {
        let (first, next) = (bytes[at], bytes[at + 1]);
        (first == 0 && next < 0x80) || (first == 0xff && next >= 0x80)
    };
    let start = (0..7).find(|at| !redundant(*at)).unwrap_or(7);
    element(tag, &bytes[start..])
}

/// The notation of `raw` steps: hex pairs, `'text'`, and `TAG{…}` for an element (`TAG{!…}`: length in four octets).
pub fn notation(text: &str) -> Vec<u8> {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    let out = items(&chars, &mut at);
    assert_eq!(at, chars.len(), "unbalanced: {text}");
    out
}

fn items(chars: &[char], at: &mut usize) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        match c {
            c if c.is_whitespace() => {}
            '}' => {
                *at -= 1;
                return out;
            }
            '\'' => {
                let end = chars[*at..].iter().position(|c| *c == '\'').expect("a closing quote") + *at;
                out.extend(chars[*at..end].iter().collect::<String>().bytes());
                *at = end + 1;
            }
            '{' => {
                let tag = out.pop().expect("a tag before {");
                let wide = chars.get(*at) == Some(&'!');
                *at += usize::from(wide);
                let content = items(chars, at);
                assert_eq!(chars.get(*at), Some(&'}'), "a closing brace");
                *at += 1;
                if wide {
                    out.extend([tag, 0x84]);
                    out.extend(u32::try_from(content.len()).expect("it fits").to_be_bytes());
                    out.extend(content);
                } else {
                    out.extend(element(tag, &content));
                }
            }
            c => {
                let pair: String = [c, chars[*at]].iter().collect();
                *at += 1;
                out.push(u8::from_str_radix(&pair, 16).unwrap_or_else(|_| panic!("no hex pair: {pair}")));
            }
        }
    }
    out
}

/// A filter in text (RFC 4515) as BER.
pub fn filter(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let out = parenthesized(bytes, &mut at);
    assert_eq!(at, bytes.len(), "unbalanced: {text}");
    out
}

fn parenthesized(text: &[u8], at: &mut usize) -> Vec<u8> {
    assert_eq!(text.get(*at), Some(&b'('), "{}", String::from_utf8_lossy(text));
    *at += 1;
    let out = match text[*at] {
        sign @ (b'&' | b'|' | b'!') => {
            *at += 1;
            let mut content = Vec::new();
            while text.get(*at) == Some(&b'(') {
                content.extend(parenthesized(text, at));
            }
            element(
                if sign == b'&' {
                    0xa0
                } else if sign == b'|' {
                    0xa1
                } else {
                    0xa2
                },
                &content,
            )
        }
        _ => {
            let end = text[*at..].iter().position(|c| *c == b')').expect("a closing parenthesis") + *at;
            let item = item(&text[*at..end]);
            *at = end;
            item
        }
    };
    assert_eq!(text.get(*at), Some(&b')'), "{}", String::from_utf8_lossy(text));
    *at += 1;
    out
}

fn octets(value: &[u8]) -> Vec<u8> {
    element(4, value)
}

fn item(text: &[u8]) -> Vec<u8> {
    let equals = text.iter().position(|c| *c == b'=').expect("an item has =");
    let (left, value) = (&text[..equals], &text[equals + 1..]);
    let pair = |tag: u8, name: &[u8]| element(tag, &[octets(name), octets(&unescape(value))].concat());
    match left.split_last() {
        Some((b'>', name)) => pair(0xa5, name),
        Some((b'<', name)) => pair(0xa6, name),
        Some((b'~', name)) => pair(0xa8, name),
        Some((b':', before)) => extensible(before, value),
        _ if value == b"*" => element(0x87, left),
        _ if value.contains(&b'*') => {
            let parts: Vec<&[u8]> = value.split(|c| *c == b'*').collect();
            let last = parts.len() - 1;
            let tagged = parts.iter().enumerate().filter(|(_, part)| !part.is_empty()).map(|(i, part)| {
                let tag = if i == 0 {
                    0x80
                } else if i == last {
                    0x82
                } else {
                    0x81
                };
                element(tag, &unescape(part))
            });
            element(0xa4, &[octets(left), element(0x30, &tagged.flatten().collect::<Vec<u8>>())].concat())
        }
        _ => pair(0xa3, left),
    }
}

/// `attribute:dn:rule:=value`, each part but the value optional.
fn extensible(before: &[u8], value: &[u8]) -> Vec<u8> {
    let before = std::str::from_utf8(before).expect("a name");
    let mut parts = before.split(':');
    let attribute = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    let dn = rest.first() == Some(&"dn");
    if dn {
        rest.remove(0);
    }
    let mut content = Vec::new();
    if let Some(rule) = rest.first() {
        content.extend(element(0x81, rule.as_bytes()));
    }
    if !attribute.is_empty() {
        content.extend(element(0x82, attribute.as_bytes()));
    }
    content.extend(element(0x83, &unescape(value)));
    if dn {
        content.extend([0x84, 1, 0xff]);
    }
    element(0xa9, &content)
}

/// `\xx` is one octet.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'\\' {
            let pair = std::str::from_utf8(&text[at + 1..at + 3]).expect("a hex pair");
            out.push(u8::from_str_radix(pair, 16).expect("a hex pair"));
            at += 3;
        } else {
            out.push(text[at]);
            at += 1;
        }
    }
    out
}

/// An element read from received bytes.
#[derive(Clone, Debug)]
pub struct Read<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// Octets it takes.
    pub length: usize,
}

/// The first element; `None` when it is not whole yet.
pub fn read(bytes: &[u8]) -> Option<Read<'_>> {
    let (&tag, &first) = (bytes.first()?, bytes.get(1)?);
    let (header, length) = if first < 0x80 {
        (2, usize::from(first))
    } else {
        let octets = usize::from(first & 0x7f);
        assert!((1..=4).contains(&octets), "a length a server must not send: {first:02x}");
        let length = bytes.get(2..2 + octets)?.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
        (2 + octets, length)
    };
    let content = bytes.get(header..header + length)?;
    Some(Read { tag, content, length: header + length })
}

/// The elements of a content, which they must fill.
pub fn read_all(mut bytes: &[u8]) -> Vec<Read<'_>> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let element = read(bytes).expect("whole elements");
        bytes = &bytes[element.length..];
        out.push(element);
    }
    out
}

/// INTEGER or ENUMERATED content.
pub fn number(content: &[u8]) -> i64 {
    let negative = content.first().is_some_and(|first| first & 0x80 != 0);
    content.iter().fold(if negative { -1 } else { 0 }, |sum, octet| sum << 8 | i64::from(*octet))
}

#[test]
fn the_notation_and_filters_write_what_they_should() {
    assert_eq!(notation("30{0201 05 42{}}"), [0x30, 5, 2, 1, 5, 0x42, 0]);
    assert_eq!(notation("04{!'ab'}"), [4, 0x84, 0, 0, 0, 2, b'a', b'b']);
    assert_eq!(filter("(&(cn=a*b*c)(!(x=*)))"), notation("a0{ a4{04{'cn'} 30{80{'a'} 81{'b'} 82{'c'}}} a2{87{'x'}} }"));
    assert_eq!(filter("(cn:dn:2.5.13.2:=\\c3\\a9)"), notation("a9{81{'2.5.13.2'} 82{'cn'} 83{c3a9} 8401ff}"));
    assert_eq!(filter("(:caseExactMatch:=x)"), notation("a9{81{'caseExactMatch'} 83{'x'}}"));
    assert_eq!([integer(2, 127), integer(2, 128), integer(2, -5)].concat(), [2, 1, 127, 2, 2, 0, 128, 2, 1, 0xfb]);
    assert_eq!(number(&[0xfb]), -5);
}
