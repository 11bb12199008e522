//! From, into and as arrays of crate `ndarray`, in the versions that are in use.

#[cfg(any(feature = "ndarray", feature = "ndarray-016"))]
macro_rules! ndarray {
    ($ndarray:ident, $view:ident) => {
        use $ndarray::{
            Array as Nd, ArrayBase, ArrayView, ArrayViewD, Data, Dimension, IxDyn, ShapeBuilder,
        };

        use super::super::buffer::Buffer;
        use super::super::bulk::{Bulk, rank};
        use super::super::digest::digest_array;
        use super::super::element::{Element, sealed};
        use super::super::{Array, Order};
        use crate::{Digest, KeyDigest};

        impl<T: Element> Array<T> {
            /// The array as a view of crate `ndarray`, on the same elements.
            pub fn $view(&self) -> ArrayViewD<'_, T> {
                let shape = IxDyn(self.shape()).set_f(self.order() == Order::F);
                ArrayView::from_shape(shape, self.as_slice())
                    .expect("the shape has been checked by the same rules")
            }
        }

        /// Without a copy where the elements lie together in either order.
        impl<T: Element, D: Dimension> From<Nd<T, D>> for Array<T> {
            fn from(array: Nd<T, D>) -> Self {
                let Some(order) = order(&array) else { return Self::from(array.view()) };
                let (shape, len) = (array.shape().into(), array.len());
                let (elements, start) = array.into_raw_vec_and_offset();
                let buffer = Buffer::from_part(elements, start.unwrap_or(0), len);
                Self { shape, order, buffer }
            }
        }

        /// Copies the elements, in the order they are in; in C order where they do not lie together.
        impl<T: Element, D: Dimension> From<ArrayView<'_, T, D>> for Array<T> {
            fn from(view: ArrayView<'_, T, D>) -> Self {
                let order = order(&view);
                let elements: Vec<T> = match (order, view.as_slice_memory_order()) {
                    (Some(_), Some(elements)) => elements.to_vec(),
                    _ => view.iter().copied().collect(),
                };
                let order = order.unwrap_or_default();
                Self { shape: view.shape().into(), order, buffer: elements.into() }
            }
        }

        /// Without a copy where this array is the only one that has its elements.
        impl<T: Element> From<Array<T>> for Nd<T, IxDyn> {
            fn from(array: Array<T>) -> Self {
                let shape = IxDyn(array.shape()).set_f(array.order() == Order::F);
                Nd::from_shape_vec(shape, array.into_vec())
                    .expect("the shape has been checked by the same rules")
            }
        }

        impl<T: Element, D: Dimension> sealed::Sealed for Nd<T, D> {}

        impl<T: Element, D: Dimension> Bulk for Nd<T, D> {
            type Element = T;

            fn to_array(&self) -> Array<T> {
                self.view().into()
            }

            fn from_array(array: Array<T>) -> Result<Self, String> {
                rank(&array, D::NDIM.unwrap_or(array.rank()))?;
                Nd::from(array).into_dimensionality().map_err(|error| error.to_string())
            }

            fn empty() -> Self {
                let zero = || T::restore(&[0; 32][..T::STORED_LEN]).expect("all types have a zero");
                Nd::from_shape_fn(D::zeros(D::NDIM.unwrap_or(1)), |_| zero())
            }
        }

        /// As the [`Array`] of the same shape and elements.
        impl<A: KeyDigest, S: Data<Elem = A>, D: Dimension> KeyDigest for ArrayBase<S, D> {
            fn digest(&self, digest: &mut Digest) {
                digest_array(digest, self.shape(), |items| match self.as_slice() {
                    Some(elements) => _ = items.items(elements),
                    None => self.iter().for_each(|element| _ = items.item(element)),
                });
            }
        }

        /// The order of elements that lie together without gaps.
        fn order<T, S: Data<Elem = T>, D: Dimension>(array: &ArrayBase<S, D>) -> Option<Order> {
            if array.is_standard_layout() {
                return Some(Order::C);
            }
            array.t().is_standard_layout().then_some(Order::F)
        }
    };
}

#[cfg(feature = "ndarray")]
mod current {
    ndarray!(ndarray, view);
}

#[cfg(feature = "ndarray-016")]
mod v016 {
    ndarray!(ndarray_016, view_016);
}
