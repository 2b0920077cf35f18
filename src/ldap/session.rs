//! One connection: reads messages, dispatches them, keeps what is running, ends in order.
//!
//! Searches and compares may run beside each other ([`super::operations`]); when as many run as may, the next one waits unread-for, so that
//! a flood meets back-pressure and not memory. A bind waits for what runs (RFC 4511 section 4.2.1) and nothing is read while it works. On shutdown what is in flight is finished, then a notice of
//! disconnection says `unavailable`. What a connection in clear may ask, and how it becomes one over TLS, is [`super::starttls`].

use super::asking::Asking;
use super::bind::Bound;
use super::controls::{self, SearchControls};
use super::frame::{Frames, Stop};
use super::message::{Message, Operation};
use super::operations::Operations;
use super::output::{self, Gone, Output};
use super::request::{self, BindRequest};
use super::response::{self, Outcome};
use super::root_dse::Offers;
use super::search::{self, Answered};
use super::starttls::{self, Tls};
use super::{LdapService, bind, compare, extended};
use crate::directory::{Caller, Source};
use crate::model::Audience;
use crate::trust::Peer;
use ldap3_proto::proto::LdapResultCode;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf};
use tokio_util::bytes::Bytes;
use tokio_util::sync::CancellationToken;

/// How long what follows undecodable bytes is read and forgotten.
const LINGER: Duration = Duration::from_millis(500);

/// Numbers connections in the log, which names no client.
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Unbind,
    /// The client closed, was silent too long, or sent what is no LDAP.
    Stopped(Stop),
    /// A whole frame that holds no request.
    Undecodable,
    /// The client takes no answers.
    Cut,
    ShuttingDown,
    /// TLS was asked for and granted: the stream is given back.
    StartTls,
    /// Bytes in clear stood behind the request for TLS.
    Injected,
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Cut
    }
}

struct Session<S> {
    service: Arc<LdapService>,
    peer: Peer,
    tls: Tls,
    frames: Frames<ReadHalf<S>>,
    output: Output,
    /// `None` while anonymous.
    bound: Option<Bound>,
    operations: Operations,
    /// Cancelled when nothing more can or need be answered.
    cut: CancellationToken,
    stop: CancellationToken,
}

/// One in the gauge of open connections, however the connection ends.
struct Open(metrics::Gauge);

impl Open {
    fn count() -> Self {
        let gauge = metrics::gauge!("annuaire_ldap_connections");
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// Serves one client until it leaves, misbehaves, or `stop` is cancelled; gives the stream back, with nothing read ahead, when TLS is to
/// begin on it.
pub(super) async fn serve<S>(stream: S, peer: Peer, tls: Tls, service: Arc<LdapService>, stop: CancellationToken) -> Option<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
    tracing::debug!(connection = number, "opened");
    let _open = Open::count();
    let settings = &service.settings.ldap;
    let patience = Duration::from_secs(settings.message_seconds);
    let (reading, writing) = tokio::io::split(stream);
    let cut = CancellationToken::new();
    let _cut = cut.clone().drop_guard();
    let (output, writer) = output::channel(writing, patience, cut.clone());
    let writing = tokio::spawn(writer.run());
    let session = Session {
        frames: Frames::new(reading, settings.max_message_bytes, patience),
        operations: Operations::new(settings, output.clone(), cut.clone()),
        output,
        bound: None,
        cut,
        stop,
        peer,
        tls,
        service,
    };
    let (end, mut frames) = session.run().await;
    // The writer ends by itself: it has been given everything, and every chunk has a deadline.
    let written = writing.await.ok().flatten();
    tracing::debug!(connection = number, end = ?end, "ended");
    if end == End::StartTls {
        return written.zip(frames.into_stream()).map(|(writing, reading)| reading.unsplit(writing));
    }
    if let Some(writing) = written {
        output::close(writing, patience).await;
    }
    if matches!(end, End::Undecodable | End::Injected | End::ShuttingDown | End::Stopped(Stop::NotLdap | Stop::TooLarge)) {
        frames.linger(LINGER).await;
    }
    None
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Session<S> {
    /// Until the end; gives the reading side back, everything else is let go.
    async fn run(mut self) -> (End, Frames<ReadHalf<S>>) {
        let settings = &self.service.settings.ldap;
        let mut idle = Duration::from_secs(settings.first_request_seconds);
        let later = Duration::from_secs(settings.idle_seconds);
        let (cut, stop) = (self.cut.clone(), self.stop.clone());
        // Waited for once, not once a message.
        let (mut cut, mut stop) = (pin!(cut.cancelled()), pin!(stop.cancelled()));
        let end = loop {
            let frame = tokio::select! {
                biased;
                () = &mut cut => break End::Cut,
                () = &mut stop => break End::ShuttingDown,
                frame = self.frames.next(idle) => frame,
            };
            let step = match frame {
                Ok(frame) => self.handle(&frame).await,
                Err(Stop::Idle) if self.operations.any() => {
                    self.frames.rest();
                    Ok(())
                }
                Err(stop) => Err(End::Stopped(stop)),
            };
            if let Err(end) = step {
                break end;
            }
            idle = later;
        };
        self.finish(end).await;
        (end, self.frames)
    }

    /// The last words; afterwards nothing of this connection works any more.
    async fn finish(&self, end: End) {
        let notice = match end {
            End::Unbind | End::Cut | End::StartTls | End::Stopped(Stop::Closed | Stop::Idle | Stop::Late) => None,
            End::Undecodable | End::Stopped(Stop::NotLdap) => Some((LdapResultCode::ProtocolError, "undecodable message")),
            End::Injected => Some((LdapResultCode::ProtocolError, "bytes in clear behind StartTLS")),
            End::Stopped(Stop::TooLarge) => Some((LdapResultCode::ProtocolError, "message too large")),
            End::ShuttingDown => {
                self.operations.drain().await;
                Some((LdapResultCode::Unavailable, "shutting down"))
            }
        };
        self.cut.cancel();
        if let Some((code, message)) = notice {
            let _ = self.output.send(response::notice_of_disconnection(code, message)).await;
        }
    }

    async fn handle(&mut self, frame: &Bytes) -> Result<(), End> {
        let message = Message::read(frame).map_err(|_| End::Undecodable)?;
        let (id, operation) = (message.id, message.operation);
        match operation {
            Operation::Unbind => return Err(End::Unbind),
            Operation::Abandon => {
                self.abandon(message.content);
                return Ok(());
            }
            _ => {}
        }
        let refusal = match &message.controls {
            Err(_) => Some(Outcome::malformed()),
            Ok(controls) if controls::unavailable_critical(controls, operation) => {
                Some(Outcome::new(LdapResultCode::UnavailableCriticalExtension, "critical control not supported"))
            }
            Ok(_) if !self.peer.confidential && !starttls::allowed_in_clear(operation, message.content) => {
                Some(Outcome::new(LdapResultCode::ConfidentialityRequired, "TLS is required: StartTLS, or ldaps"))
            }
            Ok(_) if self.operations.is_running(id) => Some(Outcome::new(LdapResultCode::ProtocolError, "message id in use")),
            Ok(_) => None,
        };
        if let Some(outcome) = refusal {
            return self.answer(id, operation, outcome).await;
        }
        match operation {
            Operation::Bind => self.bind(id, message.content).await,
            Operation::Search | Operation::Compare => {
                let asked = match operation {
                    Operation::Search => SearchControls::read(&message.controls.unwrap_or_default()).map_err(|_| Outcome::malformed()),
                    _ => Ok(SearchControls::default()),
                };
                match (asked, self.caller().await) {
                    (Ok(asked), Ok(caller)) => self.start(id, operation, frame.slice_ref(message.content), asked, caller).await,
                    (Err(outcome), _) | (_, Err(outcome)) => self.answer(id, operation, outcome).await,
                }
            }
            Operation::Extended => self.extended(id, message.content).await,
            Operation::Modify | Operation::Add | Operation::Delete | Operation::ModifyDn => {
                let outcome = Outcome::new(LdapResultCode::UnwillingToPerform, "this directory is read-only over LDAP");
                self.answer(id, operation, outcome).await
            }
            Operation::Unbind | Operation::Abandon => Ok(()),
        }
    }

    async fn extended(&mut self, id: i32, content: &[u8]) -> Result<(), End> {
        if starttls::is_start_tls(content) {
            return self.start_tls(id, content).await;
        }
        let answered = match self.caller().await {
            Ok(_) => extended::run(content, self.bound.as_ref().map(|bound| &bound.identity)),
            Err(outcome) => Err(outcome),
        };
        match answered {
            Ok(value) => {
                count(Operation::Extended, &LdapResultCode::Success);
                Ok(self.output.send(response::extended_value(id, &value)).await?)
            }
            Err(outcome) => self.answer(id, Operation::Extended, outcome).await,
        }
    }

    /// Granted once nothing is under way; from then on nothing more is read in clear.
    async fn start_tls(&mut self, id: i32, content: &[u8]) -> Result<(), End> {
        if let Err(outcome) = starttls::check(self.tls, self.operations.any_unanswered(), content) {
            return self.answer(id, Operation::Extended, outcome).await;
        }
        if self.frames.read_ahead() {
            return Err(End::Injected);
        }
        let _quiet = self.operations.drain().await.ok_or(End::Cut)?;
        count(Operation::Extended, &LdapResultCode::Success);
        self.output.send(response::start_tls(id)).await?;
        Err(End::StartTls)
    }

    async fn answer(&self, id: i32, operation: Operation, outcome: Outcome) -> Result<(), End> {
        Ok(send_result(&self.output, id, operation, outcome).await?)
    }

    /// Unknown and finished ids are ignored (RFC 4511 section 4.11).
    fn abandon(&self, content: &[u8]) {
        if request::abandoned_id(content).is_some_and(|id| self.operations.abandon(id)) {
            metrics::counter!("annuaire_ldap_operations_total", "operation" => "abandon", "code" => "0").increment(1);
        }
    }

    /// The identity before is lost at once; after a failure the session is anonymous.
    async fn bind(&mut self, id: i32, content: &[u8]) -> Result<(), End> {
        let _quiet = self.operations.drain().await.ok_or(End::Cut)?;
        self.bound = None;
        let outcome = match BindRequest::read(content) {
            Err(_) => Outcome::malformed(),
            Ok(request) => match bind::run(&self.service.authenticator, &request, &self.peer).await {
                Ok(bound) => {
                    self.bound = bound;
                    Outcome::success()
                }
                Err(outcome) => outcome,
            },
        };
        self.answer(id, Operation::Bind, outcome).await
    }

    /// Who is asking, as of now. A revoked account has become anonymous (RFC 4513 section 4: the server may change the state any time).
    async fn caller(&mut self) -> Result<Caller, Outcome> {
        let address = self.peer.address;
        if let Some(bound) = &self.bound {
            if bound.in_force(&self.service.authenticator).await? {
                let identity = &bound.identity;
                return Ok(Caller { audience: identity.audience, source: Source::Account { name: identity.account.clone(), address } });
            }
            self.bound = None;
        }
        Ok(Caller { audience: Audience::Public, source: Source::Address(address) })
    }

    /// Runs a search or compare once there is a slot for it.
    async fn start(&self, id: i32, operation: Operation, content: Bytes, asked: SearchControls, caller: Caller) -> Result<(), End> {
        let slot = tokio::select! {
            biased;
            () = self.cut.cancelled() => return Err(End::Cut),
            () = self.stop.cancelled() => return Err(End::ShuttingDown),
            slot = self.operations.slot() => slot?,
        };
        let offers = Offers { start_tls: self.tls == Tls::Offered, external: self.peer.certificate.is_some() };
        let asking = Asking { service: Arc::clone(&self.service), caller, offers };
        let output = self.output.clone();
        let turn = self.operations.turn();
        let work = Box::pin(async move {
            let turn = turn.await?;
            let answered = match operation {
                Operation::Search => search::run(&asking, &asked, id, &content, &output).await?,
                _ => Answered::plain(compare::run(&asking, &content).await),
            };
            Ok((answered, turn))
        });
        let answered = self.operations.start(slot, id, work, move |answered| last_words(id, operation, answered)).await?;
        if answered && self.frames.read_ahead() {
            // Many questions in one packet are many turns: others come in between.
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

/// The last entries and the result in one piece.
fn last_words(id: i32, operation: Operation, Answered { mut entries, outcome }: Answered) -> Vec<u8> {
    count(operation, &outcome.code);
    entries.extend(response::result(id, operation, outcome).unwrap_or_default());
    entries
}

async fn send_result(output: &Output, id: i32, operation: Operation, outcome: Outcome) -> Result<(), Gone> {
    count(operation, &outcome.code);
    match response::result(id, operation, outcome) {
        Some(bytes) => output.send(bytes).await,
        None => Ok(()),
    }
}

fn count(operation: Operation, code: &LdapResultCode) {
    let code = (code.clone() as i64).to_string();
    metrics::counter!("annuaire_ldap_operations_total", "operation" => operation.name(), "code" => code).increment(1);
}
