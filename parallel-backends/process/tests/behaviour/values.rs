//! Arguments and results on their way.

use larder_core::parallel::TaskErrorKind;
use larder_core::{Array, Parallel, delayed, task};
use serde::{Deserialize, Serialize};

use super::{square, two, watched};

#[task(crate = larder_core)]
fn echo(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

#[task(crate = larder_core)]
fn total(numbers: &[f64]) -> f64 {
    numbers.iter().sum()
}

#[task(crate = larder_core)]
fn is_aligned(numbers: &[f64]) -> bool {
    numbers.as_ptr().addr().is_multiple_of(64)
}

#[task(crate = larder_core)]
fn twice(array: Array<f64>) -> Array<f64> {
    let doubled: Vec<f64> = array.iter().map(|x| x * 2.0).collect();
    doubled.into()
}

/// Its bytes cannot be written, or not be read.
#[derive(Debug, Clone, PartialEq)]
struct Fragile(bool);

impl Serialize for Fragile {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(self.0, "too fragile to be sent");
        serializer.serialize_bool(self.0)
    }
}

/// A result that is not what it seems.
#[task(crate = larder_core)]
fn breaks(n: u64) -> Broken {
    Broken(n)
}

#[derive(Debug, Serialize)]
struct Broken(u64);

impl<'de> Deserialize<'de> for Broken {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let n = u64::deserialize(deserializer)?;
        assert!(n != 77, "{n} breaks on arrival");
        Ok(Self(n))
    }
}

impl<'de> Deserialize<'de> for Fragile {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bool::deserialize(deserializer).map(Self)
    }
}

#[task(crate = larder_core)]
fn handles(fragile: Fragile) -> bool {
    fragile.0
}

#[task(crate = larder_core)]
fn fails(n: u64) -> u64 {
    if n == 3 { panic!("task {n} says so") } else { n }
}

#[test]
fn more_tasks_than_workers_with_more_bytes_than_a_socket_holds() {
    watched(|| {
        let tasks = (0..24_u8).map(|n| echo::delayed(vec![n; 3 << 20]));
        let results = two().run(tasks).unwrap();
        assert!((0..24).zip(results).all(|(n, bytes)| bytes == vec![n; 3 << 20]));
    });
}

#[test]
fn what_is_lent_arrives_aligned() {
    let numbers: Vec<f64> = (0..100_000).map(f64::from).collect();
    let slices = [&numbers[..], &numbers[1..], &numbers[1000..5000]];
    assert_eq!(two().run(slices.map(is_aligned::delayed)).unwrap(), [true; 3]);
    let totals = two().batch_size(3).run(slices.map(total::delayed)).unwrap();
    assert_eq!(totals, slices.map(|slice| slice.iter().sum::<f64>()));
}

/// As many numbers, all the same, in memory of a kind.
#[task(crate = larder_core)]
fn makes(x: f64, len: usize, kind: &str) -> Array<f64> {
    match kind {
        "array" => vec![x; len].into(),
        "part" => Array::from(vec![x; len + 10]).slice(5..len + 5).unwrap(),
        "shared" => Array::shared([len], |all| all.fill(x)).unwrap(),
        "part of shared" => {
            let all = Array::shared([len + 10], |all| all[5..len + 5].fill(x)).unwrap();
            all.slice(5..len + 5).unwrap()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn arrays_come_back() {
    let array = Array::from((0..50_000).map(f64::from).collect::<Vec<_>>());
    let doubled = two().run([twice::delayed(array.clone())]).unwrap();
    assert!(doubled[0].iter().zip(array.iter()).all(|(doubled, x)| *doubled == 2.0 * x));
}

#[cfg(target_os = "linux")]
#[test]
fn large_results_are_mapped_and_can_be_changed_and_sent_on() {
    let large = |parallel: &Parallel, kind| {
        let tasks = (0..6).map(move |n| makes::delayed(f64::from(n), 200_000, kind));
        parallel.run(tasks).unwrap()
    };
    let here = two();
    for kind in ["array", "part", "shared", "part of shared"] {
        let mut arrays = large(&here, kind);
        for (n, array) in (0..).zip(&mut arrays) {
            assert!(array.is_mapped() && array.iter().all(|x| *x == f64::from(n)), "{kind} {n}");
            array.make_mut()[1] = 0.5;
            assert_eq!(array[..3], [f64::from(n), 0.5, f64::from(n)]);
        }
        let again = large(&here, kind);
        let doubled = here.run(again.iter().cloned().map(twice::delayed)).unwrap();
        assert!((0..).zip(doubled).all(|(n, array)| array[199_999] == 2.0 * f64::from(n)));
    }
    for none in [two().max_nbytes(None), two().max_nbytes(1_600_001)] {
        assert!(
            large(&none, "array").iter().all(|array| !array.is_mapped() && array.len() == 200_000)
        );
    }
    assert!(large(&two().max_nbytes(None), "shared").iter().all(Array::is_mapped), "it has a file");
    let folder = tempfile::tempdir().unwrap();
    let arrays = large(&two().temp_folder(folder.path()), "array");
    assert!(arrays.iter().all(Array::is_mapped));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// More of them in one batch than may be files on their way.
#[test]
fn many_large_results_of_a_batch_come_back() {
    let parallel = two().n_jobs(1).batch_size(200).max_nbytes(4096);
    let arrays =
        parallel.run((0..200).map(|n| makes::delayed(f64::from(n), 1000, "array"))).unwrap();
    for (n, array) in (0..).zip(&arrays) {
        assert!(array.len() == 1000 && array.iter().all(|x| *x == f64::from(n)), "{n}");
    }
    let mapped = arrays.iter().filter(|array| array.is_mapped()).count();
    assert!((1..200).contains(&mapped), "{mapped} are mapped");
}

#[test]
fn every_codec_carries_them() {
    for codec in ["postcard", "cbor", "json"] {
        let bytes = two().codec(codec).run([echo::delayed(b"bytes".to_vec())]);
        assert_eq!(bytes.unwrap(), [b"bytes"], "{codec}");
    }
}

#[test]
fn who_cannot_be_sent_fails_alone() {
    let results = two().batch_size(4).run_each((0..4).map(|n| handles::delayed(Fragile(n != 2))));
    for (n, result) in results.unwrap().into_iter().enumerate() {
        match result {
            Err(error) if n == 2 => assert!(error.to_string().contains("too fragile"), "{error}"),
            result => assert!(result.unwrap()),
        }
    }
    let results = two().run_each([square::delayed(2), delayed(|| 5), square::delayed(3)]).unwrap();
    let error = results[1].as_ref().unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::Failed);
    assert!(error.message().contains("#[task]"), "{error}");
    assert_eq!((results[0].as_ref().ok(), results[2].as_ref().ok()), (Some(&4), Some(&9)));
}

#[test]
fn what_breaks_on_arrival_fails_alone() {
    let results = two().batch_size(4).run_each((76..80).map(breaks::delayed)).unwrap();
    let error = results[1].as_ref().unwrap_err();
    assert!(error.message().contains("breaks on arrival"), "{error}");
    assert_eq!(results.iter().flatten().map(|broken| broken.0).sum::<u64>(), 76 + 78 + 79);
}

#[test]
fn a_panic_keeps_its_words_its_place_and_its_backtrace() {
    let results = two().run_each((0..6).map(fails::delayed)).unwrap();
    let error = results[3].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.message()), (TaskErrorKind::Panicked, "task 3 says so"));
    assert!(error.location().unwrap().contains("values.rs:"), "{error}");
    assert!(error.backtrace().unwrap().to_string().contains("fails"), "{error:?}");
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 5);
}

#[test]
fn results_stream() {
    watched(|| {
        let squares = two().iter((0..2000).map(square::delayed)).unwrap();
        assert!(squares.map(Result::unwrap).eq((0..2000).map(|n| n * n)));
        let mut unordered: Vec<_> =
            two().iter_unordered((0..2000).map(square::delayed)).unwrap().collect();
        unordered.sort_by_key(|(index, _)| *index);
        let unordered = unordered.into_iter().map(|(_, result)| result.unwrap());
        assert!(unordered.eq((0..2000).map(|n| n * n)));
        let some: Vec<_> = two().iter((0..).map(square::delayed)).unwrap().take(5).collect();
        assert_eq!(some.len(), 5);
    });
}
