//! A worker's first word.

use larder_core::{Error, Result};

use crate::frame::{Frame, Kind, Outgoing};
use crate::wire::{Put, Take};

/// What both sides have to agree on: frames and messages. Which functions a worker has, and which version of each, is
/// seen when they are called.
const PROTOCOL: u64 = 3;
/// So that another program's words are not taken for ours.
const MAGIC: &[u8] = b"larder worker";

/// Who a worker is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hello {
    /// The version of larder it was built with.
    pub version: String,
    /// Its process.
    pub pid: u32,
}

impl Hello {
    #[cfg(unix)]
    pub(crate) fn own() -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), pid: std::process::id() }
    }

    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no workers on this system"))]
    pub(crate) fn frame(&self) -> Outgoing<'static> {
        let mut frame = Outgoing::new(Kind::Hello);
        frame.bytes.put_bytes(MAGIC);
        frame.bytes.put_number(PROTOCOL);
        frame.bytes.put_bytes(self.version.as_bytes());
        frame.bytes.put_number(self.pid.into());
        frame
    }

    /// How the first word of every worker begins that speaks as this program does; for who only passes frames on.
    pub fn greeting() -> String {
        let mut head = Vec::new();
        head.put_bytes(MAGIC);
        head.put_number(PROTOCOL);
        String::from_utf8_lossy(&head).into_owned()
    }

    /// The worker that sent this as its first frame.
    ///
    /// # Errors
    /// [`Invalid`](larder_core::ErrorKind::Invalid) for a worker of a larder that speaks another protocol, naming both
    /// versions, and for what is no worker.
    pub fn of(frame: &Frame<'_>) -> Result<Self> {
        let mut head = Take(frame.head);
        if frame.kind != Kind::Hello || head.bytes() != Ok(MAGIC) {
            return Err(Error::invalid("the other program is no worker of larder's"));
        }
        let (protocol, version) = (head.number()?, head.text()?.to_owned());
        if protocol != PROTOCOL {
            return Err(Error::invalid(format!(
                "the worker was built with larder {version} and this program with {}, which speak different protocols: \
                 build both with the same",
                env!("CARGO_PKG_VERSION")
            )));
        }
        Ok(Self { version, pid: head.number()?.try_into().unwrap_or(0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frames;
    use crate::transport::Plain;

    fn heard(frame: Outgoing<'_>) -> Result<Hello> {
        let mut sent = Vec::new();
        frame.send(&mut Plain(&mut sent)).unwrap();
        let mut frames = Frames::new(Plain(&sent[..]));
        Hello::of(&frames.next_frame().unwrap().unwrap())
    }

    #[test]
    fn a_worker_of_another_larder_is_told_apart() {
        let hello = Hello { version: "9.8.7".to_owned(), pid: 5 };
        assert_eq!(heard(hello.frame()).unwrap(), hello);
        let mut other = Outgoing::new(Kind::Hello);
        other.bytes.put_bytes(MAGIC);
        other.bytes.put_number(PROTOCOL + 1);
        other.bytes.put_bytes(b"9.8.7");
        let error = heard(other).unwrap_err().to_string();
        assert!(error.contains("9.8.7") && error.contains(env!("CARGO_PKG_VERSION")), "{error}");
        assert!(heard(Outgoing::new(Kind::Hello)).unwrap_err().is_invalid());
        assert!(heard(Outgoing::new(Kind::Done)).is_err());
    }
}
