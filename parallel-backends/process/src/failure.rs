//! One driver that fails ends the call for all of them.

use std::collections::BTreeMap;
use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard, PoisonError};

use larder_core::{Error, Result};
use larder_worker::Socket;

/// Why a call ends early, and who is to hear of it.
#[derive(Debug, Default)]
pub(crate) struct Failure(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The first one.
    error: Option<Error>,
    /// The connections to workers that are busy, by the numbers of their drivers.
    busy: BTreeMap<usize, Socket>,
}

impl Failure {
    pub(crate) fn has_come(&self) -> bool {
        self.state().error.is_some()
    }

    /// Ends the call: who waits for a worker sees its connection end.
    pub(crate) fn note(&self, error: Error) {
        let mut state = self.state();
        state.error.get_or_insert(error);
        state.busy.values().for_each(cut);
    }

    /// Until what this gives is dropped, a failure of another driver cuts the connection to this worker.
    pub(crate) fn cuts(&self, number: usize, worker: Socket) -> Busy<'_> {
        let mut state = self.state();
        if state.error.is_some() {
            cut(&worker);
        }
        state.busy.insert(number, worker);
        Busy { failure: self, number }
    }

    /// # Errors
    /// What was noted first.
    pub(crate) fn into_result(self) -> Result<()> {
        let state = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.error.map_or(Ok(()), Err)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A driver waits for its worker.
#[derive(Debug)]
pub(crate) struct Busy<'f> {
    failure: &'f Failure,
    number: usize,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.failure.state().busy.remove(&self.number);
    }
}

fn cut(connection: &Socket) {
    let _gone_already = connection.stream().shutdown(Shutdown::Both);
}
