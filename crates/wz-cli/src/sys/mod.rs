//! What the operating system is asked directly: the standard streams without buffers, and processor time.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "other.rs")]
mod imp;

pub(crate) use imp::{Stdin, process_cpu_time, wait_writable, write};

/// A stream to write to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Channel {
    Stdout,
    Stderr,
}
