//! A task that is memoized: `delayed(memory.cache(f))`.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use larder::store::MemoryStore;
use larder::{Memory, Parallel, memoize, task};

use crate::across;

static RUNS: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

#[task]
#[memoize(ignore(debug))]
fn outside(data: &[f64], debug: bool) -> f64 {
    RUNS[0].fetch_add(1, Relaxed);
    if debug { 0.0 } else { data.iter().sum() }
}

#[memoize]
#[larder::task(portable)]
fn inside(data: &[f64]) -> Result<f64, String> {
    RUNS[1].fetch_add(1, Relaxed);
    data.first().copied().ok_or_else(|| "empty".to_owned())
}

#[test]
fn in_either_order_the_task_goes_through_the_store() {
    let memory = Memory::over(Arc::new(MemoryStore::new())).open().unwrap();
    memory.scope(|| {
        assert_eq!(across(outside::delayed(&[1.0, 2.0], false)), 3.0);
        assert_eq!(across(outside::delayed(&[1.0, 2.0], false)), 3.0);
        let here = Parallel::new().run([outside::delayed(&[1.0, 2.0], false)]).unwrap();
        assert_eq!((here[0], outside(&[1.0, 2.0], true)), (3.0, 3.0));
        assert_eq!(RUNS[0].load(Relaxed), 1);

        assert_eq!(across(inside::delayed(&[4.0])), Ok(4.0));
        assert_eq!(across(inside::delayed(&[])), Err("empty".to_owned()));
        assert_eq!(inside(&[4.0]), Ok(4.0));
        assert_eq!(RUNS[1].load(Relaxed), 2);
    });
    // The handle is the other face of the type.
    let handle = memory.cache::<outside>();
    assert!(handle.with(&[1.0, 2.0], true).lookup().unwrap().is_hit());
    assert_eq!(handle.call(&[1.0, 2.0], true).unwrap(), 3.0);
}

#[test]
fn ignored_arguments_are_not_written_down() {
    let call = outside::delayed(&[1.0], true);
    let text = format!("{call:?}");
    assert!(text.contains("[1.0]") && !text.contains("debug"), "{text}");
}
