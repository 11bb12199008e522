//! Which call fails and how, and what was counted: the part of the layer that touches no store.

use std::iter::Sum;
use std::time::Duration;

use crate::{Error, ErrorKind};

/// A kind of call to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// [`get`](crate::store::StoreBackend::get)
    Get,
    /// [`put`](crate::store::StoreBackend::put), in any mode
    Put,
    /// [`delete`](crate::store::StoreBackend::delete)
    Delete,
    /// [`list`](crate::store::StoreBackend::list)
    List,
    /// [`head`](crate::store::StoreBackend::head)
    Head,
    /// [`get_range`](crate::store::StoreBackend::get_range)
    GetRange,
    /// [`delete_prefix`](crate::store::StoreBackend::delete_prefix)
    DeletePrefix,
    /// [`touch`](crate::store::StoreBackend::touch)
    Touch,
    /// [`lease`](crate::store::StoreBackend::lease)
    Lease,
    /// [`compact`](crate::store::StoreBackend::compact)
    Compact,
}

impl Operation {
    /// Every kind there is.
    pub const ALL: &'static [Self] = &[
        Self::Get,
        Self::Put,
        Self::Delete,
        Self::List,
        Self::Head,
        Self::GetRange,
        Self::DeletePrefix,
        Self::Touch,
        Self::Lease,
        Self::Compact,
    ];

    /// The name of the method.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Head => "head",
            Self::GetRange => "get_range",
            Self::DeletePrefix => "delete_prefix",
            Self::Touch => "touch",
            Self::Lease => "lease",
            Self::Compact => "compact",
        }
    }
}

/// Which calls a fault meets. Calls are numbered from 1, from the making of the layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Every call.
    Always,
    /// The `n`-th call of all.
    Nth(u64),
    /// Every call of a kind.
    Each(Operation),
    /// The `n`-th call of a kind.
    NthOf(Operation, u64),
}

/// What is to happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// An error of this kind; the inner store hears nothing of the call.
    Fail(ErrorKind),
    /// The inner store does all of it, and an error of this kind is returned: an answer lost on the way. A list gives
    /// its entries first.
    FailAfter(ErrorKind),
    /// Half the bytes, and not a word about it: `put` keeps the first half and says that it is written, `get` and
    /// `get_range` return the first half. Calls that move no bytes are as ever.
    Torn,
    /// The call takes this much longer.
    Delay(Duration),
}

/// What the calls of a kind came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// How many there were, the failed ones included.
    pub calls: u64,
    /// How many bytes of values they read or wrote.
    pub bytes: u64,
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            calls: sum.calls + one.calls,
            bytes: sum.bytes + one.bytes,
        })
    }
}

#[derive(Default)]
pub(super) struct Plan {
    faults: Vec<(When, Fault)>,
    tallies: [Tally; Operation::ALL.len()],
}

/// What is to happen to one call.
pub(super) struct Step {
    number: u64,
    pub(super) delay: Duration,
    pub(super) fault: Option<Fault>,
}

impl Plan {
    pub(super) fn inject(&mut self, when: When, fault: Fault) {
        self.faults.push((when, fault));
    }

    pub(super) fn heal(&mut self) {
        self.faults.clear();
    }

    pub(super) fn tally(&self, operation: Operation) -> Tally {
        self.tallies[operation as usize]
    }

    pub(super) fn moved(&mut self, operation: Operation, bytes: u64) {
        self.tallies[operation as usize].bytes += bytes;
    }

    /// Counts a call and says what is to happen to it.
    pub(super) fn begin(&mut self, operation: Operation) -> Step {
        self.tallies[operation as usize].calls += 1;
        let of_kind = self.tally(operation).calls;
        let number = self.tallies.iter().map(|tally| tally.calls).sum();
        let mut step = Step { number, delay: Duration::ZERO, fault: None };
        for &(when, fault) in &self.faults {
            let met = match when {
                When::Always => true,
                When::Nth(n) => n == number,
                When::Each(kind) => kind == operation,
                When::NthOf(kind, n) => kind == operation && n == of_kind,
            };
            match fault {
                _ if !met => {}
                Fault::Delay(delay) => step.delay += delay,
                other => step.fault = step.fault.or(Some(other)),
            }
        }
        step
    }
}

impl Step {
    pub(super) fn is_torn(&self) -> bool {
        self.fault == Some(Fault::Torn)
    }

    pub(super) fn error(&self, kind: ErrorKind, operation: Operation, subject: &str) -> Error {
        Error::new(kind, format!("injected fault: {}", kind.as_str()))
            .with("operation", operation.as_str())
            .with("key", subject)
            .with("call", self.number)
    }
}
