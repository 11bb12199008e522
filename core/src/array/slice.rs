//! Parts of an array on the same elements.

use std::ops::{Bound, RangeBounds};

use super::element::Element;
use super::{Array, Order};
use crate::{Error, ErrorKind, Result};

impl<T: Element> Array<T> {
    /// A range of the first dimension, on the same elements: [`slice_axis`](Self::slice_axis) of 0.
    ///
    /// # Errors
    /// As for [`slice_axis`](Self::slice_axis).
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Self> {
        self.slice_axis(0, range)
    }

    /// A range of one dimension, on the same elements.
    ///
    /// The elements of a range lie together along the dimension that runs slowest: the first in C order, the last in
    /// Fortran order. Ranges of others take a view of the `ndarray` features, or a copy.
    ///
    /// ```
    /// use larder_core::{Array, Order};
    ///
    /// let array = Array::from_shape_vec_in(Order::F, [2, 3], vec![1, 2, 3, 4, 5, 6])?;
    /// assert_eq!(array.slice_axis(1, 1..)?[..], [3, 4, 5, 6]);
    /// assert!(array.slice_axis(0, 1..).unwrap_err().is_unsupported());
    /// assert_eq!(array.to_order(Order::C).slice(1..)?[..], [2, 4, 6]);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for a dimension or range that the array has not;
    /// [`Unsupported`](ErrorKind::Unsupported) where the elements of the range do not lie together.
    pub fn slice_axis(&self, axis: usize, range: impl RangeBounds<usize>) -> Result<Self> {
        let Some(&len) = self.shape().get(axis) else {
            let rank = self.rank();
            return Err(Error::invalid(format!(
                "no dimension {axis} in an array of {rank}: they are counted from 0"
            )));
        };
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(last) => last.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => len,
        };
        if start > end || end > len {
            let why = format!("no range {start}..{end} in dimension {axis}, which has {len}");
            return Err(Error::invalid(why));
        }
        let mut shape = Box::<[usize]>::from(self.shape());
        shape[axis] = end - start;
        let slower = match self.order() {
            Order::C => &self.shape()[..axis],
            Order::F => &self.shape()[axis + 1..],
        };
        let buffer = if end - start == len {
            self.buffer.clone()
        } else if shape.contains(&0) {
            self.buffer.slice(0..0)
        } else if slower.iter().all(|len| *len == 1) {
            let step = self.len() / len;
            self.buffer.slice(start * step..end * step)
        } else {
            let other = self.order().other();
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "a range of dimension {axis} does not lie in one piece: the array is in {:?} order; \
                     `to_order(Order::{other:?})` copies it into the other",
                    self.order()
                ),
            ));
        };
        Ok(Self { shape, order: self.order, buffer })
    }
}
