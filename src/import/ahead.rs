//! A file read, unzipped and hashed by a thread ahead of the one that makes something of it.

use super::inputs::{Input, Opened};
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

/// Bytes handed over at a time.
const PIECE: usize = 1 << 18;
/// Pieces ahead at most.
const AHEAD: usize = 4;

/// The plain bytes of an input.
pub(super) struct Ahead {
    pieces: Receiver<io::Result<Vec<u8>>>,
    /// Pieces that were used, to be filled again.
    used: Sender<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
    thread: JoinHandle<Option<Sha256>>,
}

impl Ahead {
    pub fn open(input: &Input) -> Result<Self> {
        Self::start(input, Some(Sha256::new()))
    }

    /// Once more, when its hash is known.
    pub fn again(input: &Input) -> Result<Self> {
        Self::start(input, None)
    }

    fn start(input: &Input, digest: Option<Sha256>) -> Result<Self> {
        let mut opened = input.open()?;
        // What is wrong with an archive is told here, by its own error.
        drop(opened.reader()?);
        let (full, pieces) = sync_channel(AHEAD);
        let (used, empty) = channel();
        let thread = std::thread::Builder::new()
            .name("import-read".to_owned())
            .spawn(move || read(opened, digest, &full, &empty))
            .map_err(|e| Error::internal("a thread for reading could not be started", e))?;
        Ok(Self { pieces, used, piece: Vec::new(), at: 0, thread })
    }

    /// SHA-256 of what was read, hexadecimal.
    pub fn sha256(self) -> Result<String> {
        let Self { pieces, thread, .. } = self;
        drop(pieces);
        let digest = thread.join().map_err(|_| Error::conflict("the thread that reads stopped"))?;
        Ok(digest.unwrap_or_default().finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            // The end is the thread's.
            let Ok(next) = self.pieces.recv() else { return Ok(0) };
            // Nobody fills it again when the thread is done.
            let _ = self.used.send(std::mem::replace(&mut self.piece, next?));
            self.at = 0;
        }
        let read = self.piece.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

fn read(
    mut opened: Opened,
    mut digest: Option<Sha256>,
    full: &SyncSender<io::Result<Vec<u8>>>,
    empty: &Receiver<Vec<u8>>,
) -> Option<Sha256> {
    let mut source = match opened.reader() {
        Ok(source) => source,
        Err(error) => {
            let _ = full.send(Err(io::Error::other(error)));
            return digest;
        }
    };
    loop {
        let mut piece = empty.try_recv().unwrap_or_default();
        piece.clear();
        let read = source.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        if let Some(digest) = &mut digest {
            digest.update(&piece);
        }
        let ended = matches!(read, Ok(0));
        // Nobody listens after an error of his own.
        let sent = match read {
            Ok(0) => Ok(()),
            Ok(_) => full.send(Ok(piece)),
            Err(error) => full.send(Err(error)),
        };
        if ended || sent.is_err() {
            return digest;
        }
    }
}
