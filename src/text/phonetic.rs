//! A phonetic key for French names, our own: names that a French ear takes for the same have the same key.
//!
//! It is made for surnames and given names as they are misspelt on the telephone: silent endings and h, doubled letters, ph/f, c/k/qu, s/c/z,
//! y/i, eau/au/o, ai/ei/é, eu/e, en/an and in/ain/ein, th/t, b before v. It tells voiced consonants from unvoiced ones (Martin, Mardin), and u
//! from ou. It reads folded words, since the files carry few accents: a final é is then a final e. Where it must choose it stays fine: it
//! serves ranks behind whole words and beginnings, never instead of them.

/// Shortest word that has a key, in letters: a shorter one sounds like too many others.
const SHORTEST: usize = 4;
/// Shortest key.
const SHORTEST_KEY: usize = 3;
/// Longest word read.
const LONGEST: usize = 64;

/// The key of a folded word; none of a short one, nor of one that is not all of the letters a to z.
#[must_use]
pub fn key(folded: &str) -> Option<String> {
    let fitting = (SHORTEST..=LONGEST).contains(&folded.len()) && folded.bytes().all(|b| b.is_ascii_lowercase());
    let sound = fitting.then(|| Reading::of(folded).sound())?;
    (sound.len() >= SHORTEST_KEY).then_some(sound)
}

/// The keys of a word as it is typed: with an é at the end it may be written er, ez or et.
#[must_use]
pub fn keys_of_typed(spelled: &str, folded: &str) -> Vec<String> {
    let sounded = (spelled.ends_with('é') && folded.ends_with('e')).then(|| key(&format!("{folded}z"))).flatten();
    let mut keys: Vec<String> = key(folded).into_iter().chain(sounded).collect();
    keys.dedup();
    keys
}

/// A word on its way to its sound.
struct Reading {
    letters: Vec<u8>,
}

/// What is written, what must follow, what is heard.
type Rule = (&'static str, Ahead, &'static str);

/// What follows a piece.
#[derive(Clone, Copy)]
enum Ahead {
    Any,
    /// One of these.
    One(&'static [u8]),
    /// A consonant or the end.
    NoVowel,
}

impl Ahead {
    fn fits(self, next: Option<&u8>) -> bool {
        match self {
            Self::Any => true,
            Self::One(letters) => next.is_some_and(|letter| letters.contains(letter)),
            Self::NoVowel => !next.is_some_and(|letter| b"aeiouUW".contains(letter)),
        }
    }
}

/// Consonants, and what their neighbours make of them. Capitals are sounds: `C` as in chat, `J` as in je, `K`, `S`. The first that fits.
const CONSONANTS: &[Rule] = &[
    ("tsch", Ahead::Any, "C"),
    ("sch", Ahead::Any, "C"),
    ("tch", Ahead::Any, "C"),
    ("ch", Ahead::One(b"rl"), "K"),
    ("ch", Ahead::Any, "C"),
    ("sh", Ahead::Any, "C"),
    ("ph", Ahead::Any, "f"),
    ("th", Ahead::Any, "t"),
    ("gn", Ahead::Any, "ni"),
    ("cqu", Ahead::Any, "K"),
    ("cq", Ahead::Any, "K"),
    ("ck", Ahead::Any, "K"),
    ("qu", Ahead::Any, "K"),
    ("q", Ahead::Any, "K"),
    ("k", Ahead::Any, "K"),
    ("gu", Ahead::One(b"ei"), "g"),
    ("ge", Ahead::One(b"ao"), "J"),
    ("g", Ahead::One(b"ei"), "J"),
    ("j", Ahead::Any, "J"),
    ("sc", Ahead::One(b"ei"), "S"),
    ("c", Ahead::One(b"ei"), "S"),
    ("c", Ahead::Any, "K"),
    ("bv", Ahead::Any, "v"),
    ("z", Ahead::Any, "S"),
    ("s", Ahead::Any, "S"),
    ("x", Ahead::Any, "KS"),
    ("w", Ahead::Any, "v"),
    ("h", Ahead::Any, ""),
];

/// Vowels. `U` is ou, `W` oi; nasals stand before a consonant or the end only: `@` an and en, `1` in and un, `2` on.
const VOWELS: &[Rule] = &[
    ("eau", Ahead::Any, "o"),
    ("oeu", Ahead::Any, "e"),
    ("ain", Ahead::NoVowel, "1"),
    ("aim", Ahead::NoVowel, "1"),
    ("ein", Ahead::NoVowel, "1"),
    ("eim", Ahead::NoVowel, "1"),
    ("au", Ahead::Any, "o"),
    ("ai", Ahead::Any, "e"),
    ("ei", Ahead::Any, "e"),
    ("eu", Ahead::Any, "e"),
    ("oe", Ahead::Any, "e"),
    ("ou", Ahead::Any, "U"),
    ("oi", Ahead::Any, "W"),
    ("an", Ahead::NoVowel, "@"),
    ("am", Ahead::NoVowel, "@"),
    ("en", Ahead::NoVowel, "@"),
    ("em", Ahead::NoVowel, "@"),
    ("in", Ahead::NoVowel, "1"),
    ("im", Ahead::NoVowel, "1"),
    ("un", Ahead::NoVowel, "1"),
    ("um", Ahead::NoVowel, "1"),
    ("on", Ahead::NoVowel, "2"),
    ("om", Ahead::NoVowel, "2"),
];

/// What is written at the end and not heard, the longest first; what is left follows.
const ENDINGS: &[(&str, &str)] = &[
    ("iers", "ie"),
    ("ier", "ie"),
    ("iez", "ie"),
    ("iet", "ie"),
    ("ies", "ie"),
    ("ie", "ie"),
    ("ers", "e"),
    ("er", "e"),
    ("ez", "e"),
    ("ets", "e"),
    ("et", "e"),
    ("aults", "o"),
    ("ault", "o"),
    ("auld", "o"),
    ("oults", "ou"),
    ("oult", "ou"),
    ("ould", "ou"),
    ("es", ""),
    ("e", ""),
];

impl Reading {
    fn of(folded: &str) -> Self {
        // Doubled letters sound once; `ill` before a dark vowel is a y (Guillaume, Guyaume).
        let mut plain = folded.replace('y', "i");
        for dark in ["a", "o", "u"] {
            plain = plain.replace(&format!("ill{dark}"), &format!("i{dark}"));
        }
        let mut letters = plain.into_bytes();
        letters.dedup();
        // The s of Desprez and Descamps is written only.
        if letters.starts_with(b"des") && letters.get(3).is_some_and(|next| !b"aeiouh".contains(next)) {
            letters.remove(2);
        }
        Self { letters }
    }

    fn sound(mut self) -> String {
        // An e that is not heard itself still softens, and opens a nasal: Laurence, Martine, Bonne.
        let mute = self.ending();
        self.letters.extend(mute);
        self.letters = heard(&heard(&self.letters, CONSONANTS), VOWELS);
        if mute.is_some() {
            self.letters.pop();
        }
        self.letters.dedup();
        String::from_utf8(self.letters).unwrap_or_default()
    }

    /// Drops what is not heard at the end; gives back the mute e that lets the consonant before it be heard.
    fn ending(&mut self) -> Option<u8> {
        let Some((written, heard)) = ENDINGS.iter().find(|(written, _)| self.letters.ends_with(written.as_bytes())) else {
            self.silent();
            return None;
        };
        let kept = self.letters.len() - written.len();
        if kept < 2 {
            return None;
        }
        self.letters.truncate(kept);
        self.letters.extend_from_slice(heard.as_bytes());
        let vowel = self.letters.last().is_some_and(|last| b"aeiou".contains(last)) && !self.letters.ends_with(b"qu");
        (heard.is_empty() && !vowel).then_some(b'e')
    }

    /// Final consonants that are written only; p behind m and u alone (Champ, Loup).
    fn silent(&mut self) {
        while self.letters.len() > 2 {
            let before = self.letters.len().checked_sub(2).and_then(|at| self.letters.get(at)).copied();
            let drops = match self.letters.last() {
                Some(b's' | b'x' | b'z' | b't' | b'd') => true,
                Some(b'p') => matches!(before, Some(b'm' | b'u')),
                _ => false,
            };
            if !drops {
                return;
            }
            self.letters.pop();
            if self.letters.ends_with(b"aul") {
                self.letters.pop();
            }
        }
    }
}

/// One pass, from left to right, over what no rule has read yet.
fn heard(letters: &[u8], rules: &[Rule]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letters.len() + 2);
    let mut rest = letters;
    while let Some((first, behind)) = rest.split_first() {
        let fits = |(from, ahead, _): &&Rule| {
            from.as_bytes().first() == Some(first) && rest.starts_with(from.as_bytes()) && ahead.fits(rest.get(from.len()))
        };
        if let Some((from, _, to)) = rules.iter().find(fits) {
            out.extend_from_slice(to.as_bytes());
            rest = rest.get(from.len()..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = behind;
        }
    }
    out
}

#[cfg(test)]
#[path = "phonetic_tests.rs"]
mod tests;
