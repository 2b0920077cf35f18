//! How a question is understood: its words, what each may match, what was dropped. Pure: the same reading serves the plan of the index, the
//! explanation of an answer and what `explain` tells.
//!
//! Particles and titles are dropped when another word remains. Everyday words, départements, regions and arrondissements are recognised, the
//! longest phrase first, and stay words beside. Neighbouring words are also looked up written as one.

use super::alternative::{Alternative, BEGINNING, How, ONE_ERROR, PHONETIC, TWO_ERRORS, Test, WHOLE};
use super::facts::Tag;
use super::known_names::may_begin_a_name;
use super::numbers::{Piece, pieces};
use super::query::Criteria;
use super::recognised;
use super::streets::{self, OfStreet};
use crate::text::small_words::{canonical, is_linking, is_particle, is_title, joined};
use crate::text::{self, everyday, phonetic, town};
use serde::Serialize;
use utoipa::ToSchema;

/// The parameter something was asked by; words by the first three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Q,
    Name,
    Given,
    Profession,
    Specialty,
    City,
    PostalCode,
    Department,
    Organization,
    Identifier,
    Address,
}

/// Why a word is not looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dropped {
    Particle,
    Title,
    /// CEDEX with its number, or the word arrondissement.
    Town,
    /// Says what the number beside it is: RPPS, FINESS, tél.
    Label,
}

/// A word that is looked up.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    /// Folded.
    pub text: String,
    pub source: Source,
    /// Ways to match as typed.
    pub typed: Vec<Alternative>,
    /// May it hold an error? Not a short word, a number, nor a word that is known.
    pub forgivable: bool,
}

/// How the letters of a name are typed: `(as typed, folded)`.
pub(super) type Spelling = (String, String);

/// A question as it is understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub words: Vec<Asked>,
    pub dropped: Vec<(String, Source, Dropped)>,
    /// Words asked of names, dropped particles among them: what ties are broken by.
    pub spelled: Vec<Spelling>,
    /// A parameter was given that says nothing.
    pub says_nothing: bool,
}

/// Letters from which a word may hold one error, and two.
const ONE_FROM: usize = 4;
const TWO_FROM: usize = 8;
const LONGEST_FORGIVEN: usize = 64;
/// Words of a question that may hold errors: each reads the whole list of terms.
pub(super) const MOST_FORGIVEN: usize = 8;

/// Errors that a word may hold at most.
pub(super) fn errors_of(word: &str) -> u8 {
    let length = word.chars().count();
    let fitting = length <= LONGEST_FORGIVEN && word.chars().all(char::is_alphabetic);
    match length {
        _ if !fitting => 0,
        TWO_FROM.. => 2,
        ONE_FROM.. => 1,
        _ => 0,
    }
}

impl Reading {
    pub fn of(criteria: &Criteria) -> Self {
        let mut reading = Self::default();
        for (source, asked) in [(Source::Q, &criteria.q), (Source::Name, &criteria.name), (Source::Given, &criteria.given)] {
            let Some(asked) = asked else { continue };
            let before = reading.words.len();
            reading.read(source, asked, &criteria.known_names);
            reading.says_nothing |= reading.words.len() == before;
        }
        reading
    }

    fn read(&mut self, source: Source, asked: &str, known_names: &[String]) {
        let mut words = Vec::new();
        for piece in if source == Source::Q { pieces(asked) } else { vec![Piece::Words(asked, Vec::new())] } {
            match piece {
                Piece::Number(written, tests) => self.number(written, source, tests),
                Piece::Words(written, together) => written_words(written, &together, &mut words),
            }
        }
        let others = !self.words.is_empty() && source == Source::Q;
        let reasons = dropped(&words, others, known_names);
        let folded: Vec<&str> = words.iter().map(|word| canonical(&word.folded)).collect();
        let mut neighbours: Vec<Vec<String>> = vec![Vec::new(); words.len()];
        let titled: Vec<bool> = reasons.iter().zip(&words).map(|(reason, word)| reason.is_some() && is_title(&word.folded)).collect();
        let is_name = |range: &std::ops::Range<usize>| {
            let titled = titled.get(range.clone()).into_iter().flatten().any(|titled| *titled);
            !titled && words.get(range.clone()).into_iter().flatten().all(|word| !town::is_cedex(&word.folded))
        };
        for (range, one) in joined(&folded).filter(|(range, _)| is_name(range)) {
            neighbours.get_mut(range).into_iter().flatten().for_each(|names| names.push(one.clone()));
        }
        let mut kept = Vec::new();
        // With the word that each stands before.
        let mut particles = Vec::new();
        for ((word, reason), names) in words.iter().zip(reasons).zip(neighbours) {
            match reason {
                Some(reason) => {
                    particles.extend((reason == Dropped::Particle && is_particle(&word.folded)).then_some((kept.len(), word)));
                    self.dropped.push((word.folded.clone(), source, reason));
                }
                None => kept.push((word, names)),
            }
        }
        let known = if source == Source::Q { recognise(&kept) } else { vec![Vec::new(); kept.len()] };
        let folded: Vec<&str> = kept.iter().map(|(word, _)| word.folded.as_str()).collect();
        let streets = if source == Source::Q { streets::asked(&folded) } else { vec![None; kept.len()] };
        // The number of a house is no département and no arrondissement.
        let house =
            |at: usize| streets.get(at).is_some_and(|asked| matches!(asked, Some(OfStreet::Beside(..)))) && is_number(folded.get(at));
        let houses: Vec<bool> = (0..kept.len()).map(house).collect();
        let known: Vec<_> = known.into_iter().zip(&houses).map(|(known, house)| if *house { Vec::new() } else { known }).collect();
        let streets: Vec<_> = streets.iter().map(|asked| asked.as_ref().map(streets::ways).unwrap_or_default()).collect();
        // How a name is written; the small words of an everyday phrase or a territory are of no name.
        let of_name = |at: usize| known.get(at).is_none_or(Vec::is_empty);
        let spelled = |word: &Written| (word.spelled.clone(), word.folded.clone());
        self.spelled.extend(particles.iter().filter(|(before, _)| of_name(*before)).map(|(_, word)| spelled(word)));
        self.spelled.extend(kept.iter().map(|(word, _)| spelled(word)));
        for ((((word, names), known), street), house) in kept.into_iter().zip(known).zip(streets).zip(houses) {
            let before = self.words.iter().filter(|word| word.forgivable).count();
            let forgivable = known.is_empty() && errors_of(canonical(&word.folded)) > 0 && before < MOST_FORGIVEN;
            // The name of a département is that one, not a word of another's.
            let is_department = known.iter().any(|way| matches!(way.test, Test::Code("dept", _)));
            // Nor is a number of two digits that means something the beginning of a postcode.
            let is_number = (house || !known.is_empty()) && word.folded.len() < 3 && word.folded.bytes().all(|b| b.is_ascii_digit());
            let meant = |way: &Alternative| match way.test {
                Test::Word(Tag::Department, _) => !is_department && !house,
                Test::Begins(..) => !is_number,
                _ => true,
            };
            let mut typed = known;
            typed.extend(free(word, source).into_iter().filter(meant));
            typed.extend(names.iter().flat_map(|name| joined_name(name, source)));
            typed.extend(word.together.iter().cloned().map(of_address));
            typed.extend(street);
            // The best first; of one level, as they were added.
            typed.sort_by_key(|way| way.level);
            let asked = Asked { text: word.folded.clone(), source, typed, forgivable };
            if !self.words.contains(&asked) {
                self.words.push(asked);
            }
        }
    }

    fn number(&mut self, text: String, source: Source, tests: Vec<Test>) {
        let way = |test| match test {
            Test::AddressBegins(_) | Test::DomainBegins(_) => Alternative::new(BEGINNING, How::Beginning, test),
            Test::Inside(_) => Alternative::new(BEGINNING, How::Inside, test),
            Test::Address(_) => Alternative::new(WHOLE, How::Whole, test),
            test => Alternative::new(WHOLE, How::Number, test),
        };
        self.words.push(Asked { text, source, typed: tests.into_iter().map(way).collect(), forgivable: false });
    }
}

impl Asked {
    /// Ways to match with at most so many errors.
    pub fn mistaken(&self, most: u8) -> Vec<Alternative> {
        let word = canonical(&self.text);
        let mut ways = Vec::new();
        for (errors, quality) in [(1, ONE_ERROR), (2, TWO_ERRORS)] {
            if errors > most.min(errors_of(word)) {
                break;
            }
            let near = |tag: &Tag| Alternative::new(quality, How::Typo, Test::Near(*tag, word.to_owned(), errors));
            ways.extend(tags(self.source).iter().map(near));
            if self.source == Source::Q {
                ways.extend(everyday::near(word, usize::from(errors)).flat_map(|row| recognised::codes(row, quality, How::Typo)));
            }
        }
        ways
    }
}

/// Kinds of words a parameter asks for.
fn tags(source: Source) -> &'static [Tag] {
    match source {
        Source::Q => &[Tag::Family, Tag::Given, Tag::Practice, Tag::Department, Tag::Own, Tag::Other],
        Source::Name => &[Tag::Family],
        Source::Given => &[Tag::Given],
        _ => &[],
    }
}

/// A word as it was typed.
struct Written {
    spelled: String,
    folded: String,
    /// An apostrophe follows: `d'`, `l'`.
    elided: bool,
    /// What the piece of an address that it stands in is taken for.
    together: Vec<Test>,
}

/// A piece of an address that may be words as well: a domain comes behind names, and before beginnings.
fn of_address(test: Test) -> Alternative {
    match test {
        Test::Domain(_) => Alternative { level: Tag::Practice.rank(), how: How::Whole, test },
        Test::Inside(_) => Alternative::new(BEGINNING, How::Inside, test),
        test => Alternative::new(BEGINNING, How::Beginning, test),
    }
}

fn written_words(written: &str, together: &[Test], words: &mut Vec<Written>) {
    let plain = text::fold_keeping_ends(written);
    let elided: Vec<bool> = plain
        .split_inclusive(|c: char| !c.is_alphanumeric())
        .filter(|part| part.starts_with(char::is_alphanumeric))
        .map(|part| part.ends_with('\''))
        .collect();
    let spelled = text::spelled_words(written);
    for (at, folded) in text::words_of(&plain).enumerate() {
        // A word that is cut otherwise by folding is compared folded.
        let typed = spelled.get(at).filter(|(_, as_folded)| as_folded == folded).map_or(folded, |(typed, _)| typed);
        words.push(Written {
            spelled: typed.to_owned(),
            folded: folded.to_owned(),
            elided: elided.get(at).copied().unwrap_or_default(),
            together: together.to_vec(),
        });
    }
}

/// What is not looked up; nothing when nothing else would be left.
fn dropped(words: &[Written], others: bool, known_names: &[String]) -> Vec<Option<Dropped>> {
    let mut after_cedex = false;
    let mut reasons = Vec::with_capacity(words.len());
    for (at, Written { spelled, folded, elided, .. }) in words.iter().enumerate() {
        let begins_a_name = || {
            let name = words.get(at + 1).map(|next| format!("{folded}{}", canonical(&next.folded)));
            may_begin_a_name(folded) && name.is_some_and(|name| known_names.contains(&name))
        };
        let behind = std::mem::replace(&mut after_cedex, town::is_cedex(folded));
        reasons.push(match folded.as_str() {
            word if town::is_cedex(word) || town::is_arrondissement(word) || (behind && town::ordinal(word).is_some()) => {
                Some(Dropped::Town)
            }
            "rpps" | "adeli" | "finess" | "siret" | "tel" | "telephone" | "fax" | "no" | "numero" if others => Some(Dropped::Label),
            _ if begins_a_name() => None,
            // M'Barki; before a blank or a full stop it is Monsieur.
            "m" if *elided => None,
            word if is_title(word) => Some(Dropped::Title),
            // A single letter that no apostrophe follows is an initial.
            "d" | "l" if !elided => None,
            // As it is typed: without the accent it is an initial.
            "a" if spelled == "à" => Some(Dropped::Particle),
            word if is_linking(word) || is_particle(word) => Some(Dropped::Particle),
            _ => None,
        });
    }
    if reasons.iter().all(Option::is_some) {
        let alone = |word: &Written| !others || may_begin_a_name(&word.folded);
        reasons.iter_mut().zip(words).filter(|(_, word)| alone(word)).for_each(|(reason, _)| *reason = None);
    }
    reasons
}

fn is_number(word: Option<&&str>) -> bool {
    word.is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// What is known of each word, or of phrases of several: ways to match by codes.
fn recognise(kept: &[(&Written, Vec<String>)]) -> Vec<Vec<Alternative>> {
    let words: Vec<&str> = kept.iter().map(|(word, _)| word.folded.as_str()).collect();
    let mut known = vec![Vec::new(); words.len()];
    let mut from = 0;
    while let Some(rest) = words.get(from..).filter(|rest| !rest.is_empty()) {
        let before = from.checked_sub(1).and_then(|at| words.get(at)).copied();
        let (count, ways) = recognised::longest(rest, before);
        known.get_mut(from..from + count).into_iter().flatten().for_each(|of: &mut Vec<Alternative>| of.extend(ways.iter().cloned()));
        from += count;
    }
    known
}

/// A word by itself.
fn free(written: &Written, source: Source) -> Vec<Alternative> {
    let typed = written.folded.as_str();
    let word = canonical(typed);
    let mut ways = Vec::new();
    for tag in tags(source) {
        // A letter is a whole word of Pointe-à-Pitre, and is not what who types it means.
        let letter = word.len() == 1 && tag.rank() > 0;
        let (quality, how) = if letter { (BEGINNING, How::Beginning) } else { (WHOLE, How::Whole) };
        ways.push(Alternative::new(quality, how, Test::Word(*tag, word.to_owned())));
        // What is typed so far, however it would go on.
        ways.push(Alternative::new(BEGINNING, How::Beginning, Test::Begins(*tag, typed.to_owned())));
    }
    if source != Source::Name {
        ways.extend(short_forms(typed));
    }
    for key in phonetic::keys_of_typed(&written.spelled, word) {
        let sounding = tags(source).iter().filter(|tag| matches!(tag, Tag::Family | Tag::Given | Tag::Practice));
        ways.extend(sounding.map(|tag| Alternative::new(PHONETIC, How::Phonetic, Test::Sounds(*tag, key.clone()))));
    }
    if let (Source::Q, Some(row)) = (source, everyday::sounding(word)) {
        ways.extend(recognised::codes(row, PHONETIC, How::Phonetic));
    }
    ways
}

/// Short forms and initials of given names.
fn short_forms(typed: &str) -> impl Iterator<Item = Alternative> {
    let initials = (2..=3).contains(&typed.len()).then(|| Test::Word(Tag::Initials, typed.to_owned()));
    let full = everyday::full_names(typed).iter().map(|names| Test::All(Tag::Given, names.clone()));
    let initials = initials.into_iter().map(|test| Alternative::new(BEGINNING, How::Beginning, test));
    initials.chain(full.map(|test| Alternative::new(BEGINNING, How::Synonym, test)))
}

/// Neighbours that a name, of a person or a structure, writes as one word.
fn joined_name(name: &str, source: Source) -> Vec<Alternative> {
    let names = tags(source).iter().filter(|tag| matches!(tag, Tag::Family | Tag::Given | Tag::Own | Tag::Other));
    let key = phonetic::key(name);
    names
        .flat_map(|tag| {
            let whole = Alternative::new(WHOLE, How::Whole, Test::Word(*tag, name.to_owned()));
            let sound =
                key.clone().filter(|_| tag.rank() == 0).map(|key| Alternative::new(PHONETIC, How::Phonetic, Test::Sounds(*tag, key)));
            std::iter::once(whole).chain(sound)
        })
        .collect()
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
