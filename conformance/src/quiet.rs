//! Panics that cases cause on purpose.

use std::panic;

/// Keeps the panics of the suite's own tasks off the terminal. What reports panics to their calls is in front of this:
/// it goes first in a program.
pub(crate) fn quiet() {
    let own = file!().trim_end_matches("quiet.rs").to_owned() + "parallel";
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|location| location.file().starts_with(&own)) {
            others(panic);
        }
    }));
}
