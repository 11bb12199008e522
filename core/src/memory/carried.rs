//! What transparent calls find around them, carried to another thread with a task of larder's.

use std::sync::Arc;

use super::Memory;
use super::context::Frame;
use crate::Key;
use crate::runtime::set_blocking;

/// The memory in scope here, and the memoized call this code runs in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carried {
    scope: Option<Memory>,
    frame: Option<Arc<Frame>>,
}

impl Carried {
    /// What there is here.
    pub(crate) fn here() -> Self {
        Self { scope: Memory::innermost_scope(), frame: Frame::current() }
    }

    /// What there is in another process: this memory in scope, inside of the call that computes these.
    pub(crate) fn elsewhere(scope: Option<Memory>, held: Vec<Key>) -> Self {
        Self { scope, frame: Frame::elsewhere(held) }
    }

    pub(crate) fn scope(&self) -> Option<&Memory> {
        self.scope.as_ref()
    }

    /// What the memoized calls around this code compute.
    pub(crate) fn held(&self) -> Vec<Key> {
        self.frame.as_ref().map(Frame::keys).unwrap_or_default()
    }

    /// Runs `task` as if it were called there.
    pub(crate) fn within<R>(&self, task: impl FnOnce() -> R) -> R {
        let framed = || match &self.frame {
            Some(frame) => frame.within(task),
            None => set_blocking(false, task),
        };
        match &self.scope {
            Some(memory) => memory.scope(framed),
            None => framed(),
        }
    }
}
