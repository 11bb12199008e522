//! Every kind of store, called from every kind of context.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, mpsc as blocking};
use std::time::Duration;

use larder::store::{Execution, Operation};
use larder::{Memory, memoize};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::LocalSet;

use crate::executors::{current_thread, multi_thread};
use crate::support::stepped::Stepped;
use crate::support::waits::yield_now;
use crate::support::watchdog::watched;
use crate::support::{local, over};

/// A store behind a connection that is driven by whichever runtime first asked it something, as pooled ones are.
pub(crate) fn connected() -> Stepped {
    type Question = oneshot::Sender<()>;
    let connection: Arc<OnceLock<mpsc::UnboundedSender<Question>>> = Arc::default();
    Stepped::new(Execution::Runtime, move |_| {
        let connection = connection.clone();
        async move {
            let connection = connection.get_or_init(|| {
                let (ask, mut asked) = mpsc::unbounded_channel::<Question>();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    while let Some(question) = asked.recv().await {
                        let _nobody_waits_any_more = question.send(());
                    }
                });
                ask
            });
            let (answer, answered) = oneshot::channel();
            connection.send(answer).unwrap();
            answered.await.unwrap();
        }
    })
}

#[memoize]
fn square(n: u64) -> u64 {
    n * n
}

#[memoize]
async fn square_async(n: u64) -> u64 {
    n * n
}

/// More than the steps that tokio lets a task take at once.
const MANY: u64 = 300;

/// Calls from asynchronous code that never yields meanwhile.
fn many(memory: &Memory) {
    let square = memory.cache::<square>();
    for _cold_and_warm in 0..2 {
        for n in 0..MANY {
            assert_eq!(square.call(n).unwrap(), n * n);
        }
    }
    let stats = memory.stats();
    assert_eq!((stats.computed, stats.hits, stats.store_errors), (MANY, MANY, 0));
    memory.clear().unwrap();
}

/// Runs synchronous `calls` in every kind of context, each time with a new memory.
fn everywhere(memory: impl Fn() -> Memory, calls: fn(&Memory)) {
    let run = || {
        let memory = memory();
        move || calls(&memory)
    };
    run()();
    let multi = multi_thread();
    let plain = run();
    multi.block_on(async { plain() });
    let (worker, blocking) = (run(), run());
    multi.block_on(multi.spawn(async move { worker() })).unwrap();
    multi.block_on(multi.spawn_blocking(blocking)).unwrap();
    let current = current_thread();
    let (on_current, on_set, task) = (run(), run(), run());
    current.block_on(async { on_current() });
    LocalSet::new().block_on(&current, async {
        on_set();
        tokio::task::spawn_local(async move { task() }).await.unwrap();
    });
    let foreign = run();
    futures::executor::block_on(async { foreign() });
}

#[test]
fn synchronous_calls_work_everywhere_over_every_store() {
    watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let nth = AtomicUsize::new(0);
        everywhere(
            || Memory::open(dir.path().join(nth.fetch_add(1, SeqCst).to_string())).unwrap(),
            many,
        );
        everywhere(|| over(connected()), many);
        let remote = over(connected());
        everywhere(
            || remote.clone(),
            |memory| {
                memory.cache::<square>().call(3).unwrap();
            },
        );
    });
}

/// The trap: what an asynchronous caller set up must not depend on its runtime, which a synchronous caller blocks.
#[test]
fn a_synchronous_call_after_an_asynchronous_one_blocks_its_runtime_and_still_ends() {
    watched(|| {
        let memory = over(connected());
        let current = current_thread();
        let both = async {
            assert_eq!(memory.cache::<square_async>().call(2).await.unwrap(), 4);
            assert_eq!(memory.cache::<square>().call(2).unwrap(), 4);
            assert_eq!(memory.cache::<square_async>().call(2).await.unwrap(), 4);
        };
        current.block_on(both);
        // And again after the runtime that asked first is gone.
        drop(current);
        assert_eq!(memory.cache::<square>().call(3).unwrap(), 9);
        futures::executor::block_on(async {
            assert_eq!(memory.cache::<square_async>().call(3).await.unwrap(), 9);
        });
    });
}

#[test]
fn an_asynchronous_call_never_blocks_its_executor() {
    watched(|| {
        let (progress, wait) = blocking::channel::<()>();
        let wait = Mutex::new(wait);
        let memory = over(Stepped::inline(move |_| wait.lock().unwrap().recv().unwrap()));
        let square = memory.cache::<square_async>();
        let done = Mutex::new(false);
        let call = async {
            assert_eq!(square.call(5).await.unwrap(), 25);
            assert_eq!(square.call(5).await.unwrap(), 25);
            *done.lock().unwrap() = true;
        };
        // Each operation of the store ends only when this task, on the same thread, has gone on.
        let other = async {
            while !*done.lock().unwrap() {
                progress.send(()).unwrap();
                yield_now().await;
            }
        };
        current_thread().block_on(async { tokio::join!(call, other) });
        let call_again = async {
            *done.lock().unwrap() = false;
            assert_eq!(square.call(6).await.unwrap(), 36);
            *done.lock().unwrap() = true;
        };
        let other_again = async {
            yield_now().await;
            while !*done.lock().unwrap() {
                progress.send(()).unwrap();
                yield_now().await;
            }
        };
        futures::executor::block_on(async { futures::join!(call_again, other_again) });
    });
}

#[test]
fn a_synchronous_call_does_not_wait_for_ever_for_a_future_that_it_keeps_from_running() {
    watched(|| {
        let (_dir, memory) = local();
        current_thread().block_on(async {
            let (begun, go_on) = (Notify::new(), Notify::new());
            let leader = memory.get_or_compute_async("shared", async {
                begun.notify_one();
                go_on.notified().await;
                1
            });
            let blocker = async {
                begun.notified().await;
                assert_eq!(memory.get_or_compute("shared", || 1).unwrap(), 1);
                go_on.notify_one();
            };
            assert_eq!(tokio::join!(leader, blocker).0.unwrap(), 1);
        });
    });
}

#[test]
fn a_store_that_says_it_never_awaits_is_held_to_it() {
    watched(|| {
        let liar = Stepped::new(Execution::Inline, |operation| async move {
            if operation == Operation::Get {
                yield_now().await;
            }
        });
        let memory = over(liar);
        assert_eq!(memory.cache::<square>().call(4).unwrap(), 16);
        assert!(memory.stats().store_errors > 0);
        let error =
            futures::executor::block_on(memory.cache::<square_async>().with(4).invalidate());
        assert!(!error.unwrap(), "delete is no lie");
    });
}
