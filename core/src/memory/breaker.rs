//! A store that does not answer is left alone for a while, so that a dead one does not cost every call its timeout.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row after which a store is left alone.
const TOLERATED: u32 = 3;
/// For how long at first; doubled with every further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// For how long at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Counts transient failures in a row.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    /// Whether there is anything to look at in `state`: as long as all goes well, a call reads only this.
    troubled: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    closed_until: Option<Instant>,
}

impl Breaker {
    /// Whether the store may be asked. After a pause one caller at a time finds out whether it is back.
    pub(crate) fn allows(&self, now: impl FnOnce() -> Instant) -> bool {
        if !self.troubled.load(Relaxed) {
            return true;
        }
        let now = now();
        let mut state = self.lock();
        match state.closed_until {
            Some(until) if now < until => false,
            Some(_) => {
                state.closed_until = Some(now + pause(state.failures));
                true
            }
            None => true,
        }
    }

    /// The store answered, whatever it said.
    pub(crate) fn answered(&self) {
        if self.troubled.load(Relaxed) {
            *self.lock() = State::default();
            self.troubled.store(false, Relaxed);
        }
    }

    /// The store could not be reached, or took too long.
    pub(crate) fn failed(&self, now: Instant) {
        self.troubled.store(true, Relaxed);
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= TOLERATED {
            state.closed_until = Some(now + pause(state.failures));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(TOLERATED).min(16);
    (FIRST_PAUSE * 2u32.pow(doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_a_failing_store_alone_and_finds_out_when_it_is_back() {
        let breaker = Breaker::default();
        let start = Instant::now();
        for _ in 0..TOLERATED {
            assert!(breaker.allows(|| start));
            breaker.failed(start);
        }
        assert!(!breaker.allows(|| start));
        let later = start + FIRST_PAUSE;
        assert!(breaker.allows(|| later), "one may try");
        assert!(!breaker.allows(|| later), "and only one");
        breaker.failed(later);
        assert!(!breaker.allows(|| later + FIRST_PAUSE), "the pause grows");
        assert!(breaker.allows(|| later + 2 * FIRST_PAUSE));
        breaker.answered();
        assert!(breaker.allows(|| later + 2 * FIRST_PAUSE));
    }

    #[test]
    fn pauses_are_bounded() {
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
