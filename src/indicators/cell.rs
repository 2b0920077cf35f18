//! What a figure counts and by what it is cut: the closed lists that tables, answers and docs share.

use crate::directory::View;
use crate::model::territory;
use std::collections::{BTreeMap, BTreeSet};

/// By what figures are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cut {
    National,
    Type,
    Profession,
    Specialty,
    Region,
    Department,
    Operator,
    Domain,
    /// Operators by their state, and domains by whether they are listed.
    State,
    /// Rejected rows by file and reason.
    Reason,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    Mailboxes,
    MailboxesCreated,
    MailboxesGone,
    ZeroPapierAccepted,
    MailboxesWithoutStructure,
    Professionals,
    ProfessionalsEquipped,
    Structures,
    StructuresWithOrg,
    Operators,
    Domains,
    AgeOfRppsDays,
    AgeOfMailboxesDays,
    AgeOfListeBlancheDays,
    MailboxesListeRouge,
    MailboxesSuspended,
    MailboxesUnopened,
    MailboxesTest,
    MailboxesHolderLeft,
    RowsRejected,
    /// By month, as operators deposited them.
    MessagesSent,
    MessagesReceived,
    BytesSent,
    BytesReceived,
    MailboxesSending,
    MailboxesReceiving,
}

/// Declares the words of an enum, both ways.
macro_rules! words {
    ($name:ident { $($variant:ident => $word:literal,)+ }) => {
        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word kept and told.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.word() == word)
            }
        }
    };
}

words!(Cut {
    National => "national", Type => "type", Profession => "profession", Specialty => "specialty", Region => "region",
    Department => "department", Operator => "operator", Domain => "domain", State => "state", Reason => "reason",
});
words!(Measure {
    Mailboxes => "mailboxes", MailboxesCreated => "mailboxes_created", MailboxesGone => "mailboxes_gone",
    ZeroPapierAccepted => "zero_papier_accepted", MailboxesWithoutStructure => "mailboxes_without_structure",
    Professionals => "professionals", ProfessionalsEquipped => "professionals_equipped",
    Structures => "structures", StructuresWithOrg => "structures_with_org", Operators => "operators", Domains => "domains",
    AgeOfRppsDays => "age_of_rpps_days", AgeOfMailboxesDays => "age_of_mailboxes_days",
    AgeOfListeBlancheDays => "age_of_liste_blanche_days", MailboxesListeRouge => "mailboxes_liste_rouge",
    MailboxesSuspended => "mailboxes_suspended", MailboxesUnopened => "mailboxes_unopened", MailboxesTest => "mailboxes_test",
    MailboxesHolderLeft => "mailboxes_holder_left", RowsRejected => "rows_rejected",
    MessagesSent => "messages_sent", MessagesReceived => "messages_received", BytesSent => "bytes_sent",
    BytesReceived => "bytes_received", MailboxesSending => "mailboxes_sending", MailboxesReceiving => "mailboxes_receiving",
});

impl Measure {
    /// Counts people, mailboxes or rows: few of them are hidden. The age of a file is no count.
    #[must_use]
    pub fn is_count(self) -> bool {
        !matches!(self, Self::AgeOfRppsDays | Self::AgeOfMailboxesDays | Self::AgeOfListeBlancheDays)
    }
}

/// One place of a table: a cut and a key within it; the key of the nation is empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    pub cut: Cut,
    pub key: String,
}

impl Cell {
    #[must_use]
    pub fn new(cut: Cut, key: impl Into<String>) -> Self {
        Self { cut, key: key.into() }
    }

    #[must_use]
    pub fn nation() -> Self {
        Self::new(Cut::National, "")
    }
}

/// Operators in force by the domains they have.
pub type Operators = BTreeMap<String, Vec<String>>;

/// The cells an entry is counted in, each once: of several professions, places or operators in each of them.
pub(super) fn of(view: &View, operators: &Operators) -> BTreeSet<Cell> {
    let mut cells = BTreeSet::from([Cell::nation()]);
    for practice in view.practices() {
        if let Some(profession) = practice.profession {
            cells.insert(Cell::new(Cut::Profession, &*profession.code));
            let specialties = practice.specialties.iter().map(|s| Cell::new(Cut::Specialty, format!("{}:{}", profession.code, s.code)));
            cells.extend(specialties);
        }
        let department = practice.organization.and_then(|place| place.department.as_ref());
        if let Some(department) = department.and_then(|department| territory::department(&department.code)) {
            cells.insert(Cell::new(Cut::Department, department.code));
            cells.insert(Cell::new(Cut::Region, department.region));
        }
    }
    if let View::Mailbox(mailbox) = view {
        cells.insert(Cell::new(Cut::Type, mailbox.mailbox.kind.code()));
        if let Some((_, domain)) = mailbox.mailbox.address.split_once('@') {
            cells.insert(Cell::new(Cut::Domain, domain));
            cells.extend(operators.get(domain).into_iter().flatten().map(|operator| Cell::new(Cut::Operator, operator)));
        }
    }
    cells
}
