//! Plain types of the field, that validate themselves: identifiers with their keys, professionals, structures, mailboxes, operators.
//!
//! Nothing here knows of a database, an index or a protocol. Codes are kept as they come, with their nomenclature table beside them
//! (93 is in both TRE_G15 and TRE_R95), labels are looked up and may be missing.

mod address;
mod ids;
mod mailbox;
mod nomenclature;
mod people;
mod record;
mod structure;
pub mod territory;
mod time;
mod trust;

pub use address::{Address, InvalidAddress, is_test_domain, normalize_domain};
pub use ids::{StructureKey, StructureKeyKind, activity_id, entry_uuid, hashed_structure_id, luhn_valid, national_id};
pub use mailbox::{Attachment, Mailbox, MailboxState, MailboxType, Source};
pub use nomenclature::{Coded, Labels, expertise_table, is_expertise, is_profession, label, profession_table, tables};
pub use people::{Activity, Exercise, Expertise, Professional, ProfessionalOrigin};
pub use record::{
    ActivityRecord, EntryKey, ExerciseRecord, HolderStanding, Kind, MailboxRecord, MailboxStanding, ProfessionalRecord, Record, SiteRecord,
    StructureRecord,
};
pub use structure::{PostalAddress, Structure};
pub use time::paris;
pub use trust::{Account, Audience, Contact, DistinguishedName, Domain, Operator, OperatorFile, OperatorKey, OperatorState, Role};
