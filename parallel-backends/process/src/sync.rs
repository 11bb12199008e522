//! Where threads meet: the standard library's locks and threads. The models (`models/`) compile the pool with others in
//! their place.

pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError};
pub(crate) use std::thread;
