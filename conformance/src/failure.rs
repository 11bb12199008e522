//! What a case says of a backend that breaks its contract.

/// What is wrong, in one sentence.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

/// What a case, or a step of one, comes to.
pub(crate) type Checked<T = ()> = Result<T, Failure>;

/// An error where none is to be.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(format!("returned an error: {error:?}"))
    }
}

/// Fails the case unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($what:tt)+) => {
        if !$condition {
            return Err($crate::failure::Failure(format!($($what)+)));
        }
    };
}

/// Fails the case unless both sides are equal; shows them.
macro_rules! ensure_eq {
    ($found:expr, $wanted:expr, $($what:tt)+) => {
        match (&$found, &$wanted) {
            (found, wanted) => $crate::failure::ensure!(
                found == wanted,
                "{}: found {found:?}, wanted {wanted:?}",
                format_args!($($what)+)
            ),
        }
    };
}

pub(crate) use {ensure, ensure_eq};
