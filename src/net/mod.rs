//! Listeners, TLS, connection caps and shutdown for every frontend; no protocol is spoken here.
//!
//! One task a connection, in which everything happens that a client can delay: the PROXY header of a trusted proxy, the TLS handshake,
//! the protocol itself. A listener at its cap stops accepting, so that the kernel's queue holds the rest; the two listeners of a protocol
//! share one cap; running out of file descriptors costs a short pause and never the listener. Shutdown stops accepting, lets what is in
//! flight finish, and after [`GRACE`] ends what is left.
//!
//! A connection carries its [`Peer`]: who is there, and whether others can listen. The protocols decide what that allows.

mod arrival;
mod descriptors;
mod forwarded;
mod http;
mod tls;
mod tls_files;
mod unread;

pub use descriptors::raise_descriptors;

use crate::error::{Error, Result};
use crate::ldap::{self, LdapService, Upgrade as _};
use crate::limits::Connections;
use crate::settings::{Cleartext, Settings};
use crate::trust::Peer;
use arrival::Arrivals;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tls::{Inside, Tls};
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
    doors: Vec<Door>,
    house: House,
}

/// What is spoken at a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Ldap,
    Ldaps,
    Http,
    Https,
}

/// A listener with the number of connections it may hold.
struct Door {
    speaks: Speaks,
    listener: TcpListener,
    address: SocketAddr,
    slots: Arc<Semaphore>,
}

/// What every connection shares; cheap to clone.
#[derive(Clone)]
struct House {
    service: Arc<LdapService>,
    web: http::Web,
    tls: Option<Arc<Tls>>,
    arrivals: Arc<Arrivals>,
    connections: Connections,
    /// For the PROXY header, and again for the handshake: of an LDAP door, of an HTTP door.
    patience: (Duration, Duration),
}

impl Door {
    async fn bind(speaks: Speaks, setting: &str, address: SocketAddr, slots: &Arc<Semaphore>) -> Result<Self> {
        let listening = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            io::Result::Ok((listener, address))
        };
        let (listener, address) = listening
            .await
            .map_err(|error| Error::invalid(format!("{setting}: cannot listen on {address}: {error}")).with_source(error))?;
        Ok(Self { speaks, listener, address, slots: Arc::clone(slots) })
    }

    /// Accepts until `stop`; each connection is a task that `kill` ends.
    async fn accept(self, house: House, tasks: TaskTracker, stop: CancellationToken, kill: CancellationToken) {
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
                    let serving = house.clone().serve(self.speaks, stream, address, stop.clone());
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

impl House {
    async fn serve(self, speaks: Speaks, mut stream: TcpStream, address: IpAddr, stop: CancellationToken) {
        let (patience, inside) = match speaks {
            Speaks::Ldap | Speaks::Ldaps => (self.patience.0, Inside::Ldap),
            Speaks::Http | Speaks::Https => (self.patience.1, Inside::Http),
        };
        let arrived = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            arrived = tokio::time::timeout(patience, self.arrivals.meet(&mut stream, address)) => arrived,
        };
        let Ok(Ok(mut arrived)) = arrived else {
            tracing::debug!("a trusted proxy sent no PROXY header");
            return;
        };
        // A proxy that names no clients here stands for many: it is not one source.
        let held = self.connections.hold(arrived.peer.address);
        if held.is_none() && !self.arrivals.stands_for_many(&arrived) {
            return;
        }
        let handshake = self.tls.as_ref().map(|tls| tls.handshake(inside, patience));
        if matches!(speaks, Speaks::Ldap) {
            return ldap::serve_clear(stream, arrived.peer, handshake, self.service, stop).await;
        }
        if matches!(speaks, Speaks::Http) {
            return self.web.serve(stream, arrived, stop).await;
        }
        let Some(handshake) = handshake else {
            return;
        };
        let upgraded = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            upgraded = handshake.upgrade(stream) => upgraded,
        };
        match upgraded {
            Ok((stream, certificate)) => {
                arrived.peer = Peer { confidential: true, certificate, ..arrived.peer };
                match inside {
                    Inside::Ldap => ldap::serve_tls(stream, arrived.peer, self.service, stop).await,
                    Inside::Http => self.web.serve(stream, arrived, stop).await,
                }
            }
            Err(error) => tracing::debug!(error = %error, "TLS handshake failed"),
        }
    }
}

impl Server {
    /// Reads the TLS files and binds the listeners; port 0 takes a free one. Errors name the setting.
    pub async fn bind(settings: &Settings, service: LdapService, router: axum::Router) -> Result<Self> {
        let tls = Tls::load(&settings.net.tls)?;
        let slots = |connections: usize| Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS)));
        let (ldap, http) = (slots(settings.ldap.max_connections), slots(settings.http.max_connections));
        let mut doors = Vec::new();
        for (speaks, setting, address, slots) in [
            (Speaks::Ldap, "ldap.listen", Some(settings.ldap.listen), &ldap),
            (Speaks::Http, "http.listen", Some(settings.http.listen), &http),
            (Speaks::Ldaps, "ldap.listen_tls", settings.ldap.listen_tls, &ldap),
            (Speaks::Https, "http.listen_tls", settings.http.listen_tls, &http),
        ] {
            let Some(address) = address else { continue };
            let over_tls = matches!(speaks, Speaks::Ldaps | Speaks::Https);
            if over_tls && tls.is_none() {
                return Err(Error::invalid(format!("{setting} needs net.tls.certificate and net.tls.key")));
            }
            if !over_tls && !address.ip().is_loopback() && settings.net.cleartext == Cleartext::Loopback {
                tracing::warn!(setting, "listens to other machines and refuses them in clear; see net.tls and net.cleartext");
            }
            doors.push(Door::bind(speaks, setting, address, slots).await?);
        }
        if settings.net.trusted_proxies.iter().any(|network| network.prefix_len() == 0) {
            tracing::warn!(setting = "net.trusted_proxies", "holds every address: any client can then say that it is another");
        }
        let arrivals = Arc::new(Arrivals::new(&settings.net));
        let connections = Connections::new(settings.limits.clone());
        let patience = (Duration::from_secs(settings.ldap.message_seconds), Duration::from_secs(settings.http.request_seconds));
        let web = http::Web::new(router, &settings.http, Arc::clone(&arrivals));
        Ok(Self { doors, house: House { service: Arc::new(service), web, tls, arrivals, connections, patience } })
    }

    fn address(&self, speaks: Speaks) -> Option<SocketAddr> {
        self.doors.iter().find(|door| door.speaks == speaks).map(|door| door.address)
    }

    #[must_use]
    pub fn addresses(&self) -> Addresses {
        // The two doors in clear are always bound.
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Addresses {
            ldap: self.address(Speaks::Ldap).unwrap_or(nowhere),
            http: self.address(Speaks::Http).unwrap_or(nowhere),
            ldaps: self.address(Speaks::Ldaps),
            https: self.address(Speaks::Https),
        }
    }

    #[must_use]
    pub fn ldap_address(&self) -> SocketAddr {
        self.addresses().ldap
    }

    #[must_use]
    pub fn http_address(&self) -> SocketAddr {
        self.addresses().http
    }

    /// Serves until `stop` is cancelled and what was in flight is done, or [`GRACE`] has passed.
    pub async fn run(self, stop: CancellationToken) -> Result<()> {
        let tasks = TaskTracker::new();
        let kill = CancellationToken::new();
        match &self.house.tls {
            Some(tls) => tokio::spawn(Arc::clone(tls).follow(stop.clone())),
            None => tokio::spawn(tls::nothing_to_reload(stop.clone())),
        };
        let accepting = TaskTracker::new();
        for door in self.doors {
            accepting.spawn(door.accept(self.house.clone(), tasks.clone(), stop.clone(), kill.clone()));
        }
        accepting.close();
        accepting.wait().await;
        tasks.close();
        if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
            tracing::warn!(connections = tasks.len(), "connections cut at shutdown");
            kill.cancel();
            tasks.wait().await;
        }
        Ok(())
    }
}

/// Where the doors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    pub ldap: SocketAddr,
    pub http: SocketAddr,
    /// `None` unless the settings say where.
    pub ldaps: Option<SocketAddr>,
    pub https: Option<SocketAddr>,
}
