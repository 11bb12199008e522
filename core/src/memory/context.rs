//! The memoized calls this code runs in, whichever thread runs it.
//!
//! A holder of a key is a *call*, not a thread: an asynchronous body moves between threads, and its tasks run on many.
//! So the frame of a call is installed while its body is polled, and travels with larder's own tasks.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use crate::Key;
use crate::runtime::set_blocking;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Frame>>> = const { RefCell::new(None) };
}

/// How many inner calls a result remembers: a loop of a million must not make its metadata a hundred megabytes.
const MAX_USED: usize = 1000;

/// One memoized call whose body is running.
#[derive(Debug)]
pub(crate) struct Frame {
    key: Key,
    parent: Option<Arc<Frame>>,
    used: Mutex<Vec<Key>>,
}

impl Frame {
    /// The frame of a call of `key` made here.
    pub(crate) fn enter(key: Key) -> Arc<Self> {
        Arc::new(Self { key, parent: Self::current(), used: Mutex::new(Vec::new()) })
    }

    /// The innermost call this code runs in.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// What the calls this code runs in compute: to wait for one of these here would be to wait for oneself.
    pub(crate) fn held() -> Vec<Key> {
        CURRENT.with_borrow(|current| {
            std::iter::successors(current.as_ref(), |call| call.parent.as_ref())
                .map(|call| call.key.clone())
                .collect()
        })
    }

    /// Notes that the innermost call used the result of `key`.
    pub(crate) fn note_use(key: &Key) {
        CURRENT.with_borrow(|current| {
            if let Some(call) = current {
                let mut used = call.used.lock().unwrap_or_else(PoisonError::into_inner);
                if used.len() < MAX_USED && !used.contains(key) {
                    used.push(key.clone());
                }
            }
        });
    }

    /// The results this call has used.
    pub(crate) fn used(&self) -> Vec<Key> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A body that runs inside of its call's frame, at every poll.
pub(crate) struct InFrame<R> {
    frame: Arc<Frame>,
    body: Pin<Box<R>>,
}

impl<R> InFrame<R> {
    pub(crate) fn new(frame: Arc<Frame>, body: R) -> Self {
        Self { frame, body: Box::pin(body) }
    }
}

impl<R: Future> Future for InFrame<R> {
    type Output = R::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R::Output> {
        struct Leave(Option<Arc<Frame>>);
        impl Drop for Leave {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _leave = Leave(CURRENT.replace(Some(self.frame.clone())));
        // The user's code: stores it calls from asynchronous code of its own must not block this thread.
        set_blocking(false, || self.body.as_mut().poll(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::block_on;

    fn key(n: u8) -> Key {
        crate::Prefix::new("test").unwrap().key(&[n; 32]).unwrap()
    }

    #[test]
    fn frames_nest_and_are_left_again_even_by_a_panic() {
        let outer = Frame::enter(key(1));
        block_on(InFrame::new(outer.clone(), async {
            assert_eq!(Frame::held(), [key(1)]);
            Frame::note_use(&key(9));
            let inner = Frame::enter(key(2));
            let body = InFrame::new(inner, async {
                assert_eq!(Frame::held(), [key(2), key(1)]);
                panic!("in the body");
            });
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(body)));
            assert!(caught.is_err());
            assert_eq!(Frame::held(), [key(1)]);
        }));
        assert!(Frame::held().is_empty());
        assert_eq!(outer.used(), [key(9)]);
    }
}
