//! How far two words are from each other in edits: a letter too many, too few, another one, or two neighbours swapped.

/// Are they at most so many edits apart? Two neighbours swapped are one edit, and a letter is edited once.
#[must_use]
pub fn within(one: &str, other: &str, most: usize) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > most {
        return false;
    }
    let width = other.len() + 1;
    let mut above: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..width).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = Vec::with_capacity(width);
        row.push(i + 1);
        for (j, b) in other.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX - 1);
            let changed = at(&last, j) + usize::from(a != b);
            let mut best = changed.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a);
            if swapped {
                best = best.min(at(&above, j - 1) + 1);
            }
            row.push(best);
        }
        above = std::mem::replace(&mut last, row);
        if last.iter().all(|edits| *edits > most) && above.iter().all(|edits| *edits >= most) {
            return false;
        }
    }
    last.last().is_some_and(|edits| *edits <= most)
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn edits_are_counted() {
        for (one, other, edits) in [
            ("dupont", "dupont", 0),
            ("dupnt", "dupont", 1),
            ("dupnot", "dupont", 1),
            ("udpont", "dupont", 1),
            ("xdupont", "dupont", 1),
            ("dupond", "dupont", 1),
            ("dpuotn", "dupont", 2),
            ("cardiolgoei", "cardiologie", 2),
            ("abcd", "", 4),
            ("", "", 0),
            ("ca", "abc", 3),
            ("марии", "мария", 1),
        ] {
            for most in 0..6 {
                assert_eq!(within(one, other, most), edits <= most, "{one} {other} {most}");
                assert_eq!(within(other, one, most), edits <= most, "{other} {one} {most}");
            }
        }
    }
}
