//! The one writer of a connection: whole messages in, bytes out, never more in memory than the queue holds.
//!
//! Operations wait when the queue is full, so a client that does not read stops the work done for it; when it takes nothing for the time
//! an answer may take, the connection is cut. Whole messages only are queued: answers of several searches interleave between messages.

use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Chunks that may wait; entries are packed into chunks of [`CHUNK_BYTES`].
const QUEUE: usize = 16;
/// Aimed size of a chunk, bytes. One write takes a chunk.
pub const CHUNK_BYTES: usize = 16 * 1024;

/// The connection is gone: stop working for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// Where operations put their answers; cheap to clone.
#[derive(Clone, Debug)]
pub struct Output {
    queue: mpsc::Sender<Vec<u8>>,
    cut: CancellationToken,
}

impl Output {
    /// Ends the connection: its reader is not worth waiting for.
    pub fn cut(&self) -> Gone {
        self.cut.cancel();
        Gone
    }

    /// Queues one or more whole messages; waits while the queue is full.
    pub async fn send(&self, messages: Vec<u8>) -> Result<(), Gone> {
        self.queue.send(messages).await.map_err(|_| Gone)
    }
}

/// The writing side of a connection, to be run as a task.
#[derive(Debug)]
pub struct Writer<W> {
    stream: W,
    queue: mpsc::Receiver<Vec<u8>>,
    patience: Duration,
    cut: CancellationToken,
}

/// `patience`: longest a chunk may take to leave; `cut` is cancelled when it does not, or when the stream fails.
pub fn channel<W: AsyncWrite + Unpin>(stream: W, patience: Duration, cut: CancellationToken) -> (Output, Writer<W>) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (Output { queue: sender, cut: cut.clone() }, Writer { stream, queue: receiver, patience, cut })
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    /// Writes until every [`Output`] is dropped, then gives the stream back; `None` when it takes nothing any more.
    pub async fn run(mut self) -> Option<W> {
        while let Some(chunk) = self.queue.recv().await {
            // Over TLS only a flush sends the last record.
            let written = async {
                self.stream.write_all(&chunk).await?;
                self.stream.flush().await
            };
            match timeout(self.patience, written).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => {
                    self.cut.cancel();
                    return None;
                }
            }
        }
        Some(self.stream)
    }
}

/// Says goodbye, over TLS with close_notify, and closes the writing side.
pub async fn close<W: AsyncWrite + Unpin>(mut stream: W, patience: Duration) {
    let _ = timeout(patience, stream.shutdown()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
