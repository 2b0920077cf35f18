//! Reading a JSON body strictly: an object, every field known, errors that say where.

use super::problem::Problem;
use axum::body::Bytes;
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

/// Reads a JSON body; an error names the place, and no value.
pub(super) fn read<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Problem> {
    // serde would take an array for the fields in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_body", "a JSON object is expected"));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let what = if error.is_data() { "a field is unknown, missing, or of another kind" } else { "a JSON object is expected" };
        Problem::new(StatusCode::BAD_REQUEST, "invalid_body", format!("{what}, line {} column {}", error.line(), error.column()))
    })
}
