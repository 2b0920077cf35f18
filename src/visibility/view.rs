//! What is shown: neutral views, already reduced to their audience, in the words of the REST API. Absent optional fields are not sent.

use crate::model::{Coded, Kind, MailboxType};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One entry as its audience sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[expect(clippy::large_enum_variant, reason = "made one at a time and handed on by reference")]
pub enum View {
    Mailbox(MailboxView),
    Professional(ProfessionalView),
    Structure(StructureView),
}

/// A savoir-faire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpecialtyView {
    /// TRE_R04: S ordinal specialty, C competence, CAPA …
    #[serde(rename = "type")]
    pub kind: Coded,
    pub code: String,
    pub label: String,
}

/// A profession with its savoir-faire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExerciseView {
    pub profession: Coded,
    /// TRE_R09: civil, military, student.
    pub category: Coded,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub specialties: Vec<SpecialtyView>,
}

/// A place: the structure with its postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganizationView {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trade_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub finess: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub finess_ej: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub siret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<Coded>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub street: String,
    /// Complements and distribution mentions, one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address_complement: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub postal_code: String,
    /// Commune as named by the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub city: String,
    /// INSEE code of the commune.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub insee: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<Coded>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
}

/// A situation d'exercice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityView {
    pub profession: Coded,
    pub category: Coded,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Coded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<Coded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<Coded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Coded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre: Option<Coded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationView>,
}

/// A mailbox inside the entry of its holder or structure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailboxSummary {
    pub address: String,
    #[serde(rename = "type")]
    pub kind: MailboxType,
    /// Dématérialisation: `accepted`, `refused`, or null when not stated.
    pub zero_papier: Option<ZeroPapier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Structures it is attached to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub structure_ids: Vec<String>,
}

/// Dématérialisation, when stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ZeroPapier {
    Accepted,
    Refused,
}

impl ZeroPapier {
    #[must_use]
    pub fn from_flag(flag: Option<bool>) -> Option<Self> {
        flag.map(|accepted| if accepted { Self::Accepted } else { Self::Refused })
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }
}

/// Identity of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonView {
    /// Identification nationale PP.
    pub id: String,
    /// RPPS number, when the id is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rpps: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub adeli: String,
    pub family_name: String,
    pub given_name: String,
    /// Civilité d'exercice, else civilité (`Docteur`, `Madame`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

/// A holder inside a mailbox entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HolderView {
    #[serde(flatten)]
    pub person: PersonView,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exercises: Vec<ExerciseView>,
    /// Current activities: the places of a PER mailbox that names no structure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activities: Vec<ActivityView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MailboxView {
    #[serde(flatten)]
    pub mailbox: MailboxSummary,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<HolderView>,
    /// Structures it is attached to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<OrganizationView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProfessionalView {
    #[serde(flatten)]
    pub person: PersonView,
    /// Met in a secondary file only, not yet in Personne_activite.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exercises: Vec<ExerciseView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activities: Vec<ActivityView>,
    /// Mailboxes shown to this audience, preferred first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mailboxes: Vec<MailboxSummary>,
    /// Accepted on at least one of the mailboxes shown.
    pub zero_papier: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StructureView {
    #[serde(flatten)]
    pub organization: OrganizationView,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fax: String,
    /// Mailboxes shown to this audience, preferred first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mailboxes: Vec<MailboxSummary>,
    pub zero_papier: bool,
}

/// One exercise or activity with its place: what profession, specialty and place filters are asked of together.
#[derive(Clone, Copy, Debug)]
pub struct Practice<'a> {
    /// Who practises; `None` for a structure, and for a mailbox that no person holds.
    pub person: Option<&'a PersonView>,
    pub profession: Option<&'a Coded>,
    pub specialties: &'a [SpecialtyView],
    pub organization: Option<&'a OrganizationView>,
}

impl View {
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Mailbox(_) => Kind::Mailbox,
            Self::Professional(_) => Kind::Professional,
            Self::Structure(_) => Kind::Structure,
        }
    }

    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Mailbox(v) => &v.mailbox.address,
            Self::Professional(v) => &v.person.id,
            Self::Structure(v) => &v.organization.id,
        }
    }

    /// Mailboxes shown inside (the mailbox itself for a mailbox entry).
    #[must_use]
    pub fn mailboxes(&self) -> &[MailboxSummary] {
        match self {
            Self::Mailbox(v) => std::slice::from_ref(&v.mailbox),
            Self::Professional(v) => &v.mailboxes,
            Self::Structure(v) => &v.mailboxes,
        }
    }

    /// Persons named by the entry.
    #[must_use]
    pub fn persons(&self) -> Vec<&PersonView> {
        match self {
            Self::Mailbox(v) => v.holders.iter().map(|h| &h.person).collect(),
            Self::Professional(v) => vec![&v.person],
            Self::Structure(_) => Vec::new(),
        }
    }

    /// Practices: one per activity, one per exercise without activity, one per place without either.
    #[must_use]
    pub fn practices(&self) -> Vec<Practice<'_>> {
        match self {
            Self::Professional(v) => person_practices(&v.person, &v.exercises, &v.activities),
            Self::Structure(v) => vec![Practice { person: None, profession: None, specialties: &[], organization: Some(&v.organization) }],
            Self::Mailbox(v) => mailbox_practices(v),
        }
    }
}

fn specialties_of<'a>(exercises: &'a [ExerciseView], activity: &ActivityView) -> &'a [SpecialtyView] {
    exercises
        .iter()
        .find(|e| e.profession.code == activity.profession.code && e.category.code == activity.category.code)
        .map_or(&[], |e| &e.specialties)
}

fn person_practices<'a>(person: &'a PersonView, exercises: &'a [ExerciseView], activities: &'a [ActivityView]) -> Vec<Practice<'a>> {
    let mut practices: Vec<_> = activities
        .iter()
        .map(|a| Practice {
            person: Some(person),
            profession: Some(&a.profession),
            specialties: specialties_of(exercises, a),
            organization: a.organization.as_ref(),
        })
        .collect();
    for e in exercises {
        let practised = activities.iter().any(|a| a.profession.code == e.profession.code && a.category.code == e.category.code);
        if !practised {
            practices.push(Practice {
                person: Some(person),
                profession: Some(&e.profession),
                specialties: &e.specialties,
                organization: None,
            });
        }
    }
    practices
}

/// With structures of its own a mailbox is practised there only; without, where its holders are.
fn mailbox_practices(view: &MailboxView) -> Vec<Practice<'_>> {
    if view.organizations.is_empty() {
        return view.holders.iter().flat_map(|h| person_practices(&h.person, &h.exercises, &h.activities)).collect();
    }
    let mut practices = Vec::new();
    for organization in &view.organizations {
        let before = practices.len();
        for holder in &view.holders {
            let here: Vec<_> = holder
                .activities
                .iter()
                .filter(|a| a.organization.as_ref().is_some_and(|o| o.id == organization.id))
                .map(|a| Practice {
                    person: Some(&holder.person),
                    profession: Some(&a.profession),
                    specialties: specialties_of(&holder.exercises, a),
                    organization: Some(organization),
                })
                .collect();
            if here.is_empty() {
                practices.extend(holder.exercises.iter().map(|e| Practice {
                    person: Some(&holder.person),
                    profession: Some(&e.profession),
                    specialties: &e.specialties,
                    organization: Some(organization),
                }));
            } else {
                practices.extend(here);
            }
        }
        if practices.len() == before {
            practices.push(Practice { person: None, profession: None, specialties: &[], organization: Some(organization) });
        }
    }
    practices
}
