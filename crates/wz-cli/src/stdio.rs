//! The process's standard streams as the guest's.
//!
//! Standard output is buffered unless it is a terminal. The buffer is written out before anything happens that could
//! show that it is not empty: reading, sleeping, writing to standard error, ending, and at the latest with the first
//! write after [`LINGER`].

use crate::failure::ClosedPipe;
use std::io::{self, BufWriter, Read, Stderr, Stdout, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use wz_api::Error;
use wz_api::sys::{Input, Output, Scheduler, SystemScheduler};

/// How long output may stay in the buffer while the guest goes on writing.
const LINGER: Duration = Duration::from_millis(50);
const BUFFER: usize = 64 << 10;

/// Standard output, shared with whatever has to flush it first.
#[derive(Clone, Debug)]
pub(crate) struct SharedStdout(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    writer: BufWriter<Stdout>,
    flushed: Instant,
    is_terminal: bool,
}

impl SharedStdout {
    pub(crate) fn new() -> SharedStdout {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        let writer = BufWriter::with_capacity(BUFFER, stdout);
        SharedStdout(Arc::new(Mutex::new(State { writer, flushed: Instant::now(), is_terminal })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.lock().flush()
    }
}

impl State {
    fn flush(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        self.writer.flush().map_err(end_guest_if_closed)
    }
}

/// A closed pipe ends the guest instead of being its error: it ends native programs, too.
fn end_guest_if_closed(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => io::Error::new(io::ErrorKind::BrokenPipe, Error::host(ClosedPipe)),
        _ => error,
    }
}

impl Write for SharedStdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.lock();
        let written = state.writer.write(bytes).map_err(end_guest_if_closed)?;
        if state.is_terminal || state.flushed.elapsed() > LINGER {
            state.flush()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        SharedStdout::flush(self)
    }
}

impl Output for SharedStdout {
    fn is_terminal(&self) -> bool {
        self.lock().is_terminal
    }
}

/// Standard error.
#[derive(Debug)]
pub(crate) struct GuestStderr {
    stderr: Stderr,
    stdout: SharedStdout,
}

impl GuestStderr {
    pub(crate) fn new(stdout: SharedStdout) -> GuestStderr {
        GuestStderr { stderr: io::stderr(), stdout }
    }
}

impl Write for GuestStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stdout.flush()?;
        self.stderr.write(bytes).map_err(end_guest_if_closed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stderr.flush().map_err(end_guest_if_closed)
    }
}

impl Output for GuestStderr {
    fn is_terminal(&self) -> bool {
        self.stderr.is_terminal()
    }
}

/// The host's scheduler.
#[derive(Debug)]
pub(crate) struct GuestScheduler {
    stdout: SharedStdout,
}

impl GuestScheduler {
    pub(crate) fn new(stdout: SharedStdout) -> GuestScheduler {
        GuestScheduler { stdout }
    }
}

impl Scheduler for GuestScheduler {
    fn sleep(&self, duration: Duration) {
        // If the output is gone, the next write says so.
        let _ = self.stdout.flush();
        SystemScheduler.sleep(duration);
    }

    fn yield_now(&self) {
        SystemScheduler.yield_now();
    }
}

/// Standard input. A thread reads, one piece whenever the guest asks, so that the guest can give up waiting.
#[derive(Debug)]
pub(crate) struct GuestStdin {
    stdout: SharedStdout,
    reader: Option<Reader>,
    piece: Vec<u8>,
    used: usize,
    /// A piece is on its way.
    asked: bool,
    /// The end has arrived and the guest has not seen it yet. On a terminal there may be more after it.
    ended: bool,
    is_terminal: bool,
}

#[derive(Debug)]
struct Reader {
    /// Empty buffers for the thread to fill.
    requests: Sender<Vec<u8>>,
    pieces: Receiver<io::Result<Vec<u8>>>,
}

impl GuestStdin {
    pub(crate) fn new(stdout: SharedStdout) -> GuestStdin {
        let is_terminal = io::stdin().is_terminal();
        GuestStdin {
            stdout,
            reader: None,
            piece: Vec::new(),
            used: 0,
            asked: false,
            ended: false,
            is_terminal,
        }
    }

    fn reader(&mut self) -> io::Result<&Reader> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => Reader::start()?,
        };
        Ok(self.reader.insert(reader))
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

    fn arrived(&mut self, piece: io::Result<Vec<u8>>) -> io::Result<()> {
        self.asked = false;
        self.piece = piece?;
        self.ended = self.piece.is_empty();
        Ok(())
    }

    fn is_ready(&self) -> bool {
        self.ended || self.used < self.piece.len()
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

impl Read for GuestStdin {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
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
}

impl Input for GuestStdin {
    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        if self.is_ready() {
            return Ok(true);
        }
        self.stdout.flush()?;
        self.ask()?;
        let piece = match self.reader()?.pieces.recv_timeout(timeout) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout) => return Ok(false),
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::UnexpectedEof.into()),
        };
        self.arrived(piece)?;
        Ok(true)
    }

    fn is_terminal(&self) -> bool {
        self.is_terminal
    }
}
