//! Streams as the standard library has them. Writing cannot be waited for; reading can, by a thread that reads ahead.

use super::Channel;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

const BUFFER: usize = 64 << 10;

/// One write.
pub(crate) fn write(channel: Channel, bytes: &[u8]) -> io::Result<usize> {
    fn through(mut stream: impl Write, bytes: &[u8]) -> io::Result<usize> {
        let written = stream.write(bytes)?;
        stream.flush()?;
        Ok(written)
    }
    match channel {
        Channel::Stdout => through(io::stdout(), bytes),
        Channel::Stderr => through(io::stderr(), bytes),
    }
}

/// Nothing tells whether a write would block.
pub(crate) fn wait_writable(_channel: Channel, _timeout: Duration) -> io::Result<bool> {
    Ok(true)
}

/// Standard input. A thread reads, one piece whenever it is asked to, so that waiting can be given up.
#[derive(Debug)]
pub(crate) struct Stdin {
    reader: Option<Reader>,
    piece: Vec<u8>,
    used: usize,
    /// A piece is on its way.
    asked: bool,
    /// The end has arrived and has not been read yet. On a terminal there may be more after it.
    ended: bool,
}

#[derive(Debug)]
struct Reader {
    /// Empty buffers for the thread to fill.
    requests: Sender<Vec<u8>>,
    pieces: Receiver<io::Result<Vec<u8>>>,
}

impl Stdin {
    pub(crate) fn new() -> Stdin {
        Stdin { reader: None, piece: Vec::new(), used: 0, asked: false, ended: false }
    }

    /// Waits until reading does not block, for at most `timeout`. The answer is whether it does not.
    pub(crate) fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        if self.is_ready() {
            return Ok(true);
        }
        self.ask()?;
        let piece = match self.reader()?.pieces.recv_timeout(timeout) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout) => return Ok(false),
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::UnexpectedEof.into()),
        };
        self.asked = false;
        self.piece = piece?;
        self.ended = self.piece.is_empty();
        Ok(true)
    }

    /// One read.
    pub(crate) fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if !self.is_ready() {
            self.wait(Duration::MAX)?;
        }
        self.ended = false;
        let left = &self.piece[self.used..];
        let len = left.len().min(bytes.len());
        bytes[..len].copy_from_slice(&left[..len]);
        self.used += len;
        Ok(len)
    }

    fn is_ready(&self) -> bool {
        self.ended || self.used < self.piece.len()
    }

    /// Asks for a piece where none is left and none is on its way.
    fn ask(&mut self) -> io::Result<()> {
        if !self.asked {
            let piece = std::mem::take(&mut self.piece);
            self.used = 0;
            let gone = self.reader()?.requests.send(piece).is_err();
            if gone {
                return Err(io::Error::other("the thread that reads standard input has ended"));
            }
            self.asked = true;
        }
        Ok(())
    }

    fn reader(&mut self) -> io::Result<&Reader> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => Reader::start()?,
        };
        Ok(self.reader.insert(reader))
    }
}

impl Reader {
    fn start() -> io::Result<Reader> {
        let (requests, asked) = channel::<Vec<u8>>();
        let (sender, pieces) = channel();
        thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            for mut buffer in asked {
                buffer.resize(BUFFER, 0);
                let piece = loop {
                    match io::stdin().lock().read(&mut buffer) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        outcome => break outcome,
                    }
                };
                let piece = piece.map(|len| {
                    buffer.truncate(len);
                    buffer
                });
                if sender.send(piece).is_err() {
                    break;
                }
            }
        })?;
        Ok(Reader { requests, pieces })
    }
}

/// Not known.
pub(crate) fn process_cpu_time() -> Option<Duration> {
    None
}
