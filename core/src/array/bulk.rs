//! Fields that hold numbers in another form than an [`Array`], written as one: `#[serde(with = "larder::bulk")]`.
//!
//! Serde shows a vector inside of a struct as numbers one after the other, and an array of crate ndarray likewise. With
//! this attribute the field is what an [`Array`] of its elements is: written at once, beside the value from 4 KiB on. The
//! elements are copied once on each way; a field that is an [`Array`] itself is not copied, and may be mapped.
//!
//! ```
//! # use larder_core as larder;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Model {
//!     name: String,
//!     #[serde(with = "larder::bulk")]
//!     weights: Vec<u32>, // as well: ndarray::Array2<f64> (feature `ndarray`)
//! }
//! # let dir = std::env::temp_dir().join(format!("larder-bulk-{}", std::process::id()));
//! # std::fs::create_dir_all(&dir).unwrap();
//! # let path = dir.join("model");
//! # let model = Model { name: "m".to_owned(), weights: vec![70_000; 5000] };
//! larder::dump(&model, &path)?;
//! assert_eq!(larder::load::<Model>(&path)?.weights, model.weights);
//! # std::fs::remove_dir_all(&dir).unwrap();
//! # Ok::<(), larder::Error>(())
//! ```

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Array;
use super::element::{Element, sealed};
use crate::beside::{self, Passage};

/// What [`bulk`](self) is for: vectors and boxed slices of [elements](Element), and arrays of crate ndarray.
pub trait Bulk: sealed::Sealed + Sized {
    /// The type of the numbers.
    type Element: Element;

    /// The same elements, copied.
    #[doc(hidden)]
    fn to_array(&self) -> Array<Self::Element>;

    /// The value of these elements.
    #[doc(hidden)]
    fn from_array(array: Array<Self::Element>) -> Result<Self, String>;

    /// A value without elements; of one zero if it has no dimensions.
    #[doc(hidden)]
    fn empty() -> Self;
}

/// Writes the field as an [`Array`].
///
/// # Errors
/// Those of the serializer.
pub fn serialize<B: Bulk, S: Serializer>(value: &B, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_array().serialize(serializer)
}

/// Reads the field from an [`Array`].
///
/// # Errors
/// Those of the deserializer, and an array of another number of dimensions.
pub fn deserialize<'de, B: Bulk, D: Deserializer<'de>>(deserializer: D) -> Result<B, D::Error> {
    let value = B::from_array(Array::deserialize(deserializer)?);
    match value {
        // Sample values have any number of dimensions.
        Err(_) if beside::passage() == Passage::Trace => Ok(B::empty()),
        value => value.map_err(beside::refuse),
    }
}

macro_rules! flat {
    ($($list:ty)*) => {$(
        impl<T: Element> sealed::Sealed for $list {}

        impl<T: Element> Bulk for $list {
            type Element = T;

            fn to_array(&self) -> Array<T> {
                self[..].into()
            }

            fn from_array(array: Array<T>) -> Result<Self, String> {
                rank(&array, 1).map(|()| array.into())
            }

            fn empty() -> Self {
                Self::default()
            }
        }
    )*};
}
flat!(Vec<T> Box<[T]>);

pub(super) fn rank<T: Element>(array: &Array<T>, wanted: usize) -> Result<(), String> {
    match array.rank() {
        rank if rank == wanted => Ok(()),
        rank => Err(format!("an array of {rank} dimensions is no array of {wanted}")),
    }
}
