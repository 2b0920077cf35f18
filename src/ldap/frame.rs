//! Framing: cuts the byte stream of a client into whole LDAPMessages, bounded before anything is kept.
//!
//! The first octet must open a SEQUENCE and the announced length is held against the limit as soon as the header is there, so that
//! neither a web request nor a header of two gigabytes is ever buffered. A message has a deadline from its first byte (dripping
//! clients), silence between messages another. [`Frames::next`] is cancel-safe: what was read stays in the buffer.

use super::ber::{self, SEQUENCE};
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tokio_util::bytes::{Bytes, BytesMut};

/// Why no further message can be read from a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The client closed its side, perhaps in the middle of a message.
    Closed,
    /// Nothing came for the idle time.
    Idle,
    /// A message was begun and did not arrive whole in time.
    Late,
    /// The bytes are no LDAPMessage.
    NotLdap,
    /// The announced message is larger than allowed.
    TooLarge,
}

/// Reads messages off a stream.
#[derive(Debug)]
pub struct Frames<R> {
    stream: R,
    buffer: BytesMut,
    limit: usize,
    message_time: Duration,
    waiting_since: Instant,
    begun: Option<Instant>,
    /// Kept from message to message: it may ring early and is then set anew, which costs less than a timer for each message.
    alarm: Pin<Box<Sleep>>,
}

/// Size of the whole message at the start of `buffer`, `None` while the header is incomplete.
fn announced(buffer: &[u8], limit: usize) -> Result<Option<usize>, Stop> {
    let Some((&tag, rest)) = buffer.split_first() else {
        return Ok(None);
    };
    if tag != SEQUENCE {
        return Err(Stop::NotLdap);
    }
    let Some((length, octets)) = ber::length(rest).map_err(|_| Stop::NotLdap)? else {
        return Ok(None);
    };
    let whole = length.saturating_add(octets + 1);
    if whole > limit { Err(Stop::TooLarge) } else { Ok(Some(whole)) }
}

impl<R: AsyncRead + Unpin> Frames<R> {
    /// `limit`: bytes of a whole message; `message_time`: from its first byte to its last.
    pub fn new(stream: R, limit: usize, message_time: Duration) -> Self {
        let now = Instant::now();
        let alarm = Box::pin(sleep_until(now + message_time));
        Self { stream, buffer: BytesMut::new(), limit, message_time, waiting_since: now, begun: None, alarm }
    }

    /// The next whole message, header included. `idle`: longest silence before it begins, counted from the last message.
    pub async fn next(&mut self, idle: Duration) -> Result<Bytes, Stop> {
        loop {
            let wanted = announced(&self.buffer, self.limit)?;
            if let Some(whole) = wanted
                && self.buffer.len() >= whole
            {
                let frame = self.buffer.split_to(whole).freeze();
                self.waiting_since = Instant::now();
                self.begun = (!self.buffer.is_empty()).then_some(self.waiting_since);
                return Ok(frame);
            }
            let (deadline, late) = match self.begun {
                Some(begun) => (begun + self.message_time, Stop::Late),
                None => (self.waiting_since + idle, Stop::Idle),
            };
            self.buffer.reserve(wanted.unwrap_or(0).saturating_sub(self.buffer.len()).max(512));
            match self.read_until(deadline).await {
                Some(Ok(1..)) => self.begun = self.begun.or_else(|| Some(Instant::now())),
                Some(Ok(0) | Err(_)) => return Err(Stop::Closed),
                None => return Err(late),
            }
        }
    }

    /// Bytes read, `None` when none came in time.
    async fn read_until(&mut self, deadline: Instant) -> Option<io::Result<usize>> {
        let Self { stream, buffer, alarm, .. } = self;
        let mut reading = pin!(stream.read_buf(buffer));
        poll_fn(|context| {
            if let Poll::Ready(read) = reading.as_mut().poll(context) {
                return Poll::Ready(Some(read));
            }
            if alarm.deadline() > deadline {
                alarm.as_mut().reset(deadline);
            }
            while alarm.as_mut().poll(context).is_ready() {
                if alarm.deadline() >= deadline {
                    return Poll::Ready(None);
                }
                alarm.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await
    }

    /// Did more arrive than was asked for?
    pub fn read_ahead(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The stream, unless bytes of it were read ahead: they must not be lost, nor pass for what comes later.
    pub fn into_stream(self) -> Option<R> {
        self.buffer.is_empty().then_some(self.stream)
    }

    /// Reads and forgets for a moment: closing a socket with unread bytes resets it, and the client would lose our last words.
    pub async fn linger(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        loop {
            self.buffer.clear();
            match timeout_at(deadline, self.stream.read_buf(&mut self.buffer)).await {
                Ok(Ok(1..)) => {}
                Ok(Ok(0) | Err(_)) | Err(_) => return,
            }
        }
    }

    /// Begins the idle time anew: silence while the client waits for an answer of ours is not idleness.
    pub fn rest(&mut self) {
        self.waiting_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    const LIMIT: usize = 1024;

    async fn read(bytes: &[u8]) -> Vec<Result<Bytes, Stop>> {
        let mut frames = Frames::new(bytes, LIMIT, Duration::from_secs(5));
        let mut seen = Vec::new();
        loop {
            let next = frames.next(Duration::from_secs(5)).await;
            let last = next.is_err();
            seen.push(next);
            if last {
                return seen;
            }
        }
    }

    #[tokio::test]
    async fn messages_are_cut_whole() {
        let seen = read(&[0x30, 1, 0xaa, 0x30, 0x84, 0, 0, 0, 2, 1, 2, 0x30, 9, 1]).await;
        assert_eq!(seen.len(), 3);
        assert_eq!(seen[0].as_deref(), Ok([0x30, 1, 0xaa].as_slice()));
        assert_eq!(seen[1].as_deref(), Ok([0x30, 0x84, 0, 0, 0, 2, 1, 2].as_slice()));
        assert_eq!(seen[2], Err(Stop::Closed));
    }

    #[tokio::test]
    async fn what_is_no_message_is_refused_from_its_header() {
        assert_eq!(read(b"GET / HTTP/1.1\r\n").await, [Err(Stop::NotLdap)]);
        assert_eq!(read(&[0x30, 0x80, 0, 0]).await, [Err(Stop::NotLdap)]);
        assert_eq!(read(&[0x30, 0xff]).await, [Err(Stop::NotLdap)]);
        assert_eq!(read(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]).await, [Err(Stop::TooLarge)]);
        assert_eq!(read(&[0x30, 0x82, 0x04, 0x00]).await, [Err(Stop::TooLarge)]);
    }

    #[tokio::test]
    async fn dripping_and_silence_have_their_own_deadlines() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut frames = Frames::new(server, LIMIT, Duration::from_millis(120));
        assert_eq!(frames.next(Duration::from_millis(20)).await, Err(Stop::Idle));
        frames.rest();
        let drip = tokio::spawn(async move {
            for octet in [0x30u8, 0x05, 1, 2, 3, 4, 5] {
                if client.write_all(&[octet]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        assert_eq!(frames.next(Duration::from_secs(30)).await, Err(Stop::Late));
        drop(frames);
        drip.await.unwrap();
    }
}
