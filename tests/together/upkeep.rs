//! What goes on behind calls, and under them.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use larder::store::{Execution, Operation};
use larder::{Memory, memoize};

use crate::support::stepped::Stepped;
use crate::support::watchdog::watched;
use crate::support::{local, over};

#[test]
fn a_directory_removed_meanwhile_is_made_again() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    fn double(n: u32) -> u32 {
        RUNS.fetch_add(1, SeqCst);
        2 * n
    }
    watched(|| {
        let (dir, memory) = local();
        let handle = memory.cache::<double>();
        for round in 1..=3 {
            assert_eq!(handle.call(4).unwrap(), 8);
            assert_eq!(handle.call(4).unwrap(), 8);
            assert_eq!(RUNS.load(SeqCst), round);
            // Another process would find it.
            let fresh = Memory::open(dir.path()).unwrap();
            assert!(fresh.cache::<double>().with(4).lookup().unwrap().is_hit());
            std::fs::remove_dir_all(dir.path()).unwrap();
        }
        assert_eq!(memory.stats().store_errors, 0);
    });
}

/// Whether touches may go on.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    touched: AtomicUsize,
}

impl Gate {
    fn pass(&self) {
        drop(self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap());
        self.touched.fetch_add(1, SeqCst);
    }
}

#[memoize]
async fn triple(n: u32) -> u32 {
    3 * n
}

fn close_waits(execution: Execution) {
    let gate = Arc::new(Gate::default());
    let held = gate.clone();
    let memory = over(Stepped::new(execution, move |operation| {
        let held = held.clone();
        async move {
            if operation == Operation::Touch {
                held.pass();
            }
        }
    }));
    let triple = memory.cache::<triple>();
    futures::executor::block_on(async {
        for _cold_and_warm in 0..2 {
            assert_eq!(triple.call(2).await.unwrap(), 6);
        }
        assert!(!memory.close_async(Duration::ZERO).await.unwrap());
    });
    assert!(!memory.close(Duration::ZERO).unwrap());
    *gate.open.lock().unwrap() = true;
    gate.opened.notify_all();
    assert!(memory.close(Duration::from_secs(3600)).unwrap());
    assert_eq!(gate.touched.load(SeqCst), 1);
}

#[test]
fn close_waits_for_what_goes_on_in_the_background() {
    watched(|| {
        close_waits(Execution::Inline);
        close_waits(Execution::Runtime);
    });
}
