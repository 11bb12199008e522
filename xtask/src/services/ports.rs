//! Ports that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Result;

/// `N` different ports. Another program may take one before the server does: whoever starts a server tries again.
pub(super) fn free<const N: usize>() -> Result<[u16; N]> {
    let mut ports = [0; N];
    // All are held until the last is found: so they differ.
    let mut held = Vec::with_capacity(N);
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}
