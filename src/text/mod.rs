//! Pure functions on words: folding, word splitting, collation keys. The same functions serve what is stored and what is asked.
//!
//! Folding is the product rule on top of RFC 4518: case and accents folded, œ → oe, æ → ae, ß → ss, typographic apostrophes and
//! hyphens made plain, soft hyphens and zero-width characters dropped, runs of blanks made one, ends trimmed.

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
    let mut out = String::with_capacity(text.len());
    // Decomposed, the acute accent typed for an apostrophe would be a blank and a mark.
    for c in text.chars().map(|c| if c == '´' { '\'' } else { c }).nfkd() {
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
    out
}

/// Folded words: runs of letters and digits. `Saint-Étienne d'Albigny` gives saint, etienne, d, albigny.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Collation key of `NOM Prénom`: words joined by one blank, so that hyphens, apostrophes and blanks sort alike.
#[must_use]
pub fn sort_key(first: &str, second: &str) -> String {
    let mut key = words(first).join(" ");
    let rest = words(second).join(" ");
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
