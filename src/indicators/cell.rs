//! What a figure counts and by what it is cut: the closed lists that tables, answers and docs share.

use super::answer::Scope;
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
    /// Questions by the door they came to.
    Interface,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    Mailboxes,
    MailboxesCreated,
    MailboxesGone,
    /// There the day before as well, and shown differently.
    MailboxesChanged,
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
    /// Since an operator last sent something itself.
    AgeOfFeedDays,
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
    /// Answered by a door in a day.
    Questions,
    QuestionsEmpty,
    /// Microseconds that so many of a hundred answers took at most.
    LatencyP50,
    LatencyP95,
    LatencyP99,
}

/// What is counted together, at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A day's stock and movements.
    Directory,
    /// A day's questions, once it is over.
    Consultation,
    /// A month's messages.
    Exchanges,
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
    Interface => "interface",
});
words!(Measure {
    Mailboxes => "mailboxes", MailboxesCreated => "mailboxes_created", MailboxesGone => "mailboxes_gone",
    MailboxesChanged => "mailboxes_changed",
    ZeroPapierAccepted => "zero_papier_accepted", MailboxesWithoutStructure => "mailboxes_without_structure",
    Professionals => "professionals", ProfessionalsEquipped => "professionals_equipped",
    Structures => "structures", StructuresWithOrg => "structures_with_org", Operators => "operators", Domains => "domains",
    AgeOfRppsDays => "age_of_rpps_days", AgeOfMailboxesDays => "age_of_mailboxes_days",
    AgeOfListeBlancheDays => "age_of_liste_blanche_days", AgeOfFeedDays => "age_of_feed_days", MailboxesListeRouge => "mailboxes_liste_rouge",
    MailboxesSuspended => "mailboxes_suspended", MailboxesUnopened => "mailboxes_unopened", MailboxesTest => "mailboxes_test",
    MailboxesHolderLeft => "mailboxes_holder_left", RowsRejected => "rows_rejected",
    MessagesSent => "messages_sent", MessagesReceived => "messages_received", BytesSent => "bytes_sent",
    BytesReceived => "bytes_received", MailboxesSending => "mailboxes_sending", MailboxesReceiving => "mailboxes_receiving",
    Questions => "questions", QuestionsEmpty => "questions_empty", LatencyP50 => "latency_p50_us", LatencyP95 => "latency_p95_us",
    LatencyP99 => "latency_p99_us",
});
words!(Part { Directory => "directory", Consultation => "consultation", Exchanges => "exchanges", });

impl Measure {
    /// Counts people, mailboxes, questions or rows: few of them are hidden. An age or a duration is no count.
    #[must_use]
    pub fn is_count(self) -> bool {
        use Measure::{AgeOfFeedDays, AgeOfListeBlancheDays, AgeOfMailboxesDays, AgeOfRppsDays, LatencyP50, LatencyP95, LatencyP99};
        !matches!(self, AgeOfRppsDays | AgeOfMailboxesDays | AgeOfListeBlancheDays | AgeOfFeedDays | LatencyP50 | LatencyP95 | LatencyP99)
    }

    #[must_use]
    pub fn part(self) -> Part {
        use Measure::{BytesReceived, BytesSent, MailboxesReceiving, MailboxesSending, MessagesReceived, MessagesSent};
        use Measure::{LatencyP50, LatencyP95, LatencyP99, Questions, QuestionsEmpty};
        match self {
            Questions | QuestionsEmpty | LatencyP50 | LatencyP95 | LatencyP99 => Part::Consultation,
            MessagesSent | MessagesReceived | BytesSent | BytesReceived | MailboxesSending | MailboxesReceiving => Part::Exchanges,
            _ => Part::Directory,
        }
    }

    /// Is it ever told in this scope?
    #[must_use]
    pub fn is_in(self, scope: Scope) -> bool {
        use Measure::{AgeOfFeedDays, MailboxesHolderLeft, MailboxesListeRouge, MailboxesSuspended, MailboxesTest};
        use Measure::{Domains, Mailboxes, MailboxesUnopened, Operators, RowsRejected, ZeroPapierAccepted};
        match self {
            Mailboxes | ZeroPapierAccepted | Operators | Domains => true,
            AgeOfFeedDays | MailboxesListeRouge | MailboxesSuspended | MailboxesUnopened | MailboxesTest | MailboxesHolderLeft
            | RowsRejected => scope == Scope::Full,
            _ => self.part() == Part::Exchanges || scope == Scope::Public,
        }
    }
}

impl Cut {
    /// Is anything ever told by it in this scope?
    #[must_use]
    pub fn is_in(self, scope: Scope) -> bool {
        match self {
            Self::National | Self::Region | Self::Operator => true,
            Self::State | Self::Reason => scope == Scope::Full,
            Self::Type | Self::Profession | Self::Specialty | Self::Department | Self::Domain | Self::Interface => scope == Scope::Public,
        }
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
