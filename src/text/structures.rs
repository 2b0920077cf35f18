//! Short names of kinds of structure: a CHU is a centre hospitalier universitaire, however its name is written.
//!
//! The table is schema/words/structures.csv. A name is found by both ways of writing it: what is not in it is added when it is cut.

use super::small_words::is_particle;
use super::words;
use std::sync::LazyLock;

static SHORT: LazyLock<Vec<(Vec<String>, Vec<String>)>> = LazyLock::new(|| {
    let lines = include_str!("../../schema/words/structures.csv").lines().skip(1);
    let rows = lines.filter_map(|line| {
        let mut cells = line.split(',');
        let (short, long) = (words(cells.next()?), words(cells.next()?));
        Some((short, long.into_iter().filter(|word| !is_particle(word)).collect()))
    });
    rows.collect()
});

/// Words by which a name of these words is also known.
pub fn also_known_by(name: &[String]) -> impl Iterator<Item = &'static str> {
    let holds = |asked: &[String]| asked.iter().all(|word| name.contains(word));
    let rows = SHORT.iter().filter_map(move |(short, long)| match (holds(short), holds(long)) {
        (true, false) => Some(long),
        (false, true) => Some(short),
        _ => None,
    });
    rows.flatten().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_known() {
        for (name, expected) in [
            ("CHU DE TOULOUSE", &["centre", "hospitalier", "universitaire"][..]),
            ("Centre hospitalier de Nantes", &["ch"]),
            ("CENTRE HOSPITALIER UNIVERSITAIRE RENNES", &["ch", "chu"]),
            ("Maison de santé pluriprofessionnelle", &["msp"]),
            ("PHARMACIE DU CHATEAU", &[]),
        ] {
            assert_eq!(also_known_by(&words(name)).collect::<Vec<_>>(), expected, "{name}");
        }
    }
}
