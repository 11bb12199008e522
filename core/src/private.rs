//! What the code that larder's macros write calls. Not for hands: nothing here is stable.

pub use crate::codec::{Probe, Storage, via as value_via};
