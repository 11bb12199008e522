//! From and into vectors, boxes and slices.

use super::element::Element;
use super::{Array, Order};

impl<T: Element> Array<T> {
    /// An array of one dimension. Its length is that of the vector, so nothing can be wrong.
    fn flat(elements: Vec<T>) -> Self {
        Self { shape: Box::new([elements.len()]), order: Order::C, buffer: elements.into() }
    }
}

/// Of one dimension, without a copy.
impl<T: Element> From<Vec<T>> for Array<T> {
    fn from(elements: Vec<T>) -> Self {
        Self::flat(elements)
    }
}

/// Of one dimension, without a copy.
impl<T: Element> From<Box<[T]>> for Array<T> {
    fn from(elements: Box<[T]>) -> Self {
        Self::flat(elements.into())
    }
}

/// Of one dimension, copied.
impl<T: Element> From<&[T]> for Array<T> {
    fn from(elements: &[T]) -> Self {
        Self::flat(elements.to_vec())
    }
}

/// Of one dimension.
impl<T: Element, const N: usize> From<[T; N]> for Array<T> {
    fn from(elements: [T; N]) -> Self {
        Self::flat(elements.into())
    }
}

/// [`Array::into_vec`].
impl<T: Element> From<Array<T>> for Vec<T> {
    fn from(array: Array<T>) -> Self {
        array.into_vec()
    }
}

/// [`Array::into_vec`].
impl<T: Element> From<Array<T>> for Box<[T]> {
    fn from(array: Array<T>) -> Self {
        array.into_vec().into()
    }
}

/// Of one dimension.
impl<T: Element> FromIterator<T> for Array<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self::flat(elements.into_iter().collect())
    }
}

/// The elements in the order of memory.
impl<'a, T: Element> IntoIterator for &'a Array<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

/// Of one dimension and no elements.
impl<T: Element> Default for Array<T> {
    fn default() -> Self {
        Self::flat(Vec::new())
    }
}
