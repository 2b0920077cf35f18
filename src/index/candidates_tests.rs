//! Random plans on a segment made by hand, against asking each document by itself.

use super::*;
use crate::index::fields::{Fields, register_tokenizer};
use crate::index::plan::{Place, Plan};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use std::collections::BTreeSet;
use tantivy::{Index, SegmentReader, TantivyDocument};

const DOCUMENTS: usize = 700;
const MOST_SLOTS: usize = 7;

/// The words of a document, and the codes of each of its slots.
struct Made {
    words: BTreeSet<u8>,
    slots: Vec<BTreeSet<u8>>,
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0.next_u32() as usize % end
    }

    /// Letters, the later ones rarer.
    fn letters(&mut self) -> BTreeSet<u8> {
        (0..8u8).filter(|rarity| self.below(1 + usize::from(*rarity)) == 0).collect()
    }

    fn letter(&mut self) -> u8 {
        u8::try_from(self.below(8)).unwrap()
    }

    fn plans(&mut self, depth: usize, at: At) -> Vec<Plan> {
        (0..=1 + self.below(6)).map(|_| self.plan(depth - 1, at)).collect()
    }

    fn plan(&mut self, depth: usize, at: At) -> Plan {
        let place = if at == At::Slot { Place::Codes } else { Place::Words };
        match if depth == 0 { 0 } else { self.below(7) } {
            1 | 2 => Plan::and(self.plans(depth, at)),
            3 => Plan::or(self.plans(depth, at.max(At::Inside))),
            4 if at < At::Slot => Plan::InOneSlot(Box::new(self.plan(depth, At::Slot))),
            5 if at == At::Top => Plan::Levels((0..).zip(self.plans(depth, At::Inside)).collect()),
            6 if at == At::Top => Plan::Behind { bit: 1 << self.below(3), plan: Box::new(self.plan(depth - 1, At::Inside)) },
            _ => Plan::Term(place, word(self.letter())),
        }
    }
}

/// Where a plan stands: where it counts how a document stands, where not, and in a slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    Top,
    Inside,
    Slot,
}

fn word(letter: u8) -> String {
    format!("n:{}", char::from(b'a' + letter))
}

fn made(dice: &mut Dice) -> Vec<Made> {
    let one = |dice: &mut Dice| {
        let slots = dice.below(MOST_SLOTS + 1) * dice.below(2);
        Made { words: dice.letters(), slots: (0..slots).map(|_| dice.letters()).collect() }
    };
    (0..DOCUMENTS).map(|_| one(dice)).collect()
}

fn segment(made: &[Made]) -> (Fields, SegmentReader) {
    let (schema, fields) = Fields::schema();
    let index = Index::create_in_ram(schema);
    register_tokenizer(&index);
    let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
    for document in made {
        let mut out = TantivyDocument::default();
        let words: Vec<String> = document.words.iter().map(|letter| word(*letter)).collect();
        let mut codes = Vec::new();
        for (number, slot) in document.slots.iter().enumerate() {
            codes.push(format!("{number}/"));
            codes.extend(slot.iter().map(|letter| format!("{number}/{}", word(*letter))));
        }
        out.add_text(fields.words, words.join("\u{1}"));
        out.add_text(fields.codes, codes.join("\u{1}"));
        writer.add_document(out).unwrap();
    }
    writer.commit().unwrap();
    (fields, index.reader().unwrap().searcher().segment_reader(0).clone())
}

fn holds(plan: &Plan, made: &Made, slot: Option<&BTreeSet<u8>>) -> bool {
    let any = |plans: &[Plan]| plans.iter().any(|plan| holds(plan, made, slot));
    match plan {
        Plan::All | Plan::Behind { .. } => true,
        Plan::Term(Place::Words, term) => made.words.iter().any(|letter| word(*letter) == *term),
        Plan::Term(_, term) => slot.is_some_and(|slot| slot.iter().any(|letter| word(*letter) == *term)),
        Plan::And(plans) => plans.iter().all(|plan| holds(plan, made, slot)),
        Plan::Or(plans) => any(plans),
        Plan::InOneSlot(inner) => made.slots.iter().any(|slot| holds(inner, made, Some(slot))),
        Plan::Levels(levels) => levels.iter().any(|(_, plan)| holds(plan, made, slot)),
        _ => false,
    }
}

/// Of a plan that the document holds.
fn standing(plan: &Plan, made: &Made) -> Standing {
    match plan {
        Plan::And(plans) => plans.iter().map(|plan| standing(plan, made)).fold(Standing::default(), Standing::with),
        Plan::Levels(levels) => {
            let level = levels.iter().find(|(_, plan)| holds(plan, made, None)).unwrap().0;
            Standing { level, ..Standing::default() }
        }
        Plan::Behind { bit, plan } => Standing { behind: if holds(plan, made, None) { 0 } else { *bit }, ..Standing::default() },
        _ => Standing::default(),
    }
}

#[test]
fn candidates_and_where_they_stand_are_those_of_asking_each_document() {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(7));
    let made = made(&mut dice);
    let (fields, segment) = segment(&made);
    let patience = Patience::endless();
    let mut several = 0;
    for number in 0..3_000 {
        let depth = 1 + dice.below(4);
        let plan = dice.plan(depth, At::Top);
        let expected: Vec<(usize, Standing)> =
            made.iter().enumerate().filter(|(_, made)| holds(&plan, made, None)).map(|(doc, made)| (doc, standing(&plan, made))).collect();
        let mut candidates = Candidates::of(&plan, &fields, &segment, None, &patience).unwrap();
        let mut found = Vec::new();
        while candidates.doc() != TERMINATED {
            found.push((candidates.doc() as usize, candidates.standing()));
            candidates.advance(&patience);
        }
        assert!(found == expected, "{number}: {plan:?}");
        several += usize::from(found.len() > 1);
        // Asked for some documents only, in the two ways to ask.
        let mut asked = Candidates::of(&plan, &fields, &segment, None, &patience).unwrap();
        let mut doc = 0;
        while doc < DOCUMENTS {
            let target = u32::try_from(doc).unwrap();
            let next = expected.iter().find(|(held, _)| *held >= doc).map_or(TERMINATED, |(held, _)| u32::try_from(*held).unwrap());
            if dice.below(3) == 0 {
                assert_eq!(asked.seek(target, &patience), next, "{number}: {plan:?}");
            } else {
                let bound = asked.reach(target, &patience);
                assert!((target..=next).contains(&bound) && (bound == target) == (next == target), "{number}, {doc}: {plan:?}");
            }
            doc += 1 + dice.below(40);
        }
    }
    assert!(several > 2_000, "{several}");
}
