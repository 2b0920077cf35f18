//! Codes, their tables and labels. A code has a meaning only with its table; labels vary in case and are never keys.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A code with the label known for it, empty when none is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Coded {
    pub code: String,
    pub label: String,
}

/// Names of the tables labels are kept under.
pub mod tables {
    pub const PROFESSION: &str = "TRE_G15";
    pub const CATEGORY: &str = "TRE_R09";
    pub const EXPERTISE_KIND: &str = "TRE_R04";
    pub const MODE: &str = "TRE_R23";
    pub const SECTOR: &str = "TRE_R02";
    pub const SECTION: &str = "TRE_R06";
    pub const ROLE: &str = "TRE_R21";
    pub const GENRE: &str = "TRE_R22";
    pub const CIVILITY: &str = "TRE_R81";
    pub const EXERCISE_CIVILITY: &str = "TRE_R11";
    /// Our own table: département codes and names, learned from the files.
    pub const DEPARTMENT: &str = "DEPARTEMENT";
}

/// Table of a `Code profession`: the extraction mixes health professions, titled users, social professions and others.
/// 93 (psychologue) is read in TRE_R95, where it is active (TRE_G15 deprecates it).
#[must_use]
pub fn profession_table(code: &str) -> &'static str {
    match code {
        "71" | "72" | "73" | "93" | "97" => "TRE_R95",
        "99" => "TRE_R291",
        c if c.len() == 2 && ("41"..="53").contains(&c) && c != "50" => "TRE_R94",
        _ => tables::PROFESSION,
    }
}

/// Labels by nomenclature, sorted by code.
pub type Labels = BTreeMap<String, Vec<Coded>>;

/// Types of savoir-faire whose tables hold the codes that may be asked for (TRE_R04).
const EXPERTISE_KINDS: [&str; 11] = ["S", "C", "CEX", "DNQ", "CAPA", "PAC", "FQ", "DEC", "OP", "SST", "CM"];

/// The label of a code, where one is known.
#[must_use]
pub fn label<'a>(labels: &'a Labels, table: &str, code: &str) -> Option<&'a str> {
    let rows = labels.get(table)?;
    rows.binary_search_by(|row| row.code.as_str().cmp(code)).ok().and_then(|at| rows.get(at)).map(|row| row.label.as_str())
}

/// Is there a profession of that code?
#[must_use]
pub fn is_profession(labels: &Labels, code: &str) -> bool {
    label(labels, profession_table(code), code).is_some()
}

/// Is there a savoir-faire of that code, of any type?
#[must_use]
pub fn is_expertise(labels: &Labels, code: &str) -> bool {
    EXPERTISE_KINDS.iter().any(|kind| label(labels, expertise_table(kind), code).is_some())
}

/// Table of a savoir-faire code, by its type (TRE_R04); the type itself when unknown.
#[must_use]
pub fn expertise_table(kind: &str) -> &str {
    match kind {
        "S" => "TRE_R38",
        "C" => "TRE_R39",
        "CEX" => "TRE_R40",
        "DNQ" => "TRE_R42",
        "CAPA" => "TRE_R43",
        "PAC" => "TRE_R44",
        "FQ" => "TRE_R45",
        "DEC" => "TRE_R97",
        "OP" => "TRE_G13",
        "SST" => "TRE_R359",
        "CM" => "TRE_R394",
        other => other,
    }
}
