//! Results that are arrays of crate ndarray: kept as the [`Array`](crate::Array) of the same elements, whose memory is a
//! buffer.
//!
//! Short ones are left to their own serde form. Both are read whatever the length; the buffer tells them apart.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;

use super::{Encoded, Lent, Loan};
use crate::Result;

type GiveBack = Box<dyn FnOnce(&mut dyn Any) + Send>;

/// What is done with arrays of one type. A place is an `Option` of the array.
struct Kind {
    encode: fn(&dyn Any) -> Option<Encoded>,
    lend: fn(&mut dyn Any) -> Option<(Encoded, GiveBack)>,
    decode: fn(&[u8], &[Bytes], &mut dyn Any) -> Result<()>,
}

type Kinds = HashMap<TypeId, Kind>;

/// A table, so that the code of a result type is not that of all these types.
static KINDS: LazyLock<Kinds> = LazyLock::new(|| {
    let add: &[fn(&mut Kinds)] = &[
        #[cfg(feature = "ndarray")]
        current::add_to,
        #[cfg(feature = "ndarray-016")]
        v016::add_to,
    ];
    let mut kinds = Kinds::new();
    add.iter().for_each(|add| add(&mut kinds));
    kinds
});

fn kind_of<T: 'static>() -> Option<&'static Kind> {
    KINDS.get(&TypeId::of::<T>())
}

/// Whether values of the type are arrays of ndarray.
pub(super) fn is_array<T: 'static>() -> bool {
    kind_of::<T>().is_some()
}

/// The bytes of `value`, if it is such an array and long. Its elements are copied.
pub(super) fn encode<T: 'static>(value: &T) -> Option<Encoded> {
    (kind_of::<T>()?.encode)(value)
}

/// Takes `value` as long as its memory is written from, if it is such an array, long, and in C or Fortran order.
pub(super) fn lend<T: 'static>(value: T) -> Lent<T> {
    let Some(kind) = kind_of::<T>() else { return Err(value) };
    let mut place = Some(value);
    let Some((encoded, give_back)) = (kind.lend)(&mut place) else {
        return Err(place.expect("not taken"));
    };
    let take_back = move || {
        let mut place: Option<T> = None;
        give_back(&mut place);
        place.expect("of the type that was lent")
    };
    Ok((encoded, Loan(Box::new(take_back))))
}

/// The value of these bytes, if `T` is such an array and they are those of a long one.
pub(super) fn decode<T: 'static>(payload: &[u8], buffers: &[Bytes]) -> Option<Result<T>> {
    if buffers.is_empty() {
        return None;
    }
    let mut place: Option<T> = None;
    let decoded = (kind_of::<T>()?.decode)(payload, buffers, &mut place);
    Some(decoded.map(|()| place.expect("filled in")))
}

#[cfg(any(feature = "ndarray", feature = "ndarray-016"))]
macro_rules! ndarray {
    ($ndarray:ident) => {
        use std::any::{Any, TypeId, type_name};

        use bytes::Bytes;
        use $ndarray::{Array as Nd, Dimension, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn};

        use super::super::BESIDE_FROM;
        use super::{GiveBack, Kind, Kinds};
        use crate::bulk::Bulk;
        use crate::codec::{EncodeOptions, Encoded, checked, encode_as, failed, postcard};
        use crate::shape::shape_of;
        use crate::{Array, Element, ErrorKind, Result};

        pub(super) fn add_to(kinds: &mut Kinds) {
            add_all::<bool>(kinds);
            add_all::<u8>(kinds);
            add_all::<u16>(kinds);
            add_all::<u32>(kinds);
            add_all::<u64>(kinds);
            add_all::<u128>(kinds);
            add_all::<usize>(kinds);
            add_all::<i8>(kinds);
            add_all::<i16>(kinds);
            add_all::<i32>(kinds);
            add_all::<i64>(kinds);
            add_all::<i128>(kinds);
            add_all::<isize>(kinds);
            add_all::<f32>(kinds);
            add_all::<f64>(kinds);
            #[cfg(feature = "complex")]
            add_all::<num_complex::Complex<f32>>(kinds);
            #[cfg(feature = "complex")]
            add_all::<num_complex::Complex<f64>>(kinds);
        }

        fn add_all<T: Element>(kinds: &mut Kinds) {
            add::<T, Ix1>(kinds);
            add::<T, Ix2>(kinds);
            add::<T, Ix3>(kinds);
            add::<T, Ix4>(kinds);
            add::<T, Ix5>(kinds);
            add::<T, Ix6>(kinds);
            add::<T, IxDyn>(kinds);
        }

        fn add<T: Element, D: Dimension + 'static>(kinds: &mut Kinds) {
            let kind = Kind { encode: encode::<T, D>, lend: lend::<T, D>, decode: decode::<T, D> };
            kinds.insert(TypeId::of::<Nd<T, D>>(), kind);
        }

        fn is_long<T: Element, D: Dimension + 'static>(array: &Nd<T, D>) -> bool {
            array.len() * T::STORED_LEN >= BESIDE_FROM
        }

        fn encoded<T: Element>(array: &Array<T>) -> Option<Encoded> {
            encode_as::<Array<T>>(array, &EncodeOptions::default()).ok()
        }

        fn encode<T: Element, D: Dimension + 'static>(value: &dyn Any) -> Option<Encoded> {
            let array = value.downcast_ref::<Nd<T, D>>().filter(|array| is_long(array))?;
            encoded(&array.to_array())
        }

        fn lend<T: Element, D: Dimension + 'static>(
            place: &mut dyn Any,
        ) -> Option<(Encoded, GiveBack)> {
            // In any other layout it would not come back as it was.
            let as_it_is = |array: &mut Nd<T, D>| {
                is_long(array) && (array.is_standard_layout() || array.t().is_standard_layout())
            };
            let place = place.downcast_mut::<Option<Nd<T, D>>>()?;
            let array = Array::from(place.take_if(as_it_is)?);
            let give_back = |array| Nd::from_array(array).ok();
            let Some(encoded) = encoded(&array) else {
                *place = give_back(array);
                return None;
            };
            let give_back = move |place: &mut dyn Any| {
                if let Some(place) = place.downcast_mut::<Option<Nd<T, D>>>() {
                    *place = give_back(array);
                }
            };
            Some((encoded, Box::new(give_back)))
        }

        fn decode<T: Element, D: Dimension + 'static>(
            payload: &[u8],
            buffers: &[Bytes],
            place: &mut dyn Any,
        ) -> Result<()> {
            let array: Array<T> =
                checked::with_all(buffers, || postcard::decode(payload, shape_of::<Array<T>>()))?;
            let array = Nd::<T, D>::from_array(array)
                .map_err(|why| failed(ErrorKind::Decode, why, type_name::<Nd<T, D>>()))?;
            if let Some(place) = place.downcast_mut::<Option<Nd<T, D>>>() {
                *place = Some(array);
            }
            Ok(())
        }
    };
}

#[cfg(feature = "ndarray")]
mod current {
    ndarray!(ndarray);
}

#[cfg(feature = "ndarray-016")]
mod v016 {
    ndarray!(ndarray_016);
}
