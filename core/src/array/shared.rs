//! Arrays that lie where worker processes map them.

use super::buffer::Buffer;
use super::element::Element;
use super::{Array, Order, layout};
use crate::{Error, Result};

impl<T: Element> Array<T> {
    /// A new array in C order: zeros (`false`), as `fill` changes them, in memory that the worker processes of this machine
    /// map. So it is an argument of tasks there without a copy, the first time, too. Apart from that it is an array
    /// like those that are [mapped](Self::is_mapped) from files.
    ///
    /// ```
    /// use larder_core::Array;
    ///
    /// let squares = Array::shared([1000, 2], |elements: &mut [u64]| {
    ///     for (i, element) in elements.iter_mut().enumerate() {
    ///         *element = (i * i) as u64;
    ///     }
    /// })?;
    /// assert_eq!(squares[[500, 1]], 1001 * 1001);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// Elsewhere than on Linux it lies in this process's own memory, and is copied for workers like any other.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a shape larger than memory; what the system reports.
    pub fn shared(shape: impl AsRef<[usize]>, fill: impl FnOnce(&mut [T])) -> Result<Self> {
        let shape = shape.as_ref();
        let len = layout::len(shape, size_of::<T>()).map_err(Error::invalid)?;
        Self::from_buffer(Order::C, shape.into(), Buffer::shared(len, fill)?)
            .map_err(Error::invalid)
    }
}
