//! From the rows of one batch to complete records: joins in memory, labels resolved, everything in a fixed order.

use super::labels::LabelBook;
use super::records::ROLE_TABLES;
use super::standings::Standings;
use crate::model::{
    Activity, ActivityRecord, EntryKey, Exercise, ExerciseRecord, Expertise, HolderStanding, Kind, Mailbox, MailboxRecord, MailboxType,
    Professional, ProfessionalOrigin, ProfessionalRecord, Record, SiteRecord, Structure, StructureRecord, expertise_table,
    profession_table, tables,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A mailbox, and for each of its attachments the structure that its key leads to.
#[derive(Debug)]
pub(super) struct MailboxRows {
    pub(super) mailbox: Mailbox,
    pub(super) sites: Vec<Option<String>>,
}

impl MailboxRows {
    pub(super) fn holders(&self) -> impl Iterator<Item = &str> {
        self.mailbox.attachments.iter().map(|a| a.professional.as_str()).filter(|id| !id.is_empty())
    }

    pub(super) fn sites(&self) -> impl Iterator<Item = &str> {
        self.sites.iter().flatten().map(String::as_str)
    }
}

#[derive(Debug, Default)]
pub(super) struct PersonRows {
    pub(super) professional: Professional,
    pub(super) exercises: Vec<Exercise>,
    pub(super) activities: Vec<Activity>,
    expertises: Vec<Expertise>,
    expertise_source: i64,
}

impl PersonRows {
    pub(super) fn new(professional: Professional) -> Self {
        Self { professional, ..Self::default() }
    }

    /// Savoir-faire of the highest source only: SavoirFaire owns them, Personne_activite fills in for persons absent from it.
    pub(super) fn add_expertise(&mut self, source: i64, expertise: Expertise) {
        if source > self.expertise_source {
            self.expertises.clear();
            self.expertise_source = source;
        }
        if source == self.expertise_source {
            self.expertises.push(expertise);
        }
    }

    /// A person met in SavoirFaire only has no exercise row: what that file says of the profession stands in for it.
    fn exercises(&self) -> BTreeSet<Exercise> {
        let mut exercises: BTreeSet<_> = self.exercises.iter().cloned().collect();
        if self.professional.origin != Some(ProfessionalOrigin::Rpps) {
            let told = self.expertises.iter();
            exercises.extend(told.map(|e| Exercise { profession: e.profession.clone(), category: e.category.clone() }));
        }
        exercises
    }
}

/// All that a batch of records needs.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) standings: Standings,
    pub(super) mailboxes: BTreeMap<String, MailboxRows>,
    by_holder: HashMap<String, BTreeSet<String>>,
    by_site: HashMap<String, BTreeSet<String>>,
    pub(super) people: BTreeMap<String, PersonRows>,
    pub(super) structures: HashMap<String, Arc<Structure>>,
    pub(super) labels: LabelBook,
}

impl Batch {
    /// Notes which mailboxes belong to whom; to be called once they are all there.
    pub(super) fn index_mailboxes(&mut self) {
        for (address, mailbox) in &self.mailboxes {
            for holder in mailbox.holders() {
                self.by_holder.entry(holder.to_owned()).or_default().insert(address.clone());
            }
            // A structure's entry shows no personal mailbox.
            for site in mailbox.sites().filter(|_| mailbox.mailbox.kind != MailboxType::Per) {
                self.by_site.entry(site.to_owned()).or_default().insert(address.clone());
            }
        }
    }

    fn mailboxes_of(&self, index: &HashMap<String, BTreeSet<String>>, id: &str) -> Vec<MailboxRecord> {
        let rows = index.get(id).into_iter().flatten().filter_map(|address| self.mailboxes.get(address));
        rows.map(|rows| self.mailbox(rows, false)).collect()
    }

    pub(super) fn want_labels(&self, labels: &mut LabelBook) {
        for person in self.people.values() {
            labels.want(tables::CIVILITY, &person.professional.civility);
            labels.want(tables::EXERCISE_CIVILITY, &person.professional.exercise_civility);
            for exercise in person.exercises() {
                labels.want(profession_table(&exercise.profession), &exercise.profession);
                labels.want(tables::CATEGORY, &exercise.category);
            }
            for expertise in &person.expertises {
                labels.want(tables::EXPERTISE_KIND, &expertise.kind);
                labels.want(expertise_table(&expertise.kind), &expertise.code);
            }
            for activity in &person.activities {
                labels.want(profession_table(&activity.profession), &activity.profession);
                labels.want(tables::CATEGORY, &activity.category);
                labels.want(tables::MODE, &activity.mode);
                labels.want(tables::SECTOR, &activity.sector);
                labels.want(tables::SECTION, &activity.section);
                labels.want_in(&ROLE_TABLES, &activity.role);
                labels.want(tables::GENRE, &activity.genre);
            }
        }
        for structure in self.structures.values() {
            labels.want(tables::SECTOR, &structure.sector);
            labels.want(tables::DEPARTMENT, &structure.address.department);
        }
    }

    pub(super) fn record(&self, key: &EntryKey) -> Option<Record> {
        match key.kind {
            Kind::Mailbox => self.mailboxes.get(&key.id).map(|rows| Record::Mailbox(self.mailbox(rows, true))),
            Kind::Professional => self.people.get(&key.id).map(|rows| {
                let mailboxes = self.mailboxes_of(&self.by_holder, &key.id);
                Record::Professional(ProfessionalRecord { mailboxes, ..self.professional(rows) })
            }),
            Kind::Structure => self
                .site(&key.id, "")
                .map(|site| Record::Structure(StructureRecord { site, mailboxes: self.mailboxes_of(&self.by_site, &key.id) })),
        }
    }

    fn mailbox(&self, rows: &MailboxRows, with_holders: bool) -> MailboxRecord {
        let holders: BTreeSet<&str> = rows.holders().collect();
        let standing = |id: &&str| match self.people.get(*id) {
            None => HolderStanding::Unseen,
            Some(person) if person.professional.closed => HolderStanding::Closed,
            Some(_) => HolderStanding::Present,
        };
        let attached = rows.mailbox.attachments.iter().zip(&rows.sites);
        let sites: BTreeSet<(&str, &str)> =
            attached.filter_map(|(attachment, site)| Some((site.as_deref()?, attachment.service.as_str()))).collect();
        let found = holders.iter().filter_map(|id| self.people.get(*id));
        MailboxRecord {
            mailbox: rows.mailbox.clone(),
            standing: self.standings.of(&rows.mailbox),
            holder_standings: holders.iter().map(standing).collect(),
            holders: if with_holders { found.map(|person| self.professional(person)).collect() } else { Vec::new() },
            sites: sites.into_iter().filter_map(|(id, service)| self.site(id, service)).collect(),
        }
    }

    fn site(&self, id: &str, service: &str) -> Option<SiteRecord> {
        let structure = Arc::clone(self.structures.get(id)?);
        Some(SiteRecord {
            sector: self.labels.coded(tables::SECTOR, &structure.sector),
            department: self.labels.coded(tables::DEPARTMENT, &structure.address.department),
            service: service.to_owned(),
            structure,
        })
    }

    /// Without its mailboxes.
    fn professional(&self, rows: &PersonRows) -> ProfessionalRecord {
        let labels = &self.labels;
        ProfessionalRecord {
            civility: labels.coded(tables::CIVILITY, &rows.professional.civility),
            exercise_civility: labels.coded(tables::EXERCISE_CIVILITY, &rows.professional.exercise_civility),
            professional: rows.professional.clone(),
            exercises: rows.exercises().iter().map(|exercise| self.exercise(rows, exercise)).collect(),
            activities: rows.activities.iter().map(|activity| self.activity(activity)).collect(),
            mailboxes: Vec::new(),
        }
    }

    fn exercise(&self, rows: &PersonRows, exercise: &Exercise) -> ExerciseRecord {
        let labels = &self.labels;
        let own = rows.expertises.iter().filter(|e| e.profession == exercise.profession && e.category == exercise.category);
        let mut specialties: Vec<_> =
            own.map(|e| (labels.coded(tables::EXPERTISE_KIND, &e.kind), labels.coded(expertise_table(&e.kind), &e.code))).collect();
        specialties.sort();
        ExerciseRecord {
            profession: labels.coded(profession_table(&exercise.profession), &exercise.profession),
            category: labels.coded(tables::CATEGORY, &exercise.category),
            specialties,
        }
    }

    fn activity(&self, activity: &Activity) -> ActivityRecord {
        let labels = &self.labels;
        ActivityRecord {
            profession: labels.coded(profession_table(&activity.profession), &activity.profession),
            category: labels.coded(tables::CATEGORY, &activity.category),
            mode: labels.coded(tables::MODE, &activity.mode),
            sector: labels.coded(tables::SECTOR, &activity.sector),
            section: labels.coded(tables::SECTION, &activity.section),
            role: labels.coded_in(&ROLE_TABLES, &activity.role),
            genre: labels.coded(tables::GENRE, &activity.genre),
            site: self.site(&activity.structure, ""),
        }
    }
}
