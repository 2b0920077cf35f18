//! The rule itself, and the reduction of records to views.

use super::view::{
    ActivityView, ExerciseView, HolderView, MailboxSummary, MailboxView, OrganizationView, PersonView, ProfessionalView, SpecialtyView,
    StructureView, View, ZeroPapier,
};
use crate::model::{
    ActivityRecord, Audience, Coded, ExerciseRecord, HolderStanding, MailboxRecord, MailboxState, MailboxType, OperatorState,
    ProfessionalOrigin, ProfessionalRecord, Record, SiteRecord, Source, StructureRecord,
};

/// May this audience see this mailbox? Every reason to hide is written here and nowhere else.
#[must_use]
pub fn mailbox_shown(record: &MailboxRecord, audience: Audience) -> bool {
    let mailbox = &record.mailbox;
    if mailbox.liste_rouge || (mailbox.source == Source::Extraction && !mailbox.in_extraction) || !reaches(record) {
        return false;
    }
    match mailbox.kind {
        MailboxType::App => audience == Audience::Professional,
        MailboxType::Per | MailboxType::Org | MailboxType::Cab => true,
    }
}

/// May the health authorities write an alert to this mailbox? On the liste rouge too, where the policy says so: an administrator's flag keeps
/// such a mailbox of the extraction although the extraction no longer names it.
#[must_use]
pub fn mailbox_alerted(record: &MailboxRecord, liste_rouge: bool) -> bool {
    let mailbox = &record.mailbox;
    let named = mailbox.source == Source::Operator || mailbox.in_extraction || mailbox.liste_rouge;
    mailbox.kind != MailboxType::App && named && (liste_rouge || !mailbox.liste_rouge) && reaches(record)
}

/// What is asked of every mailbox that anybody is told of, the liste rouge apart: in use, real, its operator and holders in force.
fn reaches(record: &MailboxRecord) -> bool {
    let mailbox = &record.mailbox;
    let real = !mailbox.test && !record.standing.domain_test;
    let held = !mailbox.kind.held_by_people() || held(record);
    real && !mailbox.frozen && mailbox.state == MailboxState::Active && held && in_force(record)
}

/// May the answer for this record differ between audiences? What [`mailbox_shown`] asks of the audience is asked of APP mailboxes only.
pub(super) fn depends_on_audience(record: &Record) -> bool {
    let mailboxes = match record {
        Record::Mailbox(r) => std::slice::from_ref(r),
        Record::Professional(r) => &r.mailboxes,
        Record::Structure(r) => &r.mailboxes,
    };
    mailboxes.iter().any(|r| r.mailbox.kind == MailboxType::App)
}

/// Domain and operator in force. Without any liste blanche, the extraction stands for itself (semantics: default states).
fn in_force(record: &MailboxRecord) -> bool {
    let standing = &record.standing;
    if !standing.list_loaded {
        return record.mailbox.source == Source::Extraction;
    }
    let operator = match record.mailbox.source {
        Source::Extraction => standing.domain_operators.iter().any(|s| s.in_force()),
        // With its domain, what an operator published there is another's to answer for.
        Source::Operator => standing.operator.is_some_and(OperatorState::in_force) && standing.operator_holds_domain,
    };
    standing.domain_listed && operator
}

/// A mailbox of people is hidden once every holder it names is closed.
fn held(record: &MailboxRecord) -> bool {
    record.holder_standings.is_empty() || record.holder_standings.iter().any(|s| *s != HolderStanding::Closed)
}

pub(super) fn view(record: &Record, audience: Audience) -> Option<View> {
    match record {
        Record::Mailbox(r) => mailbox_shown(r, audience).then(|| View::Mailbox(mailbox_view(r))),
        Record::Professional(r) if r.professional.closed => None,
        Record::Professional(r) => {
            Some(professional_view(r, audience)).filter(|v| !told_by_mailboxes_only(r) || !v.mailboxes.is_empty()).map(View::Professional)
        }
        Record::Structure(r) if r.site.structure.closed => None,
        Record::Structure(r) => {
            Some(structure_view(r, audience)).filter(|v| r.site.structure.in_rpps || !v.mailboxes.is_empty()).map(View::Structure)
        }
    }
}

/// Whoever only the mailbox extraction names is shown with a mailbox or not at all: alone, the entry would say that one is hidden. The
/// same holds for its structures.
fn told_by_mailboxes_only(record: &ProfessionalRecord) -> bool {
    record.professional.origin == Some(ProfessionalOrigin::Mailbox)
}

fn mailbox_view(record: &MailboxRecord) -> MailboxView {
    let open = record.holders.iter().filter(|h| !h.professional.closed);
    MailboxView {
        mailbox: summary(record),
        holders: open
            .map(|h| HolderView {
                person: person(h),
                exercises: h.exercises.iter().map(exercise).collect(),
                activities: h.activities.iter().map(activity).collect(),
            })
            .collect(),
        organizations: distinct_sites(&record.sites),
    }
}

fn distinct_sites(sites: &[SiteRecord]) -> Vec<OrganizationView> {
    let mut views: Vec<OrganizationView> = Vec::new();
    for site in sites.iter().filter(|s| !s.structure.closed) {
        if !views.iter().any(|v| v.id == site.structure.id) {
            views.push(organization(site));
        }
    }
    views
}

fn professional_view(record: &ProfessionalRecord, audience: Audience) -> ProfessionalView {
    let mailboxes = summaries(&record.mailboxes, audience);
    ProfessionalView {
        person: person(record),
        incomplete: record.professional.origin != Some(ProfessionalOrigin::Rpps),
        exercises: record.exercises.iter().map(exercise).collect(),
        activities: record.activities.iter().map(activity).collect(),
        zero_papier: accepts(&mailboxes),
        mailboxes,
    }
}

fn structure_view(record: &StructureRecord, audience: Audience) -> StructureView {
    let mailboxes = summaries(&record.mailboxes, audience);
    let structure = &record.site.structure;
    StructureView {
        organization: organization(&record.site),
        phone: structure.phone.clone(),
        fax: structure.fax.clone(),
        zero_papier: accepts(&mailboxes),
        mailboxes,
    }
}

fn accepts(mailboxes: &[MailboxSummary]) -> bool {
    mailboxes.iter().any(|m| m.zero_papier == Some(ZeroPapier::Accepted))
}

/// Preferred first (rank, then address), hidden ones left out before anything is counted.
fn summaries(records: &[MailboxRecord], audience: Audience) -> Vec<MailboxSummary> {
    let mut shown: Vec<_> = records.iter().filter(|r| mailbox_shown(r, audience)).map(summary).collect();
    shown.sort_by(|a, b| (a.rank.unwrap_or(u32::MAX), &a.address).cmp(&(b.rank.unwrap_or(u32::MAX), &b.address)));
    shown
}

fn summary(record: &MailboxRecord) -> MailboxSummary {
    let mailbox = &record.mailbox;
    let open = || record.sites.iter().filter(|s| !s.structure.closed);
    let mut structure_ids: Vec<_> = open().map(|s| s.structure.id.clone()).collect();
    structure_ids.dedup();
    let service = if mailbox.service.is_empty() {
        open().map(|s| &s.service).find(|s| !s.is_empty()).cloned().unwrap_or_default()
    } else {
        mailbox.service.clone()
    };
    MailboxSummary {
        address: mailbox.address.to_string(),
        kind: mailbox.kind,
        zero_papier: ZeroPapier::from_flag(mailbox.zero_papier),
        rank: mailbox.rank,
        service,
        description: mailbox.description.clone(),
        phone: if mailbox.phone_opposed { String::new() } else { mailbox.phone.clone() },
        structure_ids,
    }
}

fn person(record: &ProfessionalRecord) -> PersonView {
    let p = &record.professional;
    let of_type = |kind: &str| {
        if p.id_type == kind { p.id_value.clone() } else { String::new() }
    };
    let label = |c: &Coded| {
        if c.label.is_empty() { c.code.clone() } else { c.label.clone() }
    };
    let title = label(&record.exercise_civility);
    PersonView {
        id: p.id.clone(),
        rpps: of_type("8"),
        adeli: of_type("0"),
        family_name: p.family.clone(),
        given_name: p.given.clone(),
        title: if title.is_empty() { label(&record.civility) } else { title },
    }
}

fn exercise(record: &ExerciseRecord) -> ExerciseView {
    ExerciseView {
        profession: record.profession.clone(),
        category: record.category.clone(),
        specialties: record
            .specialties
            .iter()
            .map(|(kind, code)| SpecialtyView { kind: kind.clone(), code: code.code.clone(), label: code.label.clone() })
            .collect(),
    }
}

fn some(coded: &Coded) -> Option<Coded> {
    (!coded.code.is_empty() || !coded.label.is_empty()).then(|| coded.clone())
}

fn activity(record: &ActivityRecord) -> ActivityView {
    ActivityView {
        profession: record.profession.clone(),
        category: record.category.clone(),
        mode: some(&record.mode),
        sector: some(&record.sector),
        section: some(&record.section),
        role: some(&record.role),
        genre: some(&record.genre),
        organization: record.site.as_ref().filter(|s| !s.structure.closed).map(organization),
    }
}

fn organization(site: &SiteRecord) -> OrganizationView {
    let s = &site.structure;
    let a = &s.address;
    let complement = [&a.recipient, &a.geographic, &a.distribution];
    OrganizationView {
        id: s.id.clone(),
        name: s.display_name().to_owned(),
        trade_name: if s.trade_name == s.display_name() { String::new() } else { s.trade_name.clone() },
        finess: s.finess.clone(),
        finess_ej: s.finess_ej.clone(),
        siret: s.siret.clone(),
        sector: some(&site.sector),
        street: a.street_line(),
        address_complement: complement.into_iter().filter(|l| !l.is_empty()).map(String::as_str).collect::<Vec<_>>().join(", "),
        postal_code: a.postal_code.clone(),
        city: a.city.clone(),
        insee: a.insee.clone(),
        department: some(&site.department),
        country: a.country.clone(),
    }
}
