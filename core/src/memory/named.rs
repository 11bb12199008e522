//! A call of a memoized function, as the walk wants it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::call::Call;
use super::hot::AnyValue;
use super::outcome::Outcome;
use super::unpack::Unpacked;
use super::{ArgsWriter, Memoize, Mode};
use crate::Result;
use crate::codec::{Codecs, EncodeOptions, Encoded};
use crate::digest::Digest;

/// Arguments, then a body under way, then a result. This is all that is compiled for each function.
pub(crate) struct Named<'a, F: Memoize> {
    args: Option<F::Args<'a>>,
    run: Option<<F::Mode as Mode<F>>::Run<'a>>,
    result: Outcome<F::Output>,
}

impl<'a, F: Memoize> Named<'a, F> {
    pub(crate) fn new(args: F::Args<'a>) -> Self {
        Self { args: Some(args), run: None, result: Outcome::Missing }
    }

    pub(crate) fn into_result(self) -> Option<F::Output> {
        self.result.into_result()
    }
}

impl<F: Memoize> Call for Named<'_, F> {
    fn digest(&self, digest: &mut Digest) {
        if let Some(args) = &self.args {
            F::digest(args, digest);
        }
    }

    fn describe(&self, out: &mut ArgsWriter<'_>) {
        if let Some(args) = &self.args {
            F::describe(args, out);
        }
    }

    fn decode(&mut self, unpacked: &Unpacked<'_>, codecs: &Codecs) -> Result<()> {
        self.result.decode(unpacked, F::storage(), codecs)
    }

    fn copies(&self) -> bool {
        (F::storage().copies)()
    }

    fn poll_run(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(args) = self.args.take() {
            self.run = Some(F::Mode::run(args));
        }
        let run = self.run.as_mut().expect("a call runs once");
        self.result = Outcome::Here(ready!(Pin::new(run).poll(cx)));
        Poll::Ready(())
    }

    fn is_hot(&self) -> bool {
        F::hot().is_some()
    }

    fn take_hot(&mut self, value: &AnyValue) -> bool {
        let taken = F::hot().and_then(|hot| (hot.take)(&**value));
        let is_there = taken.is_some();
        self.result = taken.map_or(Outcome::Missing, Outcome::Here);
        is_there
    }

    fn keep_hot(&self) -> Option<AnyValue> {
        let Outcome::Here(result) = &self.result else { return None };
        (F::hot()?.keep)(result)
    }

    fn encode(&mut self, options: &EncodeOptions<'_>) -> Option<Result<Encoded>> {
        self.result.encode(F::storage(), options)
    }
}
