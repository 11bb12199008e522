//! For people.

use std::fmt;

use super::Array;
use super::element::Element;

/// So many elements are shown.
const SHOWN: usize = 6;

/// Element type, shape, and the first few elements in the order of memory.
impl<T: Element> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Few<'a, T>(&'a [T]);
        impl<T: fmt::Debug> fmt::Debug for Few<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut list = f.debug_list();
                list.entries(self.0.iter().take(SHOWN));
                if self.0.len() > SHOWN { list.finish_non_exhaustive() } else { list.finish() }
            }
        }
        let mut array = f.debug_struct("Array");
        array.field("element", &format_args!("{}", T::NAMES[0]));
        array.field("shape", &format_args!("{:?}", self.shape()));
        if self.rank() > 1 {
            array.field("order", &self.order());
        }
        array.field("elements", &Few(self.as_slice())).finish()
    }
}
