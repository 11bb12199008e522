//! Single flight within the process: of many calls of one key, one computes.
//!
//! A flight ends in one of four ways, and each tells its waiters something else: see [`Landing`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bytes::Bytes;
use tokio::sync::watch;

use crate::Key;
use crate::runtime::is_blocking;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{Acquire, Release};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// The calls under way, by key.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    state: Mutex<State>,
    /// How many have ended.
    landings: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    flights: HashMap<Key, Flight>,
    /// Calls that wait inside of others, by a number of their own.
    waits: HashMap<u64, Wait>,
    last_wait: u64,
}

#[derive(Debug)]
struct Flight {
    landing: watch::Sender<Option<Landing>>,
    /// Whether its leader computes on a thread of its own.
    blocking: bool,
}

/// A call that computes `held` waits for `wanted`.
#[derive(Debug)]
struct Wait {
    held: Vec<Key>,
    wanted: Key,
}

/// How a flight ended.
#[derive(Debug, Clone)]
pub(crate) enum Landing {
    /// With an entry: here it is, sealed.
    Entry(Bytes),
    /// With a value in the store that is too large to be handed over, or was found there: look.
    Stored,
    /// Without a value that can be kept (an `Err`, a panic, a refusal of the store): everybody computes on their own,
    /// now, rather than one after another.
    Nothing,
    /// The leader was dropped before its end, as futures may be: one of the waiters takes its place.
    Dropped,
}

/// What a call of a key is to do.
#[derive(Debug)]
pub(crate) enum Seat<'f> {
    /// Compute: the others wait.
    Leader(Leader<'f>),
    /// Wait for who computes.
    Passenger(Passenger<'f>),
    /// Compute without anybody: who computes waits, through however many others, for this very call.
    Circle,
}

/// The right to compute, and the duty to land.
#[derive(Debug)]
pub(crate) struct Leader<'f> {
    flights: &'f Flights,
    key: Key,
    landed: bool,
}

/// The wait for another's landing.
#[derive(Debug)]
pub(crate) struct Passenger<'f> {
    landing: watch::Receiver<Option<Landing>>,
    /// Whether this thread may be the one that ought to drive the leader: it blocks, and the leader is a future.
    pub(crate) may_block_leader: bool,
    _wait: Option<Waiting<'f>>,
}

/// A wait that others can see. Dropped, it is over.
#[derive(Debug)]
struct Waiting<'f> {
    flights: &'f Flights,
    number: u64,
}

impl Flights {
    /// Takes a seat in the flight of `key`, for a call made inside of those that compute `held`.
    pub(crate) fn board(&self, key: &Key, held: Vec<Key>) -> Seat<'_> {
        let state = &mut *self.lock();
        let flight = match state.flights.entry(key.clone()) {
            Entry::Occupied(flight) => flight.into_mut(),
            Entry::Vacant(place) => {
                place.insert(Flight { landing: watch::Sender::new(None), blocking: is_blocking() });
                return Seat::Leader(Leader { flights: self, key: key.clone(), landed: false });
            }
        };
        let landing = flight.landing.subscribe();
        let may_block_leader = is_blocking() && !flight.blocking;
        let wait = if held.is_empty() {
            None
        } else if waits_for(&state.waits, key, &held) {
            return Seat::Circle;
        } else {
            state.last_wait += 1;
            state.waits.insert(state.last_wait, Wait { held, wanted: key.clone() });
            Some(Waiting { flights: self, number: state.last_wait })
        };
        Seat::Passenger(Passenger { landing, may_block_leader, _wait: wait })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many flights have ended so far: as long as this stands still, nobody here has put anything meanwhile.
    pub(crate) fn landings(&self) -> u64 {
        self.landings.load(Acquire)
    }
}

/// Whether the call that computes `from` waits, through however many others, for one of `targets`.
fn waits_for(waits: &HashMap<u64, Wait>, from: &Key, targets: &[Key]) -> bool {
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(&key) = reached.get(next) {
        next += 1;
        for Wait { wanted, .. } in waits.values().filter(|wait| wait.held.contains(key)) {
            if targets.contains(wanted) {
                return true;
            }
            if !reached.contains(&wanted) {
                reached.push(wanted);
            }
        }
    }
    false
}

impl Leader<'_> {
    /// Ends the flight.
    pub(crate) fn land(mut self, landing: Landing) {
        self.end(landing);
    }

    fn end(&mut self, landing: Landing) {
        self.landed = true;
        // Before it is gone: whoever finds no flight of this key then knows of this landing.
        self.flights.landings.fetch_add(1, Release);
        let flight = self.flights.lock().flights.remove(&self.key);
        // With the lock released: a wake-up may run whatever an executor runs.
        if let Some(flight) = flight {
            flight.landing.send_replace(Some(landing));
        }
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        if !self.landed {
            self.end(if std::thread::panicking() { Landing::Nothing } else { Landing::Dropped });
        }
    }
}

impl Passenger<'_> {
    pub(crate) async fn landing(mut self) -> Landing {
        match self.landing.wait_for(Option::is_some).await {
            Ok(landing) => landing.clone().unwrap_or(Landing::Dropped),
            Err(_) => Landing::Dropped,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.flights.lock().waits.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::block_on;

    fn key() -> Key {
        nth(1)
    }

    fn nth(n: u8) -> Key {
        crate::Prefix::new("test").unwrap().key(&[n; 32]).unwrap()
    }

    fn leader(flights: &Flights) -> Leader<'_> {
        match flights.board(&key(), Vec::new()) {
            Seat::Leader(leader) => leader,
            Seat::Passenger(_) | Seat::Circle => panic!("somebody else flies"),
        }
    }

    fn passenger(flights: &Flights) -> Passenger<'_> {
        match flights.board(&key(), Vec::new()) {
            Seat::Passenger(passenger) => passenger,
            Seat::Leader(_) | Seat::Circle => panic!("nobody flies"),
        }
    }

    #[test]
    fn passengers_get_what_the_leader_lands_with() {
        let flights = Flights::default();
        let lead = leader(&flights);
        let waits = [passenger(&flights), passenger(&flights)];
        lead.land(Landing::Entry(Bytes::from_static(b"x")));
        for wait in waits {
            assert!(matches!(block_on(wait.landing()), Landing::Entry(bytes) if bytes == "x"));
        }
        drop(leader(&flights));
    }

    #[test]
    fn a_dropped_leader_makes_room_and_a_panicking_one_lets_everybody_go() {
        let flights = Flights::default();
        let lead = leader(&flights);
        let wait = passenger(&flights);
        drop(lead);
        assert!(matches!(block_on(wait.landing()), Landing::Dropped));

        let lead = leader(&flights);
        let wait = passenger(&flights);
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _lead = lead;
            panic!("in the body");
        }));
        assert!(caught.is_err());
        assert!(matches!(block_on(wait.landing()), Landing::Nothing));
        assert!(matches!(flights.board(&key(), Vec::new()), Seat::Leader(_)));
    }

    #[test]
    fn who_is_waited_for_by_whom_it_would_wait_for_goes_alone() {
        let flights = Flights::default();
        // Three calls, each computing one key; each of the first two waits for the next.
        let _leaders = [1, 2, 3].map(|n| flights.board(&nth(n), Vec::new()));
        let board = |wanted, held: &[u8]| {
            flights.board(&nth(wanted), held.iter().map(|n| nth(*n)).collect())
        };
        let first = board(2, &[9, 1]);
        let second = board(3, &[2]);
        assert!(matches!(first, Seat::Passenger(_)) && matches!(second, Seat::Passenger(_)));
        assert!(matches!(board(1, &[3]), Seat::Circle));
        assert!(matches!(board(1, &[4]), Seat::Passenger(_)), "nobody waits for this one");
        drop(second);
        assert!(matches!(board(1, &[3]), Seat::Passenger(_)), "the circle is open again");
        assert_eq!(flights.lock().waits.len(), 1, "ended waits are forgotten");
    }
}
