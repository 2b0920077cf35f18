//! What operators deposit of the messages exchanged (reference §8, point 11; seed rule S62): read line by line, refused whole when a line is
//! wrong, so that a deposit that is sent again counts once.

use super::cell::{Measure, Operators};
use super::hide::Told;
use super::keep::exchanges_from;
use super::tally::Counts;
use crate::error::{Error, Kind, Result};
use crate::model::{Address, Operator};
use crate::store::exchanges::{Deposited, Exchange, ExchangeDeposit};
use crate::store::{Actor, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};

/// Lines of one deposit.
pub const MOST_LINES: usize = 200_000;
/// Longest line, bytes.
const LONGEST_LINE: usize = 4_096;
/// Largest message, bytes: more is no message.
const LARGEST: i64 = 1 << 40;
/// A clock may be ahead so much, seconds.
const AHEAD: i64 = 3_600;

/// What a deposit is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    JsonLines,
    Csv,
}

/// What became of a deposit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Receipt {
    /// Lines taken, now or when it came first.
    pub lines: i64,
    /// It was there already, and counts once.
    pub repeated: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    address: String,
    at: String,
    direction: String,
    size: i64,
}

/// Takes deposits of operators.
#[derive(Clone, Debug)]
pub struct Exchanges {
    store: Store,
}

impl Exchanges {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Takes a deposit of an operator that may publish. `key`: its Idempotency-Key; without one the same bytes count once.
    /// Errors name line and field: `MSS-001` what cannot be read, `MSS-052` an address that is not the operator's own, `MSS-070` too many
    /// lines or too old; `MSS-003` an operator out of force; `idempotency_key_reused`.
    pub async fn deposit(
        &self,
        operator: &Operator,
        format: Format,
        body: &[u8],
        key: Option<String>,
        actor: &Actor,
        now: i64,
    ) -> Result<Receipt> {
        if !operator.state.publishes() {
            return Err(crate::trust::not_in_force(operator.state));
        }
        let digest: [u8; 32] = Sha256::digest(body).into();
        let exchanges = read(format, body, exchanges_from(now)?, now)?;
        let addresses: BTreeSet<&str> = exchanges.iter().map(|(_, exchange)| exchange.address.as_str()).collect();
        let addresses: Vec<String> = addresses.into_iter().map(str::to_owned).collect();
        let foreign: HashSet<String> = self.store.foreign_addresses(&operator.id, &addresses).await?.into_iter().collect();
        if let Some((line, _)) = exchanges.iter().find(|(_, exchange)| foreign.contains(&exchange.address)) {
            return Err(at_line(Kind::Unprocessable, "MSS-052", *line, "address", "vous ne publiez pas de boîte à cette adresse"));
        }
        let lines = i64::try_from(exchanges.len()).unwrap_or(i64::MAX);
        let key = key.unwrap_or_else(|| digest.iter().map(|byte| format!("{byte:02x}")).collect());
        let detail = serde_json::json!({ "lines": lines, "mailboxes": addresses.len() });
        let deposit = ExchangeDeposit {
            operator: operator.id.clone(),
            key,
            digest,
            exchanges: exchanges.into_iter().map(|(_, exchange)| exchange).collect(),
            now,
        };
        match self.store.deposit_exchanges(&deposit, &actor.entry("exchanges.deposit", &operator.id, detail, now)).await? {
            Deposited::Taken => Ok(Receipt { lines, repeated: false }),
            Deposited::Before(lines) => Ok(Receipt { lines, repeated: true }),
            Deposited::KeyReused => {
                let message = "cette clé d'idempotence a servi à un autre dépôt";
                Err(Error::new(Kind::Unprocessable, "idempotency_key_reused", message))
            }
        }
    }
}

fn at_line(kind: Kind, code: &'static str, line: u64, field: &str, message: &str) -> Error {
    let error = Error::new(kind, code, format!("ligne {line} : {message}"));
    if field.is_empty() { error } else { error.at_field(field) }
}

fn read(format: Format, body: &[u8], from: i64, now: i64) -> Result<Vec<(u64, Exchange)>> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut exchanges = Vec::new();
    let mut take = |number: u64, line: Result<Line>| {
        if exchanges.len() >= MOST_LINES {
            let message = format!("le dépôt dépasse {MOST_LINES} lignes : envoyez-le en plusieurs fois");
            return Err(Error::new(Kind::Unprocessable, "MSS-070", message));
        }
        exchanges.push((number, exchange(number, line?, from, now)?));
        Ok(())
    };
    match format {
        Format::JsonLines => {
            for (number, bytes) in (1..).zip(body.split(|byte| *byte == b'\n')) {
                let bytes = bytes.trim_ascii();
                if bytes.is_empty() {
                    continue;
                }
                let expected = "un objet JSON avec address, at, direction et size est attendu";
                let line = (bytes.len() <= LONGEST_LINE).then(|| serde_json::from_slice(bytes).ok()).flatten();
                take(number, line.ok_or_else(|| at_line(Kind::Invalid, "MSS-001", number, "", expected)))?;
            }
        }
        Format::Csv => {
            let head = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let delimiter = if head.contains(&b';') { b';' } else { b',' };
            let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(body);
            let expected = |position: Option<&csv::Position>| {
                let message = "les colonnes address, at, direction et size sont attendues";
                at_line(Kind::Invalid, "MSS-001", position.map_or(1, csv::Position::line), "", message)
            };
            let header = reader.headers().map_err(|_| expected(None))?.clone();
            for row in reader.records() {
                let row = row.map_err(|error| expected(error.position()))?;
                let line = row.deserialize::<Line>(Some(&header)).map_err(|_| expected(row.position()));
                take(row.position().map_or(1, csv::Position::line), line)?;
            }
        }
    }
    if exchanges.is_empty() {
        return Err(Error::new(Kind::Invalid, "MSS-001", "le dépôt ne contient aucune ligne"));
    }
    Ok(exchanges)
}

fn exchange(number: u64, line: Line, from: i64, now: i64) -> Result<Exchange> {
    let wrong = |field: &str, message: &str| at_line(Kind::Invalid, "MSS-001", number, field, message);
    let address = Address::parse(&line.address).map_err(|_| wrong("address", "adresse illisible"))?;
    let at = line.at.parse::<jiff::Timestamp>().map_err(|_| wrong("at", "une date RFC 3339 est attendue"))?.as_second();
    if at > now + AHEAD {
        return Err(wrong("at", "cette date est dans le futur"));
    }
    if at < from {
        let message = "seuls les échanges du mois en cours et des deux mois précédents sont pris";
        return Err(at_line(Kind::Unprocessable, "MSS-070", number, "at", message));
    }
    let sent = match line.direction.as_str() {
        "sent" => true,
        "received" => false,
        _ => return Err(wrong("direction", "sent ou received est attendu")),
    };
    if !(0..=LARGEST).contains(&line.size) {
        return Err(wrong("size", "une taille en octets est attendue"));
    }
    Ok(Exchange { address: address.into(), at, sent, bytes: line.size })
}

/// The figures of a month as they may be told: what a few mailboxes exchanged is hidden like their number.
pub(super) fn told_by_month(counts: Counts, operators: &Operators) -> Told {
    let mut told = Told::new();
    for (active, others) in [
        (Measure::MailboxesSending, [Measure::MessagesSent, Measure::BytesSent]),
        (Measure::MailboxesReceiving, [Measure::MessagesReceived, Measure::BytesReceived]),
    ] {
        let mailboxes: Counts = counts.iter().filter(|((_, m), _)| *m == active).map(|(name, n)| (name.clone(), *n)).collect();
        for ((cell, measure), value) in super::told(mailboxes, operators, None) {
            for other in others {
                let exchanged = counts.get(&(cell.clone(), other)).copied().unwrap_or_default();
                told.insert((cell.clone(), other), value.map(|_| exchanged));
            }
            told.insert((cell, measure), value);
        }
    }
    told
}
