//! Parallel backends by name, and where the options of a call come from.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};

use larder::codec::{EncodeOptions, Postcard};
use larder::parallel::tasks::{self, TaskBuffer};
use larder::parallel::{
    Call, MaxNbytes, NJobs, Outcome, ParallelBackend, ParallelCapabilities, Require, Transfer,
};
use larder::{
    BackendConfig, Config, MmapMode, Parallel, ParallelFactory, Registry, Result, delayed, task,
};

/// What is installed is the process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs portable tasks as another process would, and notes what calls were like.
#[derive(Debug)]
struct Noted {
    name: &'static str,
}

/// Backend, workers, and how things travel, of each call since the last look.
static CALLS: Mutex<Vec<(&'static str, usize, Transfer)>> = Mutex::new(Vec::new());

fn calls() -> Vec<(&'static str, usize, Transfer)> {
    std::mem::take(&mut CALLS.lock().unwrap())
}

impl ParallelBackend for Noted {
    fn capabilities(&self) -> ParallelCapabilities {
        ParallelCapabilities::separate()
    }

    fn workers(&self, n_jobs: NJobs) -> Result<usize> {
        Ok(n_jobs.of(8))
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        CALLS.lock().unwrap().push((self.name, call.workers(), call.transfer().clone()));
        while let Some(mut batch) = call.next_batch(0) {
            for i in 0..batch.len() {
                let task = batch.portable(i).expect("a task function's call");
                let encoded = task.encode(&*call.transfer().codec)?;
                let buffers: Vec<_> = encoded.buffers.iter().map(TaskBuffer::to_bytes).collect();
                let function = tasks::find(task.function(), task.version())?;
                let options = EncodeOptions::new(&Postcard);
                let returned = function.run(&encoded.payload, buffers, &options)?;
                batch.set(i, Outcome::Returned(returned), "")?;
            }
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct Options {
    endpoint: String,
    #[serde(default)]
    retries: u8,
}

static OPENED: AtomicUsize = AtomicUsize::new(0);

/// The backends `noted`, also `remark`, and `other`.
fn registered() -> &'static Registry {
    static ONCE: std::sync::Once = std::sync::Once::new();
    let registry = Registry::global();
    ONCE.call_once(|| {
        let noted = ParallelFactory::new("noted", |()| Ok(Noted { name: "noted" }));
        registry.register_parallel_factory(noted.aliases(["remark"])).unwrap();
        let other = |options: Options| {
            OPENED.fetch_add(1, Relaxed);
            let _ = (options.endpoint, options.retries);
            Ok(Noted { name: "other" })
        };
        registry.register_parallel("other", other).unwrap();
    });
    registry
}

#[task]
fn double(n: u32) -> u32 {
    n * 2
}

/// A program that chooses nothing.
fn program() -> Result<Vec<u32>> {
    Parallel::new().run((0..4).map(double::delayed))
}

#[test]
fn one_program_runs_on_each_backend_by_one_word_in_a_config() {
    let _alone = alone();
    registered();
    for word in ["sequential", "threading", "threads", "noted", "remark", "other?endpoint=here"] {
        calls();
        let config = Config::from_json(&format!(r#"{{"parallel": {{"backend": "{word}"}}}}"#));
        Parallel::from(config.unwrap().parallel).install();
        let results = program();
        Parallel::uninstall();
        assert_eq!(results.unwrap(), [0, 2, 4, 6], "{word}");
        let expected = match word {
            "noted" | "remark" => Some("noted"),
            "other?endpoint=here" => Some("other"),
            _ => None,
        };
        assert_eq!(calls().first().map(|call| call.0), expected, "{word}");
    }
}

#[test]
fn options_of_a_backend_are_typed_and_it_is_opened_once() {
    let _alone = alone();
    registered();
    let run = |backend: &str| Parallel::new().backend(backend).run([double::delayed(1)]);
    let missing = run("other").unwrap_err().to_string();
    assert!(missing.contains("endpoint") && missing.contains("backend: other"), "{missing}");
    let unknown = run("other?endpoint=a&retires=1").unwrap_err().to_string();
    assert!(unknown.contains("did you mean `retries`"), "{unknown}");
    let wrong = run("other?endpoint=a&retries=300").unwrap_err().to_string();
    assert!(wrong.contains("0 to 255"), "{wrong}");
    assert!(run("noted?x=1").unwrap_err().is_invalid());

    let before = OPENED.load(Relaxed);
    for _ in 0..3 {
        run("other?endpoint=once&retries=2").unwrap();
    }
    assert_eq!(OPENED.load(Relaxed), before + 1);
    let built = BackendConfig::new("other").option("endpoint", "twice");
    Parallel::new().backend(&built).run([double::delayed(1)]).unwrap();
    assert_eq!(OPENED.load(Relaxed), before + 2);

    // A handle has its backend before the first call, and keeps it whatever becomes of the name.
    let kept = Parallel::new().backend("other?endpoint=kept").open().unwrap();
    assert_eq!(OPENED.load(Relaxed), before + 3);
    Parallel::new().backend("noted").scope(|| {
        assert_eq!(kept.clone().run([double::delayed(2)]).unwrap(), [4]);
        assert_eq!(kept.run([double::delayed(3)]).unwrap(), [6]);
    });
    assert_eq!(OPENED.load(Relaxed), before + 3);
}

#[test]
fn a_name_that_is_not_there_says_what_is() {
    let registry = registered();
    let open = |name: &str| registry.open_parallel(&name.parse().unwrap()).unwrap_err().to_string();
    let unknown = open("nothing-like-it");
    assert!(unknown.contains("known: ") && unknown.contains("`noted`, `remark`"), "{unknown}");
    assert!(unknown.contains("`threading`, `threads`"), "{unknown}");
    assert!(open("thraeding").contains("did you mean `threading`"), "{}", open("thraeding"));
    let known: Vec<_> = registry.parallel_backends().into_iter().map(|info| info.name).collect();
    for (name, feature) in [("dask", "dask"), ("loky", "process"), ("multiprocessing", "process")] {
        if !known.iter().any(|known| known == feature) {
            let left_out = open(name);
            assert!(left_out.contains(&format!("add the feature `{feature}`")), "{left_out}");
        }
    }
    let taken = registry.register_parallel("remark", |()| Ok(Noted { name: "" })).unwrap_err();
    assert!(taken.to_string().contains("`noted` is registered as `remark`"), "{taken}");
    assert!(registry.register_parallel("No", |()| Ok(Noted { name: "" })).is_err());
    assert!(registry.set_default_parallel("nothing").is_err());
    let secret = format!("{:?}", Parallel::new().backend("noted?token=hidden"));
    assert!(secret.contains("noted") && !secret.contains("hidden"), "{secret}");
    let error = Parallel::new().backend("no name").run([double::delayed(1)]).unwrap_err();
    assert!(error.is_invalid(), "{error}");
}

#[test]
fn the_innermost_word_counts() {
    let _alone = alone();
    registered();
    let of = |call: &Parallel| {
        calls();
        call.run([double::delayed(1)]).unwrap();
        calls().first().map(|(name, workers, _)| (*name, *workers))
    };
    let silent = Parallel::new();
    assert_eq!(of(&silent), None, "threads are the default");
    Parallel::new().backend("noted").n_jobs(2).install();
    assert_eq!(of(&silent), Some(("noted", 2)));
    Parallel::new().backend("other?endpoint=x").scope(|| {
        assert_eq!(
            of(&silent),
            Some(("other", 2)),
            "what a scope leaves open is what is installed"
        );
        Parallel::new().n_jobs(3).scope(|| {
            assert_eq!(of(&silent), Some(("other", 3)));
            assert_eq!(of(&Parallel::new().n_jobs(4)), Some(("other", 4)));
            assert_eq!(of(&Parallel::new().backend("sequential")), None);
            let here = Parallel::new().require(Require::SharedMemory);
            assert_eq!(of(&here), None, "what is required stands above all");
        });
        // Also after a panic.
        let panics = || Parallel::new().n_jobs(7).scope(|| panic!("in a scope"));
        catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
        assert_eq!(of(&silent), Some(("other", 2)));
        // A scope is this thread's.
        std::thread::scope(|s| s.spawn(|| assert_eq!(of(&silent), Some(("noted", 2)))).join())
            .unwrap();
    });
    Parallel::new().backend("noted").install();
    assert_eq!(of(&silent), Some(("noted", 8)), "all processors, where a backend is installed");
    Parallel::uninstall();
    assert_eq!(of(&silent), None);
    Parallel::new().backend("noted").scope(|| assert_eq!(of(&silent), Some(("noted", 8))));
}

#[test]
fn a_scope_is_around_the_tasks_made_in_it() {
    let _alone = alone();
    registered();
    let invalid = Parallel::new().codec("no such codec");
    let threads = Parallel::new().backend("threading").n_jobs(2).retries(5);
    let tries = AtomicUsize::new(0);
    threads.scope(|| {
        let outer = (0..2).map(|_| {
            delayed(|| {
                let flaky = || {
                    assert!(tries.fetch_add(1, Relaxed) > 2, "not yet");
                };
                // Says nothing of retries: the scope does.
                Parallel::new().run([larder::parallel::repeatable(flaky)]).unwrap();
            })
        });
        Parallel::new().run(outer).unwrap();
    });
    assert!(tries.load(Relaxed) > 3);
    let error = invalid.scope(|| Parallel::new().backend("noted").run([double::delayed(1)]));
    assert!(error.unwrap_err().to_string().contains("codec"));
}

#[test]
fn how_things_travel_is_told_to_the_backend() {
    let _alone = alone();
    registered();
    let noted = Parallel::new().backend("noted");
    let of = |call: &Parallel| {
        calls();
        call.run([double::delayed(1)]).unwrap();
        calls().remove(0).2
    };
    let plain = of(&noted);
    assert_eq!((plain.max_nbytes, plain.mmap_mode), (Some(1 << 20), MmapMode::Auto));
    assert_eq!((plain.codec.name(), plain.temp_folder), ("postcard", None));
    let said = noted
        .clone()
        .max_nbytes("2M")
        .mmap_mode(MmapMode::CopyOnWrite)
        .codec("cbor")
        .temp_folder("/x");
    let told = of(&said);
    assert_eq!((told.max_nbytes, told.mmap_mode), (Some(2 << 20), MmapMode::CopyOnWrite));
    assert_eq!((told.codec.name(), told.temp_folder), ("cbor", Some("/x".into())));
    assert_eq!(of(&noted.clone().max_nbytes(MaxNbytes(None))).max_nbytes, None);
    assert_eq!(of(&noted.clone().max_nbytes("None")).max_nbytes, None);
    let error = noted.clone().max_nbytes("2 potatoes").run([double::delayed(1)]).unwrap_err();
    assert!(error.to_string().contains("max_nbytes"), "{error}");
    let error = noted.clone().mmap_mode(MmapMode::ReadWrite).run([double::delayed(1)]).unwrap_err();
    assert!(error.to_string().contains("`r+`"), "{error}");
    let error = noted.codec("cbro").run([double::delayed(1)]).unwrap_err();
    assert!(error.to_string().contains("did you mean `cbor`"), "{error}");
}

/// In whatever environment it is run: another test runs it in several.
#[test]
#[expect(clippy::print_stdout, reason = "what the other test reads")]
fn in_an_environment() {
    let _alone = alone();
    registered();
    calls();
    let outcome = match program() {
        Ok(results) => {
            assert_eq!(results, [0, 2, 4, 6]);
            calls().first().map(|(name, workers, transfer)| {
                format!("{name} {workers} {:?}", transfer.max_nbytes)
            })
        }
        Err(error) => Some(error.to_string()),
    };
    let scoped = Parallel::new().n_jobs(5).scope(|| {
        program()
            .ok()
            .and_then(|_| calls().first().map(|(name, workers, _)| format!("{name} {workers}")))
    });
    calls();
    Parallel::new().n_jobs(6).install();
    let installed = program().ok().and_then(|_| calls().first().map(|(_, workers, _)| *workers));
    Parallel::uninstall();
    let (outcome, scoped) = (outcome.unwrap_or_default(), scoped.unwrap_or_default());
    println!("<{outcome}> <{scoped}> <{installed:?}>");
}

#[test]
fn the_environment_comes_last() {
    for (variables, expected) in [
        (&[][..], "<> <> <None>"),
        (&[("LARDER_BACKEND", "noted")][..], "<noted 1 Some(1048576)> <noted 5> <Some(6)>"),
        (
            &[
                ("LARDER_BACKEND", "other?endpoint=e"),
                ("LARDER_N_JOBS", "3"),
                ("LARDER_MAX_NBYTES", "none"),
            ],
            "<other 3 None> <other 5> <Some(6)>",
        ),
        (&[("LARDER_N_JOBS", "all")], "LARDER_N_JOBS"),
        // Other variables are none of its business.
        (&[("LARDER_STORE", "no such:thing"), ("LARDER_COMPRESS", "?")], "<> <> <None>"),
    ] {
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "in_an_environment", "--nocapture"]);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("LARDER_")) {
                test.env_remove(name);
            }
        }
        let output = test.envs(variables.iter().copied()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains(expected), "{variables:?}: {text}");
    }
}
