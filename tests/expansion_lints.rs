//! What the attributes write draws no lint, whatever is denied around it; what the user wrote is linted once, as ever.
//! Compiling this (and `cargo clippy --all-targets`) is the test.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused,
    unused_qualifications,
    unused_results,
    rust_2018_idioms,
    let_underscore_drop,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason
)]
#![forbid(unsafe_code, unused_unsafe, deprecated_in_future)]

use std::borrow::Cow;

use larder::{memoize, task, tracked};

/// Tracked, and not called.
#[tracked]
#[must_use]
pub const fn helper<T: Copy>(x: T) -> T {
    x
}

/// Every option.
#[memoize(
    ignore(debug),
    depends(helper),
    expires_after = "30d",
    validate = |entry| entry.arguments.len() == 2,
    verbose = 3,
    codec = "postcard",
    compress = "none",
    name = "a name"
)]
#[must_use]
pub fn costly(data: &[f64], column: usize, debug: bool) -> Vec<f64> {
    if debug { Vec::new() } else { vec![helper(data[column])] }
}

/// Both attributes, each imported for one function.
pub mod task_first {
    use larder::{memoize, task};

    /// Kept wherever it runs.
    #[task]
    #[memoize]
    #[must_use]
    pub fn kept(x: u64) -> u64 {
        x
    }
}

/// The other way round.
pub mod memoize_first {
    use larder::{memoize, task};

    /// Kept wherever it runs.
    #[memoize]
    #[task]
    #[must_use]
    pub fn kept(x: u64) -> u64 {
        x
    }
}

/// A task.
#[task]
#[must_use]
pub fn total(data: &[f64], text: &str, path: Option<&std::path::Path>, own: &[String]) -> usize {
    data.len() + text.len() + own.len() + path.map_or(0, |path| path.as_os_str().len())
}

/// A task that must cross, deprecated, with as many arguments as there may be.
///
/// # Errors
/// Of a kind.
#[deprecated]
#[task(portable)]
pub fn other(
    one: u8,
    two: u8,
    three: u8,
    four: u8,
    text: &str,
    word: &str,
    cow: Cow<'_, str>,
) -> Result<u8, String> {
    (one + two + three).checked_sub(four).ok_or_else(|| cow.into_owned() + text + word)
}

/// A task on threads alone, that nobody calls.
#[task]
fn _calls(_with: &(dyn Fn(&u8) -> u8 + Sync), _label: &'static str) {}

/// Both.
#[task(portable)]
#[memoize(ignore(debug))]
#[must_use]
pub fn kept(data: &[f64], debug: bool) -> f64 {
    if debug { 0.0 } else { data.iter().sum() }
}

/// One argument less than there may be: the handle's methods have one more.
#[memoize]
#[must_use]
pub fn seven(one: u8, two: u8, three: u8, four: u8, five: u8, six: u8, seven: u8) -> u8 {
    one + two + three + four + five + six + seven
}

/// What the user expects is expected of all that is written for it.
#[memoize]
#[expect(
    clippy::ptr_arg,
    clippy::trivially_copy_pass_by_ref,
    clippy::fn_params_excessive_bools,
    clippy::too_many_arguments,
    non_snake_case,
    reason = "as it is"
)]
#[must_use]
pub fn expected(
    list: &Vec<u8>,
    Byte: &u8,
    one: bool,
    two: bool,
    three: bool,
    four: bool,
    five: u8,
    six: u8,
) -> usize {
    list.len() + usize::from(*Byte + five + six) + usize::from(one & two & three & four)
}

/// Nothing in, nothing out.
#[memoize]
pub fn nothing() {}

/// An argument nobody looks at.
#[memoize]
#[must_use]
pub fn unused(_x: u8, (a, _): (u8, u8), mut list: Vec<u8>) -> Vec<u8> {
    list.push(a);
    list
}

/// Lifetimes, elided and named.
#[memoize(key = |long| -> &str { long.trim() })]
#[must_use]
pub fn lifetimes<'short, 'long: 'short>(
    short: &'short str,
    long: &'long str,
    cow: Option<&Cow<'_, str>>,
) -> Cow<'static, str> {
    let either: &'short str = if cow.is_none() { short } else { long };
    either.to_owned().into()
}

/// Asynchronous.
///
/// # Errors
/// Never.
#[memoize]
pub async fn fetch(url: &str, times: usize) -> Result<String, std::fmt::Error> {
    std::future::ready(()).await;
    Ok(url.repeat(times))
}

/// Used through its handle alone.
#[memoize]
fn only_by_handle(x: u8) -> u8 {
    x
}

/// Deprecated, but not for its own handle.
#[memoize]
#[deprecated = "use another"]
#[must_use]
pub fn old(x: u8) -> u8 {
    x
}

mod forbidding {
    //! Nothing that is written allows what is forbidden.
    #![forbid(warnings, clippy::all, clippy::pedantic, dead_code, non_camel_case_types)]

    #[larder::memoize]
    pub(super) fn plain(x: u8) -> u8 {
        x
    }

    #[larder::tracked]
    pub(super) const fn tracked(x: u8) -> u8 {
        x
    }
}

macro_rules! written_by_a_macro {
    ($name:ident, $type:ty, $factor:expr) => {
        /// Written by a macro.
        #[memoize]
        #[must_use]
        pub fn $name(x: $type) -> $type {
            let factor = $factor;
            x * factor
        }
    };
}
written_by_a_macro!(multiplied, u64, 1 + 2);

#[test]
fn they_compute() {
    let memory = larder::Memory::disabled();
    assert_eq!(memory.cache::<only_by_handle>().call(1).unwrap(), 1);
    assert_eq!(costly(&[1.0], 0, false), [1.0]);
    assert_eq!(seven(1, 1, 1, 1, 1, 1, 1), 7);
    assert_eq!(expected(&vec![1], &1, true, true, true, true, 1, 1), 5);
    nothing();
    assert_eq!(unused(1, (2, 3), vec![1]), [1, 2]);
    assert_eq!(lifetimes("a", "b", None), "a");
    assert_eq!(forbidding::plain(forbidding::tracked(1)), 1);
    assert_eq!(multiplied(2), 6);
    drop(fetch("a", 1));
}
