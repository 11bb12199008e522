//! Complex numbers as elements.

use std::slice;

use num_complex::Complex;

use super::element::{Element, sealed};
use crate::{Digest, KeyDigest};

/// A pair of numbers, as under serde.
impl<T: KeyDigest> KeyDigest for Complex<T> {
    fn digest(&self, digest: &mut Digest) {
        digest.tuple().item(&self.re).item(&self.im);
    }

    fn digest_slice(slice: &[Self], digest: &mut Digest) {
        // SAFETY: `repr(C)` of two values of one type is laid out as an array of the two.
        let pairs = unsafe { slice::from_raw_parts(slice.as_ptr().cast::<[T; 2]>(), slice.len()) };
        T::digest_rows(pairs, digest);
    }
}

macro_rules! complex {
    ($($part:ident $name:literal)*) => {$(
        impl sealed::Sealed for Complex<$part> {}

        // SAFETY: `repr(C)` of two floats of one type: no padding, and every pattern of bits is one.
        unsafe impl Element for Complex<$part> {
            const NAMES: &'static [&'static str] = &[$name];
            const STORED_LEN: usize = 2 * $part::STORED_LEN;
            const STORED_AS_IS: bool = $part::STORED_AS_IS;

            fn store(self, out: &mut Vec<u8>) {
                self.re.store(out);
                self.im.store(out);
            }

            fn restore(stored: &[u8]) -> Option<Self> {
                let (re, im) = stored.split_at_checked($part::STORED_LEN)?;
                Some(Self::new($part::restore(re)?, $part::restore(im)?))
            }
        }
    )*};
}
complex!(f32 "complex<f32>" f64 "complex<f64>");
