//! Remarks behind names, by their parts: profession and commune of a `cn`, domains of addresses. There are few of them, so all that a segment has are
//! in memory, with the windows of characters that they hold: which of them hold a piece is told without reading anything, and mostly none does.
//!
//! Documents of those that do are gathered when a piece is first asked for, and kept for the next who types it.

use super::bitmaps::{Bitmap, Common};
use super::candidates::Candidates;
use super::fields::REMARKS;
use super::generation::failed;
use super::terms::LONG_REMARK;
use crate::error::Result;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::HashMap;
use std::sync::Arc;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::{DocId, SegmentReader};

const WHAT: &str = "the remarks of the index cannot be read";
/// Parts kept of a segment, which has as many as there are professions, communes and domains; of more, any entry may hold any piece.
const MOST_PARTS: usize = 200_000;
/// Parts with a piece that are looked up: of a piece that more of them hold, every entry is a candidate, for most are.
const MOST_FOUND: usize = 4_096;
/// Longest window, in characters.
const WINDOW: usize = 3;
/// Bytes kept of what was found, for each document of the segment.
const KEPT: u64 = 8;
/// Pieces expected to be kept.
const EXPECTED: usize = 1_000;

/// The remarks of a segment; cheap to clone, for all states that have it.
#[derive(Clone)]
pub(super) struct Remarks(Arc<Parts>);

struct Parts {
    /// Text and posting list of each.
    parts: Vec<(String, TermInfo)>,
    /// Those that hold a window of one to three characters, in order.
    windows: HashMap<String, Vec<u32>>,
    too_many: bool,
    found: Cache<String, Found, Weight>,
}

/// Documents of a segment.
#[derive(Clone)]
enum Found {
    Few(Arc<Vec<DocId>>),
    Many(Common),
    All,
}

#[derive(Clone)]
struct Weight;

impl Weighter<String, Found> for Weight {
    fn weight(&self, piece: &String, found: &Found) -> u64 {
        let documents = match found {
            Found::Few(documents) => documents.len() * size_of::<DocId>(),
            Found::Many(bitmap) => bitmap.bytes(),
            Found::All => 0,
        };
        (documents + piece.len() + size_of::<Found>() + size_of::<String>()) as u64
    }
}

impl Remarks {
    pub fn of(segment: &SegmentReader) -> Result<Self> {
        let field = segment.schema().get_field(REMARKS).map_err(failed(WHAT))?;
        let inverted = segment.inverted_index(field).map_err(failed(WHAT))?;
        let too_many = inverted.terms().num_terms() > MOST_PARTS;
        let mut parts = Vec::new();
        if !too_many {
            let mut terms = inverted.terms().stream().map_err(failed(WHAT))?;
            while terms.advance() {
                parts.push((String::from_utf8_lossy(terms.key()).into_owned(), terms.value().clone()));
            }
        }
        let mut windows: HashMap<String, Vec<u32>> = HashMap::new();
        for (number, (part, _)) in (0u32..).zip(&parts) {
            each_window(part, |window| match windows.get_mut(window) {
                Some(holding) if holding.last() == Some(&number) => {}
                Some(holding) => holding.push(number),
                None => {
                    windows.insert(window.to_owned(), vec![number]);
                }
            });
        }
        // Every commit makes a small segment: room is taken by what one has.
        let found = Cache::with_weighter(EXPECTED.min(parts.len()), KEPT * u64::from(segment.max_doc()), Weight);
        Ok(Self(Arc::new(Parts { parts, windows, too_many, found })))
    }

    /// Entries with a remark of which a part holds the piece, perhaps others too.
    pub fn candidates(&self, piece: &str, segment: &SegmentReader) -> Result<Candidates> {
        let found = match self.0.found.get(piece) {
            Some(found) => found,
            None => {
                let found = self.0.find(piece, segment)?;
                // That there is nothing is told as fast again, and of pieces that nobody has there is no end.
                if !matches!(&found, Found::Few(documents) if documents.is_empty()) {
                    self.0.found.insert(piece.to_owned(), found.clone());
                }
                found
            }
        };
        Ok(match found {
            Found::Few(documents) => Candidates::Known { documents, at: 0 },
            Found::Many(bitmap) => Candidates::Bitmaps(bitmap),
            Found::All => Candidates::all(segment.max_doc()),
        })
    }
}

impl Parts {
    /// Numbers of the parts that hold a piece; `None` of more than are looked up.
    fn holding(&self, piece: &str) -> Option<Vec<u32>> {
        if self.too_many {
            return None;
        }
        let of_window = |window| self.windows.get(window).map_or(&[][..], Vec::as_slice);
        let mut rarest: Option<&[u32]> = None;
        each_window(piece, |window| {
            let holding = of_window(window);
            if rarest.is_none_or(|rarest| holding.len() < rarest.len()) {
                rarest = Some(holding);
            }
        });
        let holds = |number: &&u32| self.parts.get(**number as usize).is_some_and(|(part, _)| part.contains(piece));
        let mut found: Vec<u32> = rarest.unwrap_or_default().iter().filter(holds).take(MOST_FOUND + 1).copied().collect();
        found.extend(of_window(LONG_REMARK).iter().filter(|number| !found.contains(number)).copied().collect::<Vec<_>>());
        (found.len() <= MOST_FOUND).then_some(found)
    }

    fn find(&self, piece: &str, segment: &SegmentReader) -> Result<Found> {
        let Some(holding) = self.holding(piece) else { return Ok(Found::All) };
        let field = segment.schema().get_field(REMARKS).map_err(failed(WHAT))?;
        let inverted = segment.inverted_index(field).map_err(failed(WHAT))?;
        let lists = || holding.iter().filter_map(|number| Some(&self.parts.get(*number as usize)?.1));
        let most: u64 = lists().map(|list| u64::from(list.doc_freq)).sum();
        let mut block = BlockSegmentPostings::empty();
        let mut each = |take: &mut dyn FnMut(&[DocId])| -> Result<()> {
            for list in lists() {
                inverted.reset_block_postings_from_terminfo(list, &mut block).map_err(failed(WHAT))?;
                while !block.docs().is_empty() {
                    take(block.docs());
                    block.advance();
                }
            }
            Ok(())
        };
        Ok(if most > u64::from(segment.max_doc()) / u64::from(DocId::BITS) {
            let mut bitmap = Bitmap::of(segment.max_doc(), []);
            each(&mut |documents| bitmap.extend(documents.iter().copied()))?;
            Found::Many(Common::of(vec![Arc::new(bitmap)]))
        } else {
            let mut few = Vec::new();
            each(&mut |documents| few.extend_from_slice(documents))?;
            few.sort_unstable();
            few.dedup();
            Found::Few(Arc::new(few))
        })
    }
}

/// Takes the windows of one to three characters.
fn each_window<'a>(text: &'a str, mut take: impl FnMut(&'a str)) {
    for rest in text.char_indices().filter_map(|(at, _)| text.get(at..)) {
        let ends = rest.char_indices().take(WINDOW).map(|(at, c)| at + c.len_utf8());
        ends.filter_map(|end| rest.get(..end)).for_each(&mut take);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::{Fields, register_tokenizer};
    use super::super::ready::Terms;
    use super::super::terms::END;
    use super::*;
    use tantivy::{Index, TERMINATED, TantivyDocument};

    fn segment(remarks: &[String]) -> SegmentReader {
        let (schema, fields) = Fields::schema();
        let index = Index::create_in_ram(schema);
        register_tokenizer(&index);
        let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        for remark in remarks {
            let mut parts = Terms::default();
            remark.split_inclusive(", ").for_each(|part| parts.add(&[part]));
            let mut document = TantivyDocument::default();
            document.add_text(fields.remarks, parts.into_value());
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        index.reader().unwrap().searcher().segment_reader(0).clone()
    }

    fn found(remarks: &Remarks, piece: &str, segment: &SegmentReader) -> Vec<DocId> {
        let patience = super::super::patience::Patience::endless();
        let mut candidates = remarks.candidates(piece, segment).unwrap();
        let mut all = Vec::new();
        while candidates.doc() != TERMINATED {
            all.push(candidates.doc());
            candidates.advance(&patience);
        }
        all
    }

    #[test]
    fn a_piece_is_found_in_the_parts_that_hold_it() {
        let mut remarks: Vec<String> = ["(infirmier, lyon)", "(dentiste, saint-martin-des-champs)", "@infirmier.mssante.fr", "(é)", ""]
            .map(|r| format!("{r}{END}"))
            .into();
        remarks.push(LONG_REMARK.to_owned());
        remarks.extend((0..200).map(|_| format!("(sage-femme, martigues){END}")));
        let segment = segment(&remarks);
        let known = Remarks::of(&segment).unwrap();
        for piece in [
            "infirmier",
            "(inf",
            "er, ",
            "lyon",
            "on)",
            "on)\u{3}",
            "mart",
            "saint-martin-des-champs",
            "i",
            "rt",
            "é",
            "é)",
            "zz",
            "marti, ",
            "(",
        ] {
            let expected = |(at, remark): (usize, &String)| {
                let holds = remark == LONG_REMARK || remark.split_inclusive(", ").any(|part| part.contains(piece));
                holds.then(|| u32::try_from(at).unwrap())
            };
            let expected: Vec<DocId> = remarks.iter().enumerate().filter_map(expected).collect();
            for time in ["first", "kept"] {
                assert_eq!(found(&known, piece, &segment), expected, "{piece:?}, {time}");
            }
        }
    }

    #[test]
    fn of_what_too_many_hold_everybody_is_a_candidate() {
        let remarks: Vec<String> = (0..MOST_FOUND + 2).map(|number| format!("(a{number:05}){END}")).collect();
        let segment = segment(&remarks);
        let known = Remarks::of(&segment).unwrap();
        assert_eq!(found(&known, "a0", &segment).len(), remarks.len());
        assert_eq!(found(&known, "00001", &segment), [1]);
    }
}
