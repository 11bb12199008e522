//! What comes over the connection between a driver and its workers, read by each of them.

use std::io::{self, Read};

use larder::parallel::tasks::TaskBuffer;
use larder_worker::{
    Batch, BatchWriter, Frames, Hello, Kind, Placed, Plain, Results, refusal, warning,
};

use super::behind;

/// A frame, kept.
type Seen = (Kind, Vec<u8>, Vec<Vec<u8>>);

/// The first byte says in pieces of which length the rest arrives.
pub(crate) fn check(bytes: &[u8]) {
    let [piece, rest @ ..] = bytes else { return };
    let (whole, end) = frames(rest);
    let pieces = Pieces { rest, most: usize::from(*piece).max(1) };
    assert_eq!(frames(pieces), (whole, end), "in pieces it is something else");
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let batch = Batch { codec: "postcard", ..Batch::default() };
    let mut tasks = BatchWriter::new(batch, Vec::new());
    let bytes = vec![7u8; 5000];
    for payload in [&b"first"[..], b"second"] {
        let buffer = Placed::Beside(TaskBuffer::Lent(&bytes[..100]));
        tasks.push(("app::task", 5), payload, [buffer]);
    }
    let mapped = Placed::Mapped { number: 1, offset: 64, len: 8 };
    tasks.push(("app::other", 6), b"third", [mapped]);
    let mut sent = Vec::new();
    tasks.finish().send(&mut Plain(&mut sent)).expect("memory takes everything");
    // Hello, a returned result, one that panicked, one that failed, a death, a refusal, a warning.
    let heads: [(Kind, &[u8]); 6] = [
        (Kind::Hello, b"\x0dlarder worker\x01\x050.1.0\x07"),
        (Kind::Results, b"\x00\x08postcard\x02ab\x00\x01\x04oops\x00\x00"),
        (Kind::Done, b"\x02\x02io\x03why\x03\x04\x04gone"),
        (Kind::Refused, b"\x02io\x03why"),
        (Kind::Warning, b"\x04warn"),
        (Kind::Tasks, b"\x00\x08postcard\x00\x00\x00\x01f\x01\x00\x00"),
    ];
    let framed = heads.map(|(kind, head)| frame(kind, head));
    [behind(255, [sent.clone()]), behind(3, [framed.concat(), sent])].concat()
}

/// Without buffers and descriptors.
fn frame(kind: Kind, head: &[u8]) -> Vec<u8> {
    let (rest, len) = (16 + head.len() as u64, head.len() as u64);
    let prelude = [rest.to_le_bytes(), len.to_le_bytes()].concat();
    [&prelude[..], &[kind as u8, 0, 0, 0, 0, 0, 0, 0], head].concat()
}

/// The frames that come, and what is wrong behind the last.
fn frames(source: impl Read) -> (Vec<Seen>, Option<io::ErrorKind>) {
    let mut frames = Frames::new(Plain(source));
    let mut seen = Vec::new();
    loop {
        match frames.next_frame() {
            Ok(Some(mut frame)) => {
                let buffers = frame.buffers.iter().map(|buffer| buffer.to_vec()).collect();
                seen.push((frame.kind, frame.head.to_vec(), buffers));
                let _ = (Hello::of(&frame), refusal(&frame), warning(&frame));
                larder_worker::__private::tasks_of(&frame);
                // An error is the last.
                let mut results = Results::of(&mut frame);
                while results.next().is_some_and(|result| result.is_ok()) {}
                assert!(results.next().is_none_or(|_| false), "it goes on behind an error");
            }
            Ok(None) => return (seen, None),
            Err(error) => return (seen, Some(error.kind())),
        }
    }
}

struct Pieces<'b> {
    rest: &'b [u8],
    most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = self.most.min(into.len());
        self.rest.read(&mut into[..most])
    }
}
