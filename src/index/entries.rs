//! The packed entries of a segment, one record a document in document order, in a file of their own beside tantivy's.
//!
//! Entries are fetched by the hundred, here and there. tantivy's store of documents looks each up in a list of lists and copies the block
//! it lies in; here the number of a document says where its record lies. tantivy writes, commits, merges and removes the file with the rest
//! of the segment ([`SegmentPlugin`]), so that the two never part, and what was withdrawn leaves it when its segment is merged.
//!
//! Layout, numbers little-endian: the records; where each group of [`GROUP`] documents begins, eight bytes each; where each record begins in
//! its group, four bytes each; the number of documents and the bytes of all records, eight bytes each.

use super::generation::failed;
use super::stored::Stored;
use crate::error::{Error, Result};
use std::any::Any;
use std::io::Write as _;
use tantivy::directory::{OwnedBytes, TerminatingWrite as _, WritePtr};
use tantivy::index::{Segment, SegmentComponent};
use tantivy::indexer::DocIdMapping;
use tantivy::indexer::doc_id_mapping::MappingType;
use tantivy::schema::document::{ErasedDocument, Value as _};
use tantivy::schema::{Field, Schema};
use tantivy::{DocId, PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin, SegmentReader, TantivyDocument, TantivyError};

const EXTENSION: &str = "entries";
/// Name of the type of the field in the schema.
pub(super) const TYPE: &str = "packed_entry";
/// Documents whose records are told by their distance from the first.
const GROUP: usize = 256;
const TAIL: usize = 16;

fn component() -> SegmentComponent {
    SegmentComponent::Custom(EXTENSION.to_owned())
}

fn strange(what: &str) -> TantivyError {
    TantivyError::InternalError(what.to_owned())
}

/// What tantivy is told of the file; every index of ours has it.
pub(super) struct EntriesOf(pub Field);

impl SegmentPlugin for EntriesOf {
    fn extensions(&self) -> &[&str] {
        &[EXTENSION]
    }

    fn create_writer(&self, context: &PluginWriterContext<'_>) -> tantivy::Result<Box<dyn PluginWriter>> {
        Ok(Box::new(Writer { field: self.0, records: Records::of(context.segment)? }))
    }

    fn merge(&self, context: PluginMergeContext<'_>) -> tantivy::Result<()> {
        // Nothing of ours sorts documents while it merges.
        if matches!(context.doc_id_mapping.mapping_type(), MappingType::Shuffled) {
            return Err(strange("documents out of order"));
        }
        let mut records = Records::of(context.target_segment)?;
        for segment in context.readers {
            let entries = Entries::open(segment).map_err(|error| strange(&error.to_string()))?;
            for doc in segment.doc_ids_alive() {
                records.put(entries.record(doc).ok_or_else(|| strange("a record is cut"))?)?;
            }
        }
        records.finish()
    }
}

/// Records on their way into the file of a segment.
struct Records {
    file: WritePtr,
    length: u64,
    groups: Vec<u64>,
    places: Vec<u32>,
}

impl Records {
    fn of(segment: &Segment) -> tantivy::Result<Self> {
        Ok(Self { file: segment.open_write(component())?, length: 0, groups: Vec::new(), places: Vec::new() })
    }

    fn put(&mut self, record: &[u8]) -> tantivy::Result<()> {
        if self.places.len().is_multiple_of(GROUP) {
            self.groups.push(self.length);
        }
        let place = self.length - self.groups.last().copied().unwrap_or_default();
        self.places.push(u32::try_from(place).map_err(|_| strange("entries too large"))?);
        self.length += record.len() as u64;
        Ok(self.file.write_all(record)?)
    }

    fn finish(mut self) -> tantivy::Result<()> {
        for group in &self.groups {
            self.file.write_all(&group.to_le_bytes())?;
        }
        for place in &self.places {
            self.file.write_all(&place.to_le_bytes())?;
        }
        self.file.write_all(&(self.places.len() as u64).to_le_bytes())?;
        self.file.write_all(&self.length.to_le_bytes())?;
        Ok(self.file.terminate()?)
    }
}

struct Writer {
    field: Field,
    records: Records,
}

impl PluginWriter for Writer {
    fn add_document(&mut self, _: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        let document = document.as_any().downcast_ref::<TantivyDocument>();
        let packed = document.and_then(|document| document.get_first(self.field)?.as_custom());
        self.records.put(packed.ok_or_else(|| strange("a document without entry"))?)
    }

    fn serialize(self: Box<Self>, _: &Segment, order: Option<&DocIdMapping>) -> tantivy::Result<()> {
        match order {
            None => self.records.finish(),
            Some(_) => Err(strange("documents out of order")),
        }
    }

    fn mem_usage(&self) -> usize {
        self.records.places.capacity() * size_of::<u32>() + self.records.groups.capacity() * size_of::<u64>()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The records of one segment, mapped; cheap to clone.
#[derive(Clone)]
pub(super) struct Entries {
    records: OwnedBytes,
    groups: OwnedBytes,
    places: OwnedBytes,
}

impl Entries {
    pub fn open(segment: &SegmentReader) -> Result<Self> {
        let file = segment.open_read(component()).map_err(failed("the entries of the index cannot be opened"))?;
        let bytes = file.read_bytes().map_err(failed("the entries of the index cannot be opened"))?;
        Self::of(bytes).filter(|entries| entries.places.len() / size_of::<u32>() == segment.max_doc() as usize).ok_or_else(cut)
    }

    fn of(bytes: OwnedBytes) -> Option<Self> {
        let (front, tail) = bytes.len().checked_sub(TAIL).map(|at| bytes.split(at))?;
        let number = |at: usize| usize::try_from(u64::from_le_bytes(tail.get(at..at + 8)?.try_into().ok()?)).ok();
        let (documents, length) = (number(0)?, number(8)?);
        let groups = documents.div_ceil(GROUP).checked_mul(size_of::<u64>())?;
        let whole = length.checked_add(groups)?.checked_add(documents.checked_mul(size_of::<u32>())?)?;
        (front.len() == whole).then(|| {
            let (records, behind) = front.split(length);
            let (groups, places) = behind.split(groups);
            Self { records, groups, places }
        })
    }

    fn place(&self, doc: usize) -> Option<usize> {
        if doc == self.places.len() / size_of::<u32>() {
            return Some(self.records.len());
        }
        let group = self.groups.get(doc / GROUP * size_of::<u64>()..)?.first_chunk()?;
        let place = self.places.get(doc * size_of::<u32>()..)?.first_chunk()?;
        usize::try_from(u64::from_le_bytes(*group) + u64::from(u32::from_le_bytes(*place))).ok()
    }

    fn record(&self, doc: DocId) -> Option<&[u8]> {
        self.records.get(self.place(doc as usize)?..self.place(doc as usize + 1)?)
    }

    pub fn read(&self, doc: DocId) -> Result<Stored> {
        self.record(doc).and_then(Stored::decode).ok_or_else(cut)
    }
}

fn cut() -> Error {
    Error::internal("an entry of the index cannot be read", "it is cut")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tantivy::indexer::NoMergePolicy;
    use tantivy::schema::{FAST, INDEXED};
    use tantivy::{IndexWriter, Term};

    /// An index of numbered documents; the record of each is its number, as often as it says.
    struct Numbered {
        index: tantivy::Index,
        number: Field,
        writer: IndexWriter,
    }

    impl Numbered {
        fn new() -> Self {
            let mut schema = Schema::builder();
            let number = schema.add_u64_field("number", FAST | INDEXED);
            let entry = schema.add_custom_field("entry", TYPE, serde_json::Value::Null);
            let index = tantivy::Index::builder().schema(schema.build()).register_plugin(std::sync::Arc::new(EntriesOf(entry)));
            let index = index.create_in_ram().unwrap();
            let writer = index.writer_with_num_threads(1, 20_000_000).unwrap();
            writer.set_merge_policy(Box::new(NoMergePolicy));
            let mut numbered = Self { index, number, writer };
            for numbers in [0..600_u64, 600..601, 601..900] {
                for number in numbers {
                    let mut document = TantivyDocument::default();
                    document.add_u64(numbered.number, number);
                    document.add_custom(entry, &record(number));
                    numbered.writer.add_document(document).unwrap();
                }
                numbered.writer.commit().unwrap();
            }
            numbered
        }

        /// Numbers of the live documents of each segment, each checked against its record.
        fn read(&self) -> Vec<Vec<u64>> {
            let searcher = self.index.reader().unwrap().searcher();
            let numbers = |segment: &SegmentReader| {
                let (entries, column) = (Entries::open(segment).unwrap(), segment.fast_fields().u64("number").unwrap());
                let number = |doc| {
                    let number = column.first(doc).unwrap();
                    assert_eq!(entries.record(doc), Some(record(number).as_slice()));
                    number
                };
                assert_eq!(entries.record(segment.max_doc()), None);
                segment.doc_ids_alive().map(number).collect::<Vec<_>>()
            };
            searcher.segment_readers().iter().map(numbers).collect()
        }
    }

    fn record(number: u64) -> Vec<u8> {
        number.to_string().repeat(usize::try_from(number % 5).unwrap()).into_bytes()
    }

    #[test]
    fn records_go_with_their_documents_through_merges_and_deletions() {
        let mut numbered = Numbered::new();
        let mut all: Vec<u64> = numbered.read().into_iter().flatten().collect();
        all.sort_unstable();
        assert_eq!(all, (0..900).collect::<Vec<_>>());
        for gone in [0, 255, 256, 600, 899] {
            numbered.writer.delete_term(Term::from_field_u64(numbered.number, gone));
        }
        numbered.writer.commit().unwrap();
        for _ in 0..2 {
            let segments = numbered.index.searchable_segment_ids().unwrap();
            numbered.writer.merge(&segments).wait().unwrap();
            let [merged] = numbered.read().try_into().unwrap();
            assert_eq!(merged.len(), 895);
            assert!([0, 255, 256, 600, 899].iter().all(|gone| !merged.contains(gone)));
        }
    }

    #[test]
    fn a_file_that_is_cut_or_lies_about_its_lengths_is_refused() {
        let whole = {
            let numbered = Numbered::new();
            let searcher = numbered.index.reader().unwrap().searcher();
            let longest = searcher.segment_readers().iter().max_by_key(|segment| segment.max_doc()).unwrap();
            longest.open_read(component()).unwrap().read_bytes().unwrap().to_vec()
        };
        assert!(Entries::of(OwnedBytes::new(whole.clone())).is_some());
        for length in [0, 1, TAIL - 1, TAIL, whole.len() - 1] {
            assert!(Entries::of(OwnedBytes::new(whole[..length].to_vec())).is_none(), "{length}");
        }
        for at in whole.len() - TAIL..whole.len() {
            let mut strange = whole.clone();
            strange[at] ^= 0xff;
            assert!(Entries::of(OwnedBytes::new(strange)).is_none(), "{at}");
        }
        // Places that point anywhere are no records.
        let mut strange = whole.clone();
        strange[whole.len() - TAIL - 4 * 600..whole.len() - TAIL].fill(0xff);
        let strange = Entries::of(OwnedBytes::new(strange)).unwrap();
        assert!((0..599).all(|doc| strange.record(doc).is_none_or(<[u8]>::is_empty)));
    }
}
