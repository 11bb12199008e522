//! A sound backend that is driven by what it is woken for: one thread takes all batches there are, and hands them out.

use std::sync::{Arc, Mutex, mpsc};
use std::task::{Wake, Waker};
use std::thread;

use larder_core::Result;
use larder_core::parallel::{Batch, Call, Pull};

use super::sound::{each, outcome_of, prepare};

struct Signal(mpsc::Sender<()>);

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

/// Runs a call so that whoever takes batches never waits in the call.
pub(crate) fn polling(call: &dyn Call) -> Result<()> {
    prepare(call)?;
    let (signal, woken) = mpsc::channel();
    let waker = Waker::from(Arc::new(Signal(signal)));
    thread::scope(|scope| {
        let (hand_out, batches) = mpsc::channel::<Batch<'_>>();
        let batches = Arc::new(Mutex::new(batches));
        for _ in 0..call.workers() {
            let batches = batches.clone();
            scope.spawn(move || {
                loop {
                    let next = batches.lock().unwrap().recv();
                    let Ok(batch) = next else { break };
                    each(call, batch, |batch, i| outcome_of(call, batch, i)).unwrap();
                }
            });
        }
        loop {
            match call.try_next_batch(0, &waker) {
                Pull::Batch(batch) => hand_out.send(batch).unwrap(),
                Pull::Later => woken.recv().unwrap(),
                Pull::Done => break,
            }
        }
    });
    Ok(())
}
