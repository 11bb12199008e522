//! A call of something that has no attribute, as the walk wants it.

use std::task::{Context, Poll, ready};

use serde::Serialize;

use super::ArgsWriter;
use super::call::Call;
use super::outcome::Outcome;
use super::unpack::Unpacked;
use crate::Result;
use crate::codec::{Codecs, EncodeOptions, Encoded, Storage};
use crate::digest::{Digest, digest_serde};

/// A key, what is written down of it, a computation, and room for its result.
pub(crate) struct Unnamed<K, D, P, R> {
    key: K,
    describe: D,
    poll: P,
    storage: Storage<R>,
    result: Outcome<R>,
}

impl<K, D, P, R> Unnamed<K, D, P, R>
where
    K: Serialize,
    D: Fn(&mut ArgsWriter<'_>),
    P: FnMut(&mut Context<'_>) -> Poll<R>,
{
    pub(crate) fn new(key: K, describe: D, storage: Storage<R>, poll: P) -> Self {
        Self { key, describe, poll, storage, result: Outcome::Missing }
    }

    pub(crate) fn into_result(self) -> Option<R> {
        self.result.into_result()
    }
}

/// A closure as a future's poll: it runs once, in the first.
pub(crate) fn once<R>(compute: impl FnOnce() -> R) -> impl FnMut(&mut Context<'_>) -> Poll<R> {
    let mut compute = Some(compute);
    move |_| Poll::Ready(compute.take().expect("a call runs once")())
}

impl<K, D, P, R> Call for Unnamed<K, D, P, R>
where
    K: Serialize,
    D: Fn(&mut ArgsWriter<'_>),
    P: FnMut(&mut Context<'_>) -> Poll<R>,
{
    fn digest(&self, digest: &mut Digest) {
        digest_serde(&self.key, digest);
    }

    fn describe(&self, out: &mut ArgsWriter<'_>) {
        (self.describe)(out);
    }

    fn decode(&mut self, unpacked: &Unpacked<'_>, codecs: &Codecs) -> Result<()> {
        self.result.decode(unpacked, self.storage, codecs)
    }

    fn copies(&self) -> bool {
        (self.storage.copies)()
    }

    fn poll_run(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.result = Outcome::Here(ready!((self.poll)(cx)));
        Poll::Ready(())
    }

    fn encode(&mut self, options: &EncodeOptions<'_>) -> Option<Result<Encoded>> {
        self.result.encode(self.storage, options)
    }
}
