//! Numbers and addresses among the words of a question, and what each is taken for.
//!
//! A telephone or SIRET number may be written in groups; other numbers stand alone. A number that is of two kinds is looked up as both.

use super::alternative::Test;
use super::facts::national_number;
use crate::model::{Address, normalize_domain};

/// A part of a question.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'a> {
    /// Taken for this, and for nothing else.
    Number(String, Vec<Test>),
    /// Words, and what of an address all of them together may be.
    Words(&'a str, Vec<Test>),
}

/// Pieces of one question that are looked for anywhere in an address: each may read all of them.
const MOST_SEARCHED: usize = 3;
/// Letters and digits that a piece of an address has at least where it is looked for anywhere: shorter ones stand in too many.
const SHORTEST_PIECE: usize = 3;
/// Groups of digits of the longest number written in groups.
const MOST_GROUPS: usize = 7;

impl Piece<'_> {
    fn tests(&self) -> &[Test] {
        match self {
            Self::Number(_, tests) | Self::Words(_, tests) => tests,
        }
    }

    /// Is it looked for anywhere in an address?
    fn is_searched(&self) -> bool {
        self.tests().iter().any(|test| matches!(test, Test::Inside(_)))
    }

    /// Looked for at the beginning only.
    fn at_its_beginning(mut self) -> Self {
        match &mut self {
            Self::Number(_, tests) | Self::Words(_, tests) => tests.retain(|test| !matches!(test, Test::Inside(_))),
        }
        self
    }
}

pub(super) fn pieces(asked: &str) -> Vec<Piece<'_>> {
    let chunks: Vec<&str> = asked.split_whitespace().collect();
    let mut pieces = Vec::new();
    let mut searched = 0;
    let mut rest = chunks.as_slice();
    while let Some((first, behind)) = rest.split_first() {
        let grouped = (1..=rest.len().min(MOST_GROUPS)).rev().find_map(|count| {
            let written = rest.get(..count)?.concat();
            let tests = number(&written, count > 1)?;
            Some((count, Piece::Number(written, tests)))
        });
        if let Some((count, piece)) = grouped {
            pieces.push(piece);
            rest = rest.get(count..).unwrap_or_default();
        } else {
            // As it is pasted from a header or a sentence.
            let bare = first.trim_matches(|c| "<>(),;:\"'".contains(c)).trim_end_matches('.');
            let piece = address(bare).unwrap_or_else(|| Piece::Words(first, piece_of_address(bare)));
            pieces.push(if searched < MOST_SEARCHED { piece } else { piece.at_its_beginning() });
            searched += usize::from(pieces.last().is_some_and(Piece::is_searched));
            rest = behind;
        }
    }
    pieces
}

/// What a number is taken for; `None` for what is none, nor looks like one.
fn number(written: &str, grouped: bool) -> Option<Vec<Test>> {
    let mut bare = String::new();
    for c in written.chars() {
        match c {
            '0'..='9' => bare.push(c),
            '.' | '-' | '/' | '(' | ')' | '+' => {}
            // Ids of structures, FINESS of Corsica.
            'a'..='z' | 'A'..='Z' if !grouped => bare.push(c.to_ascii_lowercase()),
            _ => return None,
        }
    }
    let digits = bare.bytes().filter(u8::is_ascii_digit).count();
    if digits < bare.len() {
        // Letters among digits: an id, unless the punctuation says that it is none.
        let plain = written.chars().all(char::is_alphanumeric);
        return (plain && digits >= 7 && (9..=15).contains(&bare.len())).then(|| vec![Test::Identifier(bare)]);
    }
    let national = national_number(written);
    let is_telephone = national.len() == 10 && national.starts_with('0') && !national.starts_with("00");
    let mut tests = Vec::new();
    if is_telephone {
        tests.push(Test::Telephone(national));
    }
    let is_identifier = match digits {
        14 => true,
        11 | 12 => !grouped && !written.starts_with('+'),
        9 | 10 => !grouped && !written.contains('.'),
        _ => false,
    };
    if is_identifier && !(is_telephone && grouped) {
        tests.push(Test::Identifier(bare.clone()));
    }
    if digits == 5 && !grouped && written.len() == 5 {
        tests.push(Test::Code("cp", bare));
    }
    (!tests.is_empty()).then_some(tests)
}

/// An address, the beginning of one up to or behind its `@`, a piece of one around it, or `@domain` and its beginning.
fn address(chunk: &str) -> Option<Piece<'_>> {
    let (local, domain) = chunk.split_once('@')?;
    let lower = chunk.to_lowercase();
    let mut tests: Vec<Test> = Vec::new();
    if local.is_empty() {
        tests.extend(normalize_domain(domain).map(Test::Domain));
        let beginning = domain.to_lowercase();
        tests.extend((letters(&beginning) >= SHORTEST_PIECE).then_some(Test::DomainBegins(beginning)));
    } else {
        let whole = Address::parse(chunk).ok();
        tests.extend(whole.map(|address| Test::Address(address.as_str().to_owned())));
        tests.push(Test::AddressBegins(lower.clone()));
        tests.extend((letters(local) >= SHORTEST_PIECE).then_some(Test::Inside(lower)));
    }
    (!tests.is_empty()).then(|| Piece::Number(chunk.to_owned(), tests))
}

/// `prenom.nom`, as local parts are made, and pieces of a domain.
fn piece_of_address(chunk: &str) -> Vec<Test> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut parts = chunk.split(['.', '_']);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !chunk.chars().all(fits) {
        return Vec::new();
    }
    let mut tests = Vec::new();
    let lower = chunk.to_ascii_lowercase();
    let inner = lower.trim_matches('.');
    if inner.contains('.') && letters(inner) >= SHORTEST_PIECE && inner.bytes().any(|b| b.is_ascii_alphabetic()) {
        tests.extend(normalize_domain(inner).map(Test::Domain));
        tests.push(Test::Inside(lower.clone()));
    }
    tests.extend((!first.is_empty() && second.len() > 1).then_some(Test::AddressBegins(lower)));
    tests
}

/// Letters and digits.
fn letters(piece: &str) -> usize {
    piece.chars().filter(|c| c.is_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_apart() {
        let id = |id: &str| Test::Identifier(id.into());
        let (domain, inside) = (|name: &str| Test::Domain(name.into()), |piece: &str| Test::Inside(piece.into()));
        let phone = |number: &str| Test::Telephone(number.into());
        for (asked, expected) in [
            ("10999990012", vec![id("10999990012")]),
            ("810999990012", vec![id("810999990012")]),
            ("690000001", vec![id("690000001")]),
            ("2A0000001", vec![id("2a0000001")]),
            ("F690000001", vec![id("f690000001")]),
            ("12345678900011", vec![id("12345678900011")]),
            ("123 456 789 00011", vec![id("12345678900011")]),
            ("69003", vec![Test::Code("cp", "69003".into())]),
            ("0499000001", vec![phone("0499000001"), id("0499000001")]),
            ("04 99 00 00 01", vec![phone("0499000001")]),
            ("04.99.00.00.01", vec![phone("0499000001")]),
            ("+33 4 99 00 00 01", vec![phone("0499000001")]),
            ("+33(0)499000001", vec![phone("0499000001")]),
            ("0033499000001", vec![phone("0499000001")]),
            ("@CH-exemple.mssante.fr", vec![domain("ch-exemple.mssante.fr"), Test::DomainBegins("ch-exemple.mssante.fr".into())]),
            ("@ch-ex", vec![Test::DomainBegins("ch-ex".into())]),
            ("jean.dupont@", vec![Test::AddressBegins("jean.dupont@".into()), inside("jean.dupont@")]),
            ("Dupont@CH", vec![Test::AddressBegins("dupont@ch".into()), inside("dupont@ch")]),
            ("nt@ch", vec![Test::AddressBegins("nt@ch".into())]),
        ] {
            let found = pieces(asked);
            assert!(matches!(&found[..], [Piece::Number(_, tests)] if *tests == expected), "{asked}: {found:?}");
        }
        // As they are pasted.
        for (pasted, bare) in [
            ("<jean.dupont@ch.mssante.fr>,", "jean.dupont@ch.mssante.fr"),
            ("\"jean.dupont@ch.mssante.fr\";", "jean.dupont@ch.mssante.fr"),
            ("jean.dupont@ch.mssante.fr.", "jean.dupont@ch.mssante.fr"),
            ("(@ch.mssante.fr)", "@ch.mssante.fr"),
        ] {
            assert_eq!(pieces(pasted), pieces(bare), "{pasted}");
        }
        assert_eq!(pieces("mssante.fr.,").iter().map(Piece::tests).collect::<Vec<_>>(), [pieces("mssante.fr").remove(0).tests()]);
        for words in ["69", "3e", "dupont", "2A", "1234", "123456", "12-14", "a1b2c3d4"] {
            assert_eq!(pieces(words), [Piece::Words(words, vec![])]);
        }
        for (words, together) in [
            ("j.dupont", vec![domain("j.dupont"), inside("j.dupont"), Test::AddressBegins("j.dupont".into())]),
            (
                "CHU-x.mssante.fr",
                vec![domain("chu-x.mssante.fr"), inside("chu-x.mssante.fr"), Test::AddressBegins("chu-x.mssante.fr".into())],
            ),
            (".mssante", vec![]),
            ("martin.s", vec![domain("martin.s"), inside("martin.s")]),
            ("jean_dup", vec![Test::AddressBegins("jean_dup".into())]),
            ("j.p.", vec![]),
            ("dupond.é", vec![]),
        ] {
            assert_eq!(pieces(words), [Piece::Words(words, together)]);
        }
        let many = pieces("ab.c1 ab.c2 @x ab@c3 ab.c4 abc@c5 ab.c6");
        assert_eq!(many.iter().map(Piece::is_searched).collect::<Vec<_>>(), [true, true, false, false, true, false, false]);
        assert!(many.iter().skip(5).all(|piece| !piece.tests().is_empty()));
        let mixed = pieces("dupont 69003 04 99 00 00 01");
        assert!(matches!(&mixed[..], [Piece::Words("dupont", _), Piece::Number(..), Piece::Number(..)]), "{mixed:?}");
    }
}
