//! What a worker shares with its driver.

use std::os::fd::OwnedFd;

use crate::frame::{Kind, Outgoing};

/// The frame that brings a worker its side of a [`Progress`](crate::Progress), over a [`Socket`](crate::Socket).
pub fn setup(progress: OwnedFd) -> Outgoing<'static> {
    let mut frame = Outgoing::new(Kind::Setup);
    frame.descriptors.push(progress);
    frame
}
