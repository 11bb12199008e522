use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Barrier, mpsc};

use larder_core::delayed;

use super::{two, watched};

#[test]
fn results_are_in_order_whatever_finishes_first() {
    watched(|| {
        let (done, last_is_done) = mpsc::channel();
        let first = delayed(move || last_is_done.recv().map(|()| 0));
        let last = delayed(move || done.send(()).map(|()| 1).map_err(|_| mpsc::RecvError));
        assert_eq!(two().run([first, last]).unwrap(), [Ok(0), Ok(1)]);
    });
}

#[test]
fn many_results_are_in_order_and_tasks_may_borrow() {
    let words: Vec<String> = (0..50_000).map(|n| n.to_string()).collect();
    let lengths = two().run(words.iter().map(|word| delayed(|| word.len()))).unwrap();
    assert!(lengths.iter().zip(&words).all(|(length, word)| *length == word.len()));
}

#[test]
fn tasks_run_beside_each_other() {
    watched(|| {
        let both = Barrier::new(2);
        let tasks = (0..2).map(|_| delayed(|| both.wait().is_leader()));
        let leaders = two().run(tasks).unwrap();
        assert_eq!(leaders.iter().filter(|leads| **leads).count(), 1);
    });
}

/// Gives one item more after its end, for who asks again.
struct Unfused(u32);

impl Iterator for Unfused {
    type Item = larder_core::Delayed<'static, u32>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0 += 1;
        assert!(self.0 <= 11, "asked again after its end");
        let n = self.0;
        (n <= 10).then(|| delayed(move || n))
    }
}

#[test]
fn an_iterator_may_be_empty_and_is_never_asked_again_after_its_end() {
    let none = std::iter::empty::<larder_core::Delayed<'_, ()>>;
    assert!(two().run(none()).unwrap().is_empty());
    assert_eq!(two().iter(none()).unwrap().count(), 0);
    assert_eq!(two().run(Unfused(0)).unwrap().len(), 10);
    assert_eq!(two().n_jobs(1).run(Unfused(0)).unwrap().len(), 10);
    assert_eq!(two().iter(Unfused(0)).unwrap().count(), 10);
    let mut results = two().backend("sequential").iter(Unfused(0)).unwrap();
    assert_eq!(results.by_ref().count(), 10);
    assert!(results.next().is_none());
}

fn caught(run: impl FnOnce()) -> std::thread::Result<()> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
}

#[test]
fn a_panic_of_the_iterator_is_the_callers() {
    let tasks = || {
        (0..).map(|i| {
            assert!(i < 100, "no more tasks");
            delayed(move || i)
        })
    };
    for parallel in [two(), two().backend("sequential")] {
        let (p, q) = (parallel.clone(), parallel.clone());
        let panics: Vec<_> = vec![
            watched(move || caught(|| drop(p.run(tasks())))),
            watched(move || caught(|| q.iter(tasks()).unwrap().for_each(drop))),
        ];
        for panic in panics {
            assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"no more tasks"));
        }
    }
}

/// Counts itself as long as it lives.
pub(super) struct Live(Arc<(AtomicUsize, AtomicUsize)>);

impl Live {
    pub(super) fn new(counts: &Arc<(AtomicUsize, AtomicUsize)>) -> Self {
        let now = counts.0.fetch_add(1, SeqCst) + 1;
        counts.1.fetch_max(now, SeqCst);
        Self(counts.clone())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

#[test]
fn a_million_tasks_never_live_at_once() {
    let counts = Arc::default();
    let tasks = (0..1_000_000u32).map(|i| {
        let live = Live::new(&counts);
        delayed(move || {
            drop(live);
            i
        })
    });
    let results = two().pre_dispatch("32 * n_jobs").run(tasks).unwrap();
    assert_eq!(results.len(), 1_000_000);
    assert_eq!(counts.0.load(SeqCst), 0);
    // Of a batch, all tasks are there before the first of them runs.
    let most = counts.1.load(SeqCst);
    assert!((32..=64).contains(&most), "{most} of at most 64");
}
