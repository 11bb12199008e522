//! Elements by their indices.

use std::ops::{Index, Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use super::element::Element;
use super::{Array, Order};

impl<T: Element> Array<T> {
    /// The element at an index for each dimension; `None` outside of the array, and for another number of indices.
    pub fn get(&self, index: impl AsRef<[usize]>) -> Option<&T> {
        let index = index.as_ref();
        let inside =
            index.len() == self.rank() && index.iter().zip(self.shape()).all(|(i, len)| i < len);
        inside.then(|| {
            // Horner's rule, from the dimension that runs slowest.
            let step = |at: usize, (i, len): (&usize, &usize)| at * len + i;
            let dimensions = index.iter().zip(self.shape());
            let at = match self.order() {
                Order::C => dimensions.fold(0, step),
                Order::F => dimensions.rev().fold(0, step),
            };
            &self.as_slice()[at]
        })
    }
}

/// `array[[row, column]]`: an index for each dimension.
///
/// # Panics
/// Outside of the array, and for another number of indices; [`Array::get`] does not.
impl<T: Element, const N: usize> Index<[usize; N]> for Array<T> {
    type Output = T;

    #[track_caller]
    fn index(&self, index: [usize; N]) -> &T {
        match self.get(index) {
            Some(element) => element,
            None => panic!("no index {index:?} in an array of shape {:?}", self.shape()),
        }
    }
}

macro_rules! as_slice {
    ($($index:ty => $output:ty;)*) => {$(
        /// Of the elements in the order of memory, as of any slice.
        impl<T: Element> Index<$index> for Array<T> {
            type Output = $output;

            #[track_caller]
            fn index(&self, index: $index) -> &$output {
                &self.as_slice()[index]
            }
        }
    )*};
}
as_slice! {
    usize => T;
    Range<usize> => [T];
    RangeFrom<usize> => [T];
    RangeFull => [T];
    RangeInclusive<usize> => [T];
    RangeTo<usize> => [T];
    RangeToInclusive<usize> => [T];
}
