//! Facets, the order of communes and suggestions, against a count over the documents themselves.

use super::sample::{Doc, world};
use super::{add, built, keys, query, run};
use annuaire::directory::cursor::{CursorKey, Progress};
use annuaire::index::query::{AttributeFilter, Criteria, FacetCount, Facets, Matching, Order, Query};
use annuaire::index::{Committed, Limits, MAX_CANDIDATES, Reader, Suggestion, SuggestionKind};
use annuaire::model::{Audience, EntryKey, Kind, MailboxType};
use annuaire::text;
use annuaire::visibility::{View, ZeroPapier};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// The codes that a view shows, by facet.
fn shown(view: &View) -> [BTreeSet<String>; 5] {
    let mut codes: [BTreeSet<String>; 5] = Default::default();
    for practice in view.practices() {
        codes[0].extend(practice.profession.map(|p| p.code.clone()));
        codes[1].extend(practice.specialties.iter().map(|s| s.code.clone()));
        codes[2].extend(practice.organization.and_then(|o| o.department.as_ref()).map(|d| d.code.clone()));
    }
    for mailbox in view.mailboxes() {
        codes[3].insert(mailbox.kind.code().to_owned());
        codes[4].insert(mailbox.zero_papier.map_or("unknown", ZeroPapier::name).to_owned());
    }
    codes
}

fn counted<'a>(views: impl Iterator<Item = &'a View>) -> [Vec<(String, u64)>; 5] {
    let mut counts: [BTreeMap<String, u64>; 5] = Default::default();
    for view in views {
        for (facet, codes) in counts.iter_mut().zip(shown(view)) {
            codes.into_iter().for_each(|code| *facet.entry(code).or_default() += 1);
        }
    }
    counts.map(|facet| {
        let mut list: Vec<_> = facet.into_iter().collect();
        list.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), code.clone()));
        list
    })
}

fn told(facets: Facets) -> [Vec<(String, u64)>; 5] {
    let Facets { profession, specialty, department, mailbox_type, zero_papier } = facets;
    let codes = |list: Vec<FacetCount>| list.into_iter().map(|value| (value.code, value.count)).collect();
    [profession, specialty, department, mailbox_type, zero_papier].map(codes)
}

fn criteria(change: impl FnOnce(&mut Criteria)) -> Matching {
    let mut criteria = Criteria::default();
    change(&mut criteria);
    Matching::Criteria(criteria)
}

#[test]
fn facets_are_the_count_of_all_matches_whatever_the_page_the_order_and_the_segments() {
    let docs = world();
    let (_folder, mut index) = built(&docs[..150]);
    for part in docs[150..].chunks(40) {
        add(index.live(), part);
        index.live().commit(Committed { seq: 2 }).unwrap();
    }
    // What is deleted counts no more, before its segment is merged.
    let gone: Vec<EntryKey> = docs[3..60].iter().map(|d| EntryKey::new(d.published.kind(), d.published.id())).collect();
    index.live().delete_entries(&gone);
    index.live().commit(Committed { seq: 3 }).unwrap();
    let reader = index.reader();
    let left = |doc: &&Doc| !gone.iter().any(|key| key.to_string() == doc.key());
    for audience in Audience::ALL {
        for kinds in [vec![Kind::Professional, Kind::Structure], vec![Kind::Mailbox]] {
            for matching in [
                criteria(|_| ()),
                criteria(|c| c.q = Some("d".into())),
                criteria(|c| c.city = Some("lyon".into())),
                criteria(|c| c.has_mailbox = Some(true)),
                criteria(|c| c.name = Some("martni".into())),
                Matching::Attributes(AttributeFilter::Present("mail".into())),
            ] {
                let all = run(&reader, audience, &Query { kinds: kinds.clone(), ..query(matching.clone()) });
                let tolerant = matches!(&matching, Matching::Criteria(c) if c.name.is_some());
                let found: BTreeSet<String> = match tolerant {
                    true => docs
                        .iter()
                        .filter(left)
                        .filter(|d| d.published.view().persons().iter().any(|p| p.family_name == "MARTIN"))
                        .map(Doc::key)
                        .collect(),
                    false => keys(&all).into_iter().collect(),
                };
                let matched = docs.iter().filter(left).filter(|d| d.shown_to(audience) && kinds.contains(&d.published.kind()));
                let matched = matched.filter(|d| found.contains(&d.key())).map(|d| d.published.view());
                let expected = counted(matched);
                for order in [Order::Rank, Order::Name, Order::City] {
                    for limit in [0, 1, 1_000] {
                        let asked = Query { facets: true, limit, order: order.clone(), kinds: kinds.clone(), ..query(matching.clone()) };
                        let answer = run(&reader, audience, &asked);
                        assert_eq!(told(answer.facets.unwrap()), expected, "{audience:?} {order:?} {limit} {matching:?}");
                    }
                }
            }
        }
    }
    let none = run(&reader, Audience::Public, &query(criteria(|_| ())));
    assert_eq!(none.facets, None, "nobody asked");
}

#[test]
fn mailboxes_of_software_count_for_accounts_only() {
    let docs = world();
    let (_folder, index) = built(&docs);
    let asked = Query { facets: true, kinds: vec![Kind::Structure], ..query(criteria(|_| ())) };
    let types = |audience| {
        let facets = run(&index.reader(), audience, &asked).facets.unwrap();
        facets.mailbox_type.into_iter().map(|value| (value.code, value.label)).collect::<BTreeMap<_, _>>()
    };
    let app = MailboxType::App.code();
    assert!(!types(Audience::Public).contains_key(app));
    assert_eq!(types(Audience::Professional).get(app).map(String::as_str), Some("Applicative"));
}

#[test]
fn the_order_of_communes_is_that_of_the_first_place_and_pages_follow_it() {
    let mut docs = world();
    // So that some segments hold nobody who is anywhere.
    docs.sort_by_key(|doc| doc.published.view().practices().iter().all(|p| p.organization.is_none_or(|o| o.city.is_empty())));
    let (_folder, mut index) = built(&docs[..200]);
    for part in docs[200..].chunks(20) {
        add(index.live(), part);
        index.live().commit(Committed { seq: 2 }).unwrap();
    }
    let reader = index.reader();
    let mut expected: Vec<_> = docs.iter().filter(|d| d.shown_to(Audience::Professional)).collect();
    expected.sort_by_cached_key(|doc| {
        let practices = doc.published.view().practices();
        let city = practices.iter().filter_map(|p| Some(text::fold(&p.organization?.city))).find(|city| !city.is_empty());
        (city.is_none(), city, doc.sort())
    });
    let expected: Vec<String> = expected.into_iter().map(Doc::key).collect();
    let cursors = CursorKey::new([1; 32]);
    for limit in [1, 7, 64, 1_000] {
        let mut asked = Query { order: Order::City, limit, ..query(criteria(|_| ())) };
        let mut seen = Vec::new();
        loop {
            let answer = run(&reader, Audience::Professional, &asked);
            seen.extend(keys(&answer));
            let Some(last) = answer.hits.last().filter(|_| answer.more) else { break };
            let progress = Progress { last: last.rank.clone(), returned: seen.len() as u64 };
            let token = cursors.encode(Audience::Professional, &asked, "", &progress, 0);
            let other = Query { order: Order::Name, ..asked.clone() };
            assert!(cursors.decode(&token, Audience::Professional, &other, "", 1).is_err(), "another order is another question");
            asked.after = Some(cursors.decode(&token, Audience::Professional, &asked, "", 1).unwrap().last);
        }
        assert_eq!(seen, expected, "{limit}");
    }
}

#[test]
fn an_error_is_forgiven_in_every_order_and_on_every_page() {
    let docs = world();
    let (_folder, index) = built(&docs);
    let reader = index.reader();
    let of = |name: &str, order: Order| Query { order, limit: 3, ..query(criteria(|c| c.name = Some(name.into()))) };
    for order in [Order::Rank, Order::Name, Order::City] {
        let (mut right, mut wrong) = (of("martin", order.clone()), of("martni", order.clone()));
        loop {
            let (found, forgiven) = (run(&reader, Audience::Public, &right), run(&reader, Audience::Public, &wrong));
            assert!(!found.hits.is_empty());
            assert_eq!(keys(&found), keys(&forgiven), "{order:?}");
            if !found.more {
                break;
            }
            right.after = found.hits.last().map(|hit| hit.rank.clone());
            wrong.after = forgiven.hits.last().map(|hit| hit.rank.clone());
        }
    }
}

fn suggest(reader: &Reader, audience: Audience, typed: &str) -> Vec<Suggestion> {
    let limits =
        Limits { deadline: Instant::now() + Duration::from_secs(60), cancelled: &AtomicBool::new(false), candidates: MAX_CANDIDATES };
    reader.suggest(audience, typed, 10, &limits).unwrap().into_iter().map(|(suggestion, _)| suggestion).collect()
}

#[test]
fn communes_are_suggested_while_somebody_shown_is_there() {
    let docs = world();
    let (_folder, mut index) = built(&docs);
    let cities = |reader: &Reader, typed: &str| {
        let found = suggest(reader, Audience::Public, typed).into_iter().filter(|s| s.kind == SuggestionKind::City);
        found.map(|s| (s.label, s.detail, s.search)).collect::<Vec<_>>()
    };
    let reader = index.reader();
    for typed in ["g", "gre", "Grenoble"] {
        let search = BTreeMap::from([("city", "GRENOBLE".to_owned()), ("department", "38".to_owned())]);
        assert_eq!(cities(&reader, typed), [("GRENOBLE".to_owned(), "Isère (38)".to_owned(), search)], "{typed}");
    }
    let in_town = |doc: &&Doc| doc.published.view().practices().iter().any(|p| p.organization.is_some_and(|o| o.city == "Saint-Étienne"));
    let mut names = docs.iter().filter(in_town).filter_map(|doc| Some(text::fold(&doc.published.view().persons().first()?.family_name)));
    let name = names.find(|name| text::words(name).len() == 1).unwrap();
    let with_name = cities(&reader, &format!("{name} saint et"));
    assert_eq!((with_name[0].0.as_str(), with_name[0].2.get("q").map(String::as_str)), ("Saint-Étienne", Some(name.as_str())));
    assert!(cities(&reader, "nobodywhatsoever saint et").is_empty(), "who is not there leads nowhere");
    // Each suggestion is a search that finds somebody.
    for letter in 'a'..='z' {
        for (city, _, search) in cities(&reader, &letter.to_string()) {
            assert!(text::words(&city).join(" ").starts_with(letter));
            let found = criteria(|c| (c.city, c.department) = (search.get("city").cloned(), search.get("department").cloned()));
            assert!(!run(&reader, Audience::Public, &query(found)).hits.is_empty(), "{city}");
        }
    }
    let there = |doc: &&Doc| doc.published.view().practices().iter().any(|p| p.organization.is_some_and(|o| o.city == "GRENOBLE"));
    let gone: Vec<_> = docs.iter().filter(there).map(|d| EntryKey::new(d.published.kind(), d.published.id())).collect();
    index.live().delete_entries(&gone);
    index.live().commit(Committed { seq: 2 }).unwrap();
    assert!(cities(&reader, "gre").is_empty(), "the dictionary still has it");
    assert!(suggest(&reader, Audience::Public, " -' ").is_empty());
}
