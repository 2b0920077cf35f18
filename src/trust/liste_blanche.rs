//! The liste blanche: the XML list of MSSanté domains with the certificates of the operators that serve them.
//!
//! Reads the structure of the ANS schema (`https://listeblanche.mssante.fr/schema`): one `Domaine` an entry, six children, several
//! entries a domain. The signature at its end is skipped here: [`super::signature`] hands on what of a signed document is covered. A
//! document that is cut, not well formed, too deep, larger than 64 MiB, or that declares a document type (entities are an attack, the list
//! uses none) is refused as a whole: the caller keeps the former list. An entry whose name or certificate cannot be read is rejected alone,
//! with its line, and closes nothing.

use crate::error::{Error, Kind, Result};
use crate::model::{DistinguishedName, normalize_domain};
use quick_xml::NsReader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::{Namespace, ResolveResult};

/// Largest document read, bytes; the real one has about 5 MB.
pub const MAX_BYTES: usize = 64 << 20;
const MAX_DEPTH: usize = 16;
pub(super) const NAMESPACE: &[u8] = b"https://listeblanche.mssante.fr/schema";
pub(super) const ROOT: &str = "ListeBlancheMSSante";

/// A list, every entry in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListeBlanche {
    /// `DateDeGeneration`.
    pub generated: jiff::Timestamp,
    pub entries: Vec<Entry>,
}

/// A `Domaine` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Line of its end tag, from 1.
    pub line: u64,
    /// Its three texts as written, for telling duplicates: name, description, certificate.
    pub raw: [String; 3],
    pub outcome: std::result::Result<Listed, Unreadable>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// A-label, lower case.
    pub domain: String,
    pub certificate: DistinguishedName,
}

/// Why an entry is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub element: &'static str,
    pub reason: &'static str,
    /// The domain, when that much can be read.
    pub domain: Option<String>,
}

/// Does a file that begins so look like a liste blanche?
#[must_use]
pub fn recognise(head: &[u8]) -> bool {
    String::from_utf8_lossy(head).contains(&format!("<{ROOT}"))
}

/// `DateDeGeneration` as far as the beginning of a file tells it.
#[must_use]
pub fn generated(head: &[u8]) -> Option<jiff::Timestamp> {
    let text = String::from_utf8_lossy(head);
    let (_, rest) = text.split_once("<DateDeGeneration>")?;
    rest.split_once('<')?.0.trim().parse().ok()
}

/// Parses a whole document.
///
/// # Errors
/// `bad_liste_blanche` for whatever makes the document as a whole unfit.
pub fn parse(bytes: &[u8]) -> Result<ListeBlanche> {
    if bytes.len() > MAX_BYTES {
        return Err(Error::new(Kind::TooLarge, "bad_liste_blanche", format!("the liste blanche is larger than {} MiB", MAX_BYTES >> 20)));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|e| refused(bytes, e.valid_up_to(), "the liste blanche is not UTF-8"))?
        .trim_start_matches('\u{feff}');
    let mut parser = Parser::default();
    let mut reader = NsReader::from_str(text);
    loop {
        let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let at = |what: &str| refused(text.as_bytes(), position, what);
        let (namespace, event) = reader.read_resolved_event().map_err(|e| at("the liste blanche is not well formed").with_source(e))?;
        let ours = namespace == ResolveResult::Bound(Namespace(NAMESPACE));
        match event {
            Event::Start(e) => parser.open(ours, e.local_name().as_ref()).map_err(at)?,
            Event::End(_) => {
                let line = line_of(text.as_bytes(), position, &mut parser.counted);
                parser.close(line);
            }
            Event::Empty(e) => {
                parser.open(ours, e.local_name().as_ref()).map_err(at)?;
                let line = line_of(text.as_bytes(), position, &mut parser.counted);
                parser.close(line);
            }
            Event::Text(e) => parser.text(&e.xml10_content().map_err(|_| at("a text of the liste blanche is not UTF-8"))?).map_err(at)?,
            Event::CData(e) => parser.text(&e.decode().map_err(|_| at("a text of the liste blanche is not UTF-8"))?).map_err(at)?,
            Event::GeneralRef(e) => {
                parser.text(&reference(&e).ok_or_else(|| at("the liste blanche uses an unknown entity"))?).map_err(at)?
            }
            Event::DocType(_) => return Err(at("the liste blanche declares a document type")),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    parser.finish().map_err(|what| refused(text.as_bytes(), text.len(), what))
}

fn refused(bytes: &[u8], position: usize, what: &str) -> Error {
    let line = 1 + bytes.iter().take(position).filter(|b| **b == b'\n').count();
    Error::new(Kind::Unprocessable, "bad_liste_blanche", format!("{what} (line {line}); the former list stays in force"))
}

/// Line of a position that only grows; `counted` is where the last question stood, and its line.
fn line_of(bytes: &[u8], position: usize, counted: &mut (usize, u64)) -> u64 {
    let passed = bytes.get(counted.0..position.min(bytes.len())).unwrap_or_default();
    *counted = (counted.0 + passed.len(), counted.1 + passed.iter().filter(|b| **b == b'\n').count() as u64);
    counted.1 + 1
}

fn reference(entity: &BytesRef<'_>) -> Option<String> {
    match entity.resolve_char_ref() {
        Ok(Some(c)) => Some(c.to_string()),
        Ok(None) => resolve_xml_entity(&entity.decode().ok()?).map(str::to_owned),
        Err(_) => None,
    }
}

/// What of the document is open.
#[derive(Default)]
struct Parser {
    path: Vec<String>,
    seen_root: bool,
    seen_list: bool,
    generated: Option<String>,
    fields: [Option<String>; 3],
    entries: Vec<Entry>,
    counted: (usize, u64),
}

const FIELDS: [&str; 3] = ["Nom", "Description", "DNCertificatOperateur"];

impl Parser {
    fn open(&mut self, ours: bool, name: &[u8]) -> std::result::Result<(), &'static str> {
        let name = String::from_utf8_lossy(name).into_owned();
        if self.path.is_empty() {
            if self.seen_root {
                return Err("the liste blanche has a second root element");
            }
            if !ours || name != ROOT {
                return Err("the document is no liste blanche: another root element or namespace");
            }
            self.seen_root = true;
        }
        if self.path.len() >= MAX_DEPTH {
            return Err("the liste blanche is nested too deep");
        }
        // What is not of the list's namespace (the signature) keeps a name that is none of ours.
        self.path.push(if ours { name } else { String::new() });
        match self.path().as_slice() {
            [ROOT, "ListeDomaines"] => self.seen_list = true,
            [ROOT, "ListeDomaines", "Domaine"] => self.fields = Default::default(),
            _ => {}
        }
        Ok(())
    }

    fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    fn text(&mut self, text: &str) -> std::result::Result<(), &'static str> {
        let field = match self.path().as_slice() {
            [] if text.trim().is_empty() => return Ok(()),
            [] => return Err("the liste blanche has text outside its root element"),
            [ROOT, "DateDeGeneration"] => &mut self.generated,
            [ROOT, "ListeDomaines", "Domaine", name] => {
                let place = FIELDS.iter().position(|field| field == name);
                let Some(slot) = place.and_then(|place| self.fields.get_mut(place)) else { return Ok(()) };
                slot
            }
            _ => return Ok(()),
        };
        field.get_or_insert_default().push_str(text);
        Ok(())
    }

    fn close(&mut self, line: u64) {
        if self.path() == [ROOT, "ListeDomaines", "Domaine"] {
            let raw = std::mem::take(&mut self.fields).map(|f| f.unwrap_or_default().trim().to_owned());
            let outcome = listed(&raw);
            self.entries.push(Entry { line, raw, outcome });
        }
        self.path.pop();
    }

    fn finish(self) -> std::result::Result<ListeBlanche, &'static str> {
        if !self.seen_root || !self.path.is_empty() {
            return Err("the liste blanche is cut: its root element has no end");
        }
        if !self.seen_list {
            return Err("the liste blanche has no ListeDomaines");
        }
        let generated = self.generated.and_then(|text| text.trim().parse().ok());
        Ok(ListeBlanche { generated: generated.ok_or("the liste blanche has no readable DateDeGeneration")?, entries: self.entries })
    }
}

fn listed(raw: &[String; 3]) -> std::result::Result<Listed, Unreadable> {
    let [name, _, certificate] = raw;
    let Some(domain) = normalize_domain(name) else {
        return Err(Unreadable { element: "Nom", reason: "not a domain name", domain: None });
    };
    match DistinguishedName::parse(certificate) {
        Some(certificate) => Ok(Listed { domain, certificate }),
        None => Err(Unreadable { element: "DNCertificatOperateur", reason: "not a distinguished name", domain: Some(domain) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(inside: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">\n\
             <DateDeGeneration>2026-09-01T03:15:42Z</DateDeGeneration>\n<ListeDomaines>\n{inside}</ListeDomaines>\n\
             <Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><Nom>x</Nom>QQ==&#13;\n</Signature></ListeBlancheMSSante>"
        )
    }

    fn entry(name: &str, certificate: &str) -> String {
        format!(
            "<Domaine><Nom>{name}</Nom><Description>L'essai &amp; co</Description>\n\
             <DNCertificatOperateur>{certificate}</DNCertificatOperateur>\n<DateMAJ>2026-08-14T09:30:00Z</DateMAJ></Domaine>\n"
        )
    }

    #[test]
    fn entries_are_read_in_order() {
        let list =
            parse(document(&(entry("A.mssante.fr", "CN=x,O=Un") + &entry("b", "CN=x") + &entry("c.fr", "rien"))).as_bytes()).unwrap();
        assert_eq!(list.generated.to_string(), "2026-09-01T03:15:42Z");
        let outcomes: Vec<_> = list.entries.iter().map(|e| e.outcome.as_ref().map(|l| l.domain.as_str()).map_err(|u| u.element)).collect();
        assert_eq!(outcomes, [Ok("a.mssante.fr"), Err("Nom"), Err("DNCertificatOperateur")]);
        assert_eq!(list.entries[0].raw[1], "L'essai & co");
        assert_eq!(list.entries.iter().map(|e| e.line).collect::<Vec<_>>(), [6, 9, 12]);
        assert_eq!(list.entries[2].outcome.as_ref().unwrap_err().domain.as_deref(), Some("c.fr"));
    }

    #[test]
    fn whatever_is_not_whole_is_refused() {
        let whole = document(&entry("a.fr", "CN=x"));
        for cut in [whole.len() - 1, whole.len() - 40, whole.len() / 2, 10, 0] {
            assert!(parse(&whole.as_bytes()[..cut]).is_err(), "{cut}");
        }
        for (from, to) in [
            ("<ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">", "<ListeBlancheMSSante>"),
            ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<!DOCTYPE x [<!ENTITY a \"b\">]>"),
            ("&amp;", "&a;"),
            ("2026-09-01T03:15:42Z", "hier"),
            ("</Domaine>", "</Nom>"),
            ("a.fr", "\u{fffe}<"),
        ] {
            assert!(whole.contains(from) && parse(whole.replace(from, to).as_bytes()).is_err(), "{to}");
        }
        assert!(parse(format!("{whole}<x/>").as_bytes()).is_err());
        assert!(parse(whole.replace("Nom>a", &format!("Nom>{}a", "<x>".repeat(20))).as_bytes()).is_err());
    }

    #[test]
    fn the_head_tells_the_kind_and_the_date() {
        let whole = document("");
        assert!(recognise(&whole.as_bytes()[..200]) && !recognise(b"Type de BAL|Adresse BAL"));
        assert_eq!(generated(whole.as_bytes()).unwrap().to_string(), "2026-09-01T03:15:42Z");
    }
}
