//! A Unix socket: the only thing that carries file descriptors, and for large frames faster than a pipe.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::{Descriptors, Sink, Source, send_all};

/// How many file descriptors a frame may bring: the system's own limit.
pub(crate) const MAX_DESCRIPTORS: usize = 253;

/// One end of a socket pair. Clones are the same end.
#[derive(Debug)]
pub struct Socket {
    stream: Arc<UnixStream>,
    /// What arrived and was not taken.
    descriptors: VecDeque<OwnedFd>,
}

impl Socket {
    /// This end.
    pub fn new(stream: UnixStream) -> Self {
        Self { stream: Arc::new(stream), descriptors: VecDeque::new() }
    }

    /// The same end once more: for its other direction, or to shut it down.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { stream: self.stream.clone(), descriptors: VecDeque::new() }
    }

    /// The stream itself.
    pub fn stream(&self) -> &UnixStream {
        &self.stream
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        #[cfg(target_os = "linux")]
        let flags = RecvFlags::CMSG_CLOEXEC;
        #[cfg(not(target_os = "linux"))]
        let flags = RecvFlags::empty();
        let received = recvmsg(&self.stream, &mut [IoSliceMut::new(into)], &mut beside, flags);
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(arrived) = message {
                self.descriptors.extend(arrived);
            }
        }
        match received {
            Ok(received) => Ok(received.bytes),
            // The other end died with something of ours unread.
            Err(rustix::io::Errno::CONNRESET) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

impl Source for Socket {
    fn descriptors(&mut self, count: usize) -> io::Result<Descriptors> {
        if self.descriptors.len() < count {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(self.descriptors.drain(..count).collect())
    }
}

impl Sink for Socket {
    fn send(&mut self, parts: &[&[u8]], descriptors: Option<&Descriptors>) -> io::Result<()> {
        let descriptors: Vec<_> = descriptors.into_iter().flatten().map(AsFd::as_fd).collect();
        if descriptors.len() > MAX_DESCRIPTORS {
            return Err(ErrorKind::InvalidInput.into());
        }
        let mut with = &descriptors[..];
        send_all(parts, |slices| self.send_some(slices, std::mem::take(&mut with)))
    }
}

impl Socket {
    fn send_some(&self, slices: &[IoSlice<'_>], with: &[BorrowedFd<'_>]) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        let flags = SendFlags::NOSIGNAL;
        #[cfg(not(target_os = "linux"))]
        let flags = SendFlags::empty();
        if with.is_empty() {
            return Ok(sendmsg(&self.stream, slices, &mut SendAncillaryBuffer::default(), flags)?);
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut beside = SendAncillaryBuffer::new(&mut space);
        let fits = beside.push(SendAncillaryMessage::ScmRights(with));
        debug_assert!(fits, "there is room for as many as there may be");
        Ok(sendmsg(&self.stream, slices, &mut beside, flags)?)
    }
}
