use super::*;
use crate::frame::Frames;
use crate::garbled::garbled;
use crate::transport::Plain;

fn bytes_of(frame: Outgoing<'_>) -> Vec<u8> {
    let mut sent = Vec::new();
    frame.send(&mut Plain(&mut sent)).unwrap();
    sent
}

fn all() -> Vec<u8> {
    let mut writer = ResultsWriter::new();
    let codec = ShortName::new("postcard").unwrap();
    let buffers = vec![Bytes::from_static(b"beside")];
    let panic = Panic::new("out of luck").location("a.rs:1:2").backtrace("frames");
    for outcome in [
        Outcome::Returned(Encoded::new(codec, vec![1, 2, 3], buffers)),
        Outcome::Panicked(panic),
        Outcome::Panicked(Panic::new("alone")),
        Outcome::Failed(Error::new(ErrorKind::Encode, "no bytes").with("task", "f")),
        Outcome::TimedOut,
        Outcome::WorkerDied("signal: 9".to_owned()),
    ] {
        writer.put(outcome);
    }
    let mut sent = Vec::new();
    writer.send(Kind::Done, &mut Plain(&mut sent)).unwrap();
    sent
}

#[test]
fn every_outcome_arrives_with_all_that_is_known() {
    let bytes = all();
    let mut frames = Frames::new(Plain(&bytes[..]));
    let mut frame = frames.next_frame().unwrap().unwrap();
    let outcomes: Vec<_> = Results::of(&mut frame).map(Result::unwrap).collect();
    let [
        Outcome::Returned(returned),
        Outcome::Panicked(panic),
        Outcome::Panicked(alone),
        Outcome::Failed(error),
        Outcome::TimedOut,
        Outcome::WorkerDied(why),
    ] = &outcomes[..]
    else {
        panic!("{outcomes:?}");
    };
    assert_eq!((returned.codec.as_str(), &returned.payload[..]), ("postcard", &[1, 2, 3][..]));
    assert_eq!(returned.buffers, [&b"beside"[..]]);
    assert_eq!((&panic.message[..], panic.location.as_deref()), ("out of luck", Some("a.rs:1:2")));
    assert_eq!(panic.backtrace.as_ref().unwrap().to_string(), "frames");
    assert!(alone.location.is_none() && alone.backtrace.is_none());
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Encode, "no bytes (task: f)".into()));
    assert_eq!(why, "signal: 9");
}

#[test]
fn refusals_and_warnings_arrive() {
    let refused = bytes_of(refused(&Error::invalid("not so")));
    let mut frames = Frames::new(Plain(&refused[..]));
    let error = refusal(&frames.next_frame().unwrap().unwrap());
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Invalid, "not so".to_owned()));
    let warned = bytes_of(warned("mind"));
    let mut frames = Frames::new(Plain(&warned[..]));
    assert_eq!(warning(&frames.next_frame().unwrap().unwrap()), "mind");
}

#[test]
fn no_bytes_do_harm() {
    let whole = all();
    // The head: the frame around it stays whole.
    garbled(&whole, 24..whole.len() - 14, |bytes| {
        let mut frames = Frames::new(Plain(bytes));
        let mut frame = frames.next_frame().unwrap().unwrap();
        assert!(Results::of(&mut frame).count() <= bytes.len());
        let _ = (refusal(&frame), warning(&frame).len());
    });
}

#[test]
fn every_result_has_its_own_codec_and_every_frame_says_it_anew() {
    let mut writer = ResultsWriter::new();
    let [postcard, cbor] = ["postcard", "cbor"].map(|name| ShortName::new(name).unwrap());
    let mut sent = Vec::new();
    let all = [[postcard, postcard, cbor, cbor], [cbor, postcard, postcard, cbor]];
    for codecs in all {
        for codec in codecs {
            writer.put(Outcome::Returned(Encoded::new(codec, Vec::new(), Vec::new())));
            writer.put(Outcome::TimedOut);
        }
        writer.send(Kind::Results, &mut Plain(&mut sent)).unwrap();
    }
    let mut frames = Frames::new(Plain(&sent[..]));
    for codecs in all {
        let mut frame = frames.next_frame().unwrap().unwrap();
        let arrived = Results::of(&mut frame).filter_map(|outcome| match outcome.unwrap() {
            Outcome::Returned(returned) => Some(returned.codec),
            _ => None,
        });
        assert_eq!(arrived.collect::<Vec<_>>(), codecs);
    }
}
