use super::*;
use crate::garbled::garbled;
use crate::transport::Plain;

fn bytes_of(kind: Kind, head: &[u8], buffers: &[&[u8]]) -> Vec<u8> {
    let mut frame = Outgoing::new(kind);
    frame.bytes.extend_from_slice(head);
    frame.buffers = buffers.iter().map(|buffer| TaskBuffer::Own(buffer)).collect();
    let mut sent = Vec::new();
    frame.send(&mut Plain(&mut sent)).unwrap();
    sent
}

/// Gives out a few bytes at a time.
struct Trickle<'b>(&'b [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let some = self.1.min(into.len());
        self.0.read(&mut into[..some])
    }
}

#[test]
fn frames_come_back_however_they_are_cut() {
    let large = vec![7; 300_000];
    let two = [
        bytes_of(Kind::Tasks, b"head", &[b"", b"beside", &large, b"small"]),
        bytes_of(Kind::Done, &vec![9; 100_000], &[]),
    ]
    .concat();
    for step in [1, 3, 7, 4096, usize::MAX] {
        let mut frames = Frames::new(Plain(Trickle(&two, step)));
        let frame = frames.next_frame().unwrap().unwrap();
        assert_eq!((frame.kind, frame.head), (Kind::Tasks, &b"head"[..]));
        let buffers: Vec<_> = frame.buffers.iter().map(|buffer| &buffer[..]).collect();
        assert_eq!(buffers, [b"", &b"beside"[..], &large, b"small"]);
        for buffer in &frame.buffers {
            assert!(buffer.is_empty() || buffer.as_ptr().addr().is_multiple_of(ALIGNMENT));
        }
        let frame = frames.next_frame().unwrap().unwrap();
        assert_eq!((frame.kind, frame.head.len()), (Kind::Done, 100_000));
        assert!(frames.next_frame().unwrap().is_none());
    }
}

#[test]
fn a_buffer_that_is_made_room_for_in_steps_comes_back() {
    let large: Vec<u8> = (0..5_u32 << 20).map(|i| (i % 251) as u8).collect();
    let sent = bytes_of(Kind::Tasks, b"head", &[&large, b"small"]);
    let mut frames = Frames::new(Plain(Trickle(&sent, 100_000)));
    let frame = frames.next_frame().unwrap().unwrap();
    assert!(frame.buffers[0] == large && frame.buffers[1] == b"small"[..]);
    assert!(frame.buffers[0].as_ptr().addr().is_multiple_of(ALIGNMENT));
}

#[test]
fn a_frame_that_ends_early_is_an_error() {
    let whole = bytes_of(Kind::Tasks, b"head", &[b"beside"]);
    for len in 1..whole.len() {
        let error = Frames::new(Plain(&whole[..len])).next_frame().map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{len} bytes");
    }
}

#[test]
fn no_bytes_do_harm() {
    let whole = bytes_of(Kind::Results, b"some head", &[b"one", b"two"]);
    garbled(&whole, 0..whole.len(), |bytes| {
        let mut frames = Frames::new(Plain(bytes));
        while let Ok(Some(frame)) = frames.next_frame() {
            assert!(frame.head.len() <= bytes.len());
        }
    });
}

#[test]
fn lengths_that_are_lies_take_no_memory() {
    let mut bytes = bytes_of(Kind::Results, b"head", &[]);
    // More than there are numbers for, what no machine has, and what this one has.
    for lie in [u64::MAX, u64::MAX >> 8, 256 << 20] {
        bytes[..8].copy_from_slice(&lie.to_le_bytes());
        bytes[8..16].copy_from_slice(&(lie - 16).to_le_bytes());
        let mut frames = Frames::new(Plain(&bytes[..]));
        assert!(frames.next_frame().is_err());
        assert!(frames.read.len() <= READ);
    }
    // Of a buffer, too: no room is made for what does not come.
    let mut bytes = bytes_of(Kind::Results, b"head", &[b"buffer"]);
    let lie = u64::MAX >> 16;
    let rest = u64::from_le_bytes(*bytes.first_chunk().unwrap()) - 6 + lie;
    bytes[..8].copy_from_slice(&rest.to_le_bytes());
    let table = PRELUDE + 4;
    bytes[table..table + 8].copy_from_slice(&lie.to_le_bytes());
    let error = Frames::new(Plain(&bytes[..])).next_frame().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}
