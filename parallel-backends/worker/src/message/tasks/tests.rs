use larder_core::codec::Postcard;
use larder_core::task;

use super::*;
use crate::frame::Frames;
use crate::garbled::garbled;
use crate::transport::Plain;

#[task(crate = larder_core)]
fn weigh(data: &[f64], label: String) -> usize {
    data.len() + label.len()
}

#[task(crate = larder_core)]
fn count(n: u8) -> u8 {
    n
}

/// Two functions, of which one is lent the same data twice.
fn written(data: &[f64]) -> Vec<u8> {
    let around = b"around";
    let batch = Batch {
        timeout: Some(Duration::from_millis(5)),
        codec: "postcard",
        surroundings: around,
        initializer: true,
        by_file: Some(ByFile { max_nbytes: Some(7), temp_folder: Some("/some/where".as_ref()) }),
    };
    let mut writer = BatchWriter::new(batch, Vec::new());
    let first = weigh::delayed(data, "a".to_owned());
    let second = count::delayed(3);
    let third = weigh::delayed(data, "bc".to_owned());
    let part = weigh::delayed(&data[..data.len() / 2], "bc".to_owned());
    let tasks = [first.portable(), second.portable(), third.portable(), part.portable()];
    for task in tasks.into_iter().flatten() {
        let encoded = task.encode(&Postcard).unwrap();
        writer.push((task.function(), task.version()), &encoded.payload, encoded.buffers);
    }
    let mut sent = Vec::new();
    writer.finish().send(&mut Plain(&mut sent)).unwrap();
    sent
}

#[test]
fn tasks_arrive_and_what_they_share_is_sent_once() {
    let data: Vec<f64> = (0..10_000).map(f64::from).collect();
    let bytes = written(&data);
    assert!(bytes.len() < 16 * data.len(), "the data were sent more than once and a half");
    let mut frames = Frames::new(Plain(&bytes[..]));
    let frame = frames.next_frame().unwrap().unwrap();
    let mut call = Call::of(&frame).unwrap();
    assert_eq!(call.batch.timeout, Some(Duration::from_millis(5)));
    assert_eq!((call.batch.codec, call.batch.surroundings), ("postcard", &b"around"[..]));
    assert!(call.batch.initializer);
    let by_file = call.batch.by_file.unwrap();
    assert_eq!((by_file.max_nbytes, by_file.temp_folder), (Some(7), Some("/some/where".as_ref())));
    let mut tasks = Vec::new();
    while let Some(task) = call.next_task().unwrap() {
        tasks.push(task);
    }
    let names: Vec<_> = tasks.iter().map(|task| task.name.rsplit("::").next().unwrap()).collect();
    assert_eq!(names, ["weigh", "count", "weigh", "weigh"]);
    assert_eq!(tasks.iter().map(|task| task.function).collect::<Vec<_>>(), [0, 1, 0, 0]);
    assert_eq!(tasks[0].buffers, tasks[2].buffers);
    let [first, third, part] = [0, 2, 3].map(|task: usize| match &tasks[task].buffers[..] {
        [Arrived::Here(bytes)] => bytes,
        other => panic!("{other:?}"),
    });
    assert_eq!(first.as_ptr(), third.as_ptr(), "it arrived twice");
    assert_eq!(part.len(), data.len() / 2 * 8);
    assert!(tasks[1].buffers.is_empty() && tasks[0].version == tasks[2].version);
}

#[test]
fn no_bytes_do_harm() {
    let whole = written(&[1.0; 600]);
    let head = Frames::new(Plain(&whole[..])).next_frame().unwrap().unwrap().head.len();
    garbled(&whole, 24..24 + head, |bytes| {
        let mut frames = Frames::new(Plain(bytes));
        let frame = frames.next_frame().unwrap().unwrap();
        let Ok(mut call) = Call::of(&frame) else { return };
        while let Ok(Some(task)) = call.next_task() {
            assert!(task.payload.len() <= head);
        }
    });
}
