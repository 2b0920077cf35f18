//! Assembly: the rooms put together into a running service. Used by `serve`, by `demo` and by the tests.
//!
//! Listeners start at once with the gate closed, so that a client hears "not ready" (LDAP 52, HTTP 503) and never a stale answer; the
//! projection, on its own thread, opens it. Without the index lock the doors stay closed and the lock is asked for again. An import
//! that was interrupted is finished beside the open doors, as any import is.

use crate::alert::Alerts;
use crate::audit::Journal;
use crate::directory::{Directory, Governor, View, Walked};
use crate::error::Result;
use crate::export::feed::Feed;
use crate::export::{Alongside, Boxed, Companion, Exports, Sink};
use crate::index::Gate;
use crate::indicators::{self, Exchanges, Indicators, Tally};
use crate::ldap::LdapService;
use crate::net::{self, Addresses, Server};
use crate::projection::{self, Doors};
use crate::publication::Publication;
use crate::rest::{self, LdapPorts, RestService};
use crate::settings::{IndicatorSettings, Settings};
use crate::store::{DataDir, Store};
use crate::trust::{Authenticator, Operators, Registry};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often histograms are folded into what `/metrics` shows.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// A running service: its addresses, its gate, and how to stop it.
pub struct Service {
    addresses: Addresses,
    directory: Directory,
    gate: Arc<Gate>,
    stop: CancellationToken,
    listeners: JoinHandle<Result<()>>,
    projection: thread::JoinHandle<()>,
    consultation: Consultation,
}

/// Brings what was asked to the store; stopped last, when nothing is asked any more.
struct Consultation {
    stop: CancellationToken,
    keeping: JoinHandle<()>,
}

impl Consultation {
    fn keep(indicators: Indicators) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let keeping = tokio::spawn(async move { indicators.keep_consultation(|| jiff::Timestamp::now().as_second(), stopped).await });
        Self { stop, keeping }
    }

    async fn end(self) {
        self.stop.cancel();
        let _ = self.keeping.await;
    }
}

impl Service {
    /// Binds the listeners (port 0 takes any free one), starts the projection, returns at once; the doors open by themselves.
    pub async fn start(data: &DataDir, store: &Store, settings: &Settings) -> Result<Self> {
        net::raise_descriptors(settings);
        let metrics = metrics();
        let doors = Doors::default();
        let gate = Arc::clone(&doors.gate);
        let governor = Governor::new(settings.limits.clone());
        let directory = Directory::new(doors.reader.clone(), Arc::clone(&gate), store.cursor_key(), governor.clone());
        let authenticator = Authenticator::new(store.clone(), governor);
        let publication = Publication::new(store.clone());
        let alerts = Alerts::new(store.clone(), data, &settings.alerts);
        if let Err(error) = alerts.announce().await {
            tracing::warn!(error = %error, "commands beside this server do not know its policy for alerts");
        }
        let indicators = Indicators::new(store.clone(), directory.clone(), data);
        let mut exports = Exports::new(data.clone(), store.clone(), directory.clone(), settings.exports.clone());
        if settings.indicators.daily {
            exports = exports.with_companion(companion(indicators.clone()));
        }
        let ldap_ports = LdapPorts::default();
        let router = rest::router(RestService {
            directory: directory.clone(),
            authenticator: authenticator.clone(),
            publication: publication.clone(),
            operators: Operators::new(store.clone()),
            registry: Registry::new(store.clone()),
            journal: Journal::new(store.clone()),
            alerts: alerts.clone(),
            feed: Feed::new(store.clone(), directory.clone()),
            indicators: indicators.clone(),
            exchanges: Exchanges::new(store.clone()),
            exports: exports.clone(),
            settings: settings.clone(),
            ldap_ports: ldap_ports.clone(),
            metrics: metrics.clone(),
        });
        let ldap = LdapService { directory: directory.clone(), authenticator, settings: settings.clone() };
        let server = Server::bind(settings, ldap, router).await?;
        let addresses = server.addresses();
        ldap_ports.bound(addresses.ldap.port(), addresses.ldaps.map(|ldaps| ldaps.port()));
        let stop = CancellationToken::new();
        let projection = projection::spawn(store.clone(), data.clone(), doors, stop.clone())?;
        tokio::spawn(projection::watch(store.clone(), Arc::clone(&gate), stop.clone()));
        let listeners = tokio::spawn(server.run(stop.clone()));
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move { publication.keep_working(|| jiff::Timestamp::now().as_second(), stopped).await });
        let consultation = Consultation::keep(indicators.clone());
        let (stopped, IndicatorSettings { daily, hour }) = (stop.clone().cancelled_owned(), settings.indicators);
        // Else each edition is counted from its own walk.
        let daily = daily && !settings.exports.daily;
        tokio::spawn(async move { indicators.keep_counting(daily, hour, || jiff::Timestamp::now().as_second(), stopped).await });
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move { alerts.keep(|| jiff::Timestamp::now().as_second(), stopped).await });
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move { exports.keep_building(|| jiff::Timestamp::now().as_second(), stopped).await });
        tokio::spawn(keep_metrics(metrics, stop.clone()));
        Ok(Self { addresses, directory, gate, stop, listeners, projection, consultation })
    }

    #[must_use]
    pub fn ldap_address(&self) -> SocketAddr {
        self.addresses.ldap
    }

    #[must_use]
    pub fn http_address(&self) -> SocketAddr {
        self.addresses.http
    }

    /// All of them, those over TLS too.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    #[must_use]
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Waits until a search would be answered; `false` when `limit` passed first.
    pub async fn opened(&self, limit: Duration) -> bool {
        let opened = async {
            while self.gate.check().is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(limit, opened).await.is_ok()
    }

    /// Runs until `stopped` resolves, then ends gracefully. A listener that fails ends it too.
    pub async fn run_until(mut self, stopped: impl Future<Output = ()>) -> Result<()> {
        tokio::select! {
            () = stopped => self.stop().await,
            ended = &mut self.listeners => {
                self.stop.cancel();
                self.consultation.end().await;
                wait_for(self.projection).await;
                joined(ended)
            }
        }
    }

    /// No new connections, open ones finish, then the projection ends and gives the index lock back.
    pub async fn stop(self) -> Result<()> {
        self.stop.cancel();
        let ended = self.listeners.await;
        self.consultation.end().await;
        wait_for(self.projection).await;
        joined(ended)
    }
}

/// Counts the figures of a day from the walk of its edition.
pub fn companion(indicators: Indicators) -> Companion {
    Arc::new(move |now| {
        let indicators = indicators.clone();
        Box::pin(async move {
            let day = indicators::day_of(now)?;
            let tally = Arc::new(Mutex::new(Some(indicators.counting(day).await?)));
            let sink = Box::new(Counting(Arc::clone(&tally)));
            let done = move || -> Boxed<()> {
                Box::pin(async move {
                    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner).take();
                    match tally {
                        Some(tally) => indicators.finish(day, tally, now).await,
                        None => Ok(()),
                    }
                })
            };
            Ok(Alongside { sink, done: Box::new(done) })
        })
    })
}

/// Shows a tally what an edition is made of.
struct Counting(Arc<Mutex<Option<Tally>>>);

impl Sink for Counting {
    fn entry(&mut self, walked: &Walked, view: &View) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map_or(Ok(()), |tally| tally.add(walked, view))
    }
}

fn joined(ended: std::result::Result<Result<()>, tokio::task::JoinError>) -> Result<()> {
    ended.unwrap_or_else(|error| Err(crate::error::Error::internal("a listener ended abnormally", error)))
}

/// Joins a thread without holding up the runtime. A panic there is already logged, and its gate closed.
async fn wait_for(thread: thread::JoinHandle<()>) {
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
}

async fn keep_metrics(metrics: PrometheusHandle, stop: CancellationToken) {
    while tokio::time::timeout(METRICS_UPKEEP, stop.cancelled()).await.is_err() {
        metrics.run_upkeep();
    }
}

/// The process has one recorder, however many services the tests start.
fn metrics() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // Refused only when something else in the process records; then `/metrics` stays empty.
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder is installed");
            }
            handle
        })
        .clone()
}

/// A file that would grow beyond what the process may write (`ulimit -f`) is an error as a full disk is, and no reason to end: its signal has
/// a handler, which stays. Within a runtime.
pub fn outlive_full_files() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        /// SIGXFSZ, on every system this runs on but those on MIPS.
        const FILE_TOO_LARGE: i32 = 25;
        if let Err(error) = signal(SignalKind::from_raw(FILE_TOO_LARGE)) {
            tracing::warn!(error = %error, "a file that grows too large will end the process");
        }
    }
}

/// Resolves at SIGINT or SIGTERM.
pub async fn signalled() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
