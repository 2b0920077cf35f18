//! The one writer of a connection: whole messages in, bytes out, never more in memory than the queue holds.
//!
//! An answer that the socket takes at once is written by whoever has made it: no other task is woken for it. What the socket does not take
//! goes to the [`Writer`], through a queue, and so does everything behind it until that has left: messages stay whole and in order.
//! Operations wait when the queue is full, so a client that does not read stops the work done for it; when it takes nothing for the time
//! an answer may take, the connection is cut. Answers of several searches interleave between messages.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Chunks that may wait; entries are packed into chunks of [`CHUNK_BYTES`].
const QUEUE: usize = 8;
/// Aimed size of a chunk, bytes. One write takes a chunk.
pub const CHUNK_BYTES: usize = 32 * 1024;

/// The connection is gone: stop working for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// Where operations put their answers; cheap to clone.
#[derive(Clone)]
pub struct Output {
    queue: mpsc::Sender<Vec<u8>>,
    line: Arc<dyn Direct>,
    cut: CancellationToken,
}

impl Output {
    /// Ends the connection: its reader is not worth waiting for.
    pub fn cut(&self) -> Gone {
        self.cut.cancel();
        Gone
    }

    /// Sends one or more whole messages; waits while the queue is full.
    pub async fn send(&self, messages: Vec<u8>) -> Result<(), Gone> {
        match self.begin(messages)? {
            Some(later) => later.send().await,
            None => Ok(()),
        }
    }

    /// The same without waiting: `Some` is what had to wait for others, and is lost unless it is sent.
    pub fn begin(&self, messages: Vec<u8>) -> Result<Option<Later>, Gone> {
        let waiting = self.line.offer(messages, &self.queue).map_err(|Gone| self.cut())?;
        Ok(waiting.map(|messages| Later { messages, queue: self.queue.clone(), counted: Counted(Some(Arc::clone(&self.line))) }))
    }
}

/// Messages behind others, counted already.
pub struct Later {
    messages: Vec<u8>,
    queue: mpsc::Sender<Vec<u8>>,
    counted: Counted,
}

impl Later {
    pub async fn send(mut self) -> Result<(), Gone> {
        self.queue.send(self.messages).await.map_err(|_| Gone)?;
        self.counted.0 = None;
        Ok(())
    }
}

/// A chunk on its way into the queue, whose sender may be dropped before it is there.
struct Counted(Option<Arc<dyn Direct>>);

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(line) = &self.0 {
            line.forget();
        }
    }
}

/// The stream, for whoever has something to say.
struct Line<W>(Mutex<State<W>>);

struct State<W> {
    /// `None` once it is given back.
    stream: Option<W>,
    /// Chunks that are queued or about to be, or that the writer has begun.
    waiting: usize,
}

impl<W> Line<W> {
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A [`Line`] whatever its stream.
trait Direct: Send + Sync {
    /// Writes as much as the stream takes now, if nothing waits, and queues the rest; `Some`: something waits, and this is counted and to be
    /// queued behind it.
    fn offer(&self, messages: Vec<u8>, queue: &mpsc::Sender<Vec<u8>>) -> Result<Option<Vec<u8>>, Gone>;

    /// What was counted will not come.
    fn forget(&self);
}

impl<W: AsyncWrite + Unpin + Send> Direct for Line<W> {
    fn offer(&self, mut messages: Vec<u8>, queue: &mpsc::Sender<Vec<u8>>) -> Result<Option<Vec<u8>>, Gone> {
        let mut state = self.lock();
        if state.waiting > 0 {
            state.waiting += 1;
            return Ok(Some(messages));
        }
        let stream = state.stream.as_mut().ok_or(Gone)?;
        // Nobody is woken by it: what does not go now is the writer's, which asks the stream again.
        let mut context = Context::from_waker(Waker::noop());
        let mut written = 0;
        let gone = loop {
            let Some(rest) = messages.get(written..).filter(|rest| !rest.is_empty()) else {
                break Pin::new(&mut *stream).poll_flush(&mut context);
            };
            match Pin::new(&mut *stream).poll_write(&mut context, rest) {
                Poll::Ready(Ok(0)) => break Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(some)) => written += some,
                Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                Poll::Pending => break Poll::Pending,
            }
        };
        match gone {
            Poll::Ready(Ok(())) => Ok(None),
            Poll::Ready(Err(_)) => Err(Gone),
            Poll::Pending => {
                // Nothing waited, so there is room; and before the lock is free again, or another message would come in between.
                messages.drain(..written);
                queue.try_send(messages).map_err(|_| Gone)?;
                state.waiting = 1;
                Ok(None)
            }
        }
    }

    fn forget(&self) {
        self.lock().waiting -= 1;
    }
}

/// The writing side of a connection, to be run as a task.
pub struct Writer<W> {
    line: Arc<Line<W>>,
    queue: mpsc::Receiver<Vec<u8>>,
    patience: Duration,
    cut: CancellationToken,
}

/// `patience`: longest a chunk may take to leave; `cut` is cancelled when it does not, or when the stream fails.
pub fn channel<W>(stream: W, patience: Duration, cut: CancellationToken) -> (Output, Writer<W>)
where
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(QUEUE);
    let line = Arc::new(Line(Mutex::new(State { stream: Some(stream), waiting: 0 })));
    (
        Output { queue: sender, line: Arc::clone(&line) as Arc<dyn Direct>, cut: cut.clone() },
        Writer { line, queue: receiver, patience, cut },
    )
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    /// Writes until every [`Output`] is dropped, then gives the stream back; `None` when it takes nothing any more.
    pub async fn run(mut self) -> Option<W> {
        while let Some(chunk) = self.queue.recv().await {
            match timeout(self.patience, self.write(&chunk)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => {
                    self.cut.cancel();
                    self.line.lock().stream = None;
                    return None;
                }
            }
        }
        self.line.lock().stream.take()
    }

    /// The whole chunk; the line is held only while the stream takes bytes, so nobody waits for a slow reader with a thread.
    async fn write(&self, mut chunk: &[u8]) -> io::Result<()> {
        poll_fn(|context| {
            let mut state = self.line.lock();
            let stream = state.stream.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
            while !chunk.is_empty() {
                match Pin::new(&mut *stream).poll_write(context, chunk) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(Ok(some)) => chunk = chunk.get(some..).unwrap_or_default(),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                }
            }
            // Over TLS only a flush sends the last record.
            match Pin::new(stream).poll_flush(context) {
                Poll::Ready(Ok(())) => {
                    state.waiting -= 1;
                    Poll::Ready(Ok(()))
                }
                other => other,
            }
        })
        .await
    }
}

/// Says goodbye, over TLS with close_notify, and closes the writing side.
pub async fn close<W: AsyncWrite + Unpin>(mut stream: W, patience: Duration) {
    let _ = timeout(patience, stream.shutdown()).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn a_reader_that_does_not_read_is_cut() {
        let (client, server) = tokio::io::duplex(1024);
        let cut = CancellationToken::new();
        let (output, writer) = channel(server, Duration::from_millis(50), cut.clone());
        let task = tokio::spawn(writer.run());
        let mut sent = 0;
        while output.send(vec![0; CHUNK_BYTES]).await.is_ok() {
            sent += 1;
        }
        assert!(cut.is_cancelled());
        assert!(sent <= QUEUE + 2, "{sent} chunks were taken in for a client that reads none");
        task.await.unwrap();
        drop(client);
    }

    #[tokio::test]
    async fn what_the_stream_takes_at_once_needs_no_writer() {
        let (mut client, server) = tokio::io::duplex(1024);
        // Never run.
        let (output, _writer) = channel(server, Duration::from_secs(60), CancellationToken::new());
        output.send(b"one".to_vec()).await.unwrap();
        output.send(b"two".to_vec()).await.unwrap();
        let mut read = [0; 6];
        client.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"onetwo");
    }

    /// Each message says how long it is and who sent it; a slow reader makes every one of them stop in the middle.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn messages_of_many_senders_stay_whole_and_in_order() {
        let (mut client, server) = tokio::io::duplex(100);
        let (output, writer) = channel(server, Duration::from_secs(60), CancellationToken::new());
        let writer = tokio::spawn(writer.run());
        for sender in 0..8u8 {
            let output = output.clone();
            tokio::spawn(async move {
                for number in 0..200u8 {
                    let length = if number % 3 == 0 { 3 } else { 90 };
                    let mut message = vec![sender; length];
                    (message[0], message[1]) = (length as u8, number);
                    let sending = output.send(message);
                    if number % 7 == 6 {
                        // A search that is abandoned while its answer waits.
                        let _ = timeout(Duration::from_micros(50), sending).await;
                    } else {
                        sending.await.unwrap();
                    }
                }
            });
        }
        drop(output);
        let mut last = [None; 8];
        let mut head = [0; 3];
        while client.read_exact(&mut head).await.is_ok() {
            let [length, number, sender] = head;
            let mut rest = vec![0; usize::from(length) - 3];
            client.read_exact(&mut rest).await.unwrap();
            assert!(rest.iter().all(|b| *b == sender), "{sender} {number}");
            assert!(last[usize::from(sender)] < Some(number), "{sender} {number}");
            last[usize::from(sender)] = Some(number);
            if number == 60 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            if last.iter().all(|n| *n == Some(199)) {
                break;
            }
        }
        assert_eq!(last, [Some(199); 8]);
        assert!(writer.await.unwrap().is_some(), "the stream is given back");
    }
}
