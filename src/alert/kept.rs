//! Lists that were made: shown, confirmed by a second person, given out, and ended after their time.

use super::ceiling::Confirmation;
use super::files::{Digests, Format};
use super::request::{AlertFilter, AlertRequest, Choice};
use super::rows::Column;
use super::{Alerts, CONFIRMABLE, Coverage, KEPT, folder};
use crate::error::{Error, Kind, Result, STORAGE_FULL, at_path};
use crate::store::{Actor, AlertRow, AlertState, AuditEntry};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use utoipa::ToSchema;

/// How often what has had its time is looked for.
const SWEEP: Duration = Duration::from_secs(3_600);

/// What was asked, as it is kept and journaled: without reason and reference, which have places of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct Asked {
    filter: AlertFilter,
    choice: Choice,
    fallback_org: bool,
    columns: Vec<Column>,
}

impl Asked {
    pub(super) fn of(request: &AlertRequest) -> Self {
        let AlertRequest { filter, choice, fallback_org, columns, .. } = request.clone();
        Self { filter, choice, fallback_org, columns }
    }
}

/// The same with what was found when the list was made.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    #[serde(flatten)]
    asked: Asked,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmation: Option<Confirmation>,
}

impl Kept {
    pub(super) fn of(request: &AlertRequest, confirmation: Option<Confirmation>) -> Self {
        Self { asked: Asked::of(request), confirmation }
    }

    pub(super) fn encode(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::internal("a list as JSON", error))
    }
}

/// A list, without its addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    pub id: String,
    pub state: AlertState,
    /// Account that asked.
    pub actor: String,
    pub reason: String,
    pub reference: String,
    pub filter: AlertFilter,
    pub choice: Choice,
    pub fallback_org: bool,
    pub columns: Vec<Column>,
    /// Lines.
    pub recipients: u64,
    /// Matching professionals.
    pub people: u64,
    /// SHA-256 of the lines behind the first one, by format.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub sha256: Digests,
    /// UTC seconds.
    pub created_at: i64,
    /// Why a second person had to agree; nothing for a list that one may decide on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    pub confirmed_by: Option<String>,
    pub confirmed_at: Option<i64>,
    /// When its files go, or went.
    pub deleted_at: i64,
}

impl Alert {
    pub(super) fn of(row: &AlertRow) -> Result<Self> {
        let failed = |error: serde_json::Error| Error::internal("a list as it was kept", error);
        let Kept { asked, confirmation } = serde_json::from_str(&row.asked).map_err(failed)?;
        let Asked { filter, choice, fallback_org, columns } = asked;
        let kept = if row.state == AlertState::AwaitingConfirmation { CONFIRMABLE } else { KEPT };
        Ok(Self {
            id: row.id.clone(),
            state: row.state,
            actor: row.actor.clone(),
            reason: row.reason.clone(),
            reference: row.reference.clone(),
            filter,
            choice,
            fallback_org,
            columns,
            recipients: row.recipients.unsigned_abs(),
            people: row.people.unsigned_abs(),
            sha256: serde_json::from_str(&row.digests).map_err(failed)?,
            created_at: row.created_at,
            confirmation,
            confirmed_by: row.confirmed_by.clone(),
            confirmed_at: row.confirmed_at,
            deleted_at: row.deleted_at.unwrap_or(row.created_at.saturating_add(kept)),
        })
    }
}

/// A file of a list that may be read; where it lies is told with [`Alerts::give`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertFile {
    alert: Alert,
    path: PathBuf,
    /// Bytes.
    pub length: u64,
    /// Names its bytes.
    pub tag: String,
    pub name: String,
    pub format: Format,
}

/// The coverage of a list, with the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    pub alert: Alert,
    pub coverage: Coverage,
}

fn unknown() -> Error {
    Error::not_found("aucune liste n'a cet identifiant")
}

fn deleted() -> Error {
    Error::new(Kind::Gone, "alert_deleted", "la liste n'est plus conservée : demandez-en une nouvelle")
}

/// May this account confirm this list now?
fn confirmable(row: &AlertRow, actor: &Actor, now: i64) -> Result<()> {
    match row.state {
        AlertState::Deleted => Err(deleted()),
        AlertState::Ready => Err(Error::new(Kind::Conflict, "nothing_to_confirm", "la liste n'attend pas de confirmation")),
        AlertState::AwaitingConfirmation if row.created_at.saturating_add(CONFIRMABLE) <= now => Err(Error::new(
            Kind::Gone,
            "confirmation_expired",
            "la liste devait être confirmée dans les 24 heures : demandez-en une nouvelle",
        )),
        AlertState::AwaitingConfirmation if row.actor == actor.name => {
            let message = "la liste doit être confirmée par une autre personne : un second compte de l'autorité sanitaire";
            Err(Error::new(Kind::Forbidden, "second_person_required", message))
        }
        AlertState::AwaitingConfirmation => Ok(()),
    }
}

impl Alerts {
    /// The newest first, of all accounts of the role.
    pub async fn list(&self, limit: u32) -> Result<Vec<Alert>> {
        self.store.alerts(limit).await?.iter().map(Alert::of).collect()
    }

    /// Errors: `not_found`.
    pub async fn get(&self, id: &str) -> Result<Alert> {
        Alert::of(&self.store.alert(id).await?.ok_or_else(unknown)?)
    }

    /// The second person agrees. Errors: `second_person_required`, `nothing_to_confirm`, `confirmation_expired`, `alert_deleted`, `not_found`.
    pub async fn confirm(&self, id: &str, actor: &Actor, now: i64) -> Result<Alert> {
        let Alert { filter, recipients, sha256, reference, .. } = self.get(id).await?;
        let detail = json!({ "filter": filter, "recipients": recipients, "sha256": sha256, "reference": reference });
        let entry = actor.entry("alert.confirm", id, detail, now);
        let confirmed = self.store.confirm_alert(id, &entry, |row| confirmable(row, actor, now)).await?;
        Alert::of(&confirmed.ok_or_else(unknown)?)
    }

    /// The file of a form, if it may be read. Errors: `confirmation_awaited`, `alert_deleted`, `not_found`.
    pub async fn file(&self, id: &str, format: Format, now: i64) -> Result<AlertFile> {
        let alert = self.get(id).await?;
        match alert.state {
            AlertState::Ready if now < alert.deleted_at => {}
            AlertState::AwaitingConfirmation => {
                let why = alert.confirmation.map(|confirmation| format!(" ({})", confirmation.message)).unwrap_or_default();
                let message = format!("la liste attend la confirmation d'une seconde personne{why}");
                return Err(Error::new(Kind::Conflict, "confirmation_awaited", message));
            }
            AlertState::Ready | AlertState::Deleted => return Err(deleted()),
        }
        let path = self.root.join(id).join(format.file());
        let length = match std::fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(deleted()),
            Err(error) => return Err(at_path(&path)(error)),
        };
        let digest = alert.sha256.get(&format).map(String::as_str).unwrap_or_default();
        // The first line of each list holds its id.
        let tag = format!("{id}-{}", digest.get(..32).unwrap_or(digest));
        let name = format!("alerte-{}.{}", id.get(..8).unwrap_or(id), format.name());
        Ok(AlertFile { alert, path, length, tag, name, format })
    }

    /// Where the file lies, once the journal has who is given which bytes of it: all of them, a range, or none, when its tag and its length
    /// alone are told. Errors: `storage_full` when the journal cannot be written, and nothing may be given then.
    pub async fn give(&self, file: &AlertFile, bytes: Option<RangeInclusive<u64>>, actor: &Actor, now: i64) -> Result<PathBuf> {
        let alert = &file.alert;
        let mut detail = json!({
            "format": file.format.name(),
            "filter": alert.filter,
            "recipients": alert.recipients,
            "sha256": alert.sha256.get(&file.format),
            "reference": alert.reference,
        });
        let act = if bytes.is_some() { "alert.download" } else { "alert.look" };
        if let (Some(bytes), Value::Object(detail)) = (bytes, &mut detail) {
            let part = *bytes.start() > 0 || bytes.end().saturating_add(1) < file.length;
            detail.insert("part".to_owned(), part.into());
            if part {
                detail.insert("bytes".to_owned(), json!([bytes.start(), bytes.end()]));
            }
        }
        self.noted(&actor.entry(act, &alert.id, detail, now)).await?;
        Ok(file.path.clone())
    }

    /// Nothing is given out that the journal does not have.
    async fn noted(&self, entry: &AuditEntry) -> Result<()> {
        self.journal.append(entry).await.map_err(|error| {
            if error.code() != STORAGE_FULL {
                return error;
            }
            let message = "le disque est plein : la consultation ne peut pas être inscrite au journal, et rien n'est donné sans trace. \
                Prévenez l'administrateur, puis réessayez : la liste est intacte";
            Error::new(Kind::Unavailable, STORAGE_FULL, message).with_source(error)
        })
    }

    /// Whom the list does not reach; also before it is confirmed, for whoever is to decide. Errors: `alert_deleted`, `not_found`.
    pub async fn report(&self, id: &str, actor: &Actor, now: i64) -> Result<Report> {
        let row = self.store.alert(id).await?.ok_or_else(unknown)?;
        let alert = Alert::of(&row)?;
        if row.state == AlertState::Deleted || alert.deleted_at <= now {
            return Err(deleted());
        }
        let coverage = serde_json::from_str(&row.coverage).map_err(|error| Error::internal("a report as it was kept", error))?;
        let detail = json!({ "filter": alert.filter, "people": alert.people, "reference": alert.reference });
        self.noted(&actor.entry("alert.coverage", id, detail, now)).await?;
        Ok(Report { alert, coverage })
    }

    /// Ends what has had its time and removes what a crash left. Returns how many lists ended.
    pub async fn sweep(&self, now: i64) -> Result<u64> {
        let ended = self.store.expire_alerts(now.saturating_sub(KEPT), now.saturating_sub(CONFIRMABLE), now).await?;
        for (path, id) in folder::all(&self.root)? {
            let ended = match self.state(&id).await? {
                Some(state) => state == AlertState::Deleted,
                // Asked again once nobody makes it: its row may have come in between.
                None => folder::abandoned(&path) && self.state(&id).await?.is_none(),
            };
            if ended {
                folder::remove(&path)?;
            }
        }
        Ok(ended)
    }

    async fn state(&self, id: &str) -> Result<Option<AlertState>> {
        Ok(self.store.alert(id).await?.map(|row| row.state))
    }

    /// [`Alerts::sweep`], now and every hour, until stopped.
    pub async fn keep(&self, now: impl Fn() -> i64 + Send, stopped: impl Future<Output = ()> + Send) {
        let mut stopped = std::pin::pin!(stopped);
        loop {
            if let Err(error) = self.sweep(now()).await {
                tracing::warn!(error = %error.chain(), "lists that had their time could not be removed, trying again in an hour");
            }
            tokio::select! {
                () = &mut stopped => return,
                () = tokio::time::sleep(SWEEP) => {}
            }
        }
    }
}
