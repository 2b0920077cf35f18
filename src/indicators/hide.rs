//! Small counts are hidden, and enough beside them that no subtraction gives them back (reference §7: fewer than five).
//!
//! Figures of a day hang together by sums: a total and the parts it is cut into, a whole and what is told of it with the rest that is not
//! (equipped people and the others: of 97 in 100 the rest is a small count). Of such a group never exactly one figure is hidden: the others
//! would tell it; and the sum of those hidden leaves each of them room to be no small count. As long as that is not so, the next smallest part
//! is hidden as well, and where there is none, the total. Two days hang together by what came and went: beside a stock that is hidden on
//! either of them, so is that. Hiding in one group may leave one alone in another, so it is done until nothing changes. Parts overlap (a
//! person of two professions counts in both); a sum that is no equation hides more than it must, and never less.

use super::cell::{Cell, Cut, Measure, Operators};
use super::tally::Counts;
use crate::model::territory;
use std::collections::{BTreeMap, BTreeSet};

/// Counts below this are small.
pub const SMALL: i64 = 5;

/// What may be told, by cell and measure: `None` is hidden, a count that is not there is 0.
pub type Told = BTreeMap<(Cell, Measure), Option<i64>>;

/// Part and whole of which a share can be told.
pub(super) const SHARES: [(Measure, Measure); 6] = [
    (Measure::ProfessionalsEquipped, Measure::Professionals),
    (Measure::ZeroPapierAccepted, Measure::Mailboxes),
    (Measure::MailboxesWithoutStructure, Measure::Mailboxes),
    (Measure::MailboxesListeRouge, Measure::Mailboxes),
    (Measure::StructuresWithOrg, Measure::Structures),
    (Measure::QuestionsEmpty, Measure::Questions),
];

/// What came and what went: the difference of two days' stocks, so that one tells the other, also when that is 0.
const MOVES: [Measure; 2] = [Measure::MailboxesCreated, Measure::MailboxesGone];
/// Those, and what changed: mostly 0, so that beside a small one a 0 is hidden as well.
const MOVEMENTS: [Measure; 3] = [Measure::MailboxesCreated, Measure::MailboxesGone, Measure::MailboxesChanged];

/// What a number says; the rest of a whole is never told itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Count(Measure),
    /// The whole of a share less this part of it.
    Rest(Measure),
}

struct Number {
    cell: Cell,
    item: Item,
    value: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sum {
    /// A total and what it is cut into.
    Cut,
    /// A whole, its part and its rest.
    Share,
}

/// Places of a total and its parts.
struct Group {
    sum: Sum,
    total: Option<usize>,
    parts: Vec<usize>,
}

/// The figures as they may be told. `compared`: of a day whose movements are known, the cells whose stock was hidden on the day it is
/// compared with.
#[must_use]
pub fn told(mut counts: Counts, operators: &Operators, compared: Option<&BTreeSet<Cell>>) -> Told {
    let says = |measure: Measure, value: i64| value != 0 || !measure.is_count();
    counts.retain(|(_, measure), value| says(*measure, *value));
    let numbers = numbers(counts, compared);
    let hidden = hide(&numbers, operators, compared);
    let told = numbers.into_iter().zip(hidden).filter_map(|(number, hidden)| match number.item {
        Item::Count(measure) => Some(((number.cell, measure), (!hidden).then_some(number.value))),
        Item::Rest(_) => None,
    });
    told.filter(|((_, measure), value)| value.is_none_or(|value| says(*measure, value))).collect()
}

/// Counts with the rests of their shares, and those that are 0 but may have to be hidden, in order.
fn numbers(mut counts: Counts, compared: Option<&BTreeSet<Cell>>) -> Vec<Number> {
    let mut rests = Vec::new();
    for (part, whole) in SHARES {
        let of_part: Vec<(Cell, i64)> =
            counts.iter().filter(|((_, measure), _)| *measure == whole).map(|((cell, _), value)| (cell.clone(), *value)).collect();
        // A measure that was not counted at all has no zeros either.
        if !counts.keys().any(|(_, measure)| *measure == part) {
            continue;
        }
        for (cell, whole) in of_part {
            let part_of = *counts.entry((cell.clone(), part)).or_default();
            if part_of <= whole {
                rests.push(Number { cell, item: Item::Rest(part), value: whole - part_of });
            }
        }
    }
    if let Some(before) = compared {
        let stocks = counts.keys().filter(|(_, measure)| *measure == Measure::Mailboxes || MOVEMENTS.contains(measure));
        let cells: BTreeSet<Cell> = stocks.map(|(cell, _)| cell.clone()).chain(before.iter().cloned()).collect();
        for (cell, measure) in cells.into_iter().flat_map(|cell| MOVEMENTS.map(|measure| (cell.clone(), measure))) {
            counts.entry((cell, measure)).or_default();
        }
    }
    let counts = counts.into_iter().map(|((cell, measure), value)| Number { cell, item: Item::Count(measure), value });
    let mut numbers: Vec<Number> = counts.chain(rests).collect();
    numbers.sort_by(|a, b| (&a.cell, a.item).cmp(&(&b.cell, b.item)));
    numbers
}

/// Every total with its parts, and every whole with its.
fn groups(numbers: &[Number], places: &BTreeMap<(&Cell, Item), usize>, operators: &Operators) -> Vec<Group> {
    let mut parts: BTreeMap<(Item, Cell, Cut), Vec<usize>> = BTreeMap::new();
    let mut groups = Vec::new();
    for (place, number) in numbers.iter().enumerate() {
        for total in totals(&number.cell, operators) {
            parts.entry((number.item, total, number.cell.cut)).or_default().push(place);
        }
        let Item::Rest(part) = number.item else { continue };
        let whole = SHARES.into_iter().find(|(of, _)| *of == part).map(|(_, whole)| whole);
        let at = |measure| places.get(&(&number.cell, Item::Count(measure))).copied();
        groups.push(Group { sum: Sum::Share, total: whole.and_then(at), parts: at(part).into_iter().chain([place]).collect() });
    }
    let cut =
        |((item, total, _), parts): ((Item, Cell, Cut), _)| Group { sum: Sum::Cut, total: places.get(&(&total, item)).copied(), parts };
    groups.extend(parts.into_iter().map(cut));
    groups
}

/// The totals that a figure of this cell is part of.
fn totals(cell: &Cell, operators: &Operators) -> Vec<Cell> {
    let mut totals = Vec::new();
    if cell.cut != Cut::National {
        totals.push(Cell::nation());
    }
    match cell.cut {
        Cut::Department => totals.extend(territory::department(&cell.key).map(|department| Cell::new(Cut::Region, department.region))),
        Cut::Specialty => totals.extend(cell.key.split_once(':').map(|(profession, _)| Cell::new(Cut::Profession, profession))),
        Cut::Domain => totals.extend(operators.get(&cell.key).into_iter().flatten().map(|operator| Cell::new(Cut::Operator, operator))),
        _ => {}
    }
    totals
}

fn hide(numbers: &[Number], operators: &Operators, compared: Option<&BTreeSet<Cell>>) -> Vec<bool> {
    let small = |number: &Number| match number.item {
        Item::Count(measure) => measure.is_count() && (1..SMALL).contains(&number.value),
        Item::Rest(_) => (1..SMALL).contains(&number.value),
    };
    let mut hidden: Vec<bool> = numbers.iter().map(small).collect();
    let places: BTreeMap<(&Cell, Item), usize> =
        numbers.iter().enumerate().map(|(place, number)| ((&number.cell, number.item), place)).collect();
    let groups = groups(numbers, &places, operators);
    let movements = movements(&places, compared);
    loop {
        let mut more: BTreeSet<usize> = movements.iter().flat_map(|movement| movement.alone(&hidden)).collect();
        more.extend(groups.iter().filter(|group| group.sum == Sum::Share).filter_map(|group| group.next(numbers, &hidden)));
        // What a share costs is known before anything is hidden for the sake of sums.
        if more.is_empty() {
            more.extend(groups.iter().filter(|group| group.sum == Sum::Cut).filter_map(|group| group.next(numbers, &hidden)));
        }
        if more.is_empty() {
            return hidden;
        }
        more.into_iter().for_each(|place| hidden.get_mut(place).into_iter().for_each(|hidden| *hidden = true));
    }
}

fn is_hidden(hidden: &[bool], place: usize) -> bool {
    hidden.get(place).copied().unwrap_or(true)
}

impl Group {
    /// The number to be hidden next; `None` when no hidden one can be computed.
    fn next(&self, numbers: &[Number], hidden: &[bool]) -> Option<usize> {
        let whole = self.total?;
        let value = |place: usize| numbers.get(place).map_or(0, |number| number.value);
        let item = |place: usize| numbers.get(place).map(|number| number.item);
        let moves = matches!(item(whole), Some(Item::Count(measure)) if MOVEMENTS.contains(&measure));
        let unknown: Vec<i64> = self.parts.iter().filter(|place| is_hidden(hidden, **place)).map(|place| value(*place)).collect();
        let settled = match (unknown.len(), is_hidden(hidden, whole)) {
            (0, whole_hidden) => !whole_hidden,
            (_, true) => true,
            // Of a movement a hidden part may also be none: nothing bounds it from below. Of a share either may be the small one.
            (n, false) if moves || self.sum == Sum::Share => n > 1,
            // Each hidden part is one at least: what the others leave of their sum must not be a small count for sure.
            (n, false) => n > 1 && unknown.iter().sum::<i64>() - i64::try_from(n - 1).unwrap_or(i64::MAX) >= SMALL,
        };
        if settled {
            return None;
        }
        // To hide a rest costs nothing; to hide that there is none helps where it may also be some.
        let rest = |place: usize| matches!(item(place), Some(Item::Rest(_)));
        let helps = |place: &usize| !is_hidden(hidden, *place) && (value(*place) > 0 || moves || self.sum == Sum::Share);
        let next = self.parts.iter().copied().filter(helps).min_by_key(|place| (!rest(*place), value(*place), *place));
        next.or_else(|| Some(whole).filter(|place| !is_hidden(hidden, *place)))
    }
}

/// Places of a cell's stock and of what came to it and went, and whether its stock was hidden the day before.
struct Movement {
    stock: Option<usize>,
    moves: [usize; 2],
    hidden_before: bool,
}

fn movements(places: &BTreeMap<(&Cell, Item), usize>, compared: Option<&BTreeSet<Cell>>) -> Vec<Movement> {
    let [came, went] = MOVES;
    let created = places.iter().filter(|((_, item), _)| *item == Item::Count(came));
    let movement = |((cell, _), place): (&(&Cell, Item), &usize)| {
        let at = |measure| places.get(&(*cell, Item::Count(measure))).copied();
        let hidden_before = compared.is_some_and(|before| before.contains(*cell));
        Some(Movement { stock: at(Measure::Mailboxes), moves: [*place, at(went)?], hidden_before })
    };
    created.filter_map(movement).collect()
}

impl Movement {
    /// Those that are told and may not be.
    fn alone(&self, hidden: &[bool]) -> Vec<usize> {
        let hides = self.hidden_before || self.stock.into_iter().chain(self.moves).any(|place| is_hidden(hidden, place));
        self.moves.into_iter().filter(|place| hides && !is_hidden(hidden, *place)).collect()
    }
}

#[cfg(test)]
#[path = "hide_tests.rs"]
mod tests;
