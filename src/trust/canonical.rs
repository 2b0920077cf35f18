//! Exclusive XML canonicalisation without comments (`http://www.w3.org/2001/10/xml-exc-c14n#`) of the documents a liste blanche may be.
//!
//! [`Pieces`] reads a document of one default namespace a level: names without prefix, few attributes, bounded depth. What canonicalisation
//! would drop or change unseen (comments, processing instructions, a document type, prefixes, carriage returns, odd blanks inside tags) is
//! refused instead, so that two documents with one canonical form hardly differ in their bytes either. [`Canonical`] writes pieces in
//! canonical form; whoever reads that form reads exactly what was digested.

use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesDecl, BytesStart, Event};
use std::rc::Rc;

/// Deepest element.
const MAX_DEPTH: usize = 16;
/// Attributes that may stand on an element; comparing them with each other costs their square.
const MAX_ATTRIBUTES: usize = 4;

/// A start tag.
#[derive(Debug)]
pub(super) struct Element {
    pub name: String,
    /// The default namespace in force; empty for none.
    pub namespace: Rc<str>,
    /// Without `xmlns`, sorted by name.
    pub attributes: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) enum Piece {
    Open(Element),
    /// Text with its references resolved; a text may come in several pieces.
    Text(String),
    Close(String),
    End,
}

/// Reads a document piece by piece.
pub(super) struct Pieces<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Default namespace of each open element.
    namespaces: Vec<Rc<str>>,
    begun: bool,
}

impl<'a> Pieces<'a> {
    /// Of the text of a whole document, without byte order mark.
    pub fn of(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.trim_markup_names_in_closing_tags = false;
        Self { text, reader, namespaces: Vec::new(), begun: false }
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.namespaces.len()
    }

    /// Line of the place reached, from 1.
    pub fn line(&self) -> usize {
        let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        1 + self.text.bytes().take(position).filter(|b| *b == b'\n').count()
    }

    /// The next piece, or what is wrong.
    pub fn next(&mut self) -> Result<Piece, &'static str> {
        loop {
            let event = self.reader.read_event().map_err(|_| "the document is not well formed")?;
            let first = !std::mem::replace(&mut self.begun, true);
            return match event {
                Event::Decl(declaration) if first => {
                    check_declaration(&declaration)?;
                    continue;
                }
                Event::Decl(_) => Err("an XML declaration stands elsewhere than at the beginning"),
                Event::Start(tag) => open(&tag, &mut self.namespaces).map(Piece::Open),
                Event::End(tag) => {
                    self.namespaces.pop();
                    plain(tag.as_ref())?;
                    name(tag.name().as_ref()).map(Piece::Close)
                }
                Event::Text(text) => {
                    plain_text(&text)?;
                    text.decode().map(|text| Piece::Text(text.into_owned())).map_err(|_| "a text is not UTF-8")
                }
                Event::CData(text) => {
                    plain_text(&text)?;
                    text.decode().map(|text| Piece::Text(text.into_owned())).map_err(|_| "a text is not UTF-8")
                }
                Event::GeneralRef(entity) => match entity.resolve_char_ref() {
                    Ok(Some(c)) => Ok(Piece::Text(c.to_string())),
                    Ok(None) => {
                        let known = entity.decode().ok().and_then(|name| resolve_xml_entity(&name).map(str::to_owned));
                        known.map(Piece::Text).ok_or("an entity is not one of the five of XML")
                    }
                    Err(_) => Err("a character reference is none"),
                },
                Event::Eof if self.namespaces.is_empty() => Ok(Piece::End),
                Event::Eof => Err("the document is cut"),
                Event::Comment(_) => Err("the document holds a comment"),
                Event::PI(_) => Err("the document holds a processing instruction"),
                Event::DocType(_) => Err("the document declares a document type"),
                Event::Empty(_) => Err("the document is not well formed"),
            };
        }
    }
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), &'static str> {
    let version = declaration.version().is_ok_and(|version| version.as_ref() == b"1.0");
    let encoding = match declaration.encoding() {
        None => true,
        Some(encoding) => encoding.is_ok_and(|name| name.eq_ignore_ascii_case(b"utf-8")),
    };
    if version && encoding { Ok(()) } else { Err("the document is not declared as XML 1.0 in UTF-8") }
}

fn open(tag: &BytesStart<'_>, namespaces: &mut Vec<Rc<str>>) -> Result<Element, &'static str> {
    if namespaces.len() >= MAX_DEPTH {
        return Err("the document is nested too deep");
    }
    plain(tag)?;
    let name_of_tag = name(tag.name().as_ref())?;
    let mut namespace = namespaces.last().cloned().unwrap_or_default();
    let mut attributes = Vec::new();
    for (count, attribute) in tag.attributes().enumerate() {
        let attribute = attribute.map_err(|_| "an attribute is not well formed")?;
        if count >= MAX_ATTRIBUTES {
            return Err("an element has too many attributes");
        }
        let key = name(attribute.key.as_ref())?;
        let raw = std::str::from_utf8(&attribute.value).map_err(|_| "an attribute is not UTF-8")?;
        let value = unescape(raw).map_err(|_| "an attribute holds an unknown reference")?.into_owned();
        if key == "xmlns" {
            namespace = value.into();
        } else {
            attributes.push((key, value));
        }
    }
    attributes.sort();
    namespaces.push(Rc::clone(&namespace));
    Ok(Element { name: name_of_tag, namespace, attributes })
}

/// A name without prefix.
fn name(bytes: &[u8]) -> Result<String, &'static str> {
    let name = std::str::from_utf8(bytes).map_err(|_| "a name is not UTF-8")?;
    if name.is_empty() || name.contains(':') {
        return Err("a name has a prefix");
    }
    Ok(name.to_owned())
}

/// Blanks inside a tag do not reach the canonical form: only the one that every writer puts before an attribute is taken.
fn plain(tag: &[u8]) -> Result<(), &'static str> {
    let odd = |pair: &[u8]| matches!(pair, b"  " | b" =" | b"= ");
    if tag.ends_with(b" ") || tag.iter().any(|b| matches!(b, b'\t' | b'\r' | b'\n')) || tag.windows(2).any(odd) {
        return Err("a tag holds blanks that no writer of the list puts there");
    }
    Ok(())
}

/// A carriage return by itself is a line break to a reader of XML; one that is meant is written as a reference.
fn plain_text(text: &[u8]) -> Result<(), &'static str> {
    if text.contains(&b'\r') { Err("lines end with a carriage return") } else { Ok(()) }
}

/// Writes pieces in canonical form, from an apex on: what stands above it has been written nowhere.
#[derive(Default)]
pub(super) struct Canonical {
    pub bytes: Vec<u8>,
    /// Default namespace written for each open element.
    rendered: Vec<Rc<str>>,
}

impl Canonical {
    pub fn open(&mut self, element: &Element) {
        self.bytes.push(b'<');
        self.bytes.extend_from_slice(element.name.as_bytes());
        if self.rendered.last().map_or("", |above| above) != &*element.namespace {
            self.attribute("xmlns", &element.namespace);
        }
        self.rendered.push(Rc::clone(&element.namespace));
        for (name, value) in &element.attributes {
            self.attribute(name, value);
        }
        self.bytes.push(b'>');
    }

    pub fn text(&mut self, text: &str) {
        self.escaped(text, |byte| match byte {
            b'&' => Some("&amp;"),
            b'<' => Some("&lt;"),
            b'>' => Some("&gt;"),
            b'\r' => Some("&#xD;"),
            _ => None,
        });
    }

    pub fn close(&mut self, name: &str) {
        self.rendered.pop();
        self.bytes.extend_from_slice(b"</");
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(b'>');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b"=\"");
        self.escaped(value, |byte| match byte {
            b'&' => Some("&amp;"),
            b'<' => Some("&lt;"),
            b'"' => Some("&quot;"),
            b'\t' => Some("&#x9;"),
            b'\n' => Some("&#xA;"),
            b'\r' => Some("&#xD;"),
            _ => None,
        });
        self.bytes.push(b'"');
    }

    fn escaped(&mut self, text: &str, escape: impl Fn(u8) -> Option<&'static str>) {
        for byte in text.bytes() {
            match escape(byte) {
                Some(reference) => self.bytes.extend_from_slice(reference.as_bytes()),
                None => self.bytes.push(byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, &'static str> {
        let (mut pieces, mut canonical) = (Pieces::of(text), Canonical::default());
        loop {
            match pieces.next()? {
                Piece::Open(element) => canonical.open(&element),
                Piece::Text(text) if pieces.depth() > 0 => canonical.text(&text),
                Piece::Text(_) => {}
                Piece::Close(name) => canonical.close(&name),
                Piece::End => return Ok(String::from_utf8(canonical.bytes).unwrap()),
            }
        }
    }

    /// The right sides are what Python's `xml.etree.ElementTree.canonicalize` writes.
    #[test]
    fn the_canonical_form() {
        for (document, expected) in [
            ("<?xml version=\"1.0\"?>\n<a/>\n", "<a></a>"),
            ("<a b='x\"&lt;>&#9;&#xA;&#13;&amp;' a='1'/>", "<a a=\"1\" b=\"x&quot;&lt;>&#x9;&#xA;&#xD;&amp;\"></a>"),
            ("<a b=\"1\" xmlns=\"urn:x\"></a>", "<a xmlns=\"urn:x\" b=\"1\"></a>"),
            ("<a xmlns='u'><b xmlns='u'><c xmlns='v'/></b><b/></a>", "<a xmlns=\"u\"><b><c xmlns=\"v\"></c></b><b></b></a>"),
            ("<a xmlns='u'><b xmlns=''><c/></b></a>", "<a xmlns=\"u\"><b xmlns=\"\"><c></c></b></a>"),
            ("<a xmlns=''/>", "<a></a>"),
            ("<a>\"'&quot;&apos;&gt;&#38;&lt;&#13;\n\u{85}é</a>", "<a>\"'\"'&gt;&amp;&lt;&#xD;\n\u{85}é</a>"),
            ("<a><![CDATA[<b>&amp;]]>x</a>", "<a>&lt;b&gt;&amp;amp;x</a>"),
        ] {
            assert_eq!(canonical(document).as_deref(), Ok(expected), "{document}");
        }
    }

    #[test]
    fn what_the_form_would_hide_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(17), "</a>".repeat(17));
        for document in [
            "<a><!-- x --></a>",
            "<!-- x --><a/>",
            "<a/><!-- x -->",
            "<a><?x y?></a>",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "<a>&b;</a>",
            "<a>&#0;</a>",
            "<a>&</a>",
            "<p:a xmlns:p='u'/>",
            "<a xmlns:p='u'/>",
            "<a xml:lang='fr'/>",
            "<a b='1' b='2'/>",
            "<a b='1' c='1' d='1' e='1' f='1'/>",
            "<a b='&c;'/>",
            "<a b=1/>",
            "<a>x\r\ny</a>",
            "<a>x\ry</a>",
            "<a\nb='1'/>",
            "<a  b='1'/>",
            "<a b ='1'/>",
            "<a b= '1'/>",
            "<a b='1' />",
            "<a ></a>",
            "<a></a >",
            "<a></a\t>",
            "<?xml version=\"1.1\"?><a/>",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>",
            " <?xml version=\"1.0\"?><a/>",
            "<a><b></a></b>",
            "<a>",
            "<a",
            &deep,
        ] {
            assert!(canonical(document).is_err(), "{document}");
        }
    }
}
