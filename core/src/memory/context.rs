//! The memoized calls this code runs in, whichever thread runs it.
//!
//! A holder of a key is a *call*, not a thread: an asynchronous body moves between threads, and its tasks run on many.
//! So the frame of a call is installed while its body is polled, and travels with larder's own tasks.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

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
        Self::current().map(|call| call.keys()).unwrap_or_default()
    }

    /// What this call computes, and then those around it.
    pub(crate) fn keys(self: &Arc<Self>) -> Vec<Key> {
        std::iter::successors(Some(self), |call| call.parent.as_ref())
            .map(|call| call.key.clone())
            .collect()
    }

    /// The call whose [`keys`](Self::keys) these are, in another process.
    pub(crate) fn elsewhere(keys: Vec<Key>) -> Option<Arc<Self>> {
        keys.into_iter().rev().fold(None, |parent, key| {
            Some(Arc::new(Self { key, parent, used: Mutex::new(Vec::new()) }))
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

    /// Polls the body of this call, once.
    pub(crate) fn within<R>(self: &Arc<Self>, poll: impl FnOnce() -> R) -> R {
        struct Leave(Option<Arc<Frame>>);
        impl Drop for Leave {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _leave = Leave(CURRENT.replace(Some(self.clone())));
        // The user's code: stores it calls from asynchronous code of its own must not block this thread.
        set_blocking(false, poll)
    }

    /// The results this call has used.
    pub(crate) fn used(&self) -> Vec<Key> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Key {
        crate::Prefix::new("test").unwrap().key(&[n; 32]).unwrap()
    }

    #[test]
    fn frames_nest_and_are_left_again_even_by_a_panic() {
        let outer = Frame::enter(key(1));
        outer.within(|| {
            assert_eq!(Frame::held(), [key(1)]);
            Frame::note_use(&key(9));
            let inner = Frame::enter(key(2));
            let body = || {
                inner.within(|| {
                    assert_eq!(Frame::held(), [key(2), key(1)]);
                    panic!("in the body");
                })
            };
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            assert!(caught.is_err());
            assert_eq!(Frame::held(), [key(1)]);
        });
        assert!(Frame::held().is_empty());
        assert_eq!(outer.used(), [key(9)]);
    }
}
