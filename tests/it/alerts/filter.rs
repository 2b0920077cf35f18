//! Filters against brute force: every professional and structure of the demo read as the projection reads them, and asked one by one.

use super::world::World;
use annuaire::model::{
    ActivityRecord, EntryKey, Kind, MailboxRecord, MailboxState, MailboxType, ProfessionalRecord, Record, StructureRecord, territory,
};
use annuaire::visibility::mailbox_alerted;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Everything the store knows.
struct Everybody {
    people: Vec<ProfessionalRecord>,
    structures: BTreeMap<String, StructureRecord>,
}

async fn everybody(world: &World) -> Everybody {
    let store = &world.directory.store;
    let mut keys = Vec::new();
    for kind in [Kind::Professional, Kind::Structure] {
        let mut after = String::new();
        loop {
            let names = store.entry_names(kind, &after, 1_000).await.unwrap();
            let Some(last) = names.last() else { break };
            after = last.id.clone();
            keys.extend(names.into_iter().map(|name| EntryKey::new(kind, name.id)));
        }
    }
    let mut all = Everybody { people: Vec::new(), structures: BTreeMap::new() };
    for (_, record) in store.records(&keys).await.unwrap() {
        match record.unwrap() {
            Record::Professional(person) => all.people.push(person),
            Record::Structure(structure) => drop(all.structures.insert(structure.site.structure.id.clone(), structure)),
            Record::Mailbox(_) => unreachable!(),
        }
    }
    all.people.sort_by(|a, b| a.professional.id.cmp(&b.professional.id));
    all
}

struct Question<'a>(&'a Value);

impl Question<'_> {
    fn list(&self, name: &str) -> Vec<&str> {
        self.0["filter"][name].as_array().map(|list| list.iter().map(|v| v.as_str().unwrap()).collect()).unwrap_or_default()
    }

    fn allows(&self, name: &str, value: &str) -> bool {
        let list = self.list(name);
        list.is_empty() || list.contains(&value)
    }

    fn types(&self) -> Vec<MailboxType> {
        let list = self.list("types");
        if list.is_empty() { vec![MailboxType::Per] } else { list.into_iter().map(|t| MailboxType::parse(t).unwrap()).collect() }
    }

    fn place_fits(&self, site: Option<&annuaire::model::Structure>) -> bool {
        let asked = ["regions", "departments", "communes", "postal_codes"].into_iter().any(|name| !self.list(name).is_empty());
        !asked
            || site.filter(|site| !site.closed).is_some_and(|site| {
                let address = &site.address;
                let region = territory::department(&address.department).map_or("", |d| d.region);
                self.list("regions").contains(&region)
                    || self.list("departments").contains(&address.department.as_str())
                    || self.list("communes").contains(&address.insee.as_str())
                    || self.list("postal_codes").contains(&address.postal_code.as_str())
            })
    }

    fn id_fits(&self, site: Option<&annuaire::model::Structure>) -> bool {
        let asked = self.list("structures");
        asked.is_empty()
            || site.filter(|site| !site.closed).is_some_and(|site| {
                asked.iter().any(|text| [&site.id, &site.finess, &site.siret, &site.finess_ej].into_iter().any(|id| id == text))
            })
    }

    /// Of a profession asked for, alone or with a savoir-faire.
    fn exercises(&self, person: &ProfessionalRecord, profession: &str, category: &str) -> bool {
        let own = person.exercises.iter().filter(|e| e.profession.code == profession && e.category.code == category);
        let mut pairs = own.flat_map(|e| &e.specialties).map(|(_, code)| format!("{profession}:{}", code.code));
        self.allows("professions", profession) || pairs.any(|pair| self.list("professions").contains(&pair.as_str()))
    }

    fn skilled(&self, person: &ProfessionalRecord, profession: &str, category: &str) -> bool {
        let asked = self.list("specialties");
        let own = person.exercises.iter().filter(|e| e.profession.code == profession && e.category.code == category);
        asked.is_empty() || own.flat_map(|e| &e.specialties).any(|(_, code)| asked.contains(&code.code.as_str()))
    }

    fn activity_fits(&self, person: &ProfessionalRecord, activity: &ActivityRecord) -> bool {
        let site = activity.site.as_ref().map(|site| &*site.structure);
        self.exercises(person, &activity.profession.code, &activity.category.code)
            && self.allows("modes", &activity.mode.code)
            && self.allows("sectors", &activity.sector.code)
            && self.id_fits(site)
            && self.place_fits(site)
            && self.skilled(person, &activity.profession.code, &activity.category.code)
    }

    /// The matching activities, when the professional matches.
    fn matches<'p>(&self, person: &'p ProfessionalRecord) -> Option<Vec<&'p ActivityRecord>> {
        if person.professional.closed {
            return None;
        }
        let activities: Vec<_> = person.activities.iter().filter(|a| self.activity_fits(person, a)).collect();
        let bound = ["modes", "sectors", "structures", "regions", "departments", "communes", "postal_codes"];
        let only_people = bound.into_iter().all(|name| self.list(name).is_empty());
        let by_exercise = person
            .exercises
            .iter()
            .map(|e| (&e.profession.code, &e.category.code))
            .any(|(profession, category)| self.exercises(person, profession, category) && self.skilled(person, profession, category));
        let nothing = self.list("professions").is_empty() && self.list("specialties").is_empty();
        (!activities.is_empty() || (only_people && (by_exercise || nothing))).then_some(activities)
    }

    fn is_placed(&self) -> bool {
        ["regions", "departments", "communes", "postal_codes"].into_iter().any(|name| !self.list(name).is_empty())
    }

    /// Who meets all but the place and has none that is known, and how many of them have a mailbox of the types; when a place is asked for.
    fn unplaced(&self, all: &Everybody) -> Option<(u64, u64)> {
        let mut anywhere = self.0.clone();
        for name in ["regions", "departments", "communes", "postal_codes"] {
            anywhere["filter"].as_object_mut()?.remove(name);
        }
        let lies = |activity: &ActivityRecord| {
            activity.site.as_ref().map(|site| &site.structure).filter(|site| !site.closed).is_some_and(|site| {
                let address = &site.address;
                [&address.department, &address.insee, &address.postal_code].into_iter().any(|part| !part.is_empty())
            })
        };
        let people = all.people.iter().filter(|person| !person.activities.iter().any(lies));
        let people: Vec<_> = people.filter(|person| Question(&anywhere).matches(person).is_some()).collect();
        let reachable = |r: &MailboxRecord| self.types().contains(&r.mailbox.kind) && mailbox_alerted(r, true);
        let with_mailbox = people.iter().filter(|person| person.mailboxes.iter().any(reachable)).count() as u64;
        self.is_placed().then_some((people.len() as u64, with_mailbox))
    }

    /// The set of addresses and the ways people are reached, of a request with `choice` all.
    fn answer(&self, all: &Everybody) -> (BTreeSet<String>, BTreeMap<&'static str, u64>) {
        let (mut addresses, mut counts) = (BTreeSet::new(), BTreeMap::new());
        let mut met = BTreeSet::new();
        let alerted = |r: &&MailboxRecord| mailbox_alerted(r, true);
        let organisations = |id: &str| -> Vec<String> {
            let of = all.structures.get(id).filter(|s| !s.site.structure.closed).into_iter().flat_map(|s| &s.mailboxes);
            of.filter(|r| r.mailbox.kind == MailboxType::Org).filter(alerted).map(|r| r.mailbox.address.to_string()).collect()
        };
        let fallback = self.0["fallback_org"] == true;
        let lists = self.types().contains(&MailboxType::Org);
        for person in &all.people {
            let Some(activities) = self.matches(person) else { continue };
            let sites: Vec<&annuaire::model::Structure> = activities.iter().filter_map(|a| Some(&*a.site.as_ref()?.structure)).collect();
            met.extend(sites.iter().map(|site| site.id.clone()));
            let own: Vec<&MailboxRecord> = person.mailboxes.iter().filter(|r| self.types().contains(&r.mailbox.kind)).collect();
            let reachable: Vec<_> = own.iter().copied().filter(alerted).collect();
            let through = sites.iter().map(|site| organisations(&site.id)).find(|list| !list.is_empty());
            let listed = sites.iter().any(|site| !organisations(&site.id).is_empty() && self.structure_fits(site));
            let rests = own.iter().any(|r| {
                let mut record = (*r).clone();
                let state = std::mem::replace(&mut record.mailbox.state, MailboxState::Active);
                matches!(state, MailboxState::Suspended | MailboxState::Unopened) && mailbox_alerted(&record, true)
            });
            let way = if !reachable.is_empty() {
                addresses.extend(reachable.iter().map(|r| r.mailbox.address.to_string()));
                "reached"
            } else if fallback && through.is_some() {
                addresses.extend(through.unwrap());
                "by_organization"
            } else if lists && listed {
                "by_organization"
            } else if rests {
                "suspended"
            } else {
                "without"
            };
            *counts.entry(way).or_default() += 1;
        }
        let of_people = ["professions", "specialties", "modes"].into_iter().any(|name| !self.list(name).is_empty());
        if lists {
            for (id, structure) in &all.structures {
                let site = &structure.site.structure;
                if !site.closed && self.structure_fits(site) && (!of_people || met.contains(id)) {
                    addresses.extend(organisations(id));
                }
            }
        }
        (addresses, counts)
    }

    fn structure_fits(&self, site: &annuaire::model::Structure) -> bool {
        self.allows("sectors", &site.sector) && self.id_fits(Some(site)) && self.place_fits(Some(site))
    }
}

/// Some value that is there, so that a question has an answer.
fn some(all: &Everybody, of: impl Fn(&annuaire::model::Structure) -> &String) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let sites = all.people.iter().filter(|p| !p.mailboxes.is_empty()).flat_map(|p| &p.activities).filter_map(|a| a.site.as_ref());
    sites.map(|site| of(&site.structure).clone()).filter(|v| !v.is_empty()).for_each(|v| *counts.entry(v).or_default() += 1);
    counts.into_iter().max_by_key(|(_, n)| *n).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_find_what_brute_force_finds() {
    let world = World::demo().await;
    let all = everybody(&world).await;
    let department = some(&all, |s| &s.address.department);
    let region = territory::department(&department).unwrap().region;
    let (commune, postal_code) = (some(&all, |s| &s.address.insee), some(&all, |s| &s.address.postal_code));
    let (finess, entity) = (some(&all, |s| &s.finess), some(&all, |s| &s.finess_ej));
    let sector = some(&all, |s| &s.sector);
    let questions = [
        json!({}),
        json!({"filter": {"professions": ["10", "21"], "departments": [department, "75", "2A"]}}),
        json!({"filter": {"professions": ["60"], "modes": ["L"]}}),
        json!({"filter": {"specialties": ["SM54"], "regions": [region]}}),
        json!({"filter": {"specialties": ["SM54"], "modes": ["S"], "types": ["PER", "CAB"]}}),
        json!({"filter": {"sectors": [sector], "types": ["PER", "CAB", "ORG"]}}),
        json!({"filter": {"communes": [commune], "postal_codes": [postal_code]}}),
        json!({"filter": {"structures": [finess], "types": ["PER", "ORG"]}}),
        json!({"filter": {"structures": [entity], "types": ["ORG"]}}),
        json!({"filter": {"types": ["ORG"]}}),
        json!({"filter": {"types": ["ORG"], "professions": ["10"], "regions": [region]}}),
        json!({"filter": {"types": ["CAB"]}, "fallback_org": true}),
        json!({"filter": {"professions": ["10"], "departments": [department]}, "fallback_org": true}),
        json!({"fallback_org": true, "filter": {"types": ["PER", "CAB", "ORG"]}}),
        json!({"filter": {"professions": ["10"], "specialties": ["SM54", "SM26"]}}),
        json!({"filter": {"professions": ["10", "60"]}}),
        json!({"filter": {"professions": ["10", "60"], "modes": ["L", "S"], "regions": [region, "11"]}}),
        json!({"filter": {"sectors": [sector], "regions": [region]}}),
        json!({"filter": {"professions": ["10:SM54", "60"], "departments": [department]}}),
        json!({"filter": {"professions": ["10"], "structures": [finess], "departments": [department]}}),
    ];
    let (mut ways, mut some_found, mut beside) = (BTreeSet::new(), 0, 0);
    for mut question in questions {
        question["choice"] = json!("all");
        let (expected, counts) = Question(&question).answer(&all);
        let found = world.addresses(question.clone()).await;
        assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected, "{question}");
        assert_eq!(found.len(), expected.len(), "an address has one line: {question}");
        let preview = world.ask(&world.one, "POST", "/v1/alerts/preview", &question.to_string()).await.json();
        assert_eq!(preview["recipients"], found.len(), "{question}");
        for way in ["reached", "by_organization", "suspended", "without"] {
            assert_eq!(preview["total"][way], counts.get(way).copied().unwrap_or(0), "{way} of {question}");
        }
        assert_eq!(preview["total"]["people"], counts.values().sum::<u64>(), "{question}");
        let unplaced = Question(&question).unplaced(&all);
        let told = preview.get("unplaced").map(|told| (told["people"].as_u64().unwrap(), told["with_mailbox"].as_u64().unwrap()));
        assert_eq!(told, unplaced, "{question}");
        beside += unplaced.map_or(0, |(people, with_mailbox)| u64::from(people > with_mailbox && with_mailbox > 0));
        ways.extend(counts.into_keys());
        some_found += usize::from(!expected.is_empty());
    }
    assert_eq!(ways.len(), 4, "every way to be counted was met: {ways:?}");
    assert!(beside > 2, "people without a place were met, with a mailbox and without: {beside}");
    assert!(some_found >= 17, "only {some_found} questions had an answer");
}

/// "Every general practitioner and pharmacist": a savoir-faire goes with its profession, and a commune with its arrondissements.
#[tokio::test(flavor = "multi_thread")]
async fn general_practitioners_and_pharmacists_are_asked_for_at_once() {
    let world = World::demo().await;
    let list = async |filter: serde_json::Value| -> BTreeSet<String> {
        world.addresses(json!({"filter": filter, "choice": "all"})).await.into_iter().collect()
    };
    let general = list(json!({"professions": ["10"], "specialties": ["SM26", "SM53", "SM54"]})).await;
    let pharmacists = list(json!({"professions": ["21"]})).await;
    assert!(!general.is_empty() && !pharmacists.is_empty());
    let both = list(json!({"professions": ["10:SM26", "10:SM53", "10:SM54", "21"]})).await;
    assert_eq!(both, general.union(&pharmacists).cloned().collect());
    let lyon = list(json!({"communes": ["69123"]})).await;
    let third = list(json!({"communes": ["69383"]})).await;
    assert!(!third.is_empty() && third.is_subset(&lyon));
    let array = world.ask(&world.one, "POST", "/v1/alerts/preview", "[{}]").await;
    assert_eq!((array.status, array.json()["code"].as_str()), (400, Some("invalid_body")));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_codes_are_named_and_never_an_empty_list() {
    let world = World::demo().await;
    for (body, code, field) in [
        (json!({"filter": {"professions": ["10", "ZZ"]}}), "unknown_code", "filter.professions"),
        (json!({"filter": {"specialties": ["SM9999"]}}), "unknown_code", "filter.specialties"),
        (json!({"filter": {"modes": ["X"]}}), "unknown_code", "filter.modes"),
        (json!({"filter": {"sectors": ["SA9999"]}}), "unknown_code", "filter.sectors"),
        (json!({"filter": {"structures": ["000000000"]}}), "unknown_code", "filter.structures"),
        (json!({"filter": {"regions": ["99"]}}), "unknown_code", "filter.regions"),
        (json!({"filter": {"departments": ["20"]}}), "unknown_code", "filter.departments"),
        (json!({"filter": {"communes": ["Lyon"]}}), "unknown_code", "filter.communes"),
        (json!({"filter": {"postal_codes": ["6900"]}}), "unknown_code", "filter.postal_codes"),
        (json!({"filter": {"communes": ["99999"]}}), "unknown_code", "filter.communes"),
        (json!({"filter": {"postal_codes": ["00000"]}}), "unknown_code", "filter.postal_codes"),
        (json!({"filter": {"professions": ["10:SM9999"]}}), "unknown_code", "filter.professions"),
        (json!({"filter": {"professions": []}}), "invalid_body", "filter.professions"),
        (json!({"filter": [["10"]]}), "invalid_body", "filter"),
        (json!({"filter": {"types": ["APP"]}}), "unknown_code", "filter.types"),
        (json!({"filter": {"types": [""]}}), "unknown_code", "filter.types"),
        (json!({"filter": {"ville": ["Lyon"]}}), "invalid_body", "ville"),
        (
            json!({"filter": {"communes": (10_000..11_001).map(|n| n.to_string()).collect::<Vec<_>>()}}),
            "too_many_values",
            "filter.communes",
        ),
    ] {
        for path in ["/v1/alerts/preview", "/v1/alerts"] {
            let mut body = body.clone();
            body["reason"] = json!("x");
            body["reference"] = json!("y");
            let answer = world.ask(&world.one, "POST", path, &body.to_string()).await;
            let problem = answer.json();
            assert_eq!((answer.status, problem["code"].as_str(), problem["field"].as_str()), (400, Some(code), Some(field)), "{problem}");
        }
    }
    assert_eq!(world.ask(&world.one, "GET", "/v1/alerts", "").await.json()["items"], json!([]));
}
