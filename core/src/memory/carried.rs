//! What transparent calls find around them, carried to another thread with a task of larder's.

use std::sync::Arc;

use super::Memory;
use super::context::Frame;
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
