//! Where threads meet: the standard library's locks. The models (`models/`) compile the pool with others in
//! their place.

pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
