//! Words that name nobody by themselves, and words that are written in several ways.
//!
//! Particles and titles are dropped from what is asked when another word remains; nothing is dropped from what is stored.

/// Particles of names and small words of towns, folded. `d`, `l` are what is left of an elision.
const PARTICLES: [&str; 30] = [
    "al", "au", "aux", "ben", "bin", "d", "da", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du", "el", "en", "et", "l",
    "la", "le", "les", "sous", "sur", "ten", "van", "von", "zu",
];

/// Several particles together.
const JOINED_PARTICLES: [&str; 9] = ["de l", "de la", "de las", "de los", "van de", "van den", "van der", "von der", "von und"];

/// Words that link what is asked, and are of no name.
const LINKING: [&str; 8] = ["avec", "chez", "dans", "pour", "pres", "proche", "un", "une"];

const TITLES: [&str; 16] = [
    "docteur",
    "docteurs",
    "doctoresse",
    "dr",
    "drs",
    "m",
    "madame",
    "mademoiselle",
    "maitre",
    "mlle",
    "mme",
    "monsieur",
    "mr",
    "pr",
    "prof",
    "professeur",
];

/// Is it a particle of a name, or a small word of a town's?
#[must_use]
pub fn is_particle(folded: &str) -> bool {
    PARTICLES.contains(&folded)
}

/// What a name may begin with before its own first word, a blank behind each; the longest first of those that begin alike.
pub fn particles_before_names() -> impl Iterator<Item = String> {
    JOINED_PARTICLES.iter().chain(&PARTICLES).map(|particles| format!("{particles} "))
}

/// Does it only link what is asked?
#[must_use]
pub fn is_linking(folded: &str) -> bool {
    LINKING.contains(&folded)
}

/// Is it how somebody is addressed?
#[must_use]
pub fn is_title(folded: &str) -> bool {
    TITLES.contains(&folded)
}

/// One way of writing a folded word: St, Ste and Sainte are Saint.
#[must_use]
pub fn canonical(folded: &str) -> &str {
    match folded {
        "st" | "ste" | "sainte" => "saint",
        other => other,
    }
}

/// Is it a beginning of what [`canonical`] writes otherwise, or of what it makes of it?
#[must_use]
pub fn may_be_canonical(beginning: &str) -> bool {
    ["saint", "sainte", "ste"].iter().any(|word| word.starts_with(beginning))
}

/// Most words of one name that are joined with their neighbours.
const MOST_JOINED: usize = 8;

/// Neighbouring words written as one: two of any kind, three behind a particle (delatour); with the places they join, the last excluded.
pub fn joined<S: AsRef<str>>(words: &[S]) -> impl Iterator<Item = (std::ops::Range<usize>, String)> {
    let of = |from: usize, to: usize| {
        let joined = words.get(from..to)?.iter().map(AsRef::as_ref).collect::<String>();
        Some((from..to, joined))
    };
    (0..words.len().min(MOST_JOINED)).flat_map(move |from| {
        let three = words.get(from).is_some_and(|word| is_particle(word.as_ref()));
        [of(from, from + 2), three.then(|| of(from, from + 3)).flatten()].into_iter().flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_by_their_kind() {
        assert!(PARTICLES.is_sorted() && LINKING.is_sorted() && TITLES.is_sorted());
        for particle in ["de", "d", "le", "von", "el", "sur", "les"] {
            assert!(is_particle(particle) && !is_title(particle), "{particle}");
        }
        for title in ["dr", "mme", "professeur", "m"] {
            assert!(is_title(title) && !is_particle(title), "{title}");
        }
        for name in ["martin", "leon", "saint", "drouet", ""] {
            assert!(!is_particle(name) && !is_title(name), "{name}");
        }
        assert_eq!(["st", "ste", "sainte", "saint", "stef"].map(canonical), ["saint", "saint", "saint", "saint", "stef"]);
    }

    #[test]
    fn neighbours_are_joined() {
        let join = |words: &[&str]| joined(words).map(|(_, joined)| joined).collect::<Vec<_>>();
        assert_eq!(join(&["le", "fevre"]), ["lefevre"]);
        assert_eq!(join(&["de", "la", "tour"]), ["dela", "delatour", "latour"]);
        assert_eq!(join(&["jean", "baptiste", "paul"]), ["jeanbaptiste", "baptistepaul"]);
        assert!(join(&["seul"]).is_empty() && join(&[]).is_empty());
    }
}
