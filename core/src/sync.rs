//! Where threads meet: the standard library's locks. The models (`models/`) compile some files of this crate with others
//! in their place, which try very many schedules.

pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, atomic};
