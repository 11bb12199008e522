//! Which call waits for which answer.

use std::collections::HashMap;
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use larder_core::{Error, Result};

use super::Event;
use super::message::{Answer, Loss, News};

/// What the thread that hears the bridge and the calls share.
#[derive(Debug)]
pub(super) struct Routes {
    /// The scheduler's.
    endpoint: String,
    state: Mutex<State>,
    lost: Condvar,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    waiting: HashMap<u64, Sender<Event>>,
    threads: usize,
    is_silent: bool,
    loss: Option<Loss>,
}

impl Routes {
    pub(super) fn new(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), state: Mutex::default(), lost: Condvar::default() }
    }

    /// A new number, whose answer goes `to`.
    ///
    /// # Errors
    /// There will be no answer.
    pub(super) fn add(&self, to: &Sender<Event>) -> Result<u64> {
        let mut state = self.state();
        if let Some(loss) = &state.loss {
            return Err(Error::from(loss.clone()));
        }
        state.last += 1;
        let number = state.last;
        state.waiting.insert(number, to.clone());
        Ok(number)
    }

    pub(super) fn forget(&self, number: u64) {
        self.state().waiting.remove(&number);
    }

    pub(super) fn answer(&self, number: u64, answer: Answer) {
        if let Some(to) = self.state().waiting.remove(&number) {
            // A call that ended early does not listen.
            let _ = to.send(Event::Answer(number, answer));
        }
    }

    pub(super) fn learn(&self, news: &News) {
        let mut state = self.state();
        if std::mem::replace(&mut state.threads, news.threads) != news.threads {
            state.waiting.values().for_each(|to| _ = to.send(Event::Resized));
        }
        let was_silent = std::mem::replace(&mut state.is_silent, news.silent > 0);
        drop(state);
        if news.silent > 0 {
            tracing::warn!(
                target: "larder::parallel",
                endpoint = self.endpoint,
                seconds = news.silent,
                "the Dask scheduler does not answer; waiting for it"
            );
        } else if was_silent {
            tracing::info!(
                target: "larder::parallel",
                endpoint = self.endpoint,
                "the Dask scheduler answers again"
            );
        }
    }

    pub(super) fn threads(&self) -> usize {
        self.state().threads.max(1)
    }

    /// Nothing will be answered any more.
    pub(super) fn lose(&self, loss: Loss) {
        let mut state = self.state();
        let waiting = std::mem::take(&mut state.waiting);
        state.loss = Some(loss.clone());
        drop(state);
        self.lost.notify_all();
        for (number, to) in waiting {
            let _ = to.send(Event::Answer(number, Answer::Lost(loss.clone())));
        }
    }

    pub(super) fn loss(&self) -> Option<Loss> {
        self.state().loss.clone()
    }

    /// Waits until the bridge is lost, but no longer than `limit`.
    pub(super) fn wait_for_loss(&self, limit: Duration) -> Option<Loss> {
        let state = self.state();
        let waited = self.lost.wait_timeout_while(state, limit, |state| state.loss.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.loss.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
