//! The body of a batch: JSON lines, or CSV with a header of the same names. Bounded, numbered, each line whole or refused by itself.

use super::file::{LONGEST_LINE, TOO_LONG};
use super::line::syntax;
use crate::error::{Error, Kind, Result};
use crate::store::BatchItem;
use serde_json::{Map, Value};

/// Lines of one batch.
pub(super) const MOST_LINES: usize = 200_000;

/// What a body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    JsonLines,
    Csv,
}

impl Format {
    /// By media type; parameters are passed over.
    #[must_use]
    pub fn of(media_type: &str) -> Option<Self> {
        match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => Some(Self::JsonLines),
            "text/csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// The lines of a body that are not blank, in order.
pub(super) fn items(format: Format, body: &[u8]) -> Result<Vec<BatchItem>> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let items = match format {
        Format::JsonLines => json_lines(body)?,
        Format::Csv => rows(body)?,
    };
    if items.is_empty() {
        return Err(syntax("", "le lot ne contient aucune ligne"));
    }
    Ok(items)
}

fn too_many() -> Error {
    Error::new(Kind::Unprocessable, "MSS-070", format!("le lot dépasse {MOST_LINES} lignes : envoyez-le en plusieurs fois"))
}

fn json_lines(body: &[u8]) -> Result<Vec<BatchItem>> {
    let mut items = Vec::new();
    for (line, bytes) in (1..).zip(body.split(|byte| *byte == b'\n')) {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            continue;
        }
        if items.len() >= MOST_LINES {
            return Err(too_many());
        }
        let kept = match bytes.first() {
            _ if bytes.len() > LONGEST_LINE => unreadable(TOO_LONG),
            Some(&UNREADABLE) => unreadable("un objet JSON est attendu"),
            _ => bytes.to_vec(),
        };
        items.push(BatchItem { place: items.len() as u64 + 1, line, body: kept });
    }
    Ok(items)
}

/// First byte of the body of an item that cannot be read; what follows says why. No JSON begins so.
const UNREADABLE: u8 = b'!';

fn unreadable(why: &str) -> Vec<u8> {
    [&[UNREADABLE], why.as_bytes()].concat()
}

/// The body of an item, or why it has none.
pub(super) fn body(item: &BatchItem) -> Result<&[u8], &str> {
    match item.body.split_first() {
        Some((&UNREADABLE, why)) => Err(std::str::from_utf8(why).unwrap_or_default()),
        _ => Ok(&item.body),
    }
}

/// Names whose cell is a list, separated by blanks, and the one whose cell is a number.
const LISTS: [&str; 2] = ["holders", "structures"];
const NUMBERS: [&str; 2] = ["rank", "rang"];

fn rows(body: &[u8]) -> Result<Vec<BatchItem>> {
    let head = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let most = |byte: &u8| head.iter().filter(|b| *b == byte).count();
    let delimiter = [b';', b'|', b',', b'\t'].into_iter().max_by_key(most).unwrap_or(b';');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(true).from_reader(body);
    let illegible = |what: &str| syntax("", format!("l'en-tête du fichier CSV est illisible : {what}"));
    let header: Vec<String> = reader.headers().map_err(|_| illegible("UTF-8 est attendu"))?.iter().map(|n| n.trim().to_owned()).collect();
    let plain = |name: &String| !name.is_empty() && name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if header.len() > 40 || !header.iter().all(plain) {
        return Err(illegible("des noms de champs sont attendus"));
    }
    if let Some(twice) = header.iter().enumerate().find_map(|(n, name)| header.iter().take(n).any(|other| other == name).then_some(name)) {
        return Err(illegible(&format!("la colonne {twice} est donnée deux fois")));
    }
    let mut items = Vec::new();
    let mut record = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(items),
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                return Err(syntax("", format!("le fichier CSV est illisible à la ligne {line}")));
            }
        }
        if items.len() >= MOST_LINES {
            return Err(too_many());
        }
        let line = record.position().map_or(0, csv::Position::line);
        // A quote that is not closed takes the rows behind it into its cell: they would be lost without a word.
        if record.iter().any(|cell| cell.iter().any(|byte| matches!(byte, b'\n' | b'\r'))) {
            return Err(syntax("", format!("le fichier CSV a un guillemet qui n'est pas fermé à la ligne {line}")));
        }
        items.push(BatchItem { place: items.len() as u64 + 1, line, body: object(&header, &record) });
    }
}

/// A row as the JSON object it stands for: an empty cell is an absent field.
fn object(header: &[String], record: &csv::ByteRecord) -> Vec<u8> {
    if record.len() != header.len() {
        return unreadable(&format!("{} cellule(s) au lieu de {}", record.len(), header.len()));
    }
    let mut object = Map::new();
    for (name, cell) in header.iter().zip(record) {
        let Ok(cell) = std::str::from_utf8(cell) else {
            return unreadable("UTF-8 est attendu");
        };
        let cell = cell.trim();
        if cell.is_empty() {
            continue;
        }
        let value = match name.as_str() {
            list if LISTS.contains(&list) => cell.split_whitespace().map(Value::from).collect(),
            number if NUMBERS.contains(&number) => cell.parse::<u32>().map_or_else(|_| Value::from(cell), Value::from),
            _ => Value::from(cell),
        };
        object.insert(name.clone(), value);
    }
    serde_json::to_vec(&object).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(format: Format, text: &str) -> Vec<(u64, String)> {
        items(format, text.as_bytes()).unwrap().into_iter().map(|i| (i.line, String::from_utf8(i.body).unwrap())).collect()
    }

    #[test]
    fn both_forms_give_the_same_lines() {
        let json = "\u{feff}{\"address\":\"a@b.fr\",\"holders\":[\"1\",\"2\"],\"rank\":2}\r\n\n{\"address\":\"c@d.fr\"}";
        let csv = "address;holders;rank;service\r\na@b.fr;1  2;2;\r\n\r\nc@d.fr;;;\r\n";
        let expected = ["{\"address\":\"a@b.fr\",\"holders\":[\"1\",\"2\"],\"rank\":2}", "{\"address\":\"c@d.fr\"}"];
        assert_eq!(bodies(Format::JsonLines, json).iter().map(|(_, b)| b.as_str()).collect::<Vec<_>>(), expected);
        assert_eq!(bodies(Format::JsonLines, json).iter().map(|(l, _)| *l).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(bodies(Format::Csv, csv).iter().map(|(_, b)| b.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn hostile_bodies_are_bounded() {
        assert!(items(Format::JsonLines, b" \n\n").is_err());
        assert!(items(Format::Csv, b"").is_err());
        assert!(items(Format::Csv, b"a=b;c\n1;2").is_err());
        assert!(items(Format::Csv, b"\xff;c\n1;2").is_err());
        let long = format!("{{\"address\":\"{}\"}}", "x".repeat(70_000));
        assert!(bodies(Format::JsonLines, &long)[0].1.starts_with("!la ligne"));
        assert_eq!(bodies(Format::JsonLines, "!<script>")[0].1, "!un objet JSON est attendu");
        assert!(items(Format::Csv, b"address;address\na@b.fr;c@d.fr").is_err());
        assert!(items(Format::Csv, b"address;service\na@b.fr;\"x\nc@d.fr;y\n").is_err());
        let many = "{}\n".repeat(MOST_LINES + 1);
        assert_eq!(items(Format::JsonLines, many.as_bytes()).unwrap_err().code(), "MSS-070");
        assert_eq!(bodies(Format::Csv, "address;type\na@b.fr")[0].1, "!1 cellule(s) au lieu de 2");
    }
}
