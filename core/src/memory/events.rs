//! What is told through `tracing`. Targets and field names are stable; the messages are for people.
//!
//! | target | level | when | fields |
//! |---|---|---|---|
//! | `larder::hit` | DEBUG; INFO from `verbose` 11 | a call took its result from the store | function, key, seconds_saved, waited, hot (whether it was in memory) |
//! | `larder::miss` | DEBUG; INFO from `verbose` 1 | a function is about to run | function, key, reason, arguments |
//! | `larder::wait` | DEBUG | a call waits for who computes its result: a call of this process, or the holder of its lease | function, key, on |
//! | `larder::computed` | DEBUG; INFO from `verbose` 1 | it has run | function, key, seconds |
//! | `larder::late` | DEBUG | its result was not kept: its lease had been taken over | function, key |
//! | `larder::rejected` | WARN | an entry is there and cannot be used | function, key, reason, why |
//! | `larder::store` | WARN once a function and kind, then DEBUG | the store failed | function, error |
//! | `larder::function` | WARN | a function is not cached | function |

use std::fmt::Display;
use std::time::Duration;

use super::function_state::FunctionState;
use super::{Argument, MissReason};
use crate::{Error, Key};

/// From which verbosity computations are told at INFO, as joblib does.
const TELL_COMPUTED: u8 = 1;
/// From which verbosity hits are, too.
const TELL_HITS: u8 = 11;

/// `tracing` wants the level of an event when it is compiled.
macro_rules! tell {
    ($loud:expr, $target:literal, $($fields:tt)*) => {
        if $loud {
            tracing::info!(target: $target, $($fields)*);
        } else {
            tracing::debug!(target: $target, $($fields)*);
        }
    };
}

pub(super) fn hit(function: &FunctionState, key: &Key, saved: Duration, waited: bool, hot: bool) {
    tell!(
        function.verbose >= TELL_HITS,
        "larder::hit",
        function = function.name,
        key = %key,
        seconds_saved = saved.as_secs_f64(),
        waited,
        hot,
        "loaded"
    );
}

pub(super) fn computing(
    function: &FunctionState,
    key: &Key,
    reason: MissReason,
    arguments: &[Argument],
) {
    tell!(
        function.verbose >= TELL_COMPUTED,
        "larder::miss",
        function = function.name,
        key = %key,
        reason = reason.as_str(),
        arguments = %List(arguments),
        "computing"
    );
}

pub(super) fn waiting(function: &FunctionState, key: &Key, on: &str) {
    tracing::debug!(target: "larder::wait", function = function.name, key = %key, on, "waiting");
}

pub(super) fn computed(function: &FunctionState, key: &Key, duration: Duration) {
    tell!(
        function.verbose >= TELL_COMPUTED,
        "larder::computed",
        function = function.name,
        key = %key,
        seconds = duration.as_secs_f64(),
        "computed"
    );
}

pub(super) fn late(function: &FunctionState, key: &Key) {
    tracing::debug!(
        target: "larder::late",
        function = function.name,
        key = %key,
        "the result came after its lease had been taken over, and was not kept"
    );
}

pub(super) fn rejected(function: &FunctionState, key: &Key, reason: MissReason, why: &dyn Display) {
    tracing::warn!(
        target: "larder::rejected",
        function = function.name,
        key = %key,
        reason = reason.as_str(),
        why = %why,
        "an entry cannot be used"
    );
}

pub(super) fn store_failed(function: &FunctionState, error: &Error, first: bool) {
    if first {
        tracing::warn!(
            target: "larder::store",
            function = function.name,
            error = %error,
            "the store failed; computing without it (told once)"
        );
    } else {
        tracing::debug!(target: "larder::store", function = function.name, error = %error, "the store failed");
    }
}

struct List<'a>(&'a [Argument]);

impl Display for List<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, argument) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{} = {}", argument.name, argument.value)?;
        }
        Ok(())
    }
}
