//! The process's standard streams, for guests and for wz itself.
//!
//! Nothing is buffered here: what a guest has written is out, whatever becomes of it next. Guests buffer as much as native
//! programs do.

use crate::failure::ClosedPipe;
use crate::sys::{self, Channel};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wz_api::sys::{Input, Output};
use wz_api::{Error, Interrupter, TrapCode};

/// How long to wait before looking again for an interrupt.
const PIECE: Duration = Duration::from_millis(40);
/// What a pipe that can be written to takes without blocking: POSIX's least PIPE_BUF is 512, but all systems have a page.
const UNBLOCKED: usize = 4096;

/// Standard output or error. Clones are the same stream.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    channel: Channel,
    is_terminal: bool,
    /// Ends writes that block.
    interrupter: Option<Interrupter>,
    /// The last line that was written has no end yet.
    within_line: Arc<AtomicBool>,
}

impl Stream {
    pub(crate) fn stdout() -> Stream {
        Stream::new(Channel::Stdout, Output::is_terminal(&io::stdout()))
    }

    pub(crate) fn stderr() -> Stream {
        Stream::new(Channel::Stderr, Output::is_terminal(&io::stderr()))
    }

    fn new(channel: Channel, is_terminal: bool) -> Stream {
        Stream { channel, is_terminal, interrupter: None, within_line: Arc::default() }
    }

    /// The stream, with writes that an interrupt ends even if nobody reads the other end.
    pub(crate) fn interruptible(&self, interrupter: Interrupter) -> Stream {
        Stream { interrupter: Some(interrupter), ..self.clone() }
    }

    /// Ends the line that was begun, if one was.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        if self.within_line.load(Ordering::Relaxed) { self.write_all(b"\n") } else { Ok(()) }
    }

    fn wait(&self) -> io::Result<()> {
        while !sys::wait_writable(self.channel, PIECE)? {
            if self.interrupter.as_ref().is_some_and(Interrupter::is_interrupted) {
                return Err(io::Error::other(Error::from(TrapCode::Interrupted)));
            }
        }
        Ok(())
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = if self.interrupter.is_some() { UNBLOCKED } else { usize::MAX };
        let bytes = &bytes[..bytes.len().min(most)];
        if self.interrupter.is_some() {
            self.wait()?;
        }
        loop {
            match sys::write(self.channel, bytes) {
                Ok(written) => {
                    if let Some(last) = bytes[..written].last() {
                        self.within_line.store(*last != b'\n', Ordering::Relaxed);
                    }
                    return Ok(written);
                }
                // Whoever shares the stream has made it so; the guest did not ask for it.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait()?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // It ends the guest instead of being its error: it ends native programs, too.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Err(io::Error::new(io::ErrorKind::BrokenPipe, Error::host(ClosedPipe)));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Output for Stream {
    fn is_terminal(&self) -> bool {
        self.is_terminal
    }
}

/// Standard input.
#[derive(Debug)]
pub(crate) struct GuestStdin(sys::Stdin);

impl GuestStdin {
    pub(crate) fn new() -> GuestStdin {
        GuestStdin(sys::Stdin::new())
    }
}

impl Read for GuestStdin {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}

impl Input for GuestStdin {
    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        self.0.wait(timeout)
    }

    fn is_terminal(&self) -> bool {
        Input::is_terminal(&io::stdin())
    }
}
