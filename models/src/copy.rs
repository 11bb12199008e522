//! A reader that keeps a copy of what it read beside writers, by the real marks, as the hot tier and `tiered` do it.

use std::sync::Arc;

use shuttle::sync::Mutex;
use shuttle::thread;

use crate::marks::Marks;

const KEY: u64 = 7;

struct World {
    marks: Marks,
    store: Mutex<u32>,
    copy: Mutex<Option<u32>>,
}

impl World {
    /// As `HotTier::seen`, a look at the store, and `HotTier::warm`.
    fn read(&self) {
        let Some(seen) = self.marks.seen(KEY) else { return };
        let value = *self.store.lock().unwrap();
        if !self.marks.are_as(seen) {
            return;
        }
        *self.copy.lock().unwrap() = Some(value);
        if !self.marks.are_as(seen) {
            *self.copy.lock().unwrap() = None;
        }
    }

    /// As `HotTier::overtake`, and a put.
    fn write(&self) {
        let _writing = self.marks.begin(KEY);
        *self.copy.lock().unwrap() = None;
        *self.store.lock().unwrap() += 1;
    }
}

pub(crate) fn an_overtaken_copy_is_not_kept() {
    let (store, copy) = (Mutex::new(0), Mutex::new(None));
    let world = Arc::new(World { marks: Marks::new(), store, copy });
    let threads: Vec<_> = [World::read, World::write, World::read, World::write]
        .into_iter()
        .map(|does| {
            let world = world.clone();
            thread::spawn(move || does(&world))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let copy = *world.copy.lock().unwrap();
    assert!(copy.is_none_or(|copy| copy == 2), "a copy of value {copy:?} is kept, there is 2");
}
