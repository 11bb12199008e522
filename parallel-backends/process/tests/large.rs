//! Programs with many or large arrays, each in a process of its own: how much memory and how many files they take, and
//! what is left when they end.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "programs say what they found out")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, ExitCode, Stdio};

use larder_core::{Array, LoadOptions, MmapMode, Parallel, task};
use larder_process::Process;
use libtest_mimic::{Arguments, Trial};
use rustix::process::{Resource, getrlimit, setrlimit};

/// In the environment of the programs that this one starts: which to be. Workers inherit it, and are none of them.
const ROLE: &str = "LARDER_TEST_ROLE";
/// And where.
const PLACE: &str = "LARDER_TEST_PLACE";
const MIB: usize = 1 << 20;

/// A worker, and how much memory it has had at once, in MiB.
type Peak = (u32, u64);

#[task(crate = larder_core)]
fn weighs(bytes: Vec<u8>) -> Peak {
    assert_eq!(bytes.len(), MIB);
    (std::process::id(), peak())
}

#[task(crate = larder_core)]
fn weighs_array(array: Array<u8>) -> Peak {
    assert!(array.is_mapped() && array[0] == array[MIB - 1]);
    (std::process::id(), peak())
}

#[task(crate = larder_core)]
fn weighs_lent(bytes: &[u8]) -> Peak {
    assert_eq!(bytes.len(), MIB);
    (std::process::id(), peak())
}

#[task(crate = larder_core)]
fn square(n: u64) -> u64 {
    n * n
}

#[task(crate = larder_core)]
fn first(array: &Array<u8>) -> (u8, usize) {
    (array[0], files())
}

#[task(crate = larder_core)]
fn first_lent(bytes: &[u8]) -> (u8, usize) {
    (bytes[0], files())
}

#[task(crate = larder_core)]
fn says_who_and_hangs(_bytes: &[u8]) {
    println!("worker {}", std::process::id());
    loop {
        std::hint::black_box(());
    }
}

fn main() -> ExitCode {
    larder_worker::init();
    match std::env::var(ROLE).as_deref() {
        Ok("own") => {
            heavy(10_000, |parallel, crowd| {
                parallel.run(crowd.map(|n| weighs::delayed(vec![n as u8; MIB])))
            });
        }
        Ok("arrays") => heavy(2000, |parallel, crowd| {
            parallel.run(crowd.map(|n| weighs_array::delayed(vec![n as u8; MIB].into())))
        }),
        Ok("windows") => {
            let data = vec![1; 11 * MIB];
            heavy(2000, |parallel, crowd| {
                parallel.run(crowd.map(|n| weighs_lent::delayed(&data[n * 5000..n * 5000 + MIB])))
            });
        }
        Ok("few files") => few_files(),
        Ok("hangs") => {
            let data = vec![1; MIB];
            let folder = std::env::var_os(PLACE).unwrap();
            let tasks = (0..2).map(|_| says_who_and_hangs::delayed(&data));
            drop(two().temp_folder(folder).batch_size(1).run(tasks));
        }
        Ok(other) => unreachable!("{other}"),
        Err(_) => return tests(),
    }
    ExitCode::SUCCESS
}

type Crowd<'c> = dyn Iterator<Item = usize> + Send + 'c;

fn two() -> Parallel {
    Parallel::new().backend(Process::new().unwrap()).n_jobs(2)
}

/// Prints how much memory this program, its workers and the files between them took, in MiB each.
fn heavy(
    count: usize,
    run: impl FnOnce(Parallel, &mut Crowd<'_>) -> larder_core::Result<Vec<Peak>>,
) {
    let mut files = 0;
    let mut crowd = (0..count).inspect(|n| {
        if n % 10 == 0 {
            files = files.max(between());
        }
    });
    let mut peaks = run(two(), &mut crowd).unwrap();
    drop(crowd);
    assert_eq!(peaks.len(), count);
    peaks.sort_by_key(|(pid, peak)| (*pid, std::cmp::Reverse(*peak)));
    peaks.dedup_by_key(|(pid, _)| *pid);
    assert_eq!(peaks.len(), 2);
    println!("{} {} {} {files}", peak(), peaks[0].1, peaks[1].1);
}

/// How many bytes are in files that this process has open for its workers, in MiB.
fn between() -> u64 {
    let open = fs::read_dir("/proc/self/fd").unwrap().filter_map(|file| Some(file.ok()?.path()));
    let arrays = open.filter(|file| {
        fs::read_link(file).is_ok_and(|name| name.to_string_lossy().contains("larder-array"))
    });
    arrays.filter_map(|file| Some(fs::metadata(file).ok()?.blocks() / 2048)).sum()
}

/// How much memory this process has had at once, in MiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// How many files this process has open.
fn files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// May have 256 files open, and uses many more arrays.
fn few_files() {
    let hard = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, rustix::process::Rlimit { current: Some(256), maximum: hard })
        .unwrap();
    let squares = two().run((0..100_000).map(square::delayed)).unwrap();
    assert!(squares.into_iter().eq((0..100_000).map(|n| n * n)));

    let small = two().max_nbytes(5000);
    let data: Vec<_> = (0..1000).map(|n| vec![n as u8; 5000]).collect();
    let arrays: Vec<Array<u8>> = data.iter().cloned().map(Array::from).collect();
    let shared = (0..100).map(|n| Array::shared([5000], |bytes| bytes.fill(n)).unwrap());
    let shared: Vec<Array<u8>> = shared.collect();
    let dir = tempfile::tempdir().unwrap();
    let mapped: Vec<Array<u8>> = (0..300)
        .map(|n| {
            let path = dir.path().join(format!("{n}.npy"));
            Array::from(vec![n as u8; 5000]).save_npy(&path).unwrap();
            let options = LoadOptions::new().mmap_mode(MmapMode::ReadOnly);
            Array::load_npy_with(&path, &options).unwrap()
        })
        .collect();
    for _ in 0..2 {
        let lent = small.run(data.iter().map(|data| first_lent::delayed(data))).unwrap();
        let kept = small.run(arrays.iter().map(first::delayed)).unwrap();
        let never = small.run(shared.iter().chain(&mapped).map(first::delayed)).unwrap();
        let all = lent.iter().zip(0..).chain(kept.iter().zip(0..));
        let never = never[..100].iter().zip(0..).chain(never[100..].iter().zip(0..));
        for ((first, files), n) in all.chain(never) {
            assert_eq!(*first, n as u8);
            assert!(*files < 20, "a worker has {files} files open");
        }
    }
    println!("{}", files());
}

fn tests() -> ExitCode {
    let bounded = |role| {
        let said = said(role);
        let megabytes: u64 = said.split_whitespace().map(|part| part.parse::<u64>().unwrap()).sum();
        assert!(megabytes < 200, "this program, two workers and the files took {said} MiB");
    };
    let trials = [
        trial("a_crowd_of_large_arguments_is_bounded_in_memory", move || bounded("own")),
        trial("a_crowd_of_arrays_is_bounded_in_memory", move || bounded("arrays")),
        trial("a_crowd_of_windows_on_an_array_is_bounded_in_memory", move || bounded("windows")),
        trial("more_arrays_than_files_may_be_open_are_none_too_many", || {
            let open: usize = said("few files").trim().parse().unwrap();
            assert!(open < 250, "{open} files are open");
        }),
        trial("a_killed_program_leaves_nothing_in_its_folder", || {
            let folder = tempfile::tempdir().unwrap();
            let mut program = start("hangs", folder.path().as_os_str());
            let mut said = BufReader::new(program.stdout.take().unwrap()).lines();
            let workers: Vec<u32> = (0..2)
                .map(|_| {
                    said.next().unwrap().unwrap().trim_start_matches("worker ").parse().unwrap()
                })
                .collect();
            program.kill().unwrap();
            program.wait().unwrap();
            while workers.iter().any(|pid| is_running(*pid)) {
                std::thread::yield_now();
            }
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

fn start(role: &str, place: &std::ffi::OsStr) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(ROLE, role).env(PLACE, place).stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// What a program says, which has to succeed.
fn said(role: &str) -> String {
    let output = start(role, "".as_ref()).wait_with_output().unwrap();
    assert!(output.status.success(), "{role}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}
