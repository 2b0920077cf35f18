//! Bodies that were not read when their request was answered: a refusal comes before the body, which the client is still sending.
//!
//! Dropped there and then, such a body ends an HTTP/2 stream with a reset behind the answer, by which clients lose the answer although the code of
//! the reset says that nothing is wrong (RFC 9113 section 8.1; curl: error 92); over HTTP/1.1 the connection is closed under the client's hands.
//! So the answer leaves at once, and what is left of the body is taken and thrown away behind it, for a while and up to a bound: the client has
//! its answer and stops, or ends. One that waits to be told to go on (`Expect: 100-continue`) sends no body, and none is asked for.

use axum::response::Response;
use hyper::Request;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::EXPECT;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;
use tower::Service;

/// Most that is taken, bytes.
const MOST: u64 = 8 << 20;
/// Longest it is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a body comes back to.
type Returned = Arc<Mutex<Option<Incoming>>>;

/// A body lent to who answers; what is left of it comes back.
pub(super) struct Lent {
    body: Option<Incoming>,
    returned: Returned,
}

impl Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Ok(mut returned) = self.returned.lock() {
            *returned = self.body.take().filter(|body| !body.is_end_stream());
        }
    }
}

/// Answers by the inner service, and takes what is left of the body meanwhile.
#[derive(Clone)]
pub(super) struct Reads<S>(pub S);

impl<S> Service<Request<Incoming>> for Reads<S>
where
    S: Service<Request<Lent>, Response = Response>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let waits = request.headers().contains_key(EXPECT);
        let returned = Returned::default();
        let request = request.map(|body| Lent { body: Some(body), returned: Arc::clone(&returned) });
        let answer = self.0.call(request);
        Box::pin(async move {
            let answer = answer.await;
            let left = returned.lock().ok().and_then(|mut returned| returned.take());
            if let Some(body) = left.filter(|_| !waits) {
                tokio::spawn(timeout(PATIENCE, take(body)));
            }
            answer
        })
    }
}

async fn take(mut body: Incoming) {
    let mut taken = 0;
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        taken += frame.data_ref().map_or(0, |data| data.len() as u64);
        if taken > MOST {
            return;
        }
    }
}
