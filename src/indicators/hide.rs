//! Small counts are hidden, and enough beside them that no subtraction gives them back (reference §7: fewer than five).
//!
//! Figures of a day hang together by sums: a total and the parts it is cut into. Of such a group never exactly one figure is hidden: the
//! others would tell it; and the sum of those hidden leaves each of them room to be no small count. As long as that is not so, the next
//! smallest part is hidden as well, and where there is none, the total. Hiding in one group may leave one alone in another, so it is done until nothing changes. Parts overlap (a person of two
//! professions counts in both); a sum that is no equation hides more than it must, and never less.

use super::cell::{Cell, Cut, Measure, Operators};
use super::tally::Counts;
use crate::model::territory;
use std::collections::BTreeMap;

/// Counts below this are small.
pub const SMALL: i64 = 5;

/// A total and its parts, by their places in the list of figures.
type Group = (Option<usize>, Vec<usize>);

/// The figures as they may be told: `None` is hidden. What is 0 is left out, unless it is hidden.
#[must_use]
pub fn told(mut counts: Counts, operators: &Operators) -> BTreeMap<(Cell, Measure), Option<i64>> {
    counts.retain(|_, value| *value != 0);
    // What came less what went is the difference of two days' stocks: one tells the other, also when that is 0.
    let moved: Vec<Cell> = counts.keys().filter(|(_, measure)| TWINS.contains(measure)).map(|(cell, _)| cell.clone()).collect();
    for (cell, measure) in moved.into_iter().flat_map(|cell| TWINS.map(|measure| (cell.clone(), measure))) {
        counts.entry((cell, measure)).or_default();
    }
    let figures: Vec<((Cell, Measure), i64)> = counts.into_iter().collect();
    let hidden = hide(&figures, &groups(&figures, operators), &twins(&figures));
    let told = figures.into_iter().zip(hidden).map(|((name, value), hidden)| (name, (!hidden).then_some(value)));
    told.filter(|(_, value)| *value != Some(0)).collect()
}

const TWINS: [Measure; 2] = [Measure::MailboxesCreated, Measure::MailboxesGone];

fn twins(figures: &[((Cell, Measure), i64)]) -> Vec<(usize, usize)> {
    let of = |measure| figures.iter().enumerate().filter(move |(_, ((_, m), _))| *m == measure).map(|(place, _)| place);
    // Each cell has both, and cells are in the same order.
    of(Measure::MailboxesCreated).zip(of(Measure::MailboxesGone)).collect()
}

/// Every total with its parts.
fn groups(figures: &[((Cell, Measure), i64)], operators: &Operators) -> Vec<Group> {
    let places: BTreeMap<(&Cell, Measure), usize> = figures.iter().enumerate().map(|(place, ((cell, m), _))| ((cell, *m), place)).collect();
    let mut parts: BTreeMap<(Measure, Cell, Cut), Vec<usize>> = BTreeMap::new();
    for (place, ((cell, measure), _)) in figures.iter().enumerate() {
        for total in totals(cell, operators) {
            parts.entry((*measure, total, cell.cut)).or_default().push(place);
        }
    }
    parts.into_iter().map(|((measure, total, _), parts)| (places.get(&(&total, measure)).copied(), parts)).collect()
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

fn hide(figures: &[((Cell, Measure), i64)], groups: &[Group], twins: &[(usize, usize)]) -> Vec<bool> {
    let mut hidden: Vec<bool> = figures.iter().map(|((_, measure), value)| measure.is_count() && (1..SMALL).contains(value)).collect();
    let value = |place: usize| figures.get(place).map_or(0, |(_, value)| *value);
    let moves = |place: usize| figures.get(place).is_some_and(|((_, measure), _)| TWINS.contains(measure));
    loop {
        let is = |hidden: &[bool], place: usize| hidden.get(place).copied().unwrap_or(true);
        let mut more = Vec::new();
        for (total, parts) in groups {
            let Some(whole) = *total else { continue };
            let unknown: Vec<i64> = parts.iter().filter(|place| is(&hidden, **place)).map(|place| value(*place)).collect();
            let settled = match (unknown.len(), is(&hidden, whole)) {
                (0, whole_hidden) => !whole_hidden,
                (_, true) => true,
                // Of a movement a hidden part may also be none: nothing bounds it from below.
                (n, false) if moves(whole) => n > 1,
                // Each hidden part is one at least: what the others leave of their sum must not be a small count for sure.
                (n, false) => n > 1 && unknown.iter().sum::<i64>() - i64::try_from(n - 1).unwrap_or(i64::MAX) >= SMALL,
            };
            if settled {
                continue;
            }
            let next = parts.iter().copied().filter(|place| !is(&hidden, *place)).min_by_key(|place| (value(*place), *place));
            more.extend(next.or_else(|| total.filter(|place| !is(&hidden, *place))));
        }
        for (one, other) in twins {
            match (is(&hidden, *one), is(&hidden, *other)) {
                (true, false) => more.push(*other),
                (false, true) => more.push(*one),
                _ => {}
            }
        }
        if more.is_empty() {
            return hidden;
        }
        more.into_iter().for_each(|place| hidden.get_mut(place).into_iter().for_each(|hidden| *hidden = true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn operators() -> Operators {
        [("a.fr", &["1"][..]), ("b.fr", &["1"]), ("c.fr", &["2"]), ("d.fr", &["2"]), ("e.fr", &["3"])]
            .into_iter()
            .map(|(domain, of)| (domain.to_owned(), of.iter().map(|o| (*o).to_owned()).collect()))
            .collect()
    }

    #[test]
    fn what_is_hidden_may_be_no_small_count() {
        let mut counts = Counts::new();
        counts.insert((Cell::nation(), Measure::Mailboxes), 214);
        for (region, value) in [("84", 12), ("11", 1), ("53", 1), ("93", 200)] {
            counts.insert((Cell::new(Cut::Region, region), Measure::Mailboxes), value);
        }
        let told = told(counts, &operators());
        let of = |region: &str| told[&(Cell::new(Cut::Region, region), Measure::Mailboxes)];
        // Two hidden that make 2 would both be 1.
        assert_eq!((of("11"), of("53"), of("84"), of("93")), (None, None, None, Some(200)));
        assert_eq!(told[&(Cell::nation(), Measure::Mailboxes)], Some(214));
    }

    /// What a part adds to: the nation, and what stands between.
    fn world(parts: &[(u8, i64)]) -> Counts {
        let mut counts = Counts::new();
        for (place, value) in parts {
            let departments = ["01", "69", "42", "75", "971", "2A", "2B", "13"];
            let department = departments[usize::from(*place) % departments.len()];
            let domain = ["a.fr", "b.fr", "c.fr", "d.fr", "e.fr"][usize::from(*place) % 5];
            let profession = ["10", "21", "60"][usize::from(*place) % 3];
            let cells = [
                Cell::nation(),
                Cell::new(Cut::Department, department),
                Cell::new(Cut::Region, territory::department(department).unwrap().region),
                Cell::new(Cut::Domain, domain),
                Cell::new(Cut::Operator, &*operators()[domain][0]),
                Cell::new(Cut::Profession, profession),
                Cell::new(Cut::Specialty, format!("{profession}:S{}", place % 4)),
                Cell::new(Cut::Type, if place % 2 == 0 { "PER" } else { "ORG" }),
            ];
            let measure = [Measure::Mailboxes, Measure::MailboxesCreated, Measure::MailboxesGone][usize::from(*place) % 7 % 3];
            for cell in cells {
                *counts.entry((cell, measure)).or_default() += value;
            }
        }
        counts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        /// By hand, not by the groups of the code: each total less the parts told leaves never one part, nor none beside a hidden total.
        #[test]
        fn no_subtraction_gives_a_hidden_figure_back(parts in prop::collection::vec((any::<u8>(), 0_i64..9), 0..40)) {
            let counts = world(&parts);
            let told = told(counts.clone(), &operators());
            for (name, value) in &counts {
                let small = (1..SMALL).contains(value);
                prop_assert!(!small || told[name].is_none(), "{name:?} is {value}");
                if let Some(Some(said)) = told.get(name) {
                    prop_assert_eq!(said, value);
                }
            }
            let region = |key: &str| territory::department(key).unwrap().region.to_owned();
            let operator = |key: &str| operators()[key][0].clone();
            let profession = |key: &str| key.split(':').next().unwrap().to_owned();
            let nation = |_: &str| String::new();
            type Sum<'a> = (Cut, Cut, &'a dyn Fn(&str) -> String);
            let sums: [Sum<'_>; 10] = [
                (Cut::National, Cut::Region, &nation), (Cut::National, Cut::Department, &nation), (Cut::National, Cut::Type, &nation),
                (Cut::National, Cut::Profession, &nation), (Cut::National, Cut::Specialty, &nation), (Cut::National, Cut::Operator, &nation),
                (Cut::National, Cut::Domain, &nation), (Cut::Region, Cut::Department, &region), (Cut::Operator, Cut::Domain, &operator),
                (Cut::Profession, Cut::Specialty, &profession),
            ];
            for (total, part, of) in sums {
                let names: BTreeSet<_> = counts.keys().filter(|(cell, _)| cell.cut == part).map(|(cell, m)| (of(&cell.key), *m)).collect();
                for (key, measure) in names {
                    let mut unknown = told.iter().filter(|((cell, m), value)| {
                        *m == measure && value.is_none() && cell.cut == part && of(&cell.key) == key
                    }).count();
                    unknown += usize::from(told.get(&(Cell::new(total, &*key), measure)).is_some_and(Option::is_none));
                    prop_assert!(unknown != 1, "{total:?} {key} {measure:?} by {part:?}");
                }
            }
            for ((cell, measure), value) in &told {
                if TWINS.contains(measure) && value.is_none() {
                    prop_assert!(TWINS.iter().all(|twin| told.get(&(cell.clone(), *twin)).is_some_and(Option::is_none)), "{cell:?}");
                }
            }
        }
    }

    #[test]
    fn ages_are_no_counts() {
        let counts = Counts::from([((Cell::nation(), Measure::AgeOfRppsDays), 3), ((Cell::nation(), Measure::Mailboxes), 3)]);
        let told = told(counts, &Operators::new());
        assert_eq!(told[&(Cell::nation(), Measure::AgeOfRppsDays)], Some(3));
        assert_eq!(told[&(Cell::nation(), Measure::Mailboxes)], None);
    }
}
