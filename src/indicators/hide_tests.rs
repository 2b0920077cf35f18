//! What is told against who subtracts: over random small tables nothing that is hidden can be computed from what is told, neither from sums
//! nor from shares, rates or the day before.

use super::*;
use proptest::prelude::*;

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
    let told = told(counts, &operators(), None);
    let of = |region: &str| told[&(Cell::new(Cut::Region, region), Measure::Mailboxes)];
    // Two hidden that make 2 would both be 1.
    assert_eq!((of("11"), of("53"), of("84"), of("93")), (None, None, None, Some(200)));
    assert_eq!(told[&(Cell::nation(), Measure::Mailboxes)], Some(214));
}

#[test]
fn few_without_a_mailbox_are_hidden_like_few_with_one() {
    for (equipped, expected) in [(97, None), (3, None), (100, Some(100)), (95, Some(95)), (5, Some(5)), (0, Some(0)), (96, None)] {
        let counts =
            Counts::from([((Cell::nation(), Measure::Professionals), 100), ((Cell::nation(), Measure::ProfessionalsEquipped), equipped)]);
        let told = told(counts, &operators(), None);
        assert_eq!(told[&(Cell::nation(), Measure::Professionals)], Some(100));
        let value = told.get(&(Cell::nation(), Measure::ProfessionalsEquipped)).copied();
        assert_eq!(value.unwrap_or(Some(0)), expected, "{equipped}");
    }
}

#[test]
fn beside_a_hidden_stock_no_movement_is_told() {
    let region = |key: &str| Cell::new(Cut::Region, key);
    let mut counts = Counts::from([((Cell::nation(), Measure::Mailboxes), 60), ((Cell::nation(), Measure::MailboxesGone), 12)]);
    for (key, stock, gone) in [("84", 3, 7), ("11", 7, 0), ("93", 50, 5)] {
        counts.insert((region(key), Measure::Mailboxes), stock);
        counts.insert((region(key), Measure::MailboxesGone), gone);
    }
    let of = |before: &[&str], key: &str| {
        let before: BTreeSet<Cell> = before.iter().map(|key| region(key)).collect();
        let told = told(counts.clone(), &operators(), Some(&before));
        [Measure::Mailboxes, MOVES[0], MOVES[1]].map(|measure| told.get(&(region(key), measure)).copied().unwrap_or(Some(0)))
    };
    // Ten less seven would be three; and seven the day before, with nothing moved, seven.
    assert_eq!(of(&[], "84"), [None; 3]);
    assert_eq!(of(&[], "11"), [None; 3]);
    assert_eq!(of(&[], "93"), [Some(50), Some(0), Some(5)]);
    assert_eq!(of(&["93"], "93"), [Some(50), None, None]);
}

#[test]
fn beside_one_place_where_few_changed_a_place_without_any_is_hidden_and_not_the_nation() {
    let region = |key: &str| Cell::new(Cut::Region, key);
    let mut counts = Counts::from([((Cell::nation(), Measure::Mailboxes), 90), ((Cell::nation(), Measure::MailboxesChanged), 9)]);
    for (key, changed) in [("84", 3), ("11", 0), ("93", 6)] {
        counts.insert((region(key), Measure::Mailboxes), 30);
        counts.insert((region(key), Measure::MailboxesChanged), changed);
    }
    let told = told(counts, &operators(), Some(&BTreeSet::new()));
    let of = |cell: Cell| told.get(&(cell, Measure::MailboxesChanged)).copied().unwrap_or(Some(0));
    assert_eq!([Cell::nation(), region("84"), region("11"), region("93")].map(of), [Some(9), None, None, Some(6)]);
}

#[test]
fn ages_and_durations_are_no_counts() {
    let counts = Counts::from([
        ((Cell::nation(), Measure::AgeOfRppsDays), 3),
        ((Cell::nation(), Measure::LatencyP50), 3),
        ((Cell::nation(), Measure::Mailboxes), 3),
    ]);
    let told = told(counts, &Operators::new(), None);
    assert_eq!(told[&(Cell::nation(), Measure::AgeOfRppsDays)], Some(3));
    assert_eq!(told[&(Cell::nation(), Measure::LatencyP50)], Some(3));
    assert_eq!(told[&(Cell::nation(), Measure::Mailboxes)], None);
}

/// A contribution to one cell of each cut: what of it came, went, wants no paper.
#[derive(Clone, Debug)]
struct Contribution {
    place: u8,
    mailboxes: i64,
    part: i64,
    came: i64,
    went: i64,
}

fn contributions() -> impl Strategy<Value = Vec<Contribution>> {
    let one = (any::<u8>(), 0_i64..12, 0_i64..12, 0_i64..4, 0_i64..4);
    let one = one.prop_map(|(place, mailboxes, part, came, went)| Contribution { place, mailboxes, part: part.min(mailboxes), came, went });
    prop::collection::vec(one, 0..30)
}

fn cells(place: u8) -> Vec<Cell> {
    let departments = ["01", "69", "42", "75", "971", "2A", "2B", "13"];
    let department = departments[usize::from(place) % departments.len()];
    let domain = ["a.fr", "b.fr", "c.fr", "d.fr", "e.fr"][usize::from(place) % 5];
    let profession = ["10", "21", "60"][usize::from(place) % 3];
    vec![
        Cell::nation(),
        Cell::new(Cut::Department, department),
        Cell::new(Cut::Region, territory::department(department).unwrap().region),
        Cell::new(Cut::Domain, domain),
        Cell::new(Cut::Operator, &*operators()[domain][0]),
        Cell::new(Cut::Profession, profession),
        Cell::new(Cut::Specialty, format!("{profession}:S{}", place % 4)),
        Cell::new(Cut::Type, if place.is_multiple_of(2) { "PER" } else { "ORG" }),
    ]
}

fn world(contributions: &[Contribution]) -> Counts {
    let mut counts = Counts::new();
    for Contribution { place, mailboxes, part, came, went } in contributions {
        for cell in cells(*place) {
            for (measure, value) in [
                (Measure::Mailboxes, mailboxes),
                (Measure::ZeroPapierAccepted, part),
                (Measure::MailboxesCreated, came),
                (Measure::MailboxesGone, went),
            ] {
                *counts.entry((cell.clone(), measure)).or_default() += value;
            }
        }
    }
    counts
}

/// A number somebody wants to know: of yesterday's or today's table, by name.
type Wanted = (Cell, &'static str);

/// Everything that follows from what is told: an equation with one unknown tells it. Equations are written down here, by hand.
fn follows(told: &Told, before: &Told, counts: &Counts) -> BTreeMap<Wanted, i64> {
    let mut known: BTreeMap<Wanted, i64> = BTreeMap::new();
    let cells: BTreeSet<&Cell> = counts.keys().map(|(cell, _)| cell).collect();
    let names = [(Measure::Mailboxes, "stock"), (Measure::ZeroPapierAccepted, "part"), (MOVES[0], "came"), (MOVES[1], "went")];
    for cell in &cells {
        for (measure, name) in names {
            if let Some(value) = told.get(&((*cell).clone(), measure)).copied().unwrap_or(Some(0)) {
                known.insert(((*cell).clone(), name), value);
            }
        }
        if let Some(value) = before.get(&((*cell).clone(), Measure::Mailboxes)).copied().unwrap_or(Some(0)) {
            known.insert(((*cell).clone(), "before"), value);
        }
    }
    // Each equation: what is on the left less what is on the right is 0.
    let mut equations: Vec<(Vec<Wanted>, Vec<Wanted>)> = Vec::new();
    for cell in &cells {
        let of = |name| ((*cell).clone(), name);
        equations.push((vec![of("stock")], vec![of("part"), of("rest")]));
        equations.push((vec![of("stock"), of("went")], vec![of("before"), of("came")]));
        for name in ["stock", "part", "rest", "came", "went", "before"] {
            for cut in Cut::ALL.iter().filter(|cut| **cut != cell.cut) {
                let parts = cells.iter().filter(|part| part.cut == *cut && totals(part, &operators()).contains(cell));
                let parts: Vec<Wanted> = parts.map(|part| ((*part).clone(), name)).collect();
                if !parts.is_empty() {
                    equations.push((vec![of(name)], parts));
                }
            }
        }
    }
    loop {
        let so_far = known.len();
        for (left, right) in &equations {
            let unknown: Vec<&Wanted> = left.iter().chain(right).filter(|wanted| !known.contains_key(*wanted)).collect();
            if let [one] = unknown[..] {
                let sum = |side: &[Wanted]| side.iter().filter_map(|wanted| known.get(wanted)).sum::<i64>();
                let value = if left.contains(one) { sum(right) - sum(left) } else { sum(left) - sum(right) };
                known.insert(one.clone(), value);
            }
        }
        if known.len() == so_far {
            return known;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// Yesterday's table, and today's made of it by what came and went.
    #[test]
    fn nothing_hidden_follows_from_what_is_told(yesterday in contributions(), moves in contributions()) {
        let before = world(&yesterday);
        // What goes was there; no contribution of the day is a stock of its own.
        let mut today = yesterday.clone();
        for (one, other) in today.iter_mut().zip(&moves) {
            (one.came, one.went) = (other.came, other.went.min(one.mailboxes));
            one.mailboxes += one.came - one.went;
            one.part = other.part.min(one.mailboxes);
        }
        for still in today.iter_mut().skip(moves.len()) {
            (still.came, still.went) = (0, 0);
        }
        let counts = world(&today);
        let mut stock_before = before;
        stock_before.retain(|(_, measure), _| !MOVES.contains(measure));
        let told_before = told(stock_before, &operators(), None);
        let hidden = |((cell, measure), value): (&(Cell, Measure), &Option<i64>)| {
            (*measure == Measure::Mailboxes && value.is_none()).then(|| cell.clone())
        };
        let hidden_before: BTreeSet<Cell> = told_before.iter().filter_map(hidden).collect();
        let told = told(counts.clone(), &operators(), Some(&hidden_before));
        let of = |measure, cell: &Cell| counts.get(&(cell.clone(), measure)).copied().unwrap_or_default();
        for (name, value) in &told {
            prop_assert!(value.is_none_or(|said| said == of(name.1, &name.0)), "{name:?}");
        }
        for ((cell, name), value) in follows(&told, &told_before, &counts) {
            let is = match name {
                "stock" => of(Measure::Mailboxes, &cell),
                "part" => of(Measure::ZeroPapierAccepted, &cell),
                "rest" => of(Measure::Mailboxes, &cell) - of(Measure::ZeroPapierAccepted, &cell),
                "came" => of(MOVES[0], &cell),
                "went" => of(MOVES[1], &cell),
                _ => of(Measure::Mailboxes, &cell) - of(MOVES[0], &cell) + of(MOVES[1], &cell),
            };
            prop_assert_eq!(value, is, "{:?} {}", &cell, name);
            prop_assert!(!(1..SMALL).contains(&value), "{cell:?} {name} follows: {value}");
        }
    }
}
