//! The walk of one memoized call, read from top to bottom. One walk serves plain and asynchronous functions: for a
//! plain one every step is ready when it is first polled, unless it really has to wait.
//!
//! ```text
//! arguments ─digest─▶ hot tier, for functions that ask for it ─▶ key ─▶ store.get (one read)
//!   hit:  envelope::open ─▶ policy ─▶ decompress ─▶ decode ─▶ value
//!   miss: flight, lease ─▶ look again ─▶ compute, timed ─▶ encode ─▶ compress ─▶ envelope::seal ─▶ store.put ─▶ value
//! ```
//!
//! What depends on a function's types is behind [`Call`]: for plain functions the walk is compiled once, not once a
//! function.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Instant;

use super::context::Frame;
use super::function_state::FunctionState;
use super::hot::{AnyValue, HotKey};
use super::keep::Computed;
use super::shelf::{Entry, Look, Miss, Shelf};
use super::turn::{Permit, Turn};
use super::unpack::Unpacked;
use super::{ArgsWriter, MissReason};
use crate::codec::{Codecs, EncodeOptions, Encoded};
use crate::digest::Digest;
use crate::runtime::{block_on, set_blocking};
use crate::{Key, Result};

/// One call: a function, its arguments, and room for its result.
pub(crate) trait Call {
    fn digest(&self, digest: &mut Digest);
    fn describe(&self, out: &mut ArgsWriter<'_>);
    /// Whether the function's results are to be kept in memory.
    fn is_hot(&self) -> bool {
        false
    }
    /// Takes the result from one kept in memory; says whether it is one.
    fn take_hot(&mut self, _: &AnyValue) -> bool {
        false
    }
    /// The result, to be kept in memory.
    fn keep_hot(&self) -> Option<AnyValue> {
        None
    }
    /// Takes the result from its bytes.
    fn decode(&mut self, unpacked: &Unpacked<'_>, codecs: &Codecs) -> Result<()>;
    /// Runs the function; once that is done the result is there.
    fn poll_run(&mut self, cx: &mut Context<'_>) -> Poll<()>;
    /// Whether taking it copies what stands beside the value.
    fn copies(&self) -> bool;
    /// The result as bytes, which may be its own memory; `None` for one that is not to be kept.
    fn encode(&mut self, options: &EncodeOptions<'_>) -> Option<Result<Encoded>>;
}

/// What is to become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Take the result from the shelf, or compute it and put it there.
    Call,
    /// Compute it and put it there.
    Refresh,
    /// Take it from the shelf.
    Get,
}

/// The walk of a plain function's call. Says whether there is a result.
pub(crate) fn walk_blocking(
    shelf: &Shelf,
    function: &FunctionState,
    wish: Wish,
    call: &mut dyn Call,
) -> Result<bool> {
    block_on(walk(shelf, function, wish, call))
}

/// The walk itself. Says whether there is a result. For an asynchronous function it is compiled with the function's own
/// types: whether its future is `Send` is to be seen through it.
pub(crate) async fn walk<C: Call + ?Sized>(
    shelf: &Shelf,
    function: &FunctionState,
    wish: Wish,
    call: &mut C,
) -> Result<bool> {
    let Some(digest) = shelf.digest(function, |digest| call.digest(digest))? else {
        if wish != Wish::Get {
            poll_fn(|cx| set_blocking(false, || call.poll_run(cx))).await;
        }
        return Ok(wish != Wish::Get);
    };
    let hot = shelf.hot.as_ref().filter(|_| call.is_hot());
    let hot = hot.map(|hot| (hot, HotKey::new(function, digest)));
    if wish != Wish::Refresh
        && let Some((tier, at)) = &hot
        && let Some(found) = tier.find(function, at)
        && call.take_hot(&found.value)
    {
        shelf.note_hot_hit(function, &found);
        return Ok(true);
    }
    let key = Key::in_version(&function.version, &digest);
    if wish == Wish::Refresh {
        return compute(shelf, function, key, MissReason::Refreshed, Permit::alone(), call).await;
    }
    let since = shelf.flights.landings();
    let seen = hot.as_ref().and_then(|(tier, at)| tier.seen(at));
    let why = match shelf.look(function, &key).await? {
        Look::Found(entry) => match take(shelf, function, &key, &entry, false, call) {
            Ok(()) => {
                if let (Some((tier, at)), Some(seen), Some(value)) = (hot, seen, call.keep_hot()) {
                    tier.warm(at, seen, &key, value, entry.source(function));
                }
                return Ok(true);
            }
            Err(reason) => entry.refuse(reason),
        },
        Look::Missing(miss) => miss,
    };
    if wish == Wish::Get {
        return Ok(false);
    }
    Box::pin(miss(shelf, function, key, why, since, call)).await
}

/// Waits or computes. The large steps of a miss are on the heap: a hit would carry them about, and a recursive function
/// has one on its stack for each of its levels.
async fn miss<C: Call + ?Sized>(
    shelf: &Shelf,
    function: &FunctionState,
    key: Key,
    why: Miss,
    since: u64,
    call: &mut C,
) -> Result<bool> {
    let reason = why.reason;
    let permit = match Box::pin(shelf.turn(function, &key, why, since)).await? {
        Turn::Found(entry) => match take(shelf, function, &key, &entry, true, call) {
            Ok(()) => return Ok(true),
            Err(_) => Permit::alone(),
        },
        Turn::Compute(permit) => permit,
    };
    compute(shelf, function, key, reason, permit, call).await
}

async fn compute<C: Call + ?Sized>(
    shelf: &Shelf,
    function: &FunctionState,
    key: Key,
    reason: MissReason,
    permit: Permit<'_>,
    call: &mut C,
) -> Result<bool> {
    let metadata = shelf.describe(function, &key, reason, |out| call.describe(out));
    let frame = Frame::enter(key.clone());
    let started = Instant::now();
    poll_fn(|cx| frame.within(|| call.poll_run(cx))).await;
    let taken_back = function.mapping.filter(|_| !call.copies()).map(|_| key.clone());
    let computed =
        Computed { key, reason, duration: started.elapsed(), metadata, used: frame.used() };
    let encoded = call.encode(&function.encode_options());
    let taken_back = taken_back.filter(|_| has_buffers(&encoded));
    let kept = Box::pin(shelf.keep(function, computed, encoded, permit)).await?;
    if let (true, Some(key)) = (kept, taken_back) {
        Box::pin(take_back(shelf, function, &key, call)).await?;
    }
    Ok(true)
}

fn has_buffers(encoded: &Option<Result<Encoded>>) -> bool {
    matches!(encoded, Some(Ok(encoded)) if !encoded.buffers.is_empty())
}

/// Puts the kept result, whose arrays are mapped, in the place of the computed one. That stays if it cannot be had.
async fn take_back<C: Call + ?Sized>(
    shelf: &Shelf,
    function: &FunctionState,
    key: &Key,
    call: &mut C,
) -> Result<()> {
    if let Look::Found(entry) = shelf.look(function, key).await?
        && let Ok(unpacked) = shelf.unpack(function, key, &entry, call.copies())
        && let Err(error) = call.decode(&unpacked, &shelf.codecs)
    {
        tracing::warn!(target: "larder::function", function = function.name, %key, %error, "a result cannot be taken back");
    }
    Ok(())
}

/// Takes the result from an entry, or says why there is none in it.
fn take<C: Call + ?Sized>(
    shelf: &Shelf,
    function: &FunctionState,
    key: &Key,
    entry: &Entry,
    waited: bool,
    call: &mut C,
) -> Result<(), MissReason> {
    let unpacked = shelf.unpack(function, key, entry, call.copies())?;
    let taken = call.decode(&unpacked, &shelf.codecs);
    shelf.note_taken(function, key, entry, waited, taken)
}
