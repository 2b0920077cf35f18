//! The figures of the demo's country, against a count by hand; the mailboxes that must move none of them; the days that are compared.

use crate::harness::{TestDirectory, http};
use annuaire::directory::{Audience, View};
use annuaire::indicators::{Asked, Cut, Indicators, Scope};
use annuaire::model::{Account, Address, MailboxType, Role, territory};
use annuaire::publication::Publication;
use annuaire::store::MailboxFlags;
use annuaire::store::indicators::FigureQuery;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// 2026-11-20 12:00 in Paris.
pub const NOON: i64 = 1_795_172_400;
pub const DAY: i64 = 24 * 3600;

pub fn indicators(directory: &TestDirectory) -> Indicators {
    Indicators::new(directory.store.clone(), directory.service().directory().clone(), directory.data())
}

/// Everything kept of a scope, as lines.
pub async fn kept(directory: &TestDirectory, scope: &str) -> Vec<String> {
    let query = FigureQuery { from: String::new(), to: "9".to_owned(), limit: usize::MAX, ..FigureQuery::default() };
    let rows = directory.store.figures(scope, &query).await.unwrap();
    rows.into_iter().map(|row| format!("{} {} {} {} {:?}", row.day, row.cut, row.key, row.measure, row.value)).collect()
}

fn views(directory: &TestDirectory) -> Vec<View> {
    let mut views = Vec::new();
    let each = &mut |walked: annuaire::directory::Walked| {
        views.push(walked.published()?.view().clone());
        Ok(())
    };
    directory.service().directory().walk(Audience::Public, each).unwrap();
    views
}

#[tokio::test(flavor = "multi_thread")]
async fn public_figures_are_those_of_what_the_public_is_shown() {
    let directory = TestDirectory::demo().await;
    let indicators = indicators(&directory);
    assert_eq!(indicators.build(NOON).await.unwrap().to_string(), "2026-11-20");
    let views = views(&directory);
    let mut expected: BTreeMap<(Cut, String, &str), f64> = BTreeMap::new();
    let mut add = |cut, key: &str, measure| *expected.entry((cut, key.to_owned(), measure)).or_default() += 1.0;
    for view in &views {
        let measure = match view {
            View::Mailbox(mailbox) => {
                add(Cut::Type, mailbox.mailbox.kind.code(), "mailboxes");
                add(Cut::Domain, mailbox.mailbox.address.split_once('@').unwrap().1, "mailboxes");
                "mailboxes"
            }
            View::Professional(person) => {
                if !person.mailboxes.is_empty() {
                    add(Cut::National, "", "professionals_equipped");
                }
                "professionals"
            }
            View::Structure(structure) => {
                if structure.mailboxes.iter().any(|mailbox| mailbox.kind == MailboxType::Org) {
                    add(Cut::National, "", "structures_with_org");
                }
                "structures"
            }
        };
        add(Cut::National, "", measure);
        let departments: BTreeSet<String> =
            view.practices().iter().filter_map(|p| Some(p.organization?.department.as_ref()?.code.clone())).collect();
        departments.iter().for_each(|department| add(Cut::Department, department, measure));
        let regions: BTreeSet<&str> = departments.iter().filter_map(|d| Some(territory::department(d)?.region)).collect();
        regions.iter().for_each(|region| add(Cut::Region, region, measure));
    }
    let (mut compared, mut hidden) = (0, 0);
    for ((cut, key, measure), count) in expected {
        let asked = Asked { cut: Some(cut), key: Some(key.clone()), measure: Some(measure.to_owned()), ..Asked::default() };
        let items = indicators.answer(&asked).await.unwrap().items;
        let value = items.first().unwrap_or_else(|| panic!("{cut:?} {key} {measure}: no figure of {count}")).value;
        assert!(value.is_none() || value == Some(count), "{cut:?} {key} {measure}: {value:?}, not {count}");
        assert!(value.is_none() || count >= 5.0, "{cut:?} {key} {measure}: {count} is told");
        compared += 1;
        hidden += usize::from(value.is_none());
    }
    assert!(compared > 40 && hidden > 0 && hidden < compared, "{hidden} of {compared}");
    let rate = indicators.answer(&Asked { measure: Some("equipment_rate".to_owned()), ..Asked::default() }).await.unwrap();
    let people = views.iter().filter(|v| matches!(v, View::Professional(_))).count();
    let equipped = views.iter().filter(|v| matches!(v, View::Professional(p) if !p.mailboxes.is_empty())).count();
    let exact = equipped as f64 / people as f64;
    assert!((rate.items[0].value.unwrap() - exact).abs() < 0.0001, "{rate:?}");
}

/// Mailboxes that the public is not shown, in numbers that would be seen.
#[tokio::test(flavor = "multi_thread")]
async fn no_hidden_mailbox_moves_a_public_figure() {
    let (with, without) = (TestDirectory::demo().await, TestDirectory::demo().await);
    let domains = with.store.public_domains("", 1_000).await.unwrap();
    let domain = domains.iter().find(|d| !d.operators.is_empty() && !annuaire::model::is_test_domain(&d.name)).expect("a domain");
    let mut lines = String::new();
    let views = views(&with);
    let people = views.iter().filter_map(|v| if let View::Professional(p) = v { Some(p.person.id.clone()) } else { None }).take(30);
    let structure = views.iter().find_map(|v| if let View::Structure(s) = v { Some(s.organization.id.clone()) } else { None }).unwrap();
    for (number, person) in people.enumerate() {
        let more = ["\"liste_rouge\":true", "\"test\":true", "\"state\":\"suspended\""][number % 3];
        lines += &format!("{{\"address\":\"cachee-{number}@{}\",\"type\":\"PER\",\"professional_id\":\"{person}\",{more}}}\n", domain.name);
        lines += &format!(
            "{{\"address\":\"appli-{number}@{}\",\"type\":\"APP\",\"structure_id\":\"{structure}\",\"responsible\":\"Responsable Caché\",\"description\":\"D\"}}\n",
            domain.name
        );
    }
    let publication = Publication::new(with.store.clone());
    let report = publication.load_lines(&domain.operators[0].0, lines.as_bytes(), "test", NOON).await.unwrap();
    assert!(report.counters.created > 40, "{:?}", report.lines);
    with.settle().await;
    for directory in [&with, &without] {
        for day in [NOON, NOON + DAY] {
            indicators(directory).build(day).await.unwrap();
        }
    }
    assert_eq!(kept(&with, "public").await, kept(&without, "public").await);
    assert_ne!(kept(&with, "full").await, kept(&without, "full").await, "the full figures count them");
    let page = async |directory: &TestDirectory| directory.get("/indicateurs").await.text();
    assert_eq!(page(&with).await, page(&without).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_and_went_between_two_days_is_counted() {
    let directory = TestDirectory::demo().await;
    let indicators = indicators(&directory);
    let addresses: Vec<String> = views(&directory)
        .into_iter()
        .filter_map(|v| if let View::Mailbox(m) = v { Some(m.mailbox.address) } else { None })
        .take(7)
        .collect();
    let red = async |red: bool| {
        let publication = Publication::new(directory.store.clone());
        for address in &addresses {
            let flags = MailboxFlags { liste_rouge: Some(red), ..MailboxFlags::default() };
            publication.flag(&Address::parse(address).unwrap(), flags, "test", NOON).await.unwrap();
        }
        directory.settle().await;
    };
    let moved = async || {
        let mut found = Vec::new();
        for measure in ["mailboxes_created", "mailboxes_gone"] {
            let asked = Asked { measure: Some(measure.to_owned()), ..Asked::default() };
            found.push(indicators.answer(&asked).await.unwrap().items.first().map(|figure| figure.value));
        }
        (found[0], found[1])
    };
    indicators.build(NOON).await.unwrap();
    assert_eq!(moved().await, (None, None), "there is nothing to compare with");
    red(true).await;
    indicators.build(NOON + DAY).await.unwrap();
    assert_eq!(moved().await, (None, Some(Some(7.0))));
    red(false).await;
    // The day is counted again: it is compared with the day before all the same.
    indicators.build(NOON + DAY).await.unwrap();
    assert_eq!(moved().await, (None, None));
    red(true).await;
    indicators.build(NOON + DAY).await.unwrap();
    red(false).await;
    indicators.build(NOON + 3 * DAY).await.unwrap();
    assert_eq!(moved().await, (Some(Some(7.0)), None));
    // Of three, neither the one nor, beside it, that nothing else came.
    for address in &addresses[..3] {
        let flags = MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() };
        Publication::new(directory.store.clone()).flag(&Address::parse(address).unwrap(), flags, "test", NOON).await.unwrap();
    }
    directory.settle().await;
    indicators.build(NOON + 4 * DAY).await.unwrap();
    assert_eq!(moved().await, (Some(None), Some(None)));
    let all =
        indicators.answer(&Asked { from: Some("2026-11-20".into()), to: Some("2026-11-24".into()), ..Asked::default() }).await.unwrap();
    let days: BTreeSet<_> = all.items.iter().map(|figure| figure.day.as_str()).collect();
    assert_eq!(days.into_iter().collect::<Vec<_>>(), ["2026-11-20", "2026-11-21", "2026-11-23", "2026-11-24"]);
}

async fn with_role(directory: &TestDirectory, role: Role, byte: u8) -> String {
    // The form of a secret: a prefix and 32 bytes.
    let secret = format!("ann_{}", base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, [byte; 32]));
    let account = Account {
        name: format!("compte-{}-{byte}", role.code()),
        audience: Audience::Professional,
        role,
        created_at: NOON,
        revoked_at: None,
        certificates: vec![],
    };
    directory.store.add_account(&account, Sha256::digest(secret.as_bytes()).into()).await.unwrap();
    secret
}

#[tokio::test(flavor = "multi_thread")]
async fn full_figures_take_a_role_and_are_noted() {
    let directory = TestDirectory::demo().await;
    indicators(&directory).build(NOON).await.unwrap();
    let path = "/v1/indicators?scope=full";
    assert_eq!(directory.get(path).await.status, 401);
    assert_eq!(directory.get_as_professional(path).await.status, 403);
    for (byte, (role, allowed)) in (1..).zip([
        (Role::AutoriteSanitaire, true),
        (Role::Administrateur, true),
        (Role::Dpo, false),
        (Role::Auditeur, false),
        (Role::Professionnel, false),
    ]) {
        let secret = with_role(&directory, role, byte).await;
        let answer = http(directory.http, "GET", path, Some(&secret)).await;
        assert_eq!(answer.status, if allowed { 200 } else { 403 }, "{role:?}: {}", answer.text());
        if allowed {
            let measures = answer.text();
            assert!(measures.contains("mailboxes_test") && measures.contains("operators"), "{measures}");
        }
    }
    let journal = directory.store.audit_entries(100).await.unwrap();
    assert_eq!(journal.iter().filter(|entry| entry.action == "indicators.read").count(), 2);
    // The public is told nothing of them, whatever is asked.
    for (query, parameter) in [
        ("measure=mailboxes_test", "measure"),
        ("measure=liste_rouge_share", "measure"),
        ("measure=age_of_feed_days&cut=operator", "measure"),
        ("cut=state", "cut"),
        ("cut=reason", "cut"),
    ] {
        let answer = directory.get(&format!("/v1/indicators?{query}")).await;
        assert_eq!((answer.status, answer.json()["parameter"].as_str()), (400, Some(parameter)), "{query}: {}", answer.text());
    }
    let secret = with_role(&directory, Role::Administrateur, 9).await;
    for cut in ["department", "domain", "interface"] {
        let answer = http(directory.http, "GET", &format!("{path}&cut={cut}"), Some(&secret)).await;
        assert_eq!((answer.status, answer.json()["parameter"].as_str()), (400, Some("cut")), "{cut}");
    }
    let of_nation = http(directory.http, "GET", path, Some(&secret)).await.text();
    assert!(of_nation.contains("zero_papier_accepted") && of_nation.contains("zero_papier_share"), "{of_nation}");
    let full = indicators(&directory).answer(&Asked { scope: Scope::Full, cut: Some(Cut::Region), ..Asked::default() }).await.unwrap();
    assert!(!full.items.is_empty());
    assert!(
        kept(&directory, "full")
            .await
            .iter()
            .all(|row| ["national", "region", "state", "reason", "operator"].iter().any(|cut| row.contains(cut)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_read_strictly() {
    let directory = TestDirectory::demo().await;
    indicators(&directory).build(NOON).await.unwrap();
    let csv = directory.get("/v1/indicators?cut=region&measure=mailboxes&format=csv").await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert!(csv.text().starts_with("day;cut;key;label;measure;value;hidden\n2026-11-20;region;"), "{}", csv.text());
    let json = directory.get("/v1/indicators?cut=department&measure=mailboxes").await.json();
    assert!(json["items"].as_array().unwrap().iter().all(|item| item["label"].is_string()), "{json}");
    for (query, parameter) in [
        ("day=hier", "day"),
        ("day=2026-13-01", "day"),
        ("day=2026-11-20&from=2026-11-01", "day"),
        ("from=2020-01-01&to=2026-11-20", "from"),
        ("from=2020-01-01", "from"),
        ("cut=commune", "cut"),
        ("measure=address", "measure"),
        ("scope=all", "scope"),
        ("format=xml", "format"),
        ("jour=2026-11-20", "jour"),
    ] {
        let answer = directory.get(&format!("/v1/indicators?{query}")).await;
        assert_eq!((answer.status, answer.json()["parameter"].as_str()), (400, Some(parameter)), "{query}: {}", answer.text());
    }
    assert_eq!(http(directory.http, "GET", "/v1/indicators", Some("wrong")).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_counted_is_not_taken_for_nothing() {
    let directory = TestDirectory::demo().await;
    let nothing = directory.get("/v1/indicators").await;
    assert_eq!(nothing.json(), serde_json::json!({ "days": [], "consultation_days": [], "months": [], "items": [] }));
    for day in [NOON, NOON + DAY, NOON + 3 * DAY] {
        indicators(&directory).build(day).await.unwrap();
    }
    let answer = directory.get("/v1/indicators?from=2026-11-01&to=2026-11-30&measure=mailboxes_created").await.json();
    let days = serde_json::json!([
        { "day": "2026-11-20", "compared_with": null },
        { "day": "2026-11-21", "compared_with": "2026-11-20" },
        { "day": "2026-11-23", "compared_with": "2026-11-21" },
    ]);
    assert_eq!((&answer["days"], &answer["items"]), (&days, &serde_json::json!([])), "nothing came");
    for (query, code, parameter) in [
        ("day=2026-11-22", "not_counted", "day"),
        ("day=2026-08", "not_counted", "day"),
        ("day=2026-11-21&measure=questions", "not_counted", "day"),
        ("cut=department&key=20", "unknown_key", "key"),
        ("cut=region&key=00", "unknown_key", "key"),
        ("cut=type&key=XXX", "unknown_key", "key"),
        ("cut=profession&key=9999", "unknown_key", "key"),
        ("cut=specialty&key=10:SM999", "unknown_key", "key"),
        ("cut=operator&key=1", "unknown_key", "key"),
        ("cut=domain&key=exemple.fr", "unknown_key", "key"),
        ("key=69", "unknown_key", "key"),
    ] {
        let answer = directory.get(&format!("/v1/indicators?{query}")).await;
        let json = answer.json();
        assert_eq!(
            (answer.status, json["code"].as_str(), json["parameter"].as_str()),
            (404, Some(code), Some(parameter)),
            "{query}: {json}"
        );
    }
    // Known, and nothing of it: that is 0.
    for query in ["cut=department&key=976&measure=mailboxes_created", "cut=type&key=APP", "cut=interface&key=rest&from=2026-11-01"] {
        let answer = directory.get(&format!("/v1/indicators?{query}")).await;
        assert_eq!((answer.status, answer.json()["items"].clone()), (200, serde_json::json!([])), "{query}: {}", answer.text());
    }
    directory.process(&["indicators", "show", "--day", "2026-11-22"]).failure(4);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_have_their_words() {
    let directory = TestDirectory::demo().await;
    indicators(&directory).build(NOON).await.unwrap();
    for (cut, words) in [
        ("type", "Boîte aux lettres personnelle"),
        ("specialty", "(Médecin)"),
        ("operator", ""),
        ("profession", "Médecin"),
        ("region", "Auvergne-Rhône-Alpes"),
    ] {
        let csv = directory.get(&format!("/v1/indicators?cut={cut}&measure=mailboxes&format=csv")).await.text();
        let rows: Vec<&str> = csv.lines().skip(1).collect();
        let label = |row: &str| row.split(';').nth(3).unwrap().to_owned();
        assert!(!rows.is_empty() && rows.iter().all(|row| !label(row).is_empty()), "{csv}");
        assert!(rows.iter().any(|row| label(row).contains(words)), "{words}: {csv}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_counts_and_shows() {
    let directory = TestDirectory::demo().await;
    let said = directory.process(&["indicators", "build"]).success();
    assert!(said.contains("are counted"), "{said}");
    let shown = directory.process(&["indicators", "show", "--cut", "region", "--measure", "equipment_rate"]).success();
    assert!(shown.starts_with("day;cut;key;label;measure;value;hidden\n") && shown.contains(";equipment_rate;0."), "{shown}");
    assert_eq!(directory.get("/v1/indicators?cut=region&measure=equipment_rate&format=csv").await.text(), shown);
    directory.process(&["indicators", "show", "--measure", "people"]).failure(2);
    directory.process(&["indicators", "show", "--full"]).success();
    let journal = directory.store.audit_entries(1).await.unwrap();
    assert_eq!((journal[0].action.as_str(), journal[0].actor.as_str()), ("indicators.read", "administrator"));
    let traces = directory.store.traces(10).await.unwrap();
    assert!(traces.iter().any(|trace| trace.action == "indicators.build"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_counted_once_its_hour_has_passed() {
    let directory = TestDirectory::demo().await;
    let indicators = indicators(&directory);
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    assert!(indicators.is_due(5, at("2026-11-20T00:30:00Z")).await.unwrap(), "the first one at once");
    indicators.build(NOON).await.unwrap();
    for (now, due) in [("2026-11-20T23:59:00+01:00", false), ("2026-11-21T04:59:00+01:00", false), ("2026-11-21T05:00:00+01:00", true)] {
        assert_eq!(indicators.is_due(5, at(now)).await.unwrap(), due, "{now}");
    }
}
