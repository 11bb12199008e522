use std::sync::mpsc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::executor::block_on;
use larder_core::parallel::TryError;
use larder_core::{Parallel, delayed};

use super::{two, watched};

#[test]
fn the_async_calls_give_what_the_others_give() {
    for parallel in [two(), Parallel::new()] {
        block_on(async {
            let squares = || (0..1000u64).map(|i| delayed(move || i * i));
            let expected: Vec<_> = (0..1000).map(|i| i * i).collect();
            assert_eq!(parallel.run_async(squares()).await.unwrap(), expected);
            let each =
                parallel.run_each_async((0..10).map(|i| delayed(move || 10 / (i % 5)))).await;
            assert_eq!(each.unwrap().iter().filter(|result| result.is_err()).count(), 2);
            let tried = parallel
                .try_run_async((0..).map(|i| delayed(move || if i == 9 { Err(i) } else { Ok(i) })));
            assert!(matches!(tried.await, Err(TryError::Returned { error: 9, .. })));
            let streamed: Vec<_> =
                parallel.stream(squares()).unwrap().map(Result::unwrap).collect().await;
            assert_eq!(streamed, expected);
            let mut unordered: Vec<_> =
                parallel.stream_unordered(squares()).unwrap().collect().await;
            unordered.sort_by_key(|(index, _)| *index);
            assert!(unordered.into_iter().map(|(_, result)| result.unwrap()).eq(expected));
        });
    }
}

#[test]
fn no_executor_is_held_up() {
    // The task ends only once the executor, which has a single thread, has polled something else.
    for parallel in [two(), Parallel::new()] {
        watched(move || {
            let (open, gate) = mpsc::channel();
            let call = parallel.run_async([delayed(move || gate.recv().unwrap())]);
            let (result, sent) = block_on(async { futures::join!(call, async { open.send(()) }) });
            assert!(result.is_ok() && sent.is_ok());
        });
    }
}

/// Whether everything of the call is gone, once it is.
fn ends<O>(
    begin: impl Fn(&Parallel, Box<dyn Iterator<Item = larder_core::Delayed<'static, u64>> + Send>) -> O,
) {
    for parallel in [two(), Parallel::new()] {
        let (alive, gone) = mpsc::channel::<()>();
        let tasks = (0u64..).map(move |i| {
            let _ = &alive;
            delayed(move || i)
        });
        drop(begin(&parallel, Box::new(tasks)));
        let gone = gone.recv_timeout(Duration::from_secs(120));
        assert_eq!(gone, Err(mpsc::RecvTimeoutError::Disconnected));
    }
}

#[test]
fn what_is_dropped_is_cancelled() {
    ends(|parallel, tasks| parallel.run_async(tasks));
    ends(|parallel, tasks| {
        let mut call = Box::pin(parallel.run_async(tasks));
        assert!(block_on(async { futures::poll!(&mut call) }).is_pending());
        call
    });
    ends(|parallel, tasks| {
        let mut stream = parallel.stream(tasks).unwrap();
        assert_eq!(block_on(stream.next()).unwrap().unwrap(), 0);
        stream
    });
}

#[test]
fn a_panic_of_the_iterator_is_the_awaiting_ones() {
    let tasks = || (0..10).map(|i| delayed(move || i)).inspect(|_| panic!("no tasks"));
    let caught = std::panic::catch_unwind(|| block_on(two().run_async(tasks())));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"no tasks"));
    let caught = std::panic::catch_unwind(|| block_on(two().stream(tasks()).unwrap().next()));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"no tasks"));
}
