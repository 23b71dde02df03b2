//! Error numbers of WASI preview 1.

use std::io;

macro_rules! errno {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        /// An error number.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Errno {
            $($(#[$doc])* $name = $value,)*
        }
    };
}

errno! {
    /// No error.
    Success = 0,
    /// Argument list too long.
    TooBig = 1,
    /// Permission denied.
    Access = 2,
    /// Address in use.
    AddrInUse = 3,
    /// Address not available.
    AddrNotAvail = 4,
    /// Address family not supported.
    AfNoSupport = 5,
    /// Resource unavailable now, or operation would block.
    Again = 6,
    /// Connection already in progress.
    Already = 7,
    /// Bad file descriptor.
    BadF = 8,
    /// Bad message.
    BadMsg = 9,
    /// Device or resource busy.
    Busy = 10,
    /// Operation cancelled.
    Canceled = 11,
    /// No child processes.
    Child = 12,
    /// Connection aborted.
    ConnAborted = 13,
    /// Connection refused.
    ConnRefused = 14,
    /// Connection reset.
    ConnReset = 15,
    /// Resource deadlock would occur.
    Deadlk = 16,
    /// Destination address required.
    DestAddrReq = 17,
    /// Argument out of a function's domain.
    Dom = 18,
    /// Reserved.
    DQuot = 19,
    /// File exists.
    Exist = 20,
    /// Bad address.
    Fault = 21,
    /// File too large.
    FBig = 22,
    /// Host is unreachable.
    HostUnreach = 23,
    /// Identifier removed.
    IdRm = 24,
    /// Illegal byte sequence.
    IlSeq = 25,
    /// Operation in progress.
    InProgress = 26,
    /// Interrupted function.
    Intr = 27,
    /// Invalid argument.
    Inval = 28,
    /// Input or output error.
    Io = 29,
    /// Socket is connected.
    IsConn = 30,
    /// Is a directory.
    IsDir = 31,
    /// Too many levels of symbolic links.
    Loop = 32,
    /// Too many open files of this program.
    MFile = 33,
    /// Too many links.
    MLink = 34,
    /// Message too large.
    MsgSize = 35,
    /// Reserved.
    MultiHop = 36,
    /// File name too long.
    NameTooLong = 37,
    /// Network is down.
    NetDown = 38,
    /// Connection aborted by the network.
    NetReset = 39,
    /// Network unreachable.
    NetUnreach = 40,
    /// Too many open files in the system.
    NFile = 41,
    /// No buffer space available.
    NoBufs = 42,
    /// No such device.
    NoDev = 43,
    /// No such file or directory.
    NoEnt = 44,
    /// Executable file format error.
    NoExec = 45,
    /// No locks available.
    NoLck = 46,
    /// Reserved.
    NoLink = 47,
    /// Not enough memory.
    NoMem = 48,
    /// No message of the desired type.
    NoMsg = 49,
    /// Protocol not available.
    NoProtoOpt = 50,
    /// No space left on the device.
    NoSpc = 51,
    /// Function not supported.
    NoSys = 52,
    /// Socket is not connected.
    NotConn = 53,
    /// Not a directory.
    NotDir = 54,
    /// Directory not empty.
    NotEmpty = 55,
    /// State not recoverable.
    NotRecoverable = 56,
    /// Not a socket.
    NotSock = 57,
    /// Not supported.
    NotSup = 58,
    /// Inappropriate control operation.
    NoTty = 59,
    /// No such device or address.
    NxIo = 60,
    /// Value too large.
    Overflow = 61,
    /// Previous owner died.
    OwnerDead = 62,
    /// Operation not permitted.
    Perm = 63,
    /// Broken pipe.
    Pipe = 64,
    /// Protocol error.
    Proto = 65,
    /// Protocol not supported.
    ProtoNoSupport = 66,
    /// Protocol of the wrong type for the socket.
    Prototype = 67,
    /// Result too large.
    Range = 68,
    /// Read-only file system.
    RoFs = 69,
    /// Invalid seek.
    SPipe = 70,
    /// No such process.
    Srch = 71,
    /// Reserved.
    Stale = 72,
    /// Connection timed out.
    TimedOut = 73,
    /// Text file busy.
    TxtBsy = 74,
    /// Cross-device link.
    XDev = 75,
    /// The descriptor's rights do not allow it.
    NotCapable = 76,
}

impl Errno {
    /// The number that guests get.
    pub fn raw(self) -> u16 {
        self as u16
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        use io::ErrorKind;
        match error.kind() {
            ErrorKind::NotFound => Errno::NoEnt,
            ErrorKind::PermissionDenied => Errno::Access,
            ErrorKind::ConnectionRefused => Errno::ConnRefused,
            ErrorKind::ConnectionReset => Errno::ConnReset,
            ErrorKind::ConnectionAborted => Errno::ConnAborted,
            ErrorKind::NotConnected => Errno::NotConn,
            ErrorKind::AddrInUse => Errno::AddrInUse,
            ErrorKind::AddrNotAvailable => Errno::AddrNotAvail,
            ErrorKind::BrokenPipe => Errno::Pipe,
            ErrorKind::AlreadyExists => Errno::Exist,
            ErrorKind::WouldBlock => Errno::Again,
            ErrorKind::NotADirectory => Errno::NotDir,
            ErrorKind::IsADirectory => Errno::IsDir,
            ErrorKind::DirectoryNotEmpty => Errno::NotEmpty,
            ErrorKind::ReadOnlyFilesystem => Errno::RoFs,
            ErrorKind::InvalidInput => Errno::Inval,
            ErrorKind::TimedOut => Errno::TimedOut,
            ErrorKind::StorageFull => Errno::NoSpc,
            ErrorKind::NotSeekable => Errno::SPipe,
            ErrorKind::QuotaExceeded => Errno::DQuot,
            ErrorKind::FileTooLarge => Errno::FBig,
            ErrorKind::ResourceBusy => Errno::Busy,
            ErrorKind::ExecutableFileBusy => Errno::TxtBsy,
            ErrorKind::Deadlock => Errno::Deadlk,
            ErrorKind::TooManyLinks => Errno::MLink,
            ErrorKind::Interrupted => Errno::Intr,
            ErrorKind::Unsupported => Errno::NotSup,
            ErrorKind::OutOfMemory => Errno::NoMem,
            _ => Errno::Io,
        }
    }
}
