//! The connection a worker is born with: its standard input, or that and its standard output.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::fs::{FileType, fstat};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stdin, dup2_stdout, stderr, stdin, stdout};

use crate::transport::{Plain, Sink, Socket, Source};

/// A worker's end of the connection.
pub(super) struct Connection {
    pub(super) source: Box<dyn Source + Send>,
    pub(super) sink: Box<dyn Sink + Send>,
    /// What hangs up when the other end is gone.
    pub(super) watched: OwnedFd,
}

/// Takes the connection away from where tasks could read and write it: their input is empty from now on, and what they
/// print goes to the terminal.
///
/// Where the standard input is a socket, it is all of the connection. Where it is a pipe, the standard output is the way
/// back; what tasks print there goes to the standard error then, as it does in a test.
pub(super) fn take(in_test: bool) -> io::Result<Connection> {
    let input = away(stdin())?;
    dup2_stdin(File::open("/dev/null")?)?;
    if FileType::from_raw_mode(fstat(&input)?.st_mode) == FileType::Socket {
        if in_test {
            dup2_stdout(stderr())?;
        }
        let watched = input.try_clone()?;
        let socket = Socket::new(UnixStream::from(input));
        let (source, sink) = (Box::new(socket.again()), Box::new(socket));
        return Ok(Connection { source, sink, watched });
    }
    let output = away(stdout())?;
    dup2_stdout(stderr())?;
    let watched = input.try_clone()?;
    let (source, sink) = (Plain(File::from(input)), Plain(File::from(output)));
    Ok(Connection { source: Box::new(source), sink: Box::new(sink), watched })
}

/// The same file under a number that no child inherits.
fn away(standard: impl AsFd) -> io::Result<OwnedFd> {
    Ok(fcntl_dupfd_cloexec(standard, 3)?)
}
