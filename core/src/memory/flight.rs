//! Single flight within the process: of many calls of one key, one computes.
//!
//! A flight ends in one of four ways, and each tells its waiters something else: see [`Landing`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use crate::Key;

/// The calls under way, by key.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashMap<Key, watch::Sender<Option<Landing>>>>);

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
    Passenger(Passenger),
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
pub(crate) struct Passenger(watch::Receiver<Option<Landing>>);

impl Flights {
    pub(crate) fn board(&self, key: &Key) -> Seat<'_> {
        match self.lock().entry(key.clone()) {
            Entry::Occupied(flight) => Seat::Passenger(Passenger(flight.get().subscribe())),
            Entry::Vacant(place) => {
                place.insert(watch::Sender::new(None));
                Seat::Leader(Leader { flights: self, key: key.clone(), landed: false })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, watch::Sender<Option<Landing>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leader<'_> {
    /// Ends the flight.
    pub(crate) fn land(mut self, landing: Landing) {
        self.end(landing);
    }

    fn end(&mut self, landing: Landing) {
        self.landed = true;
        if let Some(flight) = self.flights.lock().remove(&self.key) {
            flight.send_replace(Some(landing));
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

impl Passenger {
    pub(crate) async fn landing(mut self) -> Landing {
        match self.0.wait_for(Option::is_some).await {
            Ok(landing) => landing.clone().unwrap_or(Landing::Dropped),
            Err(_) => Landing::Dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::block_on;

    fn key() -> Key {
        crate::Prefix::new("test").unwrap().key(&[1; 32]).unwrap()
    }

    fn leader(flights: &Flights) -> Leader<'_> {
        match flights.board(&key()) {
            Seat::Leader(leader) => leader,
            Seat::Passenger(_) => panic!("somebody else flies"),
        }
    }

    fn passenger(flights: &Flights) -> Passenger {
        match flights.board(&key()) {
            Seat::Leader(_) => panic!("nobody flies"),
            Seat::Passenger(passenger) => passenger,
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
        assert!(matches!(flights.board(&key()), Seat::Leader(_)));
    }
}
