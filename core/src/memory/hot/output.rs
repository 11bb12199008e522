//! How generated code finds out how a function's result is kept hot, on its concrete type.

use std::fmt;
use std::sync::Arc;

use super::AnyValue;

/// What can be kept hot: every hit hands out a clone.
#[cfg_attr(
    not(feature = "hot"),
    diagnostic::on_unimplemented(
        message = "`#[memoize(hot)]` needs the feature `hot` of crate `larder`",
        label = "results cannot be kept hot without it",
        note = "add the feature, or leave out `hot`"
    )
)]
#[doc(hidden)]
pub trait KeepHot: Clone + Send + Sync + 'static {}

#[cfg(feature = "hot")]
impl<T: Clone + Send + Sync + 'static> KeepHot for T {}

/// What a memoized function's result `O` needs to be kept hot, as function pointers.
#[doc(hidden)]
pub struct Hot<O> {
    /// `None` for what is not kept: an `Err`.
    pub(crate) keep: fn(&O) -> Option<AnyValue>,
    pub(crate) take: fn(&(dyn std::any::Any + Send + Sync)) -> Option<O>,
}

impl<T: KeepHot> Hot<T> {
    /// Of a plain value.
    pub fn of_value() -> Self {
        Self {
            keep: |value| Some(Arc::new(value.clone())),
            take: |value| value.downcast_ref::<T>().cloned(),
        }
    }
}

impl<T: KeepHot, E> Hot<Result<T, E>> {
    /// Of a result whose `Ok` is kept. Nothing is asked of `E`.
    pub fn of_result() -> Self {
        Self {
            keep: |value| Some(Arc::new(value.as_ref().ok()?.clone())),
            take: |value| value.downcast_ref::<T>().cloned().map(Ok),
        }
    }
}

impl<O> fmt::Debug for Hot<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hot")
    }
}

/// Method lookup takes the first of these that fits, by the number of references it strips.
#[doc(hidden)]
pub mod via {
    use super::{Hot, KeepHot};
    use crate::codec::Probe;

    /// `Result<T, E>`: only an `Ok` is kept; nothing is asked of `E`.
    pub trait OfResult {
        type Output;
        fn larder_hot(&self) -> Hot<Self::Output>;
    }

    impl<T: KeepHot, E> OfResult for &&Probe<Result<T, E>> {
        type Output = Result<T, E>;

        fn larder_hot(&self) -> Hot<Result<T, E>> {
            Hot::of_result()
        }
    }

    /// Any other value.
    pub trait OfValue {
        type Output;
        fn larder_hot(&self) -> Hot<Self::Output>;
    }

    impl<T: KeepHot> OfValue for &Probe<T> {
        type Output = T;

        fn larder_hot(&self) -> Hot<T> {
            Hot::of_value()
        }
    }

    /// What cannot be kept hot: the call does not compile, and says why.
    pub trait OfNeither<T> {
        fn larder_hot(&self) -> Hot<T>
        where
            T: KeepHot;
    }

    impl<T> OfNeither<T> for Probe<T> {
        fn larder_hot(&self) -> Hot<T>
        where
            T: KeepHot,
        {
            (&self).larder_hot()
        }
    }
}
