//! The REST door, called without a socket.

mod conditional;
mod errors;
mod limits;
mod lookup;
mod paging;
mod records;
mod search;
mod service;
mod site;
mod suggest;
mod world;

use std::path::Path;

#[test]
fn the_committed_openapi_document_is_the_one_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/annuaire.json");
    let document = annuaire::rest::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &document).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == document, "openapi/annuaire.json differs from the code: run the tests with UPDATE_OPENAPI=1 and commit it");
}
