//! Tells cargo of the migrations, which `sqlx::migrate!` embeds, and numbers the way files are read: what an import remembers of a file
//! is of use only to the same way of reading.

use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

/// All that decides what a row says.
const READING: [&str; 5] = ["src/extraction", "src/import/fingerprint.rs", "src/import/statements.rs", "src/model", "src/text"];

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    let mut files = Vec::new();
    for place in READING {
        println!("cargo:rerun-if-changed={place}");
        collect(Path::new(place), &mut files);
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in &files {
        hasher.write(&std::fs::read(file).unwrap_or_default());
    }
    // Cargo gives it to what it runs, too, where a name that begins with ours would be a setting.
    println!("cargo:rustc-env=WAY_OF_READING={:016x}", hasher.finish());
}

fn collect(place: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(place) {
        Ok(folder) => folder.flatten().for_each(|entry| collect(&entry.path(), files)),
        Err(_) => files.push(place.to_owned()),
    }
}
