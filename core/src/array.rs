//! [`Array`]: numbers in one piece of memory, owned or memory-mapped.

mod buffer;
pub mod bulk;
#[cfg(feature = "complex")]
mod complex;
mod convert;
mod digest;
mod element;
mod index;
mod layout;
mod nd;
pub(crate) mod npy;
mod shared;
mod show;
mod slice;
mod wire;

use std::ops::Deref;

use bytes::Bytes;

use self::buffer::Buffer;
pub(crate) use self::buffer::{append_stored, filled, from_stored, stored};
pub use self::element::Element;
pub(crate) use self::layout::len as len_of;
pub use self::layout::{Logical, Order};
pub(crate) use self::wire::BESIDE_FROM;
use crate::{Error, ErrorKind, Result};

/// An array of numbers with any number of dimensions, whose elements lie in one piece of memory: its own, or a mapped
/// file's.
///
/// Inside any serde value, larder keeps arrays of 4 KiB and more out of the value's bytes: they are written without a copy
/// and come back as slices of what the store returned, so of a memory map where the store maps. To every other
/// serializer an array is a struct of its element type, order, shape and elements.
///
/// Clones, [slices](Self::slice_axis), [`reshape`](Self::reshape) and [`transpose`](Self::transpose) share the elements.
/// As a slice (`&array[..]`, `array.iter()`) the elements stand in the order of memory; in logical (row-major) order
/// through [`logical`](Self::logical). Arrays are equal when shape and elements are, whatever their orders.
///
/// ```
/// use larder_core::Array;
///
/// let array = Array::from_shape_vec([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!(array[[1, 0]], 4.0);
/// assert_eq!(array.get([2, 0]), None);
/// assert_eq!(array.iter().sum::<f64>(), 21.0);
/// let second_row = array.slice(1..2)?;
/// assert_eq!((second_row.shape(), &second_row[..]), (&[1, 3][..], &[4.0, 5.0, 6.0][..]));
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Array<T> {
    shape: Box<[usize]>,
    order: Order,
    /// As many elements as the shape says.
    buffer: Buffer<T>,
}

impl<T: Element> Array<T> {
    /// An array in row-major (C) order: the last index runs fastest.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) where `elements` are not as many as the shape takes.
    pub fn from_shape_vec(shape: impl AsRef<[usize]>, elements: Vec<T>) -> Result<Self> {
        Self::from_shape_vec_in(Order::C, shape, elements)
    }

    /// An array whose elements stand in `order`.
    ///
    /// ```
    /// use larder_core::{Array, Order};
    ///
    /// let columns = Array::from_shape_vec_in(Order::F, [2, 2], vec![1, 2, 3, 4])?;
    /// assert_eq!(columns[[0, 1]], 3);
    /// assert_eq!(columns, Array::from_shape_vec([2, 2], vec![1, 3, 2, 4])?);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`from_shape_vec`](Self::from_shape_vec).
    pub fn from_shape_vec_in(
        order: Order,
        shape: impl AsRef<[usize]>,
        elements: Vec<T>,
    ) -> Result<Self> {
        Self::from_buffer(order, shape.as_ref().into(), elements.into()).map_err(Error::invalid)
    }

    /// The one way in: the length is that of the shape from here on.
    fn from_buffer(order: Order, shape: Box<[usize]>, buffer: Buffer<T>) -> Result<Self, String> {
        let len = layout::len(&shape, size_of::<T>())?;
        if len != buffer.as_slice().len() {
            let has = buffer.as_slice().len();
            return Err(format!("an array of shape {shape:?} has {len} elements, not {has}"));
        }
        let order = if shape.len() < 2 { Order::C } else { order };
        Ok(Self { shape, order, buffer })
    }

    /// An array of elements in their stored form.
    pub(crate) fn from_stored(order: Order, shape: &[usize], stored: Bytes) -> Result<Self> {
        Buffer::from_stored(stored)
            .map_err(str::to_owned)
            .and_then(|buffer| Self::from_buffer(order, shape.into(), buffer))
            .map_err(|why| Error::new(ErrorKind::Corrupt, why))
    }

    /// The length of each dimension; empty for a single value without dimensions.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many dimensions it has.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// In which order the elements stand in memory. Of fewer than two dimensions: [`Order::C`].
    pub fn order(&self) -> Order {
        self.order
    }

    /// Whether the elements are in a memory-mapped file rather than in this process's own memory.
    ///
    /// That is told by whoever made the map: see [`mapped_bytes`](crate::store::mapped_bytes).
    pub fn is_mapped(&self) -> bool {
        self.buffer.is_mapped()
    }

    /// The elements in the order of memory.
    pub fn as_slice(&self) -> &[T] {
        self.buffer.as_slice()
    }

    /// The elements, to change them. If they are shared or mapped, they are copied first: no other array changes.
    pub fn make_mut(&mut self) -> &mut [T] {
        self.buffer.make_mut()
    }

    /// The elements in the order of memory; without a copy where this array is the only one that has them.
    pub fn into_vec(self) -> Vec<T> {
        self.buffer.into_vec()
    }

    /// The bytes to store, in the order of memory: without a copy where elements are stored as they are.
    pub(crate) fn to_stored(&self) -> Bytes {
        self.buffer.to_stored()
    }

    /// The elements in logical order: the last index runs fastest, however they stand in memory.
    pub fn logical(&self) -> Logical<'_, T> {
        Logical::new(&self.shape, self.order, self.as_slice())
    }

    /// The same elements in another order of memory; a copy where that is not the order they are in.
    #[must_use]
    pub fn to_order(&self, order: Order) -> Self {
        if order == self.order || self.rank() < 2 {
            return self.clone();
        }
        let elements: Vec<T> = match order {
            Order::C => self.logical().collect(),
            Order::F => self.transpose().logical().collect(),
        };
        Self { shape: self.shape.clone(), order, buffer: elements.into() }
    }

    /// The dimensions in reverse, on the same elements.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let shape: Box<[usize]> = self.shape.iter().rev().copied().collect();
        let order = if shape.len() < 2 { Order::C } else { self.order.other() };
        Self { shape, order, buffer: self.buffer.clone() }
    }

    /// Another shape on the same elements, which keep their order in memory.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a shape that takes another number of elements.
    pub fn reshape(&self, shape: impl AsRef<[usize]>) -> Result<Self> {
        Self::from_buffer(self.order, shape.as_ref().into(), self.buffer.clone())
            .map_err(Error::invalid)
    }
}

impl<T: Element> Deref for Array<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: Element> AsRef<[T]> for Array<T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

/// Shape and elements, whatever the orders. A NaN equals nothing.
impl<T: Element> PartialEq for Array<T> {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape
            && match self.order == other.order {
                true => self.as_slice() == other.as_slice(),
                false => self.logical().eq(other.logical()),
            }
    }
}
