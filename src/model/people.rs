//! Professionals: the person, the exercises (profession and category), the savoir-faire and the activities.

use super::mailbox::codes;
use serde::{Deserialize, Serialize};

/// The best file that told us of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfessionalOrigin {
    /// Personne_activite: the authority.
    Rpps,
    /// Met in SavoirFaire only: incomplete.
    SavoirFaire,
    /// Met in the mailbox extraction only: incomplete.
    Mailbox,
}

codes!(ProfessionalOrigin { Rpps => "rpps", SavoirFaire => "savoir_faire", Mailbox => "mailbox" });

/// One person, as the repertory names them (nom et prénom d'exercice).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Professional {
    /// Identification nationale PP: `8` + RPPS, `0` + ADELI.
    pub id: String,
    /// TRE_G08, one or two digits.
    pub id_type: String,
    pub id_value: String,
    /// TRE_R81 (M, MME).
    pub civility: String,
    /// TRE_R11 (DR, PR).
    pub exercise_civility: String,
    pub family: String,
    pub given: String,
    pub origin: Option<ProfessionalOrigin>,
    /// No longer in Personne_activite.
    pub closed: bool,
    /// Former id that this one replaces (ADELI to RPPS).
    pub replaces: Option<String>,
}

/// Exercice professionnel: a profession in a category.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Exercise {
    pub profession: String,
    pub category: String,
}

/// Savoir-faire of an exercise; `specialty` in English code, the official type and code kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Expertise {
    pub profession: String,
    pub category: String,
    /// TRE_R04: S, C, CAPA …; names the table of `code`.
    pub kind: String,
    pub code: String,
}

/// Situation d'exercice: an exercise in a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Activity {
    /// [`super::activity_id`] of the other fields.
    pub id: String,
    pub professional: String,
    pub profession: String,
    pub category: String,
    /// TRE_R23: S, L, B, I.
    pub mode: String,
    /// Structure id, empty for none.
    pub structure: String,
    pub sector: String,
    pub section: String,
    pub role: String,
    pub genre: String,
}
