//! Whole programs, each in a process of its own: what a `main` has to do, and what is left when it ends.
#![cfg(unix)]
#![expect(clippy::print_stdout, reason = "programs say what they found out")]

mod own;
mod place;
#[cfg(target_os = "linux")]
mod scarce;
#[cfg(target_os = "linux")]
mod survival;

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Output};

use larder_core::{Parallel, task};
use larder_process::{Process, ProcessOptions};
use libtest_mimic::{Arguments, Trial};

use place::{Place, ROLE};

#[task(crate = larder_core)]
fn square(n: u64) -> u64 {
    n * n
}

#[task(crate = larder_core)]
fn prints(n: u64) -> u64 {
    println!("out {n}");
    // In one piece: the standard error has no buffer, and two workers share it.
    std::io::stderr().write_all(format!("error {n}\n").as_bytes()).unwrap();
    n
}

/// What this program says, started once more.
#[task(crate = larder_core)]
fn starts_again() -> String {
    let own = std::env::current_exe().unwrap();
    let output = Command::new(own).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Fails the first time.
#[task(crate = larder_core)]
fn second_time(file: PathBuf) {
    File::create_new(&file).expect_err("it ran before");
}

/// A call that says nothing of retries.
#[task(crate = larder_core)]
fn calls(file: PathBuf) -> bool {
    Parallel::new().run([second_time::delayed(file)]).is_ok()
}

mod twins {
    #[larder_core::task(crate = larder_core, name = "twin")]
    pub(crate) fn one() {}

    pub(crate) mod other {
        #[larder_core::task(crate = larder_core, name = "twin")]
        pub(crate) fn one() {}
    }
}

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok("forgot") => forgot(),
        Ok("tokio") => in_a_runtime(),
        Ok("late") => late(),
        Ok(role) => {
            #[cfg(target_os = "linux")]
            if role.starts_with("killed early") {
                scarce::end_early(role);
            }
            larder_worker::init();
            match role {
                "prints" => assert!(
                    two().run((0..100).map(prints::delayed)).unwrap().into_iter().eq(0..100)
                ),
                "twins" => println!("{}", two().run([twins::one::delayed()]).unwrap_err()),
                "again" => match two().run([starts_again::delayed()]) {
                    Ok(said) => println!("{}", said[0]),
                    Err(error) => println!("{error}"),
                },
                "installs" => installs(),
                "leaves" => drop(two().run((0..10).map(square::delayed)).unwrap()),
                #[cfg(target_os = "linux")]
                role if role.starts_with("killed early") => scarce::killed_early(),
                #[cfg(target_os = "linux")]
                "crowded" => scarce::crowded(),
                #[cfg(target_os = "linux")]
                "full" => scarce::full(),
                #[cfg(target_os = "linux")]
                "doomed" => scarce::doomed(),
                #[cfg(target_os = "linux")]
                role => survival::play(role),
                #[cfg(not(target_os = "linux"))]
                other => unreachable!("{other}"),
            }
        }
        Err(_) => {
            larder_worker::init();
            return tests();
        }
    }
    ExitCode::SUCCESS
}

fn two() -> Parallel {
    Parallel::new().backend(Process::new().unwrap()).n_jobs(2)
}

/// What is installed here holds for the calls that tasks make, as long as it is.
fn installs() {
    let dir = tempfile::tempdir().unwrap();
    let call = |name: &str| two().retries(0).run([calls::delayed(dir.path().join(name))]).unwrap();
    assert_eq!(call("before"), [false]);
    Parallel::new().retries(1).install();
    assert_eq!(call("meanwhile"), [true]);
    Parallel::uninstall();
    assert_eq!(call("after"), [false]);
}

/// A program that does not know that it has to say what it is.
fn forgot() {
    println!("begins");
    let error = two().run((0..4).map(square::delayed)).unwrap_err();
    println!("{error}");
}

/// A program whose worker does not get to the point where it would become one.
fn late() {
    if std::env::args().next().is_some_and(|name| name == larder_worker::MARK) {
        std::process::exit(3);
    }
    larder_worker::init();
    println!("{}", two().run([square::delayed(2)]).unwrap_err());
}

/// What `#[tokio::main]` makes of a `main` that begins with `init`.
fn in_a_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        larder_worker::init();
        let squares = two().run_async((0..4).map(square::delayed)).await.unwrap();
        println!("{squares:?}");
    });
}

fn tests() -> ExitCode {
    let trials = [
        trial("who_forgot_init_is_told_and_no_process_is_started", || {
            let said = said(&output("forgot"));
            assert_eq!(said.matches("begins").count(), 1, "it ran again: {said}");
            assert!(said.contains("larder::init()"), "{said}");
        }),
        trial("who_comes_late_to_init_is_told", || {
            let said = said(&output("late"));
            assert!(said.contains("exit status: 3") && said.contains("larder::init()"), "{said}");
        }),
        trial("another_program_may_be_the_worker", || {
            let dir = tempfile::tempdir().unwrap();
            let mut options = ProcessOptions::default();
            options.exe = Some(dir.path().join("another"));
            std::os::unix::fs::symlink(
                std::env::current_exe().unwrap(),
                options.exe.as_ref().unwrap(),
            )
            .unwrap();
            let another = Parallel::new().backend(Process::with(options).unwrap()).n_jobs(2);
            assert_eq!(another.run((0..3).map(square::delayed)).unwrap(), [0, 1, 4]);
        }),
        trial("a_program_that_starts_itself_in_its_workers_comes_to_an_end", || {
            let said = said(&output("again"));
            assert!(said.contains("worker of a worker"), "{said}");
        }),
        trial("init_inside_of_a_runtime_just_works", || {
            assert_eq!(said(&output("tokio")), "[0, 1, 4, 9]\n");
        }),
        trial("two_functions_of_one_name_are_named", || {
            let said = said(&output("twins"));
            assert_eq!(said.matches("programs/main.rs:").count(), 2, "{said}");
        }),
        trial("what_tasks_print_reaches_the_terminal", || {
            let output = output("prints");
            for (stream, text) in [(&output.stdout, "out"), (&output.stderr, "error")] {
                let lines: Vec<_> = std::str::from_utf8(stream).unwrap().lines().collect();
                assert_eq!(lines.len(), 100);
                assert!((0..100).all(|n| lines.contains(&&*format!("{text} {n}"))), "{lines:?}");
            }
        }),
        trial("what_is_installed_holds_in_tasks_as_well", || {
            output("installs");
        }),
        trial("workers_end_with_their_program", || {
            output("leaves");
        }),
    ];
    #[cfg(target_os = "linux")]
    let trials = trials.into_iter().chain(survival::trials()).chain(scarce::trials());
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().collect()).exit_code()
}

fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// Of a program that has to succeed, and to leave nothing.
fn output(role: &str) -> Output {
    let place = Place::new();
    let program = place.start(role);
    let output = place.end_of(program);
    assert!(output.status.success(), "{role}: {output:?}");
    output
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
