//! The committed fixtures, as one function: what `fixtures/rpps/` must hold, byte for byte.

use super::hostile::{CASES, Expect};
use super::{Options, generate};
use crate::error::{Result, at_path};
use crate::extraction::write::Shape;
use std::fmt::Write as _;
use std::path::Path;

/// Sets that are whole countries: folder, what it is for, options.
fn sets() -> [(&'static str, &'static str, Options); 5] {
    let small = Options { people: 60, seed: 2, zipped: false, plain: true, ..Options::default() };
    [
        ("demo", "the country of the demonstration, zipped as published", Options::default()),
        ("plain", "a small country as plain text", small.clone()),
        ("plain-next-day", "the same one day later", Options { next_day: true, ..small.clone() }),
        (
            "columns-52",
            "the same with the 52 columns of older editions",
            Options { shape: Shape { columns: 52, ..Shape::CURRENT }, ..small.clone() },
        ),
        (
            "trailing",
            "the same with 52 columns and a trailing separator, as in 2021",
            Options { shape: Shape { columns: 52, trailing: true, ..Shape::CURRENT }, ..small },
        ),
    ]
}

/// Writes all fixtures into a folder.
///
/// # Errors
/// When a file cannot be written.
pub fn write_fixtures(out: &Path) -> Result<()> {
    for (name, _, options) in sets() {
        generate(&options, &out.join(name))?;
    }
    for case in CASES {
        let folder = out.join("hostile").join(case.name);
        std::fs::create_dir_all(&folder).map_err(at_path(&folder))?;
        for (name, bytes) in case.files()? {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map_err(at_path(&path))?;
        }
    }
    // Line ends are part of what these files are.
    for (name, text) in [("README.md", describe().as_str()), (".gitattributes", "* -text\n")] {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(at_path(&path))?;
    }
    Ok(())
}

fn describe() -> String {
    let mut text = String::from(
        "# Invented national files\n\nPlace names are real; persons, structures, operators, numbers and addresses are invented. Everything here is written by\n\
         `annuaire synth --fixtures --out fixtures/rpps` and compared byte for byte by a test: change the generator, not the files.\n\n\
         | folder | what it is |\n|---|---|\n",
    );
    for (name, about, options) in sets() {
        let _ = writeln!(text, "| `{name}/` | {about}: {} people, seed {} |", options.people, options.seed);
    }
    text.push_str("\n## Hostile files\n\n| folder under `hostile/` | what it is | into an empty store |\n|---|---|---|\n");
    for case in CASES {
        let outcome = match case.expect {
            Expect::Refused => "refused".to_owned(),
            Expect::Rejected(1) => "imported, 1 row rejected".to_owned(),
            Expect::Rejected(rows) => format!("imported, {rows} rows rejected"),
            Expect::Accepted => "imported".to_owned(),
        };
        let _ = writeln!(text, "| `{}/` | {} | {outcome} |", case.name, case.about);
    }
    text
}
