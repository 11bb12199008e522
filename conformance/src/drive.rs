//! Waiting for futures without an executor.

use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use larder_core::store::Execution;
use tokio::runtime::Runtime;

use crate::failure::{Checked, Failure};

/// Where stores that await run, whichever suite they are in: connections may outlive a case.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).thread_name("conformance").enable_all();
    builder.build().expect("the system gives the suite two threads")
});

/// Runs one call of a store the way its execution promises.
pub(crate) fn drive<F: Future>(execution: Execution, what: &str, future: F) -> Checked<F::Output> {
    match execution {
        Execution::Inline => poll_once(future)
            .ok_or_else(|| Failure(format!("{what} of an inline store returned a pending future"))),
        Execution::Layered => Ok(wait(future)),
        Execution::Runtime => Ok(RUNTIME.block_on(future)),
    }
}

/// The output of a future that is ready when first polled.
fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Parks this thread until the future is ready.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
