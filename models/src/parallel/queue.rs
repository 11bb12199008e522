//! Workers that pull tasks out of one iterator, as `Dispatch::next_batch` and `try_next_batch` do, over the real flow.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use shuttle::future::block_on;
use shuttle::sync::Mutex;
use shuttle::thread;

use super::flow::{Flow, Limit};

const TASKS: usize = 3;

/// The iterator, and how many of its tasks ran.
struct World {
    flow: Flow,
    left: Mutex<usize>,
    ran: Mutex<usize>,
}

enum Pulled {
    Task,
    Over,
    Busy,
}

impl World {
    fn new(limit: Limit) -> Arc<Self> {
        let (left, ran) = (Mutex::new(TASKS), Mutex::new(0));
        Arc::new(Self { flow: Flow::new(limit), left, ran })
    }

    fn draw(&self, left: &mut usize) -> Pulled {
        match *left {
            0 => Pulled::Over,
            _ if self.flow.admit(1, 1, 2) == 0 => Pulled::Busy,
            _ => {
                *left -= 1;
                Pulled::Task
            }
        }
    }

    fn run(&self) {
        *self.ran.lock().unwrap() += 1;
        self.flow.retire(1);
    }

    /// As a worker that waits for the iterator.
    fn work(&self) {
        loop {
            let seen = self.flow.changes();
            let pulled = self.draw(&mut self.left.lock().unwrap());
            self.flow.left_feed();
            match pulled {
                Pulled::Task => self.run(),
                Pulled::Over => return,
                Pulled::Busy => self.flow.wait(seen),
            }
        }
    }

    /// As a worker that may not wait for it, and asks to be woken.
    async fn work_later(&self) {
        let pull = |waker: &std::task::Waker| {
            let seen = self.flow.changes();
            let pulled = self.try_draw();
            if matches!(pulled, Pulled::Busy) {
                self.flow.wake_later(seen, waker);
            }
            pulled
        };
        loop {
            let pulled = poll_fn(|cx| match pull(cx.waker()) {
                Pulled::Busy => Poll::Pending,
                pulled => Poll::Ready(pulled),
            });
            match pulled.await {
                Pulled::Task => self.run(),
                _ => return,
            }
        }
    }

    fn try_draw(&self) -> Pulled {
        let attempt = || {
            let mut left = self.left.try_lock().ok()?;
            Some(self.draw(&mut left))
        };
        let first = attempt();
        let pulled = first.or_else(|| {
            self.flow.turned_away();
            attempt()
        });
        if pulled.is_some() {
            self.flow.left_feed();
        }
        pulled.unwrap_or(Pulled::Busy)
    }

    fn end(&self) {
        assert_eq!(*self.ran.lock().unwrap(), TASKS, "not every task ran once");
    }
}

pub(crate) fn every_task_runs_once() {
    let world = World::new(Limit::Tasks(1));
    let workers = [(); 3].map(|()| {
        let world = world.clone();
        thread::spawn(move || world.work())
    });
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    world.end();
}

pub(crate) fn who_is_turned_away_comes_back() {
    let world = World::new(Limit::Batches);
    let (waits, asks) = (world.clone(), world.clone());
    let waits = thread::spawn(move || waits.work());
    let asks = thread::spawn(move || block_on(asks.work_later()));
    waits.join().unwrap();
    asks.join().unwrap();
    world.end();
}
