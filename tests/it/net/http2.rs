//! HTTP/2 clients that hold a connection and ask nothing more, frame by frame (RFC 9113).

use super::client::PATIENCE;
use super::world::World;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `GET` with its headers whole and no body.
fn request(stream: u32, path: &str) -> Vec<u8> {
    let path_length = u8::try_from(path.len()).unwrap();
    // Of the static table: GET, http; then literal values for the names `:path` and `:authority`.
    let block = [&[0x82, 0x86, 0x44, path_length], path.as_bytes(), &[0x41, 1, b'x']].concat();
    frame(HEADERS, 5, stream, &block)
}

/// `POST` with its headers, a wrong credential among them, and a body that follows.
fn refused(stream: u32, path: &str) -> Vec<u8> {
    let literal = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    // `authorization` is the 23rd name of the static table.
    let block = [vec![0x83, 0x86, 0x44], literal(path), vec![0x41], literal("x"), vec![0x0f, 8], literal("Bearer wrong")].concat();
    frame(HEADERS, END_HEADERS, stream, &block)
}

struct Client(TcpStream);

impl Client {
    /// Opens a connection whose streams may send this much before the client says more, which it never does.
    async fn connect(address: SocketAddr, window: u32) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let window = [&[0, 4][..], &window.to_be_bytes()].concat();
        stream.write_all(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(SETTINGS, 0, 0, &window).as_slice()].concat()).await.unwrap();
        Self(stream)
    }

    /// The next frame's kind, pings and settings answered as they must be; `None` once the server closed, however it did.
    async fn next(&mut self) -> Option<u8> {
        self.next_frame().await.map(|(kind, ..)| kind)
    }

    /// The same with its flags, the stream and what it holds.
    async fn next_frame(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).await.ok()?;
        let answer = match (head[3], head[4] & ACK) {
            (PING, 0) => frame(PING, ACK, 0, &payload),
            (SETTINGS, 0) => frame(SETTINGS, ACK, 0, &[]),
            _ => Vec::new(),
        };
        // A server that closed is noticed by the next reading.
        let _ = self.0.write_all(&answer).await;
        Some((head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
    }

    /// What the server says on a stream until it has ended it, and whatever it says of it until the next stream is answered.
    async fn answer(&mut self, stream: u32, next: u32) -> Vec<(u8, u8, Vec<u8>)> {
        let reading = async {
            let mut told = Vec::new();
            loop {
                match self.next_frame().await.expect("the connection goes on") {
                    (kind, flags, at, payload) if at == stream => {
                        if kind != RST_STREAM && flags & END_STREAM != 0 {
                            self.0.write_all(&request(next, "/healthz")).await.unwrap();
                        }
                        told.push((kind, flags, payload));
                    }
                    (_, flags, at, _) if at == next && flags & END_STREAM != 0 => return told,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("an answer in time")
    }

    /// Frames until the server closed, with how many of this kind there were.
    async fn until_closed(mut self, kind: u8, what: &str) -> (usize, bool) {
        let reading = async {
            let (mut seen, mut told) = (0, false);
            while let Some(next) = self.next().await {
                seen += usize::from(next == kind);
                told |= next == GOAWAY;
            }
            (seen, told)
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap_or_else(|_| panic!("held without end: {what}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_requests_is_ended() {
    let world = World::with(|settings| settings.http.request_seconds = 1).await;
    let http = world.directory.http;
    let silent = Client::connect(http, 65_535).await;
    let mut closed_window = Client::connect(http, 0).await;
    let many: Vec<u8> = (0..64).flat_map(|n| request(2 * n + 1, "/v1/search?q=martin")).collect();
    closed_window.0.write_all(&many).await.unwrap();
    let mut busy = Client::connect(http, 65_535).await;
    let ended = async { tokio::join!(silent.until_closed(GOAWAY, "no request"), closed_window.until_closed(HEADERS, "no window")) };
    let mut ended = std::pin::pin!(ended);
    let mut stream = 1;
    let ((goaways, _), (answers, told)) = loop {
        tokio::select! {
            ended = &mut ended => break ended,
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
        busy.0.write_all(&request(stream, "/healthz")).await.unwrap();
        while busy.next().await.expect("who asks stays") != HEADERS {}
        stream += 2;
    };
    assert!(goaways > 0, "told to end");
    assert!(answers == 64 && told, "{answers} answers were begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_before_the_body_is_read_is_an_answer_and_no_reset() {
    let world = World::with(|_| {}).await;
    let mut client = Client::connect(world.directory.http, 65_535).await;
    let (path, pause) = ("/v1/mailboxes/lookup", Duration::from_millis(100));
    client.0.write_all(&refused(1, path)).await.unwrap();
    tokio::time::sleep(pause).await;
    for flags in [0, 0, END_STREAM] {
        client.0.write_all(&frame(DATA, flags, 1, &[b' '; 16_000])).await.unwrap();
    }
    let told = client.answer(1, 3).await;
    assert!(told.iter().all(|(kind, ..)| *kind != RST_STREAM), "{told:?}");
    let body: Vec<u8> = told.into_iter().filter(|(kind, ..)| *kind == DATA).flat_map(|(.., payload)| payload).collect();
    assert!(String::from_utf8(body).unwrap().contains("\"code\":\"invalid_credential\""));
    // Of a body that does not come the client is told that nothing is wrong.
    client.0.write_all(&refused(5, path)).await.unwrap();
    let told = client.answer(5, 7).await;
    assert!(told.iter().any(|(kind, flags, _)| *kind == DATA && flags & END_STREAM != 0), "{told:?}");
    let resets: Vec<_> = told.into_iter().filter(|(kind, ..)| *kind == RST_STREAM).map(|(.., code)| code).collect();
    assert!(resets.iter().all(|code| *code == [0; 4]), "{resets:?}");
}
