//! Where elements stand.

use std::iter::FusedIterator;

use serde::{Deserialize, Serialize};

/// The order of an array's elements in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Order {
    /// Row-major, as in C: the last index runs fastest.
    #[default]
    C,
    /// Column-major, as in Fortran: the first index runs fastest.
    F,
}

impl Order {
    pub(super) fn other(self) -> Self {
        match self {
            Self::C => Self::F,
            Self::F => Self::C,
        }
    }
}

/// How many elements a shape takes. As everywhere, the lengths but zeros must multiply to bytes that a machine can
/// address, so that strides never overflow.
pub(crate) fn len(shape: &[usize], element_size: usize) -> Result<usize, String> {
    let nonzero = shape.iter().filter(|len| **len > 0);
    let bytes = nonzero.clone().try_fold(element_size, |bytes, len| bytes.checked_mul(*len));
    match bytes {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(shape.iter().product()),
        _ => Err(format!("an array of shape {shape:?} is larger than memory")),
    }
}

/// The distance of neighbours along each dimension, in elements.
pub(super) fn strides(shape: &[usize], order: Order) -> Vec<usize> {
    let mut strides = vec![0; shape.len()];
    let mut next = 1;
    let mut set = |axis: usize| {
        strides[axis] = next;
        next *= shape[axis].max(1);
    };
    match order {
        Order::C => (0..shape.len()).rev().for_each(&mut set),
        Order::F => (0..shape.len()).for_each(&mut set),
    }
    strides
}

/// The elements of an [`Array`](super::Array) in logical order, from [`logical`](super::Array::logical).
#[derive(Debug, Clone)]
pub struct Logical<'a, T> {
    elements: &'a [T],
    shape: &'a [usize],
    strides: Vec<usize>,
    index: Vec<usize>,
    offset: usize,
    left: usize,
}

impl<'a, T> Logical<'a, T> {
    pub(super) fn new(shape: &'a [usize], order: Order, elements: &'a [T]) -> Self {
        let strides = strides(shape, order);
        let index = vec![0; shape.len()];
        Self { elements, shape, strides, index, offset: 0, left: elements.len() }
    }
}

impl<T: Copy> Iterator for Logical<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        let element = self.elements.get(self.offset).copied();
        for axis in (0..self.shape.len()).rev() {
            self.index[axis] += 1;
            self.offset += self.strides[axis];
            if self.index[axis] < self.shape[axis] {
                break;
            }
            self.offset -= self.strides[axis] * self.shape[axis];
            self.index[axis] = 0;
        }
        element
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T: Copy> ExactSizeIterator for Logical<'_, T> {}

impl<T: Copy> FusedIterator for Logical<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_overflow_are_refused_even_beside_a_zero() {
        assert_eq!(len(&[], 8), Ok(1));
        assert_eq!(len(&[3, 0, 2], 8), Ok(0));
        for shape in [&[usize::MAX, 2][..], &[1 << 60], &[0, usize::MAX, 2], &[usize::MAX]] {
            assert!(len(shape, 8).is_err(), "{shape:?}");
        }
    }

    #[test]
    fn logical_order_is_row_major_whatever_memory_has() {
        let elements = [0, 1, 2, 3, 4, 5];
        let logical = |order| Logical::new(&[2, 3], order, &elements).collect::<Vec<_>>();
        assert_eq!(logical(Order::C), elements);
        assert_eq!(logical(Order::F), [0, 2, 4, 1, 3, 5]);
        assert_eq!(strides(&[2, 3, 4], Order::F), [1, 2, 6]);
        assert_eq!(strides(&[2, 3, 4], Order::C), [12, 4, 1]);
        assert_eq!(Logical::new(&[], Order::C, &[7]).collect::<Vec<_>>(), [7]);
        assert_eq!(Logical::new(&[2, 0], Order::F, &[0; 0]).next(), None);
    }
}
