//! Systems whose file locks belong to processes, not to open files: there are no leases.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::sync::Arc;

use crate::Key;
use crate::store::{Lease, LeaseAttempt, LeaseScope};

/// No leases: this system has no locks that could hold them.
#[derive(Debug)]
pub struct HostLeases(Infallible);

impl HostLeases {
    /// None exclude anybody.
    pub const SCOPE: Option<LeaseScope> = None;

    /// There are none.
    pub fn new() -> Option<Arc<Self>> {
        None
    }

    /// Never called: there is nothing to call it on.
    ///
    /// # Errors
    /// None.
    pub fn attempt(
        self: &Arc<Self>,
        _: &Key,
        _: impl Fn() -> io::Result<File>,
    ) -> io::Result<LeaseAttempt> {
        match self.0 {}
    }

    /// Never called: there is nothing to call it on.
    pub fn holds(self: &Arc<Self>, _: &Lease, _: &Key) -> bool {
        match self.0 {}
    }
}
