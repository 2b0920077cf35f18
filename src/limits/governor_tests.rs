//! The governor under an invented clock.

use super::*;
use crate::error::Kind;

fn address(n: u32) -> Source {
    Source::Address(std::net::Ipv4Addr::from_bits(0xc000_0200 + n).into())
}

fn account(name: &str) -> Source {
    Source::Account { name: name.to_owned(), address: "192.0.2.9".parse().unwrap() }
}

fn show(governor: &Governor, source: &Source, from: u32, to: u32, now: Instant) {
    let addresses: Vec<String> = (from..to).map(|n| format!("a{n}@b.fr")).collect();
    governor.shown(source, addresses.iter().map(String::as_bytes), now);
}

#[test]
fn a_burst_is_served_and_more_is_refused_until_time_passes() {
    let governor = Governor::new(LimitSettings::default());
    let now = Instant::now();
    for n in 0..60 {
        assert!(governor.admit(&address(1), now).is_ok(), "{n}");
    }
    let refused = governor.admit(&address(1), now).unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (Kind::RateLimited, "too_many_requests"));
    assert!(governor.admit(&address(2), now).is_ok());
    assert!(governor.admit(&account("a"), now).is_ok());
    let later = now + Duration::from_millis(500);
    assert_eq!((0..60).filter(|_| governor.admit(&address(1), later).is_ok()).count(), 30);
    for _ in 0..1_000 {
        assert!(governor.admit(&Source::Local, now).is_ok());
    }
}

#[test]
fn the_same_mailboxes_count_once_and_answers_shrink_beyond_the_allowance() {
    let settings = LimitSettings { anonymous_mailboxes_per_hour: 100, anonymous_mailboxes_per_day: 140, ..LimitSettings::default() };
    let governor = Governor::new(settings);
    let now = Instant::now();
    let entries = |now| governor.admit(&address(1), now).unwrap().restricted.map(|r| r.entries);
    for _ in 0..10 {
        show(&governor, &address(1), 0, 99, now);
    }
    assert_eq!(entries(now), None);
    show(&governor, &address(1), 99, 100, now);
    assert_eq!(entries(now), Some(10));
    assert_eq!(governor.admit(&address(2), now).unwrap().restricted.map(|r| r.entries), None);
    assert_eq!(governor.admit(&account("a"), now).unwrap().restricted.map(|r| r.entries), None);
    // The hour is over, the day goes on counting.
    let next_hour = now + HOUR;
    assert_eq!(entries(next_hour), None);
    show(&governor, &address(1), 200, 250, next_hour);
    assert_eq!(entries(next_hour), Some(10));
    assert_eq!(entries(now + 2 * HOUR), Some(10));
    assert_eq!(entries(now + DAY), None);
}

#[test]
fn named_networks_have_more() {
    let network = NetworkSettings {
        name: "CHU".to_owned(),
        addresses: vec!["192.0.2.0/28".parse().unwrap()],
        mailboxes_per_hour: 1_000,
        mailboxes_per_day: 1_000,
        searches_per_second: 100,
        failed_credentials_per_minute: 40,
        connections: 0,
    };
    // The larger of all that an address is in counts.
    let small = NetworkSettings { searches_per_second: 1, ..NetworkSettings { connections: 0, ..network.clone() } };
    let settings = LimitSettings { anonymous_mailboxes_per_hour: 10, networks: vec![small, network], ..LimitSettings::default() };
    let governor = Governor::new(settings);
    let now = Instant::now();
    for source in [address(1), address(100)] {
        show(&governor, &source, 0, 50, now);
    }
    assert_eq!(governor.admit(&address(1), now).unwrap().restricted.map(|r| r.entries), None);
    assert_eq!(governor.admit(&address(100), now).unwrap().restricted.map(|r| r.entries), Some(10));
    assert_eq!((0..200).filter(|_| governor.admit(&address(1), now).is_ok()).count(), 99);
    let guesses = |source: &Source| {
        let at = source.address().unwrap();
        (0..50).take_while(|_| governor.may_try(at, now).map(|()| governor.failed(at, now)).is_ok()).count()
    };
    assert_eq!((guesses(&address(1)), guesses(&address(100))), (40, 30));
}

#[test]
fn large_counts_are_close() {
    let governor = Governor::new(LimitSettings::default());
    let now = Instant::now();
    show(&governor, &address(1), 0, 18_500, now);
    assert_eq!(governor.admit(&address(1), now).unwrap().restricted.map(|r| r.entries), None);
    show(&governor, &address(1), 18_500, 21_500, now);
    assert_eq!(governor.admit(&address(1), now).unwrap().restricted.map(|r| r.entries), Some(10));
}

#[test]
fn guessing_is_slowed_by_address_only() {
    let governor = Governor::new(LimitSettings { failed_credentials_per_minute: 3, ..LimitSettings::default() });
    let now = Instant::now();
    let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    for _ in 0..3 {
        assert!(governor.may_try(one, now).is_ok());
        governor.failed(one, now);
    }
    assert_eq!(governor.may_try(one, now).unwrap_err().kind(), Kind::RateLimited);
    assert!(governor.may_try(other, now).is_ok());
    assert!(governor.may_try(one, now + Duration::from_secs(60)).is_ok());
}

#[test]
fn memory_is_bounded_and_keeps_who_takes_most() {
    let settings = LimitSettings { anonymous_mailboxes_per_hour: 100, ..LimitSettings::default() };
    let governor = Governor::new(settings);
    let now = Instant::now();
    show(&governor, &address(0), 0, 120, now);
    for n in 1..(2 * u32::try_from(MOST_SOURCES).unwrap()) {
        show(&governor, &address(n), 0, 1, now);
        assert!(governor.sources().len() <= MOST_SOURCES);
    }
    assert_eq!(governor.admit(&address(0), now).unwrap().restricted.map(|r| r.entries), Some(10));
}

#[test]
fn most_workers_are_left_to_others() {
    for (wanted, given) in [(1, 1), (1_000, cores())] {
        let governor = Governor::new(LimitSettings { searches_at_once: wanted, ..LimitSettings::default() });
        let turns = governor.admit(&address(1), Instant::now()).unwrap().turns.unwrap();
        assert_eq!(turns.available_permits(), given);
    }
    assert!(Governor::default().admit(&Source::Local, Instant::now()).unwrap().turns.is_none());
}

#[test]
fn beyond_the_allowance_one_search_works_at_a_time_and_no_faster_than_the_allowance() {
    let settings = LimitSettings {
        anonymous_mailboxes_per_hour: 36_000,
        anonymous_mailboxes_per_day: 36_000,
        restricted_entries: 10,
        restricted_pause_ms: 1,
        ..LimitSettings::default()
    };
    let governor = Governor::new(settings);
    let now = Instant::now();
    assert!(governor.admit(&address(1), now).unwrap().restricted.is_none());
    show(&governor, &address(1), 0, 40_000, now);
    let (one, other) = (governor.admit(&address(1), now).unwrap(), governor.admit(&address(1), now).unwrap());
    assert_eq!(one.restricted.unwrap().pause, Duration::from_secs(1));
    let (one, other) = (one.turns.unwrap(), other.turns.unwrap());
    let _turn = one.try_acquire().unwrap();
    assert!(other.try_acquire().is_err(), "the other waits");
    let tiny = Allowance { searches_per_second: 1, mailboxes_per_hour: 0, mailboxes_per_day: 0 };
    assert_eq!(tiny.pace_of(10), LONGEST_PAUSE);
}
