//! shuttle's in the place of the standard library's: it decides who goes on at each of them.

pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, PoisonError, atomic};
