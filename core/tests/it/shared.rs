//! A shared array: many write, each its own part, and nobody a part of another's.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use larder_core::{Array, Error, LoadOptions, MmapMode, Order, Result, SharedArray, SharedPart};
use rayon::prelude::*;
use tempfile::TempDir;

fn temp() -> (TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shared.npy");
    (dir, path)
}

#[track_caller]
fn busy<T>(result: Result<T>) {
    match result {
        Ok(_) => panic!("it is not busy"),
        Err(error) => assert_eq!(error.kind(), larder_core::ErrorKind::Unavailable, "{error:?}"),
    }
}

#[test]
fn threads_write_their_parts() {
    let (_dir, path) = temp();
    let mut shared = SharedArray::<u32>::create(&path, [10, 7]).unwrap();
    assert_eq!((shared.shape(), shared.len()), (&[10, 7][..], 70));
    assert!(shared.as_slice().unwrap().iter().all(|x| *x == 0));
    std::thread::scope(|scope| {
        for mut part in shared.parts(3).unwrap() {
            scope.spawn(move || {
                let first = part.range().start as u32 * 7;
                let elements = part.as_mut_slice().unwrap();
                elements.iter_mut().zip(first..).for_each(|(element, i)| *element = i);
            });
        }
    });
    shared.as_mut_slice().unwrap().par_chunks_mut(7).for_each(|row| row[0] += 1000);
    shared.parts_of(1).unwrap().par_iter_mut().for_each(|row| {
        assert_eq!(row.shape(), [1, 7]);
        row.as_mut_slice().unwrap()[1] += 2000;
    });
    let expected: Vec<u32> =
        (0..70).map(|i| i + [1000, 2000, 0, 0, 0, 0, 0][i as usize % 7]).collect();
    shared.flush().unwrap();
    assert_eq!(Array::<u32>::load_npy(&path).unwrap()[..], expected[..]);
    let array = shared.into_array().unwrap();
    assert!(array.is_mapped() && array[..] == expected[..]);
}

#[test]
fn parts_are_all_of_it_and_disjoint() {
    let (_dir, path) = temp();
    for order in [Order::C, Order::F] {
        for shape in [&[7, 3][..], &[1, 1], &[5], &[0], &[3, 0], &[2, 3, 4]] {
            let mut shared = SharedArray::<u8>::create_in(order, &path, shape).unwrap();
            let slowest = *(if order == Order::C { shape.first() } else { shape.last() }).unwrap();
            for count in [1, 2, 3, 100] {
                let mut next = 0;
                for mut part in shared.parts(count).unwrap() {
                    assert_eq!(part.range().start, next);
                    next = part.range().end;
                    assert_eq!(part.shape().iter().product::<usize>(), part.len());
                    part.as_mut_slice().unwrap().iter_mut().for_each(|element| *element += 1);
                }
                assert_eq!(next, slowest, "{order:?} {shape:?}");
            }
            assert!(shared.as_slice().unwrap().iter().all(|element| *element == 4));
            let lens: Vec<_> =
                shared.parts_of(2).unwrap().iter().map(|part| part.range().len()).collect();
            assert_eq!(lens.iter().sum::<usize>(), slowest);
            assert!(lens.iter().rev().skip(1).all(|len| *len == 2));
            let array = shared.into_array().unwrap();
            assert_eq!(array, Array::load_npy(&path).unwrap());
        }
    }
    let mut scalar = SharedArray::<f64>::create(&path, []).unwrap();
    scalar.as_mut_slice().unwrap()[0] = 1.5;
    assert!(scalar.parts(1).unwrap_err().is_invalid());
    assert_eq!(scalar.into_array().unwrap().shape(), [0; 0]);
    let mut shared = SharedArray::<f64>::create(&path, [3]).unwrap();
    assert!(shared.parts(0).unwrap_err().is_invalid());
    assert!(shared.parts_of(0).unwrap_err().is_invalid());
    assert_eq!(shared.parts_of(usize::MAX).unwrap().len(), 1);
    let rows = isize::MAX as usize;
    let mut empty = SharedArray::<u8>::anonymous([rows, 0]).unwrap();
    let ranges: Vec<_> = empty.parts(3).unwrap().iter().map(SharedPart::range).collect();
    assert!(ranges.iter().all(|range| range.len().abs_diff(rows / 3) <= 1));
    assert_eq!((ranges[0].start, ranges[2].end), (0, rows));
}

#[test]
fn an_open_array_is_nobody_elses() {
    let (dir, path) = temp();
    let shared = SharedArray::<f64>::create(&path, [1000]).unwrap();
    let link = dir.path().join("link.npy");
    fs::hard_link(&path, &link).unwrap();
    let map = |mode| Array::<f64>::load_npy_with(&path, &LoadOptions::new().mmap_mode(mode));
    busy(SharedArray::<f64>::open(&path));
    busy(SharedArray::<f64>::open(&link));
    busy(map(MmapMode::ReadOnly));
    busy(map(MmapMode::CopyOnWrite));
    assert_eq!(Array::<f64>::load_npy(&link).unwrap().len(), 1000, "to read it is no harm");
    drop(shared);

    let shared = SharedArray::<f64>::open(&link).unwrap();
    busy(SharedArray::<f64>::open(&path));
    // As it is now: it may be mapped, but not changed.
    let array = shared.into_array().unwrap();
    let mapped = map(MmapMode::ReadOnly).unwrap();
    // Its pages are the file's until they are changed.
    let own = map(MmapMode::CopyOnWrite).unwrap();
    busy(SharedArray::<f64>::open(&path));
    drop(array);
    busy(SharedArray::<f64>::open(&path));
    drop(mapped);
    busy(SharedArray::<f64>::open(&path));
    drop(own);
    SharedArray::<f64>::open(&path).unwrap();
}

#[test]
fn a_new_array_replaces_the_file_and_not_its_maps() {
    let (_dir, path) = temp();
    Array::from(vec![7u16; 5000]).save_npy(&path).unwrap();
    let options = LoadOptions::new().mmap_mode(MmapMode::ReadOnly);
    let old = Array::<u16>::load_npy_with(&path, &options).unwrap();
    let mut shared = SharedArray::<u16>::create(&path, [3]).unwrap();
    shared.as_mut_slice().unwrap().fill(1);
    assert_eq!((old.len(), old[4999]), (5000, 7));
    assert_eq!(Array::<u16>::load_npy(&path).unwrap()[..], [1; 3]);
}

#[test]
fn other_files_are_refused() {
    let (dir, path) = temp();
    let refused = |says: &str| {
        let error = SharedArray::<f64>::open(&path).unwrap_err();
        assert!(error.message().contains(says), "{error}");
        assert_eq!(error.get("path"), path.to_str());
    };
    assert!(SharedArray::<f64>::open(&path).unwrap_err().is_not_found());
    fs::write(&path, "x,y\n1,2\n3,4\n").unwrap();
    refused("not a .npy file");
    Array::from([1.0f32]).save_npy(&path).unwrap();
    refused("`f32`");
    Array::from([1.0f64, 2.0]).save_npy(&path).unwrap();
    let good = fs::read(&path).unwrap();
    fs::write(&path, &good[..good.len() - 1]).unwrap();
    refused("makes a file of 144 bytes, and this one has 143");
    fs::write(&path, [&good[..], b"x"].concat()).unwrap();
    refused("has 145");
    let big = String::from_utf8_lossy(&good).contains("<f8");
    assert!(big);
    let mut swapped = good.clone();
    let at = good.iter().position(|byte| *byte == b'<').unwrap();
    swapped[at] = b'>';
    fs::write(&path, swapped).unwrap();
    refused("do not stand as they do in the memory");
    let error = SharedArray::<u128>::create(&path, [1]).unwrap_err();
    assert!(error.is_unsupported() && error.message().contains("u128"), "{error}");
    let error = SharedArray::<u8>::create(&path, [1 << 62, 4]).unwrap_err();
    assert!(error.is_invalid() && error.message().contains("larger than memory"), "{error}");
    assert!(SharedArray::<u8>::create(&path, [1 << 55]).is_err(), "more than any disk has");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "nothing is left behind");

    Array::from([true, false]).save_npy(&path).unwrap();
    let mut bools = fs::read(&path).unwrap();
    *bools.last_mut().unwrap() = 2;
    fs::write(&path, bools).unwrap();
    let error = SharedArray::<bool>::open(&path).unwrap_err();
    assert!(error.is_corrupt() && error.message().contains("no value of its type"), "{error}");
}

fn ticket<T: larder_core::Element>(part: &SharedPart<'_, T>) -> String {
    serde_json::to_string(part).unwrap()
}

fn open(ticket: &str) -> Result<SharedPart<'static, u64>, serde_json::Error> {
    serde_json::from_str(ticket)
}

/// In one process: whoever deserializes a part has it alone, as another process would.
#[test]
fn a_part_that_travels_is_in_one_hand_at_a_time() {
    let (_dir, path) = temp();
    for mut shared in [
        SharedArray::<u64>::create(&path, [10, 600]).unwrap(),
        SharedArray::<u64>::anonymous([10, 600]).unwrap(),
    ] {
        let mut parts = shared.parts(2).unwrap();
        let [first, second] = &mut parts[..] else { panic!("two parts") };
        first.as_mut_slice().unwrap().fill(1);
        let sent = ticket(first);
        let mut far = open(&sent).unwrap();
        assert_eq!((far.range(), far.shape()), (0..5, &[5, 600][..]));
        assert!(open(&sent).unwrap_err().to_string().contains("somebody else"));
        assert_eq!(far.as_mut_slice().unwrap(), [1; 3000]);
        far.as_mut_slice().unwrap().fill(2);
        busy(first.as_mut_slice());
        second.as_mut_slice().unwrap().fill(3);
        drop(parts);
        busy(shared.as_slice());
        busy(shared.parts(3).map(drop));
        drop(far);
        assert_eq!(shared.as_slice().unwrap()[2999..3001], [2, 3]);
        // Taken back: the ticket is worth nothing any more.
        assert!(open(&sent).unwrap_err().to_string().contains("somebody else"));
        let other = ticket(&shared.parts(1).unwrap()[0]).replace("u64", "f64");
        assert!(open(&other).unwrap_err().to_string().contains("array of f64"));
        shared.as_mut_slice().unwrap();
        let array = shared.into_array().unwrap();
        assert_eq!((array[[4, 599]], array[[5, 0]]), (2, 3));
    }
    let sent = {
        let mut shared = SharedArray::<u64>::create(&path, [4]).unwrap();
        let parts = shared.parts(2).unwrap();
        ticket(&parts[1])
    };
    for (wrong, says) in [("\"end\":4", "\"end\":5"), ("\"start\":2", "\"start\":9")] {
        let forged = sent.replace(wrong, says);
        assert_ne!(forged, sent);
        assert!(open(&forged).unwrap_err().to_string().contains("no part"), "{forged}");
    }
    SharedArray::<u64>::create(&path, [4]).unwrap();
    assert!(open(&sent).unwrap_err().to_string().contains("another file"));
}

const TICKET: &str = "LARDER_TEST_TICKET";

/// This program again, as a worker: it says when it has its part, and goes on when it is told to.
#[test]
fn worker() {
    let Ok(ticket) = std::env::var(TICKET) else { return };
    let mut part = open(&ticket).unwrap();
    let start = part.range().start as u64;
    part.as_mut_slice().unwrap().fill(start + 100);
    writeln!(std::io::stdout(), "\nready").unwrap();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

/// Its output stays open: the harness in it would complain.
struct Worker(Child, Lines<BufReader<ChildStdout>>);

impl Worker {
    fn new(ticket: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["shared::worker", "--exact", "--nocapture"])
            .env(TICKET, ticket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(output.by_ref().any(|line| line.unwrap() == "ready"), "the worker has its part");
        Self(child, output)
    }

    fn end(mut self) {
        writeln!(self.0.stdin.take().unwrap()).unwrap();
        assert!(self.1.any(|line| line.unwrap().contains("1 passed")));
        assert!(self.0.wait().unwrap().success());
    }
}

#[test]
fn processes_write_their_parts_and_a_killed_one_lets_go() {
    let (_dir, path) = temp();
    for mut shared in [
        SharedArray::<u64>::create(&path, [3, 1000]).unwrap(),
        SharedArray::<u64>::anonymous([3, 1000]).unwrap(),
    ] {
        let mut parts = shared.parts_of(1).unwrap();
        let mut workers: Vec<_> =
            parts[..2].iter().map(|part| Worker::new(&ticket(part))).collect();
        parts[2].as_mut_slice().unwrap().fill(7);
        for part in &mut parts[..2] {
            busy(part.as_mut_slice());
            assert!(open(&ticket(part)).is_err());
        }
        drop(parts);
        busy(shared.as_slice());
        workers.pop().unwrap().end();
        busy(shared.as_slice());
        let mut killed = workers.pop().unwrap();
        killed.0.kill().unwrap();
        killed.0.wait().unwrap();
        let elements = shared.as_slice().unwrap();
        assert_eq!(
            [elements[0], elements[999], elements[1000], elements[2000]],
            [100, 100, 101, 7]
        );
    }
}

#[test]
fn a_part_outlives_its_owner_and_keeps_others_out() {
    let (_dir, path) = temp();
    let worker = {
        let mut shared = SharedArray::<u64>::create(&path, [3, 1000]).unwrap();
        let parts = shared.parts_of(1).unwrap();
        Worker::new(&ticket(&parts[1]))
    };
    busy(SharedArray::<u64>::open(&path));
    worker.end();
    assert_eq!(SharedArray::<u64>::open(&path).unwrap().as_slice().unwrap()[1000], 101);
}

#[test]
fn a_part_in_a_value_goes_through_larders_codecs() {
    use larder_core::codec::{Codecs, EncodeOptions, decode, encode};
    let mut shared = SharedArray::<u64>::anonymous([4, 10]).unwrap();
    let mut parts = shared.parts(2).unwrap();
    let part = parts.pop().unwrap();
    // A part of this process's own borrows, as arguments of tasks do; what comes back does not.
    let far: SharedPart<'static, u64> = serde_json::from_str(&ticket(&part)).unwrap();
    let encoded = encode(&far, &EncodeOptions::default()).unwrap();
    drop(far);
    let mut back: SharedPart<'static, u64> =
        decode(encoded.codec, &encoded.payload, &encoded.buffers, &Codecs::default()).unwrap();
    back.as_mut_slice().unwrap().fill(4);
    drop((back, part, parts));
    assert_eq!(shared.as_slice().unwrap()[19..21], [0, 4]);
}

/// So that `?` in a thread's closure has a type to become.
#[expect(dead_code, reason = "it is only to compile")]
fn parts_can_be_sent(part: SharedPart<'_, f64>) -> impl Send + Sync {
    part
}

#[expect(dead_code, reason = "it is only to compile")]
fn arrays_can_be_sent(array: SharedArray<f64>) -> Result<impl Send + Sync, Error> {
    Ok(array)
}
