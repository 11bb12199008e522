//! Whether an argument can be had again, for a task that is tried again: by auto-referencing, as for keys.

/// Arguments that are `Clone`.
#[doc(hidden)]
pub mod clone_via {
    use crate::digest::via::Wrap;

    pub trait Again {
        type Value;
        fn larder_again(&self) -> Option<Self::Value>;
    }

    impl<T: Clone> Again for &Wrap<'_, T> {
        type Value = T;

        fn larder_again(&self) -> Option<T> {
            Some(self.0.clone())
        }
    }

    pub trait Once<T> {
        fn larder_again(&self) -> Option<T>;
    }

    impl<T> Once<T> for Wrap<'_, T> {
        fn larder_again(&self) -> Option<T> {
            None
        }
    }
}

/// Arguments that are `Copy`.
#[doc(hidden)]
pub mod copy_via {
    use crate::digest::via::Wrap;

    pub trait Again {
        type Value;
        fn larder_again(&self) -> Option<Self::Value>;
    }

    impl<T: Copy> Again for &Wrap<'_, T> {
        type Value = T;

        fn larder_again(&self) -> Option<T> {
            Some(*self.0)
        }
    }

    pub trait Once<T> {
        fn larder_again(&self) -> Option<T>;
    }

    impl<T> Once<T> for Wrap<'_, T> {
        fn larder_again(&self) -> Option<T> {
            None
        }
    }
}
