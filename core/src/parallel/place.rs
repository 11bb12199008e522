//! Where code runs that makes a parallel call: inside of which others, and with what share of the processors.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::{cpu_count, scope};
use crate::memory::Carried;

thread_local! {
    static HERE: RefCell<Option<Arc<Place>>> = const { RefCell::new(None) };
}

/// The inside of a call: what its tasks find around them, on whichever thread they run.
#[derive(Debug)]
pub(super) struct Place {
    call: CallId,
    outer: Option<Arc<Place>>,
    /// How many threads a call made in here may keep busy.
    cpus: usize,
    /// Whether this call's tasks run beside each other.
    nested: bool,
    memory: Carried,
    scope: scope::Current,
}

/// Tells calls apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CallId(u64);

impl CallId {
    pub(super) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Relaxed))
    }

    /// Whether this code is a task of that call, or of a call made in one, or produces its tasks.
    pub(super) fn is_around(self) -> bool {
        HERE.with_borrow(|here| {
            std::iter::successors(here.as_ref(), |place| place.outer.as_ref())
                .any(|place| place.call == self)
        })
    }
}

impl Place {
    /// The inside of a call made here, with so many workers.
    pub(super) fn new(call: CallId, workers: usize) -> Arc<Self> {
        let outer = HERE.with_borrow(Clone::clone);
        let cpus = outer.as_ref().map_or_else(cpu_count, |outer| outer.cpus);
        let nested = workers > 1 || outer.as_ref().is_some_and(|outer| outer.nested);
        let memory = Carried::here();
        let scope = scope::current();
        Arc::new(Self { call, outer, cpus: (cpus / workers).max(1), nested, memory, scope })
    }

    /// The inside of a call made in another process, each of whose tasks may keep so many threads busy.
    pub(super) fn elsewhere(cpus: usize, memory: Carried, scope: scope::Current) -> Arc<Self> {
        let (call, cpus) = (CallId::next(), cpus.max(1));
        Arc::new(Self { call, outer: None, cpus, nested: true, memory, scope })
    }

    pub(super) fn memory(&self) -> &Carried {
        &self.memory
    }

    pub(super) fn scope(&self) -> &scope::Current {
        &self.scope
    }

    /// What is around this code, for a call that is made from here on another thread.
    pub(super) fn carried() -> Arc<Self> {
        Self::new(CallId::next(), 1)
    }

    /// How many threads a call made here may keep busy, where it is one inside of another.
    pub(super) fn budget() -> Option<usize> {
        HERE.with_borrow(|here| here.as_ref().filter(|here| here.nested).map(|here| here.cpus))
    }

    /// Runs `task` in here.
    pub(super) fn within<R>(self: &Arc<Self>, task: impl FnOnce() -> R) -> R {
        struct Leave(Option<Arc<Place>>);
        impl Drop for Leave {
            fn drop(&mut self) {
                HERE.set(self.0.take());
            }
        }
        let _leave = Leave(HERE.replace(Some(self.clone())));
        scope::within(self.scope.clone(), || self.memory.within(task))
    }
}
