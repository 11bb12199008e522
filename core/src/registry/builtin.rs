//! What the facade crate compiled in.

use super::Registry;
use crate::Result;

/// A function that registers backends when [`Registry::global`] is first used.
///
/// For facades like `larder`, which know what is compiled in, one `submit!` each. A library registers what it brings
/// explicitly: a crate that nothing names is dropped by the linker, and its submissions with it.
#[derive(Debug)]
pub struct Builtin(pub fn(&Registry) -> Result<()>);

inventory::collect!(Builtin);

pub(super) fn add_to(registry: &Registry) {
    for Builtin(register) in inventory::iter::<Builtin> {
        // Nobody is there to take the error; the rest of the registry works.
        if let Err(error) = register(registry) {
            tracing::error!(target: "larder::registry", %error, "a built-in backend was not registered");
        }
    }
}
