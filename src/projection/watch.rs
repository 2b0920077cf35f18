//! The watch beside the projection: whoever projects may hang in a merge or a read, and would then see no withdrawal to tell the gate of.
//! The watch looks at the store by itself and starts the gate's count (semantics: "Never stale in the wrong direction"). It runs on the
//! listeners' runtime, not on the projection's thread.

use super::pause;
use crate::index::Gate;
use crate::index::gate::ALARM_AFTER;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_millis(500);

/// Watches until cancelled. Only ever says that a withdrawal waits: the projection says that none does.
pub async fn watch(store: Store, gate: Arc<Gate>, cancel: CancellationToken) {
    while !cancel.is_cancelled() {
        match store.withdrawals_after(gate.withdrawn_through()).await {
            Ok(None) => {}
            // Applied while the store was asked.
            Ok(Some((last, _))) if last <= gate.withdrawn_through() => {}
            // What cannot be read may be a withdrawal.
            Ok(Some(_)) | Err(_) => gate.set_pending(true),
        }
        tell(&gate);
        pause(&cancel, EVERY).await;
    }
}

/// Metrics, and the alarm while doors are open that should not stay so.
fn tell(gate: &Gate) {
    let waiting = gate.waiting();
    metrics::gauge!("annuaire_withdrawal_waiting_seconds").set(waiting.as_secs_f64());
    if waiting > ALARM_AFTER && gate.is_open() {
        metrics::counter!("annuaire_withdrawal_late_total").increment(1);
        tracing::error!(seconds = waiting.as_secs(), "a withdrawal is not in the index yet");
    }
}
