//! Programs whose workers are killed, that have little, or that end when they like.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use larder_core::{Parallel, task};
use larder_process::{Process, ProcessOptions};
use libtest_mimic::Trial;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

use super::own::{children, open_files};
use super::place::Place;
use super::{output, square, trial, two};

/// Larger than what a socket holds.
const LARGE: usize = 3 << 20;

/// Leaves the number of its process, and takes its time.
#[task(crate = larder_core)]
fn slow_square(dir: PathBuf, n: u64) -> u64 {
    let own = dir.join(std::process::id().to_string());
    if !own.exists() {
        File::create(own).unwrap();
    }
    thread::sleep(Duration::from_millis(1));
    n * n
}

#[task(crate = larder_core)]
fn echo(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// A task that is in the middle of something, and so is what it started.
#[task(crate = larder_core)]
fn begins_and_hangs() {
    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    say("begun");
    child.wait().unwrap();
}

/// Plays one of the programs.
pub(crate) fn play(role: &str) {
    let files = open_files();
    let processes = match role {
        "stormy" => stormy(),
        "few files" => few_files(),
        "reverse" => reverse(),
        "hangs" => {
            let _never = two().batch_size(1).run((0..2).map(|_| begins_and_hangs::delayed()));
            return;
        }
        "exits" => return exits(),
        "busy" => busy(),
        other => unreachable!("{other}"),
    };
    processes.shut_down();
    assert!(children().is_empty(), "they are not waited for: {:?}", children());
    assert_eq!(open_files(), files, "how many files are open, and mapped");
}

/// 2000 tasks, while every 50 ms one of the workers is killed.
fn stormy() -> Process {
    let mut random = Rng::with_seed(seed());
    let dir = tempfile::tempdir().unwrap();
    let mut options = ProcessOptions::default();
    // Whoever kills does not look whom it hits, and may hit the same one more than twice.
    options.attempts = 20;
    let processes = Process::with(options).unwrap();
    let parallel = Parallel::new().backend(processes.clone()).n_jobs(2);
    let is_over = AtomicBool::new(false);
    let (squares, killed) = thread::scope(|scope| {
        let storm = scope.spawn(|| {
            let mut killed = 0;
            while !is_over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(50));
                let mut busy = children();
                busy.retain(|pid| dir.path().join(pid.to_string()).exists());
                // Who ended meanwhile, of the last blow, is not there any more.
                if let Some(pid) = random.choice(busy).and_then(Pid::from_raw)
                    && kill_process(pid, Signal::KILL).is_ok()
                {
                    killed += 1;
                }
            }
            killed
        });
        let tasks = (0..2000).map(|n| slow_square::delayed(dir.path().to_owned(), n));
        let squares = parallel.run(tasks);
        is_over.store(true, Ordering::Relaxed);
        (squares, storm.join().unwrap())
    });
    assert!(squares.unwrap().into_iter().eq((0..2000).map(|n| n * n)));
    assert!(killed > 5, "that was no storm: {killed}");
    processes
}

/// As many tasks as there are, with as many files as there are not.
fn few_files() -> Process {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(256), maximum }).unwrap();
    let all = |parallel: Parallel, count| {
        let squares = parallel.pre_dispatch("all").run((0..count).map(square::delayed)).unwrap();
        assert!(squares.into_iter().eq((0..count).map(|n| n * n)));
    };
    all(two(), 100_000);
    all(two().batch_size(1), 3000);
    Process::new().unwrap()
}

/// Calls whose results are asked for in the reverse order, each too large to wait in a socket.
fn reverse() -> Process {
    let call = |_| two().batch_size(1).iter((0..6).map(|n| echo::delayed(vec![n; LARGE]))).unwrap();
    let calls: Vec<_> = (0..4).map(call).collect();
    for results in calls.into_iter().rev() {
        assert!(results.map(Result::unwrap).eq((0..6).map(|n| vec![n; LARGE])));
    }
    Process::new().unwrap()
}

/// Ends in the middle of a call of its own.
fn exits() {
    thread::spawn(|| drop(two().batch_size(1).run((0..2).map(|_| begins_and_hangs::delayed()))));
    while children().len() < 2 {
        thread::yield_now();
    }
}

/// Calls of all kinds, without an end.
fn busy() -> ! {
    loop {
        two().run((0..100).map(square::delayed)).unwrap();
        two().run((0..4).map(|n| echo::delayed(vec![n; LARGE]))).unwrap();
        say("around");
    }
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("workers_killed_at_random_lose_nothing", || {
            output("stormy");
        }),
        trial("many_tasks_need_few_files", || {
            output("few files");
        }),
        trial("calls_may_be_waited_for_in_any_order", || {
            output("reverse");
        }),
        trial("ended_in_the_middle_of_a_call_it_leaves_nothing", || {
            output("exits");
        }),
        trial("killed_in_the_middle_of_a_call_it_leaves_nothing", || {
            let place = Place::new();
            let mut program = place.start("hangs");
            let mut said = BufReader::new(program.stdout.take().unwrap()).lines();
            (0..2).for_each(|_| assert_eq!(said.next().unwrap().unwrap(), "begun"));
            program.kill().unwrap();
            place.end_of(program);
        }),
        trial("killed_at_random_it_leaves_nothing", || {
            let mut random = Rng::with_seed(seed());
            for _ in 0..8 {
                let place = Place::new();
                let mut program = place.start("busy");
                let mut said = BufReader::new(program.stdout.take().unwrap()).lines();
                (0..random.u32(..4)).for_each(|_| drop(said.next().unwrap().unwrap()));
                thread::sleep(Duration::from_micros(random.u64(..20_000)));
                program.kill().unwrap();
                place.end_of(program);
            }
        }),
    ]
}

fn say(what: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{what}").and_then(|()| out.flush()).unwrap();
}

/// What is random, and can be so again.
#[expect(clippy::print_stderr, reason = "looked at when the test fails")]
fn seed() -> u64 {
    let seed = std::env::var("LARDER_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("LARDER_TEST_SEED={seed}");
    seed
}
