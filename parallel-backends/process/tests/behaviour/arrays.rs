//! Large arrays: mapped by the workers rather than sent to each.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::MetadataExt;

use larder_core::{
    Array, Error, LoadOptions, Memory, MmapMode, Parallel, SharedArray, SharedPart, StoreConfig,
    task,
};

use larder_process::{Process, ProcessOptions};

use super::{two, watched};

/// Of 8 MB.
const LEN: usize = 1_000_000;

/// Where an array is in a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Seen {
    pid: u32,
    mapped: bool,
    inode: u64,
    /// Of the first element in its file.
    offset: u64,
    aligned: bool,
    shared: bool,
}

/// What the system says of the memory at this place.
fn seen<T>(elements: &[T], mapped: bool) -> Seen {
    let at = elements.as_ptr().addr() as u64;
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let line = maps.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find(|line| {
        let (start, end) = line[0].split_once('-').unwrap();
        (hex(start)..hex(end)).contains(&at)
    });
    let line = line.unwrap();
    let start = hex(line[0].split('-').next().unwrap());
    let inode = line[4].parse().unwrap();
    let offset = if inode > 0 { hex(line[2]) + at - start } else { 0 };
    Seen {
        pid: std::process::id(),
        mapped,
        inode,
        offset,
        aligned: at.is_multiple_of(64),
        shared: !line[1].contains('w'),
    }
}

#[task(crate = larder_core)]
fn where_array(array: &Array<f64>) -> (Seen, f64) {
    (seen(array, array.is_mapped()), array.iter().sum())
}

#[task(crate = larder_core)]
fn where_own(array: Array<f64>) -> (Seen, f64) {
    (seen(&array, array.is_mapped()), array.iter().sum())
}

#[task(crate = larder_core)]
fn where_slice(slice: &[f64]) -> (Seen, f64) {
    (seen(slice, false), slice.iter().sum())
}

#[task(crate = larder_core)]
fn where_bytes(bytes: &[u8]) -> Seen {
    seen(bytes, false)
}

#[task(crate = larder_core)]
fn is_mapped(array: Array<f64>) -> bool {
    array.is_mapped()
}

/// In which rooms the first and the last element are after the first was changed.
#[task(crate = larder_core)]
fn changes(array: Array<f64>) -> (f64, Seen, Seen) {
    let mut array = array;
    let before = seen(&array, array.is_mapped());
    array.make_mut()[0] += 1.0;
    (array[0], before, seen(&array, array.is_mapped()))
}

/// How many files the worker has open, and how many maps of arrays it has.
#[task(crate = larder_core)]
fn burden() -> (usize, usize) {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    (fs::read_dir("/proc/self/fd").unwrap().count(), maps.matches("larder-array").count())
}

#[task(crate = larder_core)]
fn burden_of_slice(slice: &[u8]) -> (usize, usize) {
    assert!(slice.iter().all(|byte| *byte == slice[0]));
    burden()
}

#[task(crate = larder_core)]
fn length(bytes: Vec<u8>) -> usize {
    bytes.len()
}

/// The most memory that was this process's alone, and that it had in common with others, in KiB.
#[task(crate = larder_core)]
fn peak(_n: usize) -> (u32, u64) {
    (std::process::id(), peak_here())
}

fn peak_here() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[task(crate = larder_core)]
fn fills(part: SharedPart<'_, f64>) -> Result<(u32, usize), Error> {
    let mut part = part;
    let start = part.range().start;
    part.as_mut_slice()?.iter_mut().for_each(|element| *element = start as f64);
    Ok((std::process::id(), start))
}

fn numbers() -> Vec<f64> {
    (0..LEN).map(|n| n as f64).collect()
}

/// Each of the two workers runs one of two tasks.
fn one_each() -> Parallel {
    two().batch_size(1)
}

/// Options that nobody else has, nor their workers.
fn options(attempts: u32) -> ProcessOptions {
    let mut options = ProcessOptions::default();
    options.attempts = attempts;
    options
}

/// How many files this process has open that are, or were, arrays on their way.
fn files_here() -> usize {
    let files = fs::read_dir("/proc/self/fd").unwrap();
    files
        .filter_map(|file| fs::read_link(file.unwrap().path()).ok())
        .filter(|path| path.to_string_lossy().contains("larder-array"))
        .count()
}

#[test]
fn arrays_are_mapped_from_max_nbytes_on() {
    let sizes = [100, 10_000, 1_000_000];
    let arrays = || sizes.map(|len| is_mapped::delayed(Array::from(vec![1.0; len / 8])));
    assert_eq!(two().run(arrays()).unwrap(), [false, false, false], "a mebibyte is the least");
    assert_eq!(two().max_nbytes("1M").run(arrays()).unwrap(), [false, false, false]);
    assert_eq!(two().max_nbytes(1_000_000).run(arrays()).unwrap(), [false, false, true]);
    assert_eq!(two().max_nbytes(10_000).run(arrays()).unwrap(), [false, true, true]);
    assert_eq!(two().max_nbytes(None).run(arrays()).unwrap(), [false, false, false]);
}

#[test]
fn an_array_is_copied_once_for_all_workers_and_calls() {
    let array = Array::from(numbers());
    let sum: f64 = array.iter().sum();
    let calls: Vec<_> = (0..3)
        .flat_map(|_| one_each().run((0..4).map(|_| where_array::delayed(&array))).unwrap())
        .collect();
    let inode = calls[0].0.inode;
    assert!(inode > 0);
    for (seen, total) in calls {
        assert!(seen.mapped && seen.aligned && seen.shared, "{seen:?}");
        assert_eq!((seen.inode, seen.offset, total), (inode, 0, sum), "it was copied again");
    }
}

#[test]
fn what_is_lent_is_copied_once_a_call_and_its_parts_are_not() {
    let mut data = numbers();
    let all = |data: &[f64]| {
        let tasks = [data, &data[10..], &data[500_000..500_600], &data[..LEN - 1]];
        one_each().batch_size(4).run(tasks.map(where_slice::delayed)).unwrap()
    };
    let first = all(&data);
    assert!(first.iter().all(|(seen, _)| seen.inode == first[0].0.inode), "{first:?}");
    assert_eq!(first.each_offset(), [0, 80, 4_000_000, 0]);
    data[0] = -5.0;
    let second = all(&data);
    assert_eq!(second[0].1, first[0].1 - 5.0, "the change is not seen");
    assert_ne!(second[0].0.inode, first[0].0.inode);
}

trait Offsets {
    fn each_offset(&self) -> Vec<u64>;
}

impl Offsets for Vec<(Seen, f64)> {
    fn each_offset(&self) -> Vec<u64> {
        self.iter().map(|(seen, _)| seen.offset).collect()
    }
}

#[test]
fn arrays_of_equal_elements_are_each_their_own() {
    let arrays = [Array::from(numbers()), Array::from(numbers())];
    let seen = two().run(arrays.iter().map(where_array::delayed)).unwrap();
    assert!(seen[0].1 == seen[1].1 && seen[0].0.inode != seen[1].0.inode);
    let data = [numbers(), numbers()];
    let seen = two().run(data.iter().map(|data| where_slice::delayed(data))).unwrap();
    assert!(seen[0].1 == seen[1].1 && seen[0].0.inode != seen[1].0.inode);
}

#[test]
fn a_change_between_calls_is_seen_and_made_in_place() {
    let mut array = Array::from(numbers());
    let place = array.as_ptr();
    let sum = |array: &Array<f64>| {
        one_each().run([where_array::delayed(array), where_array::delayed(array)])
    };
    let before = sum(&array).unwrap();
    array.make_mut()[7] += 1000.0;
    assert_eq!(array.as_ptr(), place, "who calls pays with a copy");
    let after = sum(&array).unwrap();
    assert!(after.iter().all(|(_, total)| *total == before[0].1 + 1000.0), "{after:?}");
    // Another array in the same place.
    drop(array);
    let other = Array::from(vec![1.0; LEN]);
    assert_eq!(sum(&other).unwrap()[0].1, LEN as f64);
}

#[test]
fn own_arguments_of_one_place_are_not_taken_for_each_other() {
    // Each is made when the one before is gone, and often where it was.
    let tasks = (0..40).map(|n| where_own::delayed(Array::from(vec![f64::from(n); LEN / 4])));
    let totals = two().pre_dispatch(2).batch_size(1).run(tasks).unwrap();
    let expected = (0..40).map(|n| f64::from(n) * (LEN / 4) as f64);
    assert!(totals.into_iter().map(|(_, total)| total).eq(expected));
}

#[test]
fn shared_arrays_are_never_copied() {
    let shared = Array::shared([LEN], |elements| elements.copy_from_slice(&numbers())).unwrap();
    let here = seen(&shared, true);
    let part = shared.slice(1000..2000).unwrap();
    let wide = shared.reshape([1000, 1000]).unwrap().transpose();
    let tasks =
        [where_array::delayed(&shared), where_array::delayed(&part), where_array::delayed(&wide)];
    let seen = one_each().max_nbytes(None).run(tasks).unwrap();
    assert!(seen.iter().all(|(seen, _)| seen.mapped && seen.inode == here.inode), "{seen:?}");
    assert_eq!(seen.each_offset(), [0, 8000, 0]);
    assert_eq!(seen[1].1, part.iter().sum::<f64>());
    let lent = two().run([where_slice::delayed(&shared[5..])]).unwrap();
    assert_eq!((lent[0].0.inode, lent[0].0.offset), (here.inode, 40));
}

#[test]
fn arrays_in_files_cross_as_their_files_even_without_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let (npy, dumped) = (dir.path().join("array.npy"), dir.path().join("array.larder"));
    let array = Array::from_shape_vec([1000, 1000], numbers()).unwrap();
    array.save_npy(&npy).unwrap();
    larder_core::dump(&array, &dumped).unwrap();
    for mode in [MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
        let options = LoadOptions::new().mmap_mode(mode);
        let loaded = [
            (Array::<f64>::load_npy_with(&npy, &options).unwrap(), inode(&npy)),
            (larder_core::load_with::<Array<f64>>(&dumped, &options).unwrap(), inode(&dumped)),
        ];
        for (loaded, inode) in loaded {
            let rows = loaded.slice(3..).unwrap();
            let strided = loaded.transpose();
            let tasks = [&loaded, &rows, &strided].map(where_array::delayed);
            let seen = one_each().run(tasks).unwrap();
            assert!(seen.iter().all(|(seen, _)| seen.inode == inode), "{mode} {seen:?}");
            assert_eq!(seen[1].0.offset - seen[0].0.offset, 24_000);
            assert_eq!(seen[1].1, rows.iter().sum::<f64>());
        }
    }
    let old = Array::<f64>::load_npy_with(&npy, &LoadOptions::new().mmap_mode(MmapMode::ReadOnly))
        .unwrap();
    let before = inode(&npy);
    Array::from(vec![0.5; 10]).save_npy(&npy).unwrap();
    assert_ne!(inode(&npy), before, "the path is another file's by now");
    let seen = two().run([where_array::delayed(&old)]).unwrap();
    assert_eq!((seen[0].0.inode, seen[0].1), (before, old.iter().sum()));
    fs::remove_file(&npy).unwrap();
    let again = two().run([where_array::delayed(&old)]).unwrap();
    assert_eq!((again[0].0.inode, again[0].1), (seen[0].0.inode, seen[0].1));
}

fn inode(path: &std::path::Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

#[larder_core::memoize(crate = larder_core)]
fn table(len: usize) -> Array<f64> {
    (0..len).map(|n| n as f64).collect()
}

#[test]
fn results_of_a_memory_cross_as_their_files() {
    let dir = tempfile::tempdir().unwrap();
    let _registered_before = larder_core::Registry::global().register(larder_local::factory());
    let memory = Memory::open(StoreConfig::new("local").at(dir.path().to_string_lossy())).unwrap();
    memory.cache::<table>().call(LEN).unwrap();
    let kept = memory.cache::<table>().call(LEN).unwrap();
    assert!(kept.is_mapped());
    let here = seen(&kept, true);
    let there = one_each().run([where_array::delayed(&kept), where_array::delayed(&kept)]).unwrap();
    assert!(there.iter().all(|(seen, _)| (seen.inode, seen.offset) == (here.inode, here.offset)));
}

#[test]
fn a_task_changes_its_own_array_and_nobody_elses() {
    let array = Array::from(numbers());
    let change = |mode| {
        let tasks = (0..4).map(|_| changes::delayed(array.clone()));
        two().n_jobs(1).mmap_mode(mode).run(tasks).unwrap()
    };
    for (first, before, after) in change(MmapMode::CopyOnWrite) {
        assert_eq!((first, before.inode), (1.0, after.inode), "all of it was copied");
        assert!(before.inode > 0 && !before.shared);
    }
    for (first, before, after) in change(MmapMode::ReadOnly) {
        assert_eq!((first, after.inode), (1.0, 0));
        assert!(before.inode > 0 && before.shared);
    }
    assert_eq!(array[0], 0.0);
    let error = two().mmap_mode(MmapMode::ReadWrite).run([is_mapped::delayed(array)]).unwrap_err();
    assert!(error.is_invalid() && error.message().contains("SharedArray"), "{error}");
}

#[test]
fn a_folder_for_arrays_is_used_and_left_empty() {
    let folder = tempfile::tempdir().unwrap();
    let (data, array) = (numbers(), Array::from(numbers()));
    let disk = fs::metadata(folder.path()).unwrap().dev();
    let at = two().temp_folder(folder.path());
    assert!(at.run([where_slice::delayed(&data)]).unwrap()[0].0.inode > 0);
    assert!(at.run([where_array::delayed(&array)]).unwrap()[0].0.inode > 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let memory = two().run([where_array::delayed(&array)]).unwrap();
    assert!(memory[0].0.mapped && disk > 0);
    let nowhere = two().temp_folder(folder.path().join("nowhere"));
    let error = nowhere.run([where_slice::delayed(&data)]).unwrap_err().to_string();
    assert!(error.contains("temp_folder") && error.contains("nowhere"), "{error}");
}

#[test]
fn a_thousand_arrays_leave_no_files_and_no_maps_behind() {
    let data: Vec<Vec<u8>> = (0..1000).map(|n| vec![n as u8; 20_000]).collect();
    // Nobody else has these workers.
    let alone = Process::with(options(17)).unwrap();
    let small = Parallel::new().backend(alone).n_jobs(2).max_nbytes(10_000);
    let burdens = small.run(data.iter().map(|data| burden_of_slice::delayed(data))).unwrap();
    let (files, maps) = burdens.into_iter().max().unwrap();
    assert!(files < 40 && maps < 400, "{files} files and {maps} maps");
    let arrays: Vec<Array<u8>> = data.into_iter().map(Array::from).collect();
    assert!(small.run(arrays.iter().map(is_mapped_bytes::delayed)).unwrap().len() == 1000);
    assert!(files_here() < 300, "{} files are open", files_here());
    drop(arrays);
    let (_, maps) = small.run([burden::delayed()]).unwrap()[0];
    assert_eq!(maps, 0, "maps of arrays that are gone");
}

#[task(crate = larder_core)]
fn is_mapped_bytes(array: &Array<u8>) -> bool {
    array.is_mapped()
}

#[test]
fn copies_end_with_the_workers_and_with_the_array() {
    let alone = Process::with(options(19)).unwrap();
    let sum = |array: &Array<f64>| {
        let parallel = Parallel::new().backend(alone.clone()).n_jobs(2);
        parallel.run([where_array::delayed(array)]).unwrap()[0].0.inode
    };
    let is_open = |inode: u64| {
        let files = fs::read_dir("/proc/self/fd").unwrap();
        files
            .filter_map(|file| fs::metadata(file.ok()?.path()).ok())
            .any(|file| file.ino() == inode)
    };
    let array = Array::from(numbers());
    let first = sum(&array);
    assert!(is_open(first));
    alone.shut_down();
    assert!(!is_open(first));
    let second = sum(&array);
    drop(array);
    assert_ne!(sum(&Array::from(numbers())), second);
    assert!(!is_open(second), "the next call did not see that the array is gone");
    alone.shut_down();
}

#[test]
fn parts_of_a_shared_array_are_written_by_processes() {
    watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let arrays = [
            SharedArray::<f64>::anonymous([100, 50]).unwrap(),
            SharedArray::<f64>::create(dir.path().join("means.npy"), [100, 50]).unwrap(),
        ];
        for mut shared in arrays {
            let parts = shared.parts_of(10).unwrap();
            let done = one_each().try_run(parts.into_iter().map(fills::delayed)).unwrap();
            assert!(done.iter().all(|(pid, _)| *pid != std::process::id()));
            let array = shared.into_array().unwrap();
            for row in 0..100 {
                assert_eq!(array[[row, 49]], (row / 10 * 10) as f64);
            }
            // And read again, where they are.
            let here = seen(&array, true);
            let there = two().run([where_array::delayed(&array)]).unwrap()[0];
            assert_eq!((there.0.inode, there.1), (here.inode, array.iter().sum()));
        }
    });
}
