//! Posting lists of many documents as bitmaps. To look one document up in a list is to find its block and unpack it, which is most of what a
//! question costs whose characters, or whose words, a large part of the country has; in a bitmap it is one look at one word.
//!
//! Those asked for often are kept with the columns of their segment: it never changes, so neither do they.

use super::generation::failed;
use crate::error::Result;
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::Field;
use tantivy::{DocId, InvertedIndexReader, TERMINATED};

/// Documents of a word.
const WORD: u32 = u64::BITS;
/// A list of more than one document in so many is long.
const LONG: u32 = 16;
/// Bitmaps kept of one segment: with an eighth of a byte for each, at most 48 bytes a document.
const MOST: usize = 384;
/// Long lists of a segment whose questions are counted.
const COUNTED: usize = 4_096;
/// The question for a long list that has its bitmap made, which takes as long as some walks: where there are more lists in use than are kept, that
/// is not lost each time.
const OFTEN: u32 = 3;
/// Documents of a segment in which no list is long enough to matter.
const SMALL: u32 = 512;

/// Some documents of a segment.
pub(super) struct Bitmap {
    words: Box<[u64]>,
    documents: u32,
}

impl Bitmap {
    /// Of so many documents at most as the segment has.
    pub fn of(max_doc: u32, documents: impl IntoIterator<Item = DocId>) -> Self {
        let mut bitmap = Self { words: vec![0; max_doc.div_ceil(WORD) as usize].into(), documents: 0 };
        bitmap.extend(documents);
        bitmap
    }

    pub fn extend(&mut self, documents: impl IntoIterator<Item = DocId>) {
        for doc in documents {
            if let Some(word) = self.words.get_mut((doc / WORD) as usize) {
                let bit = 1 << (doc % WORD);
                self.documents += u32::from(*word & bit == 0);
                *word |= bit;
            }
        }
    }

    fn read(max_doc: u32, inverted: &InvertedIndexReader, list: &TermInfo) -> std::io::Result<Self> {
        let mut bitmap = Self::of(max_doc, []);
        let mut block = BlockSegmentPostings::empty();
        inverted.reset_block_postings_from_terminfo(list, &mut block)?;
        while !block.docs().is_empty() {
            bitmap.extend(block.docs().iter().copied());
            block.advance();
        }
        Ok(bitmap)
    }
}

/// Documents that some bitmaps all have, walked forward.
#[derive(Clone)]
pub(super) struct Common {
    maps: Vec<Arc<Bitmap>>,
    doc: DocId,
}

impl Common {
    pub fn of(maps: Vec<Arc<Bitmap>>) -> Self {
        let mut common = Self { maps, doc: 0 };
        common.doc = common.first_from(0);
        common
    }

    /// What all of them have, from the beginning.
    pub fn of_all(all: Vec<Self>) -> Self {
        Self::of(all.into_iter().flat_map(|common| common.maps).collect())
    }

    pub fn doc(&self) -> DocId {
        self.doc
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.maps.iter().map(|map| size_of_val(&*map.words)).sum()
    }

    /// Documents at most.
    pub fn cost(&self) -> u64 {
        self.maps.iter().map(|map| u64::from(map.documents)).min().unwrap_or_default()
    }

    /// Of the documents of a word those that all have; `None` behind the last word.
    fn word(&self, at: u32) -> Option<u64> {
        let mut common = u64::MAX;
        for map in &self.maps {
            common &= map.words.get(at as usize)?;
            if common == 0 {
                break;
            }
        }
        Some(common)
    }

    /// The same, those from a document of the word on.
    fn word_from(&self, doc: DocId) -> Option<u64> {
        Some(self.word(doc / WORD)? & u64::MAX << (doc % WORD))
    }

    fn first_from(&self, target: DocId) -> DocId {
        let Some(mut word) = self.word_from(target) else { return TERMINATED };
        let mut at = target / WORD;
        while word == 0 {
            at += 1;
            match self.word(at) {
                Some(next) => word = next,
                None => return TERMINATED,
            }
        }
        at * WORD + word.trailing_zeros()
    }

    /// The first document at or behind `target`.
    pub fn seek(&mut self, target: DocId) -> DocId {
        self.doc = self.first_from(target);
        self.doc
    }

    /// As [`super::candidates::Candidates::reach`]: looks at one word.
    pub fn reach(&mut self, target: DocId) -> DocId {
        let bound = match self.word_from(target) {
            None => TERMINATED,
            Some(0) => (target / WORD + 1) * WORD,
            Some(word) => target / WORD * WORD + word.trailing_zeros(),
        };
        if bound == target || bound == TERMINATED {
            self.doc = bound;
        }
        bound
    }
}

/// A list of a segment: its field, and where its postings lie.
type List = (Field, usize);

/// The bitmaps kept of one segment; cheap to clone, for all states that have it.
#[derive(Clone)]
pub(super) struct Bitmaps(Option<Arc<Kept>>);

struct Kept {
    documents: u32,
    bitmaps: Cache<List, Arc<Bitmap>>,
    asked: Cache<List, Arc<AtomicU32>>,
}

impl Bitmaps {
    /// `documents`: of the segment.
    pub fn of(documents: u32) -> Self {
        let kept = || Kept { documents, bitmaps: Cache::new(MOST), asked: Cache::new(COUNTED) };
        Self((documents >= SMALL).then(|| Arc::new(kept())))
    }

    /// The bitmap of a list, where it is long and asked for often.
    pub fn get(&self, field: Field, inverted: &InvertedIndexReader, list: &TermInfo) -> Result<Option<Common>> {
        let Some(kept) = self.0.as_ref().filter(|kept| list.doc_freq > kept.documents / LONG) else { return Ok(None) };
        let key = (field, list.postings_range.start);
        if let Some(bitmap) = kept.bitmaps.get(&key) {
            return Ok(Some(Common::of(vec![bitmap])));
        }
        let asked = kept.asked.get(&key).unwrap_or_else(|| {
            let never = Arc::new(AtomicU32::new(0));
            kept.asked.insert(key, Arc::clone(&never));
            never
        });
        if asked.fetch_add(1, Ordering::Relaxed) + 1 < OFTEN {
            return Ok(None);
        }
        asked.store(0, Ordering::Relaxed);
        let bitmap = Arc::new(Bitmap::read(kept.documents, inverted, list).map_err(failed("a posting list cannot be read"))?);
        kept.bitmaps.insert(key, Arc::clone(&bitmap));
        Ok(Some(Common::of(vec![bitmap])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(common: &mut Common) -> Vec<DocId> {
        let mut all = Vec::new();
        while common.doc() != TERMINATED {
            all.push(common.doc());
            common.seek(common.doc() + 1);
        }
        all
    }

    #[test]
    fn what_all_have_is_walked_and_reached() {
        let of = |step: usize| Common::of(vec![Arc::new(Bitmap::of(1_000, (0..1_000).step_by(step)))]);
        assert_eq!(documents(&mut of(7)), (0..1_000).step_by(7).collect::<Vec<_>>());
        assert_eq!(documents(&mut Common::of_all(vec![of(6), of(10), of(4)])), (0..1_000).step_by(60).collect::<Vec<_>>());
        assert_eq!((Common::of_all(vec![of(6), of(10)]).cost(), of(1_000).cost()), (100, 1));
        let mut both = Common::of_all(vec![of(6), of(300)]);
        for target in 0..1_100_u32 {
            let (next, bound) = (if target <= 900 { target.div_ceil(300) * 300 } else { TERMINATED }, both.reach(target));
            assert!(bound <= next && (bound > target) == (next > target), "{target}: {bound} of {next}");
            assert_eq!(both.doc() == target, target % 300 == 0 && target < 1_000);
        }
    }

    #[test]
    fn a_long_list_that_is_asked_for_often_is_kept_and_is_the_same() {
        let (schema, fields) = crate::index::fields::Fields::schema();
        let index = tantivy::Index::create_in_ram(schema);
        crate::index::fields::register_tokenizer(&index);
        let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        for number in 0..3_000 {
            let mut document = tantivy::TantivyDocument::default();
            document.add_text(fields.equal, if number % 3 == 0 { "l=long" } else { "l=other" });
            if number % 100 == 0 {
                document.add_text(fields.equal, "l=rare");
            }
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        let segment = index.reader().unwrap().searcher().segment_reader(0).clone();
        let inverted = segment.inverted_index(fields.equal).unwrap();
        let list = |text| inverted.get_term_info(&tantivy::Term::from_field_text(fields.equal, text)).unwrap().unwrap();
        let (long, rare) = (list("l=long"), list("l=rare"));
        let bitmaps = Bitmaps::of(segment.max_doc());
        let kept: Vec<bool> = (0..4).map(|_| bitmaps.get(fields.equal, &inverted, &long).unwrap().is_some()).collect();
        assert_eq!(kept, [false, false, true, true]);
        let mut common = bitmaps.clone().get(fields.equal, &inverted, &long).unwrap().unwrap();
        assert_eq!(documents(&mut common), (0..3_000).step_by(3).collect::<Vec<_>>());
        assert!((0..9).all(|_| bitmaps.get(fields.equal, &inverted, &rare).unwrap().is_none()));
        assert!((0..9).all(|_| Bitmaps::of(SMALL - 1).get(fields.equal, &inverted, &long).unwrap().is_none()));
    }

    #[test]
    fn bitmaps_end_where_their_segment_does() {
        for max_doc in [0, 1, 63, 64, 65, 128] {
            let all = Bitmap::of(max_doc, 0..max_doc);
            assert_eq!(documents(&mut Common::of(vec![Arc::new(all)])).len(), max_doc as usize);
            assert_eq!(Common::of(vec![Arc::new(Bitmap::of(max_doc, []))]).doc(), TERMINATED);
        }
        let repeated = Bitmap::of(100, [5, 5, 70]);
        assert_eq!((repeated.documents, documents(&mut Common::of(vec![Arc::new(repeated)]))), (2, vec![5, 70]));
    }
}
