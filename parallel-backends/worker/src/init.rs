//! How a program becomes a worker, and whether it can.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

use larder_core::{Error, ErrorKind, Result};

/// The name a worker is started under. No program is called so by accident, and unlike a variable of the environment it
/// is not passed on to what a worker starts.
pub const MARK: &str = "(larder worker)";

/// The exit status of a worker that found no room for what it needs, or lost its connection.
pub const GAVE_UP: i32 = 102;

/// In the environment of workers: how many of them are around what they start.
const DEPTH: &str = "LARDER_WORKER_DEPTH";
/// Programs started in tasks may have workers of their own. Deeper, a program starts itself by mistake: one whose worker
/// does again what it does, such as a harness that runs several tests in processes of their own.
const MAX_DEPTH: u32 = 2;

static INITIALIZED: AtomicBool = AtomicBool::new(false);
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The first thing in `main` of a program that runs tasks in processes: workers are this program again, and in a worker
/// this never returns.
///
/// It comes before anything that a worker should not do: reading input, printing, starting a runtime. What tasks need to
/// find by name, such as a store or codec of your own, is registered before it. Inside of `#[tokio::main]` it works as
/// well.
///
/// ```
/// # mod larder { pub use larder_worker::init; }
/// larder::init();
/// // … and only now the rest of `main`.
/// ```
///
/// Anywhere but on the main thread it does nothing: a test is not the place for it, [`test_worker!`](crate::test_worker)
/// is.
pub fn init() {
    if thread::current().name() != Some("main") {
        return;
    }
    enter_if_marked(false);
    INITIALIZED.store(true, SeqCst);
}

/// Whether this process is a worker.
pub fn is_worker() -> bool {
    ENTERED.load(SeqCst)
}

/// Becomes a worker where the process was started as one; in a test, with the harness's output out of the way.
#[doc(hidden)]
pub fn enter_if_marked(in_test: bool) {
    if is_marked() && !ENTERED.swap(true, SeqCst) {
        #[cfg(unix)]
        crate::work::enter(in_test);
        #[cfg(not(unix))]
        let _ = in_test;
    }
}

fn is_marked() -> bool {
    std::env::args_os().next().is_some_and(|name| name == MARK)
}

/// How this program is started as a worker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Launch {
    /// What it is told. Its name, `argv[0]`, is the [`MARK`].
    pub arguments: Vec<String>,
    /// What its environment has besides.
    pub environment: Vec<(&'static str, String)>,
    /// Whether it writes to its standard output what nobody wants to see, as a test harness does: give it none. What tasks
    /// print then goes to the standard error.
    pub is_test: bool,
}

impl Launch {
    /// How a program becomes one that calls [`init`] first in its `main`.
    pub fn of_any_program() -> Self {
        let environment = vec![(DEPTH, (depth() + 1).to_string())];
        Self { environment, ..Self::default() }
    }

    /// How this program becomes a worker.
    ///
    /// # Errors
    /// It cannot: [`init`] was never called, and there is no [`test_worker!`](crate::test_worker). Started again, it would
    /// do again all it did so far. [`Unsupported`](ErrorKind::Unsupported) where the program is a worker.
    pub fn of_this_program() -> Result<Self> {
        if ENTERED.load(SeqCst) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "this process is a worker already: inside of tasks, larder runs tasks on threads",
            ));
        }
        if is_marked() {
            return Err(Error::invalid(
                "this process was started as a worker, but did not call `larder::init()` first in `main`",
            ));
        }
        let depth = depth();
        if depth >= MAX_DEPTH {
            return Err(Error::invalid(format!(
                "this program was started by a worker of a worker ({DEPTH} = {depth}): does the program that started it \
                 call `larder::init()` first in `main`?"
            )));
        }
        if INITIALIZED.load(SeqCst) {
            return Ok(Self::of_any_program());
        }
        match inventory::iter::<TestWorker>.into_iter().next() {
            Some(test) => Ok(test.launch()),
            None => Err(Error::invalid(
                "to run tasks in processes, larder starts this program again: call `larder::init()` first in `main`, or in \
                 a file of tests write `larder::test_worker!();`",
            )),
        }
    }
}

/// How many workers are around this process.
fn depth() -> u32 {
    std::env::var(DEPTH).ok().and_then(|depth| depth.parse().ok()).unwrap_or(0)
}

/// A test that becomes a worker.
#[doc(hidden)]
#[derive(Debug)]
pub struct TestWorker {
    pub module: &'static str,
}

inventory::collect!(TestWorker);

impl TestWorker {
    fn launch(&self) -> Launch {
        // The harness knows its tests without the name of the crate.
        let test = match self.module.split_once("::") {
            Some((_, module)) => format!("{module}::larder_test_worker"),
            None => "larder_test_worker".to_owned(),
        };
        let options =
            ["--exact", "--nocapture", "--include-ignored", "--test-threads=1", "--quiet"];
        let options = options.into_iter().map(str::to_owned);
        let arguments = std::iter::once(test).chain(options).collect();
        Launch { arguments, is_test: true, ..Launch::of_any_program() }
    }
}

/// Lets a test program of the standard harness be a worker: once, in any of its modules.
///
/// It adds a test, which does nothing when it is run as one of many. Started again under its name, the program is a
/// worker.
///
/// ```
/// # mod larder { pub use larder_worker::*; }
/// larder::test_worker!();
/// ```
#[macro_export]
macro_rules! test_worker {
    () => {
        $crate::__private::inventory::submit! {
            $crate::__private::TestWorker { module: module_path!() }
        }

        #[test]
        fn larder_test_worker() {
            $crate::__private::enter_if_marked(true);
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_worker_is_started_by_its_name() {
        let name = |module| TestWorker { module }.launch().arguments.remove(0);
        assert_eq!(name("file"), "larder_test_worker");
        assert_eq!(name("file::deep::er"), "deep::er::larder_test_worker");
    }

    #[test]
    fn who_did_not_call_init_is_told_to_and_a_test_calling_it_does_not_count() {
        init();
        let error = Launch::of_this_program().unwrap_err().to_string();
        assert!(error.contains("larder::init()") && error.contains("test_worker!"), "{error}");
        assert!(!is_worker());
    }
}
