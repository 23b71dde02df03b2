//! The one error type of wz.

use crate::runtime::InstanceId;
use crate::trap::{Backtrace, Trap, TrapCode};
use crate::types::FuncType;
use std::sync::{Mutex, PoisonError};
use std::{any::Any, error::Error as StdError, fmt};

/// Why compiling a module failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// Byte offset in the binary, where it is known.
    pub offset: Option<u64>,
    /// Whether it is the engine that does not support the module, which another one may.
    pub unsupported: bool,
}

/// Why instantiation failed before anything ran.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkError {
    /// What is wrong; a line for each import that is missing or of another type.
    pub message: String,
}

/// A limit that the embedder, wz or the operating system sets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LimitError {
    /// Which limit, its value, and what asked for more.
    pub message: String,
}

/// What a handle, a name or an argument was used for that it cannot be used for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageError {
    /// What is wrong.
    pub message: String,
}

/// An error as it was returned, or a panic as it was raised, by host code.
pub enum HostError {
    /// The error value that the host function returned.
    Error(Box<dyn StdError + Send + Sync + 'static>),
    /// The payload of the host function's panic; it is resumed where the outermost call was made. Payloads need not be
    /// `Sync`, errors are: hence the mutex.
    Panic(Mutex<Box<dyn Any + Send + 'static>>),
}

/// What a host function returns, in place of results, to suspend the call that runs its guest: a value for whoever made
/// that call.
///
/// It is returned like an error, from functions whose error it is or that return an [`Error`]. The guest's frames stay as
/// they are until the call is resumed, with what the host function would have returned.
pub struct Suspend {
    /// Payloads need not be `Sync`, errors are: hence the mutex.
    payload: Mutex<Box<dyn Any + Send + 'static>>,
    /// Set on the way from the host function to its guest.
    origin: Option<Origin>,
}

/// The host function that suspended a call.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Its type.
    pub(crate) ty: FuncType,
    /// The instance that called it; `None` if the host did.
    pub(crate) caller: Option<InstanceId>,
}

impl Suspend {
    /// Suspends the call, and hands `payload` to who made it.
    pub fn new(payload: impl Any + Send) -> Suspend {
        Suspend { payload: Mutex::new(Box::new(payload)), origin: None }
    }

    /// The payload, and where it comes from.
    pub(crate) fn into_parts(self) -> (Box<dyn Any + Send + 'static>, Option<Origin>) {
        (self.payload.into_inner().unwrap_or_else(PoisonError::into_inner), self.origin)
    }
}

#[derive(Debug)]
enum Repr {
    Compile(CompileError),
    Link(LinkError),
    Trap(Trap),
    Exit(u32),
    Host(HostError),
    Limit(LimitError),
    Closed(String),
    Usage(UsageError),
    Suspend(Suspend),
}

/// What an [`Error`] is, for matching.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind<'a> {
    /// The module is malformed, invalid, or uses a feature that is disabled.
    Compile(&'a CompileError),
    /// Imports are missing or of another type.
    Link(&'a LinkError),
    /// The guest trapped.
    Trap(&'a Trap),
    /// The guest ended with an exit code.
    Exit(u32),
    /// Host code failed.
    Host(&'a HostError),
    /// A limit was reached.
    Limit(&'a LimitError),
    /// The module instance, or the runtime, is closed.
    Closed(&'a str),
    /// A handle, name, type or argument does not fit.
    Usage(&'a UsageError),
    /// A host function suspends the call that its guest runs in. Only host functions have such an error in their hands:
    /// calls that cannot be suspended end with [`ErrorKind::Usage`].
    Suspend(&'a Suspend),
}

/// Everything that can go wrong, one word wide.
pub struct Error(Box<Repr>);

impl Error {
    /// An error of [`ErrorKind::Compile`].
    pub fn compile(message: impl Into<String>, offset: Option<u64>) -> Error {
        let message = message.into();
        Error(Box::new(Repr::Compile(CompileError { message, offset, unsupported: false })))
    }

    /// An error of [`ErrorKind::Compile`]: the engine does not support what the module uses.
    pub fn unsupported(message: impl Into<String>, offset: Option<u64>) -> Error {
        let message = message.into();
        Error(Box::new(Repr::Compile(CompileError { message, offset, unsupported: true })))
    }

    /// An error of [`ErrorKind::Link`].
    pub fn link(message: impl Into<String>) -> Error {
        Error(Box::new(Repr::Link(LinkError { message: message.into() })))
    }

    /// An error of [`ErrorKind::Exit`].
    pub fn exit(code: u32) -> Error {
        Error(Box::new(Repr::Exit(code)))
    }

    /// An error of [`ErrorKind::Host`] that carries `error` unchanged. A [`Suspend`] becomes [`ErrorKind::Suspend`].
    pub fn host(error: impl Into<Box<dyn StdError + Send + Sync + 'static>>) -> Error {
        match error.into().downcast::<Suspend>() {
            Ok(suspend) => Error::from(*suspend),
            Err(error) => Error(Box::new(Repr::Host(HostError::Error(error)))),
        }
    }

    /// An error of [`ErrorKind::Host`] that carries a panic's payload.
    pub fn host_panic(payload: Box<dyn Any + Send + 'static>) -> Error {
        Error(Box::new(Repr::Host(HostError::Panic(Mutex::new(payload)))))
    }

    /// An error of [`ErrorKind::Limit`].
    pub fn limit(message: impl Into<String>) -> Error {
        Error(Box::new(Repr::Limit(LimitError { message: message.into() })))
    }

    /// An error of [`ErrorKind::Closed`]; `what` is closed.
    pub fn closed(what: impl Into<String>) -> Error {
        Error(Box::new(Repr::Closed(what.into())))
    }

    /// An error of [`ErrorKind::Usage`].
    pub fn usage(message: impl Into<String>) -> Error {
        Error(Box::new(Repr::Usage(UsageError { message: message.into() })))
    }

    /// What this error is.
    pub fn kind(&self) -> ErrorKind<'_> {
        match &*self.0 {
            Repr::Compile(e) => ErrorKind::Compile(e),
            Repr::Link(e) => ErrorKind::Link(e),
            Repr::Trap(t) => ErrorKind::Trap(t),
            Repr::Exit(code) => ErrorKind::Exit(*code),
            Repr::Host(e) => ErrorKind::Host(e),
            Repr::Limit(e) => ErrorKind::Limit(e),
            Repr::Closed(what) => ErrorKind::Closed(what),
            Repr::Usage(e) => ErrorKind::Usage(e),
            Repr::Suspend(s) => ErrorKind::Suspend(s),
        }
    }

    /// The trap, if this is one.
    pub fn as_trap(&self) -> Option<&Trap> {
        match &*self.0 {
            Repr::Trap(t) => Some(t),
            _ => None,
        }
    }

    /// This error, with `backtrace` if it is a trap that has none yet.
    pub(crate) fn or_backtrace(mut self, backtrace: impl FnOnce() -> Backtrace) -> Error {
        if let Repr::Trap(trap) = &mut *self.0
            && trap.backtrace.frames.is_empty()
        {
            trap.backtrace = backtrace();
        }
        self
    }

    /// Whether a host function suspends the call.
    pub fn is_suspend(&self) -> bool {
        matches!(&*self.0, Repr::Suspend(_))
    }

    /// What a host function suspends the call with, or this error unchanged.
    pub(crate) fn into_suspend(self) -> Result<Suspend, Error> {
        match *self.0 {
            Repr::Suspend(suspend) => Ok(suspend),
            other => Err(Error(Box::new(other))),
        }
    }

    /// This error, with the host function that it comes from if that suspends the call.
    pub(crate) fn with_origin(mut self, origin: impl FnOnce() -> Origin) -> Error {
        if let Repr::Suspend(suspend) = &mut *self.0 {
            suspend.origin = Some(origin());
        }
        self
    }

    /// The trap's code, if this is a trap.
    pub fn trap_code(&self) -> Option<TrapCode> {
        self.as_trap().map(|t| t.code)
    }

    /// The exit code, if the guest ended with one.
    pub fn exit_code(&self) -> Option<u32> {
        match &*self.0 {
            Repr::Exit(code) => Some(*code),
            _ => None,
        }
    }

    /// The host function's own error as the type it had, if this is one.
    pub fn downcast_host<E: StdError + 'static>(&self) -> Option<&E> {
        match &*self.0 {
            Repr::Host(HostError::Error(e)) => e.downcast_ref(),
            _ => None,
        }
    }

    /// The host function's own error, or this error unchanged.
    ///
    /// # Errors
    ///
    /// This error, if it is not an error value of the host.
    pub fn into_host(self) -> Result<Box<dyn StdError + Send + Sync + 'static>, Error> {
        match *self.0 {
            Repr::Host(HostError::Error(e)) => Ok(e),
            other => Err(Error(Box::new(other))),
        }
    }

    /// The payload of a host function's panic, or this error unchanged.
    ///
    /// # Errors
    ///
    /// This error, if it is not a panic.
    pub fn into_panic(self) -> Result<Box<dyn Any + Send + 'static>, Error> {
        match *self.0 {
            Repr::Host(HostError::Panic(payload)) => {
                Ok(payload.into_inner().unwrap_or_else(PoisonError::into_inner))
            }
            other => Err(Error(Box::new(other))),
        }
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Error {
        Error(Box::new(Repr::Trap(trap)))
    }
}

impl From<TrapCode> for Error {
    fn from(code: TrapCode) -> Error {
        Trap::new(code).into()
    }
}

impl From<Suspend> for Error {
    fn from(suspend: Suspend) -> Error {
        Error(Box::new(Repr::Suspend(suspend)))
    }
}

impl fmt::Debug for Suspend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Suspend(..)")
    }
}

impl fmt::Display for Suspend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a host function suspends the call")
    }
}

impl StdError for Suspend {}

impl fmt::Debug for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostError::Error(e) => f.debug_tuple("Error").field(e).finish(),
            HostError::Panic(_) => f.write_str("Panic(..)"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Repr::Compile(CompileError { message, offset: Some(offset), .. }) => {
                write!(f, "{message} (at offset 0x{offset:x})")
            }
            Repr::Compile(e) => f.write_str(&e.message),
            Repr::Link(e) => f.write_str(&e.message),
            Repr::Trap(t) => write!(f, "trap: {t}"),
            Repr::Exit(code) => write!(f, "exit with code {code}"),
            Repr::Host(HostError::Error(e)) => e.fmt(f),
            Repr::Host(HostError::Panic(_)) => f.write_str("a host function panicked"),
            Repr::Limit(e) => f.write_str(&e.message),
            Repr::Closed(what) => write!(f, "{what} is closed"),
            Repr::Usage(e) => f.write_str(&e.message),
            Repr::Suspend(s) => s.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.0 {
            Repr::Host(HostError::Error(e)) => Some(&**e),
            _ => None,
        }
    }
}

const _: () = assert!(size_of::<Error>() == size_of::<usize>());
