//! The walk of one memoized call, read from top to bottom. One walk serves plain and asynchronous functions: for a
//! plain one every step is ready when it is first polled, unless it really has to wait.
//!
//! ```text
//! arguments ─digest─▶ key ─▶ store.get (one read)
//!   hit:  envelope::open ─▶ policy ─▶ decompress ─▶ decode ─▶ value
//!   miss: flight, lease ─▶ look again ─▶ compute, timed ─▶ encode ─▶ compress ─▶ envelope::seal ─▶ store.put ─▶ value
//! ```
//!
//! Here is only what depends on the function's types; the steps themselves are compiled once.

use std::future::Future;
use std::time::Instant;

use super::context::{Frame, InFrame};
use super::function_state::FunctionState;
use super::keep::Computed;
use super::shelf::{Entry, Look, Miss, Shelf};
use super::turn::{Permit, Turn};
use super::{ArgsWriter, MissReason};
use crate::codec::Storage;
use crate::digest::Digest;
use crate::{Key, Result};

/// One call about to be made: a function and its arguments.
pub(crate) trait Call {
    type Output;
    type Run: Future<Output = Self::Output>;

    fn digest(&self, digest: &mut Digest);
    fn describe(&self, out: &mut ArgsWriter<'_>);
    fn storage(&self) -> Storage<Self::Output>;
    /// The function under way. Nothing of it runs before the first poll.
    fn run(self) -> Self::Run;
}

/// Takes the result from the shelf, or computes it and puts it there.
pub(crate) async fn call<C: Call>(
    shelf: &Shelf,
    function: &FunctionState,
    call: C,
) -> Result<C::Output> {
    let Some(key) = shelf.key(function, |digest| call.digest(digest))? else {
        return Ok(call.run().await);
    };
    let since = shelf.flights.landings();
    let why = match shelf.look(function, &key).await? {
        Look::Found(entry) => match decode(shelf, function, &key, &entry, call.storage(), false) {
            Ok(value) => return Ok(value),
            Err(reason) => entry.refuse(reason),
        },
        Look::Missing(miss) => miss,
    };
    Box::pin(miss(shelf, function, key, why, since, call)).await
}

/// Waits or computes. The large steps of a miss are on the heap: a hit would carry them about, and a recursive function
/// has one on its stack for each of its levels.
async fn miss<C: Call>(
    shelf: &Shelf,
    function: &FunctionState,
    key: Key,
    why: Miss,
    since: u64,
    call: C,
) -> Result<C::Output> {
    let reason = why.reason;
    let permit = match Box::pin(shelf.turn(function, &key, why, since)).await? {
        Turn::Found(entry) => match decode(shelf, function, &key, &entry, call.storage(), true) {
            Ok(value) => return Ok(value),
            Err(_) => Permit::alone(),
        },
        Turn::Compute(permit) => permit,
    };
    compute(shelf, function, key, reason, permit, call).await
}

/// Computes and puts, whatever is there.
pub(crate) async fn refresh<C: Call>(
    shelf: &Shelf,
    function: &FunctionState,
    call: C,
) -> Result<C::Output> {
    match shelf.key(function, |digest| call.digest(digest))? {
        Some(key) => {
            compute(shelf, function, key, MissReason::Refreshed, Permit::alone(), call).await
        }
        None => Ok(call.run().await),
    }
}

/// Takes the result from the shelf; never computes.
pub(crate) async fn get<C: Call>(
    shelf: &Shelf,
    function: &FunctionState,
    call: &C,
) -> Result<Option<C::Output>> {
    let Some(key) = shelf.key(function, |digest| call.digest(digest))? else {
        return Ok(None);
    };
    match shelf.look(function, &key).await? {
        Look::Found(entry) => Ok(decode(shelf, function, &key, &entry, call.storage(), false).ok()),
        Look::Missing(_) => Ok(None),
    }
}

/// The value of an entry, or why there is none in it. Counts the hit.
pub(crate) fn decode<O>(
    shelf: &Shelf,
    function: &FunctionState,
    key: &Key,
    entry: &Entry,
    storage: Storage<O>,
    waited: bool,
) -> Result<O, MissReason> {
    let unpacked = shelf.unpack(function, key, entry)?;
    match (storage.decode)(unpacked.codec, &unpacked.payload, &unpacked.buffers, &shelf.codecs) {
        Ok(value) => {
            shelf.note_hit(function, key, entry, waited);
            Ok(value)
        }
        Err(error) => Err(shelf.note_unreadable(function, key, &error)),
    }
}

async fn compute<C: Call>(
    shelf: &Shelf,
    function: &FunctionState,
    key: Key,
    reason: MissReason,
    permit: Permit<'_>,
    call: C,
) -> Result<C::Output> {
    let storage = call.storage();
    let metadata = shelf.describe(function, &key, reason, |out| call.describe(out));
    let frame = Frame::enter(key.clone());
    let started = Instant::now();
    let value = InFrame::new(frame.clone(), call.run()).await;
    let computed =
        Computed { key, reason, duration: started.elapsed(), metadata, used: frame.used() };
    let encoded = (storage.encode)(&value, &function.encode_options());
    Box::pin(shelf.keep(function, computed, encoded, permit)).await?;
    Ok(value)
}
