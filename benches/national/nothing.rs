//! A server that does nothing: it answers every search with bytes made ready beforehand, an answer of ours of the usual size. What it
//! reaches is what the machine lets any server reach with this client beside it: no ratio can be larger than its own.
//!
//! A process of its own (`--do-nothing FILE ADDRESS`), a thread a connection, one read and one write an answer.

use crate::client::Target;
use crate::process::{Server, free_port};
use crate::wire::{Protocol, ldap_bind, ldap_length};
use anyhow::{Context as _, Result};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// A bind response, message 1, success.
const BOUND: [u8; 14] = [0x30, 12, 2, 1, 1, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0];

pub struct Nothing {
    server: Server,
    address: SocketAddr,
}

impl Nothing {
    pub fn start(answer: &Path) -> Result<Self> {
        let address = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--do-nothing").arg(answer).arg(address.to_string());
        let mut server = Server::start(&mut command, "-TERM")?;
        server.listens(address)?;
        Ok(Self { server, address })
    }

    pub fn target(&self, class: &str) -> Target {
        let fresh = class.starts_with("session");
        Target { address: self.address, protocol: Protocol::Ldap, greeting: vec![ldap_bind()], fresh, tls: None, process: self.server.id() }
    }
}

/// The other side: runs until it is stopped.
pub fn serve(answer: &str, address: &str) -> Result<()> {
    let answer: Arc<[u8]> = std::fs::read(answer).context("an answer")?.into();
    for stream in TcpListener::bind(address)?.incoming() {
        let (stream, answer) = (stream?, Arc::clone(&answer));
        std::thread::spawn(move || {
            // A client that goes away ends its thread.
            let _ = answer_all(stream, &answer);
        });
    }
    Ok(())
}

fn answer_all(mut stream: TcpStream, answer: &[u8]) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut buffer, mut filled) = (vec![0; 16 * 1024], 0);
    loop {
        let read = stream.read(buffer.get_mut(filled..).unwrap_or_default())?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        while let Some(length) = ldap_length(buffer.get(..filled).unwrap_or_default()) {
            match buffer.get(2..length).and_then(|message| message.iter().find(|octet| matches!(octet, 0x60 | 0x42 | 0x63))) {
                Some(0x60) => stream.write_all(&BOUND)?,
                Some(0x63) => stream.write_all(answer)?,
                _ => return Ok(()),
            }
            buffer.copy_within(length..filled, 0);
            filled -= length;
        }
    }
}
