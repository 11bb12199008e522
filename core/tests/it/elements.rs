//! Arrays with elements of all kinds, and their bits.
#![allow(dead_code, reason = "not every test needs all of it")]

use larder_core::{Array, Element, Order};

pub(crate) fn bits<T: Element>(array: &Array<T>) -> (Vec<usize>, Order, Vec<u8>) {
    (array.shape().to_vec(), array.order(), stored(array.iter().copied()))
}

pub(crate) fn stored<T: Element>(elements: impl Iterator<Item = T>) -> Vec<u8> {
    let mut bytes = Vec::new();
    elements.for_each(|element| element.store(&mut bytes));
    bytes
}

pub(crate) fn filled<T: Element>(order: Order, shape: &[usize], mut seed: u64) -> Array<T> {
    let len = shape.iter().product();
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as u8
    };
    let mut element = || loop {
        let mut bytes = [0u8; 16].map(|_| random());
        if T::NAMES == ["bool"] {
            bytes[0] &= 1;
        }
        if let Some(element) = T::restore(&bytes[..T::STORED_LEN]) {
            break element;
        }
    };
    Array::from_shape_vec_in(order, shape, (0..len).map(|_| element()).collect()).unwrap()
}
