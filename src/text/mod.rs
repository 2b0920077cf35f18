//! Pure functions on words: folding, word splitting, collation keys. The same functions serve what is stored and what is asked.
//!
//! Folding is the product rule on top of RFC 4518: case and accents folded, œ → oe, æ → ae, ß → ss, typographic apostrophes and
//! hyphens made plain, soft hyphens and zero-width characters dropped, runs of blanks made one, ends trimmed.
//!
//! Beside it what French names and questions need: [`phonetic`] keys, [`edits`], particles and titles ([`small_words`]), towns ([`town`]), streets ([`street`]),
//! everyday words ([`everyday`]) found as [`phrases`], short names of [`structures`].

pub mod edits;
pub mod everyday;
pub mod phonetic;
pub mod phrases;
pub mod small_words;
pub mod street;
pub mod structures;
pub mod town;

pub mod identity;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Folds a value for comparison. Lengths change (œ → oe): fold before cutting anything into pieces.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = fold_keeping_ends(text);
    if folded.ends_with(' ') {
        folded.pop();
    }
    if folded.starts_with(' ') {
        folded.remove(0);
    }
    folded
}

/// [`fold`] without trimming: for the pieces of a substring assertion, whose border blanks mean something.
#[must_use]
pub fn fold_keeping_ends(text: &str) -> String {
    if is_plain(text) {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '`' => out.push('\''),
            '!'..='~' => out.push(c.to_ascii_lowercase()),
            ' ' if out.ends_with(' ') => {}
            ' ' => out.push(' '),
            // Marks are dropped one by one, so a character is folded without its neighbours; the letters of French need no table.
            'à' | 'â' | 'ä' | 'À' | 'Â' | 'Ä' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => out.push('e'),
            'î' | 'ï' | 'Î' | 'Ï' => out.push('i'),
            'ô' | 'ö' | 'Ô' | 'Ö' => out.push('o'),
            'û' | 'ù' | 'ü' | 'Û' | 'Ù' | 'Ü' => out.push('u'),
            'ç' | 'Ç' => out.push('c'),
            // Decomposed, the acute accent typed for an apostrophe would be a blank and a mark.
            '´' => out.push('\''),
            c => fold_char(c, &mut out),
        }
    }
    out
}

/// Is only case folded of it? Most values are printable ASCII without a grave accent and without two blanks on end.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let mut before = 0;
    text.bytes().all(|b| {
        let plain = (b' '..=b'~').contains(&b) && b != b'`' && (b != b' ' || before != b' ');
        before = b;
        plain
    })
}

/// Any character, decomposed.
fn fold_char(c: char, out: &mut String) {
    for c in std::iter::once(c).nfkd() {
        match c {
            c if is_combining_mark(c) => {}
            '\u{ad}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'
            | '\u{feff}'
            | '\u{fffc}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{180b}'..='\u{180e}' => {}
            'œ' | 'Œ' => out.push_str("oe"),
            'æ' | 'Æ' => out.push_str("ae"),
            'ø' | 'Ø' => out.push('o'),
            'ß' | 'ẞ' => out.push_str("ss"),
            'ł' | 'Ł' => out.push('l'),
            'đ' | 'Đ' => out.push('d'),
            '’' | '‘' | 'ʼ' | '`' | '′' => out.push('\''),
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => out.push('-'),
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() => {}
            c => out.extend(c.to_lowercase().filter(|l| !is_combining_mark(*l))),
        }
    }
}

/// Folded words: runs of letters and digits. `Saint-Étienne d'Albigny` gives saint, etienne, d, albigny.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    words_of(&fold_keeping_ends(text)).map(str::to_owned).collect()
}

/// [`words`] of a text that is folded.
pub fn words_of(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty())
}

/// Words as they are written but for their case, each with its folded form: what accents are compared by.
#[must_use]
pub fn spelled_words(text: &str) -> Vec<(String, String)> {
    let spelled: String = text.nfc().flat_map(char::to_lowercase).collect();
    let words = spelled.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c)).filter(|word| !word.is_empty());
    words.map(|word| (word.to_owned(), fold(word))).collect()
}

/// Collation key of `NOM Prénom`: words joined by one blank, so that hyphens, apostrophes and blanks sort alike.
#[must_use]
pub fn sort_key(first: &str, second: &str) -> String {
    let joined = |text| words_of(&fold_keeping_ends(text)).collect::<Vec<_>>().join(" ");
    let mut key = joined(first);
    let rest = joined(second);
    if !rest.is_empty() {
        key.push(' ');
        key.push_str(&rest);
    }
    key
}

/// Digits of a telephone number, a leading `+` kept as `00`: what telephone numbers are compared by.
#[must_use]
pub fn phone_digits(text: &str) -> String {
    let plus = if text.trim_start().starts_with('+') { "00" } else { "" };
    plus.chars().chain(text.chars().filter(char::is_ascii_digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_table() {
        for (from, to) in [
            ("ÀÂÄ ÉÈÊË ÎÏ ÔÖ ÛÙÜ Ç àâä éèêë îï ôö ûùü ç", "aaa eeee ii oo uuu c aaa eeee ii oo uuu c"),
            ("a`b ~ Ñ", "a'b ~ n"),
            ("Élodie", "elodie"),
            ("  L’HÉRAULT  Œuvré ", "l'herault oeuvre"),
            ("STRASSE straße", "strasse strasse"),
            ("e\u{301}", "e"),
            ("Jean‑François", "jean-francois"),
            ("so\u{ad}ft", "soft"),
            ("d´arc", "d'arc"),
            ("ØSTERBIDON", "osterbidon"),
            ("a\u{a0}\tb", "a b"),
            ("ﬁn Ⅳ", "fin iv"),
        ] {
            assert_eq!(fold(from), to, "{from}");
        }
    }

    #[test]
    fn words_and_keys() {
        assert_eq!(words("Saint-Étienne d'Albigny (38)"), ["saint", "etienne", "d", "albigny", "38"]);
        assert_eq!(sort_key("LE  FICTIF-D'ARC", "Zoé"), "le fictif d arc zoe");
        assert_eq!(phone_digits("+33 1.99-00"), "0033199 00".replace(' ', ""));
    }
}
