//! Which call a flow is of: here, any.

#[derive(Debug, Clone, Copy)]
pub struct CallId;

impl CallId {
    pub fn next() -> Self {
        Self
    }
}
