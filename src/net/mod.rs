//! Listeners, connection caps and shutdown for every frontend; no protocol is spoken here.
//!
//! One task a connection. A listener at its cap stops accepting, so that the kernel's queue holds the rest; running out of file
//! descriptors costs a short pause and never the listener. Shutdown stops accepting, lets what is in flight finish, and after
//! [`GRACE`] ends what is left. Plain TCP only: the addresses are loopback unless the settings say otherwise.

mod http;

use crate::error::{Error, Result};
use crate::ldap::{self, LdapService};
use crate::settings::Settings;
use crate::trust::Peer;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What is in flight at shutdown may take this long.
pub const GRACE: Duration = Duration::from_secs(10);
/// Pause after an accept that failed for want of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The bound listeners, not yet accepting.
pub struct Server {
    ldap: Door,
    http: Door,
    service: Arc<LdapService>,
    web: http::Web,
}

/// A listener with the number of connections it may hold.
struct Door {
    listener: TcpListener,
    address: SocketAddr,
    slots: Arc<Semaphore>,
}

impl Door {
    async fn bind(setting: &str, address: SocketAddr, connections: usize) -> Result<Self> {
        let listening = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            io::Result::Ok((listener, address))
        };
        let (listener, address) = listening
            .await
            .map_err(|error| Error::invalid(format!("{setting}: cannot listen on {address}: {error}")).with_source(error))?;
        Ok(Self { listener, address, slots: Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS))) })
    }

    /// Accepts until `stop`; each connection runs `serve` as a task that `kill` ends.
    async fn accept<F, S>(self, tasks: TaskTracker, stop: CancellationToken, kill: CancellationToken, serve: F)
    where
        F: Fn(TcpStream, Peer) -> S,
        S: Future<Output = ()> + Send + 'static,
    {
        loop {
            let accepted = async {
                let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(io::Error::other)?;
                let (stream, address) = self.listener.accept().await?;
                io::Result::Ok((slot, stream, address.ip().to_canonical()))
            };
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                accepted = accepted => accepted,
            };
            match accepted {
                Ok((slot, stream, address)) => {
                    // Answers are written whole: waiting to fill a packet only adds delay.
                    let _ = stream.set_nodelay(true);
                    let serving = serve(stream, Peer { address, confidential: address.is_loopback(), certificate: None });
                    let kill = kill.clone();
                    tasks.spawn(async move {
                        tokio::select! {
                            biased;
                            () = kill.cancelled() => {}
                            () = serving => {}
                        }
                        drop(slot);
                    });
                }
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    tracing::warn!(error = %error, "accept failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// The connection died before it was accepted: no reason to pause.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted)
}

impl Server {
    /// Binds both listeners; port 0 takes a free one. Errors name the setting.
    pub async fn bind(settings: &Settings, service: LdapService, router: axum::Router) -> Result<Self> {
        Ok(Self {
            ldap: Door::bind("ldap.listen", settings.ldap.listen, settings.ldap.max_connections).await?,
            http: Door::bind("http.listen", settings.http.listen, settings.http.max_connections).await?,
            service: Arc::new(service),
            web: http::Web::new(router, &settings.http),
        })
    }

    #[must_use]
    pub fn ldap_address(&self) -> SocketAddr {
        self.ldap.address
    }

    #[must_use]
    pub fn http_address(&self) -> SocketAddr {
        self.http.address
    }

    /// Serves until `stop` is cancelled and what was in flight is done, or [`GRACE`] has passed.
    pub async fn run(self, stop: CancellationToken) -> Result<()> {
        let tasks = TaskTracker::new();
        let kill = CancellationToken::new();
        let (service, web) = (self.service, self.web);
        let (ldap_stop, http_stop) = (stop.clone(), stop.clone());
        let ldap = self.ldap.accept(tasks.clone(), stop.clone(), kill.clone(), move |stream, peer| {
            ldap::serve_connection(stream, peer, Arc::clone(&service), ldap_stop.clone())
        });
        let http =
            self.http.accept(tasks.clone(), stop, kill.clone(), move |stream, peer| web.clone().serve(stream, peer, http_stop.clone()));
        tokio::join!(ldap, http);
        tasks.close();
        if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
            tracing::warn!(connections = tasks.len(), "connections cut at shutdown");
            kill.cancel();
            tasks.wait().await;
        }
        Ok(())
    }
}
