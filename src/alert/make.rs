//! Making a list, or only counting it. The walk runs on a thread of its own, so that neither its files nor its work hold up a search, and
//! goes to its end when the client has left meanwhile: the list is then among those kept.

use super::ceiling::{Confirmation, DRAWN_WITHIN, needed};
use super::coverage::{Counts, Coverage, Group, Unplaced};
use super::criteria::{Criteria, check, unknown_places};
use super::files::{self, Digests, Spool};
use super::folder::Making;
use super::kept::{Alert, Asked, Kept};
use super::request::AlertRequest;
use super::rows::Line;
use super::walk::{Lines, Walk, Walked};
use super::{AlertState, Alerts};
use crate::error::{Error, Kind, Result};
use crate::store::{Actor, AlertDrawn, AlertReading, AlertRow, AuditEntry};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use utoipa::ToSchema;

/// Between two looks at an import that is being applied.
const LOOK: Duration = Duration::from_millis(250);

/// What a list would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// Lines: addresses.
    pub recipients: u64,
    /// A second account of the role would have to confirm.
    pub confirmation_required: bool,
    /// Why; lists of the reference are counted when it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// Matching professionals, and how they would be reached.
    pub total: Counts,
    pub by_profession: Vec<Group>,
    pub by_department: Vec<Group>,
    /// Beside the total; only when places were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unplaced: Option<Unplaced>,
}

impl Alerts {
    /// Counts. Nothing is kept but the entry in the journal. `now` in UTC seconds.
    pub async fn preview(&self, request: AlertRequest, actor: &Actor, now: i64) -> Result<Preview> {
        let request = request.canonical();
        request.readable()?;
        let (alerts, actor) = (self.clone(), actor.clone());
        let turn = self.turns.take(&actor.name)?;
        apart(move || async move {
            let _turn = turn;
            let (walked, _) = alerts.walk(&request, |_| Ok(())).await?;
            let counts = json!({ "asked": Asked::of(&request), "recipients": walked.recipients, "people": walked.coverage.total.people });
            alerts.journal.append(&actor.entry("alert.preview", "", counts, now)).await?;
            let drawn = alerts.store.alert_drawn(&actor.name, &request.reference, now.saturating_sub(DRAWN_WITHIN)).await?;
            let confirmation = needed(walked.recipients, &actor.name, drawn, alerts.policy.confirm_above);
            Ok(Preview {
                recipients: walked.recipients,
                confirmation_required: confirmation.is_some(),
                confirmation,
                unplaced: walked.coverage.unplaced,
                total: walked.coverage.total,
                by_profession: walked.coverage.by_profession(),
                by_department: walked.coverage.by_department(),
            })
        })
        .await
    }

    /// Makes a list: when this returns it is on the disk, whole, with its row and its entry in the journal. `entropy`: fresh random
    /// bytes, its id; `now` in UTC seconds, to which the time is added that an import was waited for.
    ///
    /// # Errors
    /// `missing_reason`, `invalid_reason`, `unknown_code`, `too_many_values`; `alert_under_way`, `alerts_busy`; `import_under_way` when an
    /// import is still being applied after three minutes; `storage` when the files cannot be written, `storage_full` when there is no room for them.
    pub async fn create(&self, request: AlertRequest, actor: &Actor, entropy: [u8; 16], now: i64) -> Result<Alert> {
        let request = request.canonical();
        request.justified()?;
        let id: String = entropy.iter().map(|byte| format!("{byte:02x}")).collect();
        let (alerts, actor) = (self.clone(), actor.clone());
        let turn = self.turns.take(&actor.name)?;
        apart(move || async move {
            let _turn = turn;
            alerts.make(&request, &actor, &id, now).await
        })
        .await
    }

    async fn make(&self, request: &AlertRequest, actor: &Actor, id: &str, now: i64) -> Result<Alert> {
        let mut making = Making::begin(&self.root, id)?;
        let folder = making.path().to_owned();
        let mut spool = Spool::create(&folder)?;
        let (walked, waited) = self.walk(request, |line| spool.push(&line, &folder)).await?;
        let created_at = now.saturating_add_unsigned(waited.as_secs());
        let Walked { recipients, coverage, shared } = walked;
        let digests = files::write(&folder, spool, request, id, created_at, recipients, &shared)?;
        making.place(&self.root, id)?;
        let row = row(request, actor, id, (recipients, coverage.total.people), created_at, &digests, &coverage)?;
        let settled = |row: AlertRow, drawn| self.settled(row, drawn, request, actor, &digests);
        let row = self.store.add_alert(row, created_at.saturating_sub(DRAWN_WITHIN), settled).await?;
        making.keep();
        Alert::of(&row)
    }

    /// Where a list stands when it is known what was drawn before it, and what the journal says of it.
    fn settled(
        &self,
        row: AlertRow,
        drawn: AlertDrawn,
        request: &AlertRequest,
        actor: &Actor,
        digests: &Digests,
    ) -> Result<(AlertRow, AuditEntry)> {
        let confirmation = needed(row.recipients.unsigned_abs(), &actor.name, drawn, self.policy.confirm_above);
        let state = if confirmation.is_some() { AlertState::AwaitingConfirmation } else { AlertState::Ready };
        let detail = json!({
            "asked": Asked::of(request),
            "reason": request.reason,
            "reference": request.reference,
            "recipients": row.recipients,
            "people": row.people,
            "sha256": digests,
            "state": state.code(),
            "because": confirmation.as_ref().map(|confirmation| confirmation.because),
        });
        let entry = actor.entry("alert.create", &row.id, detail, row.created_at);
        Ok((AlertRow { state, asked: Kept::of(request, confirmation).encode()?, ..row }, entry))
    }

    /// Everybody, at one moment of the store; and how long that moment was waited for.
    async fn walk(&self, request: &AlertRequest, mut line: impl FnMut(Line) -> Result<()> + Send) -> Result<(Walked, Duration)> {
        let labels = self.store.labels().await?;
        check(&request.filter, &labels)?;
        let (mut reading, waited) = self.reading().await?;
        let named = reading.named(&request.filter.structures).await?;
        let criteria = Criteria::new(&request.filter, &named)?;
        let (communes, postal_codes) = (&request.filter.communes, &request.filter.postal_codes);
        let places = reading.known_places(communes, postal_codes).await?;
        unknown_places(&request.filter, &places)?;
        reading.narrow(criteria.scope()).await?;
        let walk = Walk {
            criteria,
            choice: request.choice,
            fallback_org: request.fallback_org,
            liste_rouge: self.policy.liste_rouge,
            columns: &request.columns,
            labels: &labels,
        };
        let lines: Lines<'_> = &mut line;
        Ok((walk.run(&mut reading, lines).await?, waited))
    }

    /// A reading that stands before or after each import, never within.
    async fn reading(&self) -> Result<(AlertReading, Duration)> {
        let begun = Instant::now();
        loop {
            if let Some(reading) = self.store.alert_reading().await? {
                return Ok((reading, begun.elapsed()));
            }
            if begun.elapsed() >= self.patience {
                let message = "un import est en cours d'application : réessayez dans quelques minutes";
                return Err(Error::new(Kind::Busy, "import_under_way", message));
            }
            tokio::time::sleep(LOOK.min(self.patience)).await;
        }
    }
}

/// What is kept of a list, before it is known where it stands.
fn row(
    request: &AlertRequest,
    actor: &Actor,
    id: &str,
    (recipients, people): (u64, u64),
    created_at: i64,
    digests: &Digests,
    coverage: &Coverage,
) -> Result<AlertRow> {
    let failed = |error: serde_json::Error| Error::internal("a list as JSON", error);
    Ok(AlertRow {
        id: id.to_owned(),
        state: AlertState::AwaitingConfirmation,
        actor: actor.name.clone(),
        reason: request.reason.clone(),
        reference: request.reference.clone(),
        asked: String::new(),
        recipients: i64::try_from(recipients).unwrap_or(i64::MAX),
        people: i64::try_from(people).unwrap_or(i64::MAX),
        coverage: serde_json::to_string(coverage).map_err(failed)?,
        digests: serde_json::to_string(digests).map_err(failed)?,
        created_at,
        confirmed_by: None,
        confirmed_at: None,
        deleted_at: None,
    })
}

/// Runs on a thread of its own, to its end.
async fn apart<T: Send + 'static, F: Future<Output = Result<T>>>(work: impl FnOnce() -> F + Send + 'static) -> Result<T> {
    let runtime = Handle::current();
    let done = tokio::task::spawn_blocking(move || runtime.block_on(work()));
    done.await.map_err(|error| Error::internal("a list could not be made", error))?
}
