//! `annuaire search`: the questions of `/v1/search` from the terminal, over the data folder, with or without a server beside it.
//!
//! It passes the same gate as a door: the index answers only when no withdrawal of the store is missing from it. With no server the
//! command takes the index lock and catches up first; beside one it reads the generation that server keeps.

use super::exit::Exit;
use super::{Context, account::AudienceName, say_json, search_output};
use crate::directory::{Caller, Criteria, Directory, Governor, MAX_PAGE, Matching, Order, Query, ZeroPapierFilter};
use crate::error::{Error, Kind as ErrorKind};
use crate::index::{self, Reader};
use crate::model::{Kind, MailboxType};
use crate::projection::{Doors, Projector};
use crate::store::{DataDir, Store};
use clap::ValueEnum;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Names, profession, specialty, town, organization: each word by its beginning
    words: Vec<String>,
    /// Kinds of entry: professionals and structures unless said otherwise
    #[arg(long, value_enum)]
    kind: Vec<KindName>,
    /// Entries printed at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Whose view
    #[arg(long, value_enum, default_value_t = AudienceName::Public)]
    audience: AudienceName,
    /// Family or usage name
    #[arg(long)]
    name: Option<String>,
    #[arg(long)]
    given: Option<String>,
    /// Code or label
    #[arg(long)]
    profession: Option<String>,
    /// Code or label of a savoir-faire
    #[arg(long)]
    specialty: Option<String>,
    #[arg(long)]
    city: Option<String>,
    #[arg(long)]
    postal_code: Option<String>,
    /// Code or name
    #[arg(long)]
    department: Option<String>,
    /// Words of the name, or an id
    #[arg(long)]
    organization: Option<String>,
    /// RPPS, ADELI, FINESS, SIRET
    #[arg(long)]
    identifier: Option<String>,
    /// Whole address, or @domain
    #[arg(long)]
    address: Option<String>,
    /// PER, ORG, APP or CAB
    #[arg(long, value_parser = mailbox_type)]
    mailbox_type: Option<MailboxType>,
    #[arg(long, value_enum)]
    zero_papier: Option<ZeroPapierName>,
    #[arg(long)]
    has_mailbox: Option<bool>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindName {
    Mailbox,
    Professional,
    Structure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ZeroPapierName {
    Accepted,
    Refused,
    NotStated,
}

fn mailbox_type(text: &str) -> Result<MailboxType, String> {
    MailboxType::parse(text).ok_or_else(|| "one of PER, ORG, APP, CAB".to_owned())
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let (data, store) = context.store().await?;
    let deadline = Duration::from_millis(context.settings.search.deadline_ms);
    let (audience, json) = (args.audience.into(), args.json);
    let query = query(args);
    let door = Door::open(&data, &store).await?;
    let answer = door.directory.search(&Caller::local(audience), query, deadline).await?;
    let found = !answer.hits.is_empty();
    if json {
        say_json(&search_output::json(&answer)?)?;
    } else {
        search_output::print(&answer)?;
    }
    Ok(if found { Exit::Ok } else { Exit::NothingFound })
}

fn query(args: Args) -> Query {
    let kinds = if args.kind.is_empty() {
        vec![Kind::Professional, Kind::Structure]
    } else {
        let kind = |name| match name {
            KindName::Mailbox => Kind::Mailbox,
            KindName::Professional => Kind::Professional,
            KindName::Structure => Kind::Structure,
        };
        args.kind.into_iter().map(kind).collect()
    };
    let criteria = Criteria {
        q: (!args.words.is_empty()).then(|| args.words.join(" ")),
        name: args.name,
        given: args.given,
        profession: args.profession,
        specialty: args.specialty,
        city: args.city,
        postal_code: args.postal_code,
        department: args.department,
        organization: args.organization,
        identifier: args.identifier,
        address: args.address,
        mailbox_type: args.mailbox_type,
        zero_papier: args.zero_papier.map(|wanted| match wanted {
            ZeroPapierName::Accepted => ZeroPapierFilter::Accepted,
            ZeroPapierName::Refused => ZeroPapierFilter::Refused,
            ZeroPapierName::NotStated => ZeroPapierFilter::NotStated,
        }),
        has_mailbox: args.has_mailbox,
        known_names: Vec::new(),
    };
    let limit = usize::from(args.limit).min(MAX_PAGE);
    Query { kinds, matching: Matching::Criteria(criteria), order: Order::Rank, limit, after: None, count: true, facets: false }
}

/// How long a search waits for the server beside it to apply a withdrawal.
const WITHDRAWN_WITHIN: Duration = Duration::from_secs(60);

/// The door of this command; holds the index lock while it is open, unless a server has it.
pub(super) struct Door {
    pub directory: Directory,
    _lock: Option<Projector>,
}

impl Door {
    pub async fn open(data: &DataDir, store: &Store) -> crate::error::Result<Self> {
        // Whoever may read the data folder is not limited: see `Source::Local`.
        let governor = Governor::default();
        let doors = Doors::default();
        match Projector::open(store.clone(), data.clone(), doors.clone()).await {
            Ok(mut projector) => {
                projector.catch_up().await?;
                Ok(Self { directory: Directory::new(doors.reader, doors.gate, store.cursor_key(), governor), _lock: Some(projector) })
            }
            Err(error) if error.kind() == ErrorKind::Conflict => {
                caught_up(data, store).await?;
                let reader = Reader::beside(&data.index(), store.store_id())?;
                doors.gate.open();
                Ok(Self { directory: Directory::new(reader, doors.gate, store.cursor_key(), governor), _lock: None })
            }
            Err(error) => Err(error),
        }
    }
}

impl Door {
    /// The same once everything that the store holds by now is to be found, for what is made of all of it.
    pub async fn of_now(data: &DataDir, store: &Store) -> crate::error::Result<Self> {
        crate::projection::make_searchable(store, data, &|| ()).await?;
        Self::open(data, store).await
    }
}

/// Waits until no withdrawal of the store is missing from the index on disk.
async fn caught_up(data: &DataDir, store: &Store) -> crate::error::Result<()> {
    let waited = async {
        loop {
            if let Some(committed) = index::committed_on_disk(&data.index())?
                && store.withdrawals_after(committed.seq).await?.is_none()
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let late = |_| Err(Error::unavailable("the running server has not applied the last withdrawals yet; try again"));
    tokio::time::timeout(WITHDRAWN_WITHIN, waited).await.unwrap_or_else(late)
}
