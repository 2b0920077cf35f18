//! HTTP/1 and HTTP/2 over an accepted connection, by hyper; what is answered is the router's business.
//!
//! Bounded where a router cannot see: the time until the protocol is known and each header is whole, the size of headers, the number of
//! streams of one connection; how long a client may take nothing of its answers; and how long it may keep a connection without a request.

use super::arrival::{Arrivals, Arrived};
use super::unread::{Lent, Reads};
use crate::settings::HttpSettings;
use axum::body::Body;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use hyper::header::FORWARDED;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::io::Cursor;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// What opens an HTTP/2 connection (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Headers beside the request line, bytes.
const HEADER_BYTES: usize = 16 * 1024;
/// Requests of one HTTP/2 connection at a time.
const STREAMS: u32 = 64;
/// A connection is told to end when no request began on it for this many times `http.request_seconds`.
const IDLE_TIMES: u32 = 6;
/// How often a connection that is being answered is looked at.
const BUSY_LOOK: Duration = Duration::from_secs(10);

/// What every HTTP connection shares; cheap to clone.
#[derive(Clone)]
pub(super) struct Web {
    router: axum::Router,
    builder: Builder<TokioExecutor>,
    header_time: Duration,
    arrivals: Arc<Arrivals>,
}

impl Web {
    pub fn new(router: axum::Router, settings: &HttpSettings, arrivals: Arc<Arrivals>) -> Self {
        let header_time = Duration::from_secs(settings.request_seconds);
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(header_time)
            .max_buf_size((settings.max_uri_bytes + HEADER_BYTES).max(8 * 1024));
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(settings.max_uri_bytes + HEADER_BYTES).unwrap_or(u32::MAX))
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(header_time);
        Self { router, builder, header_time, arrivals }
    }

    /// Serves one connection; after `stop` the requests begun are finished and no other is taken.
    pub async fn serve<S>(self, mut stream: S, arrived: Arrived, stop: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let begun = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            begun = timeout(self.header_time, beginning(&mut stream)) => begun,
        };
        let Ok(Some(begun)) = begun else {
            return;
        };
        let (reading, writing) = tokio::io::split(stream);
        let mut stream = TimeoutStream::new(tokio::io::join(Cursor::new(begun).chain(reading), writing));
        // A client that takes nothing of its answers would hold its place for ever: hyper waits for it without a limit.
        stream.set_write_timeout(Some(self.header_time));
        let arrivals = self.arrivals;
        let used = Arc::new(Use::default());
        let known = move |mut request: hyper::Request<Lent>| {
            let peer = arrivals.behind(&arrived, request.headers().get_all(FORWARDED).iter().map(|value| value.as_bytes()));
            request.extensions_mut().insert(peer);
            request
        };
        let service = Used { inner: Reads(tower::util::MapRequest::new(self.router, known)), used: Arc::clone(&used) };
        let service = TowerToHyperService::new(service);
        let mut connection = pin!(self.builder.serve_connection_with_upgrades(TokioIo::new(Box::pin(stream)), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = used.rests(self.header_time.saturating_mul(IDLE_TIMES)) => {
                connection.as_mut().graceful_shutdown();
                // Over HTTP/2 a client that opens no window and answers pings would have its answers kept for ever.
                let Ok(ended) = timeout(self.header_time, connection).await else {
                    tracing::debug!("HTTP connection dropped: its answers were not taken");
                    return;
                };
                ended
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, "HTTP connection ended badly");
        }
    }
}

/// Whether a connection is of use: a request is being answered on it, or was not long ago.
struct Use {
    answering: AtomicUsize,
    last: watch::Sender<Instant>,
}

impl Default for Use {
    fn default() -> Self {
        Self { answering: AtomicUsize::new(0), last: watch::channel(Instant::now()).0 }
    }
}

impl Use {
    /// Until nothing was asked for this long. A request that takes its time, such as a batch on its way, is bounded by its own route.
    async fn rests(&self, longest: Duration) {
        loop {
            let until = *self.last.borrow() + longest;
            let now = Instant::now();
            if self.answering.load(Ordering::SeqCst) > 0 {
                sleep_until(now + longest.min(BUSY_LOOK)).await;
            } else if now >= until {
                return;
            } else {
                sleep_until(until).await;
            }
        }
    }

    fn begins(self: &Arc<Self>) -> Answering {
        self.answering.fetch_add(1, Ordering::SeqCst);
        self.last.send_replace(Instant::now());
        Answering(Arc::clone(self))
    }
}

/// Held while a request is answered.
struct Answering(Arc<Use>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The router, with an eye on what is being answered.
#[derive(Clone)]
struct Used<S> {
    inner: S,
    used: Arc<Use>,
}

impl<S, R> Service<R> for Used<S>
where
    S: Service<R, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = hyper::Response<Taken>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let answering = self.used.begins();
        let answer = self.inner.call(request);
        let used = Arc::clone(&self.used);
        Box::pin(async move {
            let answer = answer.await;
            drop(answering);
            answer.map(|response| response.map(|body| Taken { body, used }))
        })
    }
}

/// The body of an answer: a connection on which pieces of it are being taken is in use, however long the whole takes.
struct Taken {
    body: Body,
    used: Arc<Use>,
}

impl hyper::body::Body for Taken {
    type Data = <Body as hyper::body::Body>::Data;
    type Error = <Body as hyper::body::Body>::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() {
            self.used.last.send_replace(Instant::now());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Reads until enough bytes came to tell HTTP/1 from HTTP/2, which hyper would wait for without a limit; `None`: the client left.
async fn beginning<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Vec<u8>> {
    let mut begun = Vec::with_capacity(PREFACE.len());
    while begun.len() < PREFACE.len() && PREFACE.starts_with(&begun) {
        let wanted = PREFACE.len() - begun.len();
        if (&mut *stream).take(u64::try_from(wanted).ok()?).read_buf(&mut begun).await.ok()? == 0 {
            return None;
        }
    }
    Some(begun)
}
