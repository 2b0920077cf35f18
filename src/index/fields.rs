//! The fields of a document and how each is kept. One document an entry and set of audiences; it holds terms, columns and the answer.
//!
//! No norms, frequencies or positions anywhere: ranking uses no corpus statistics, so word counts of others cannot show through.
//! All text fields take ready-made terms ([`Ready`]): cutting and folding is done in [`super::terms`], for documents and questions alike.

use super::entries;
use super::ready::{READY, Ready};
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

/// Raised with every change of fields, terms, attribute table or stored bytes: an index of another number is rebuilt.
pub(super) const FORMAT: u32 = 11;

pub(super) const AUDIENCE: &str = "aud";
pub(super) const WITHOUT_MAILBOX: &str = "mbx";
pub(super) const KIND: &str = "kind";
pub(super) const SORT: &str = "sort";
pub(super) const CITY: &str = "city";
pub(super) const FACETS: &str = "facet";
pub(super) const REMARKS: &str = "rem";

/// Handles of the fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// What an answer needs, see [`super::stored`]; kept by [`super::entries`].
    pub entry: Field,
    /// Column: set of `Audience::bit`.
    pub audience: Field,
    /// Column: 1 when it shows no mailbox.
    pub without_mailbox: Field,
    /// Column: [`kind_number`].
    pub kind: Field,
    /// Ordered column: collation key, NUL, document key.
    pub sort: Field,
    /// Ordered column: folded commune of the first place, where there is one.
    pub city: Field,
    /// Column of many values, see [`super::facets`].
    pub facets: Field,
    /// Document key.
    pub key: Field,
    /// Every address shown, every domain of one: what withdrawals delete by, and what filters on `mail` look up.
    pub address: Field,
    pub domain: Field,
    /// `attribute=prepared value`, and `attribute?` for its presence.
    pub equal: Field,
    /// Grams, see [`super::terms::Texts`].
    pub name_grams: Field,
    pub label_grams: Field,
    pub other_grams: Field,
    /// Parts of remarks behind names, see [`super::remarks`].
    pub remarks: Field,
    /// Whole words and their beginnings, tagged.
    pub words: Field,
    pub edges: Field,
    /// Communes of places, see [`super::towns`].
    pub towns: Field,
    /// REST criteria: document terms, and practice terms by slot.
    pub codes: Field,
}

/// Whoever opens an index has to name its tokenizer first: none is kept in its files.
pub(super) fn register_tokenizer(index: &tantivy::Index) {
    index.tokenizers().register(READY, Ready);
}

impl Fields {
    pub fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let cut_by = |tokenizer| {
            let indexing =
                TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(IndexRecordOption::Basic).set_fieldnorms(false);
            TextOptions::default().set_indexing_options(indexing)
        };
        let term = || cut_by(READY);
        let column = || TextOptions::default().set_fast("raw");
        let fields = Self {
            entry: schema.add_custom_field("entry", entries::TYPE, serde_json::Value::Null),
            audience: schema.add_u64_field(AUDIENCE, FAST),
            without_mailbox: schema.add_u64_field(WITHOUT_MAILBOX, FAST),
            kind: schema.add_u64_field(KIND, FAST),
            sort: schema.add_text_field(SORT, column()),
            city: schema.add_text_field(CITY, column()),
            facets: schema.add_text_field(FACETS, column()),
            // As it is: what a damaged file calls an id may hold anything.
            key: schema.add_text_field("key", cut_by("raw")),
            address: schema.add_text_field("addr", term()),
            domain: schema.add_text_field("dom", term()),
            equal: schema.add_text_field("eq", term()),
            name_grams: schema.add_text_field("gn", term()),
            label_grams: schema.add_text_field("gl", term()),
            other_grams: schema.add_text_field("go", term()),
            remarks: schema.add_text_field(REMARKS, term()),
            words: schema.add_text_field("w", term()),
            edges: schema.add_text_field("we", term()),
            towns: schema.add_text_field("town", term()),
            codes: schema.add_text_field("code", term()),
        };
        (schema.build(), fields)
    }
}

/// Value of the `kind` column.
pub(super) fn kind_number(kind: crate::model::Kind) -> u64 {
    match kind {
        crate::model::Kind::Mailbox => 0,
        crate::model::Kind::Professional => 1,
        crate::model::Kind::Structure => 2,
    }
}
