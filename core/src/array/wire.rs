//! Arrays under serde, in three forms:
//!
//! * to any serializer, a struct of element type, order, shape and the elements in the order of memory;
//! * to larder's codecs the same, with bytes in place of the elements: inside of the value below 4 KiB, else beside it;
//! * to digests, shape and elements in logical order.
//!
//! The element type is a variant by name, so that it is part of a type's traced shape and checked when read.

mod element_type;
mod stored;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::element_type::ElementType;
use self::stored::{Read, Written};
use super::buffer::Buffer;
use super::element::Element;
use super::{Array, Order, layout};
use crate::beside::{self, Passage};

/// From how many bytes on elements leave the value; below, a table row and 64-byte alignment cost more than a copy.
pub(crate) const BESIDE_FROM: usize = 4096;

#[derive(Serialize)]
#[serde(rename = "Array", bound = "E: Serialize")]
struct Write<'a, T: Element, E> {
    element: ElementType<T>,
    order: Order,
    shape: &'a [usize],
    elements: E,
}

#[derive(Deserialize)]
#[serde(rename = "Array", bound = "E: Deserialize<'de>")]
struct Parts<T: Element, E> {
    #[serde(rename = "element")]
    _element: ElementType<T>,
    order: Order,
    shape: Vec<usize>,
    elements: E,
}

/// As [`KeyDigest`](crate::KeyDigest) has it.
#[derive(Serialize)]
#[serde(rename = "Array")]
struct ForDigest<'a, E> {
    shape: &'a [usize],
    elements: E,
}

struct Each<I>(I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for Each<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

impl<T: Element> Serialize for Array<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (order, shape) = (self.order(), self.shape());
        let element = ElementType::<T>::new();
        match beside::passage() {
            Passage::Digest => {
                ForDigest { shape, elements: Each(self.logical()) }.serialize(serializer)
            }
            Passage::Encode => {
                let bytes = self.to_stored();
                let elements = match bytes.len() {
                    ..BESIDE_FROM => Written::Inside(bytes),
                    _ => Written::Beside(beside::put(bytes, T::STORED_LEN, self.buffer.life())),
                };
                Write { element, order, shape, elements }.serialize(serializer)
            }
            Passage::None | Passage::Decode | Passage::Trace => {
                let elements = Each(self.as_slice().iter());
                Write { element, order, shape, elements }.serialize(serializer)
            }
        }
    }
}

impl<'de, T: Element> Deserialize<'de> for Array<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (order, shape, buffer) = match beside::passage() {
            Passage::Trace => {
                let Parts { order, shape, .. } = Parts::<T, Read<T>>::deserialize(deserializer)?;
                let buffer = traced(&shape).map_err(beside::refuse)?;
                (order, shape, buffer)
            }
            Passage::Decode => {
                let parts = Parts::<T, Read<T>>::deserialize(deserializer)?;
                let buffer = match parts.elements {
                    Read::Inside(elements) => elements.into(),
                    Read::Beside(buffer) => {
                        let bytes = beside::take(buffer).ok_or_else(|| {
                            beside::refuse(format_args!(
                                "an array has buffer {buffer}, which is not there"
                            ))
                        })?;
                        Buffer::from_stored(bytes).map_err(beside::refuse)?
                    }
                };
                (parts.order, parts.shape, buffer)
            }
            Passage::None | Passage::Encode | Passage::Digest => {
                let parts = Parts::<T, Vec<T>>::deserialize(deserializer)?;
                (parts.order, parts.shape, parts.elements.into())
            }
        };
        Self::from_buffer(order, shape.into(), buffer).map_err(beside::refuse)
    }
}

/// Zeros of a shape that consists of sample values.
fn traced<T: Element>(shape: &[usize]) -> Result<Buffer<T>, String> {
    const MOST: usize = 1 << 10;
    let len = layout::len(shape, size_of::<T>())?;
    if len > MOST {
        return Err(format!("a sample of {len} elements"));
    }
    Ok((0..len).filter_map(|_| T::restore(&[0; 32][..T::STORED_LEN])).collect::<Vec<_>>().into())
}
