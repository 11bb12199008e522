//! The walk of a call as `turn` and `walk` take it, over the real flights and a store of one place.

use std::sync::Arc;

use shuttle::future::block_on;
use shuttle::sync::Mutex;
use shuttle::thread;

use crate::Key;
use crate::flight::{Flights, Landing, Seat};

#[derive(Default)]
struct World {
    flights: Flights,
    store: Mutex<Option<u32>>,
    computed: Mutex<u32>,
}

impl World {
    fn look(&self) -> Option<u32> {
        *self.store.lock().unwrap()
    }

    fn compute(&self) -> u32 {
        let mut computed = self.computed.lock().unwrap();
        *computed += 1;
        *self.store.lock().unwrap() = Some(7);
        7
    }

    fn call(&self) -> u32 {
        let key = Key("key".into());
        let since = self.flights.landings();
        if let Some(found) = self.look() {
            return found;
        }
        loop {
            match self.flights.board(&key, Vec::new()) {
                Seat::Leader(leader) => {
                    let landed = (self.flights.landings() != since).then(|| self.look()).flatten();
                    let value = landed.unwrap_or_else(|| self.compute());
                    leader.land(Landing::Stored);
                    return value;
                }
                Seat::Passenger(passenger) => match block_on(passenger.landing()) {
                    Landing::Stored => return self.look().expect("it landed in the store"),
                    Landing::Dropped => {}
                    other => panic!("nobody lands like this: {other:?}"),
                },
                Seat::Circle => panic!("nobody holds anything"),
            }
        }
    }
}

fn calls(world: &Arc<World>, count: usize) -> Vec<thread::JoinHandle<u32>> {
    let call = |_| {
        let world = world.clone();
        thread::spawn(move || world.call())
    };
    (0..count).map(call).collect()
}

pub(crate) fn one_computes() {
    let world = Arc::new(World::default());
    for call in calls(&world, 3) {
        assert_eq!(call.join().unwrap(), 7);
    }
    assert_eq!(*world.computed.lock().unwrap(), 1, "computed more than once");
}

pub(crate) fn a_leader_that_goes_is_replaced() {
    let world = Arc::new(World::default());
    let goes = world.clone();
    // As a future that is dropped while it computes.
    let gone = thread::spawn(move || drop(goes.flights.board(&Key("key".into()), Vec::new())));
    for call in calls(&world, 2) {
        assert_eq!(call.join().unwrap(), 7);
    }
    gone.join().unwrap();
    assert_eq!(*world.computed.lock().unwrap(), 1, "computed more than once");
}
