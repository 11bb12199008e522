//! Property tests for arrays of every element type, order and shape.

use larder_core::Order;
use proptest::prelude::*;

pub(crate) fn orders() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::C), Just(Order::F)]
}

/// No dimensions, empty ones, one element, many; on both sides of 4 KiB.
pub(crate) fn shapes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        prop::collection::vec(0usize..5, 0..5),
        prop::collection::vec(1usize..2, 0..5),
        (0usize..5000).prop_map(|len| vec![len]),
        (60usize..70, 1usize..80).prop_map(|(rows, columns)| vec![rows, columns]),
        (8usize..16, 8usize..16, 1usize..9).prop_map(|(a, b, c)| vec![a, b, c]),
    ]
}

/// A property test for every element type, named by it, of `$check::<T>(order, &shape, seed)`.
macro_rules! for_every_element {
    ($check:ident, $cases:literal) => {
        $crate::properties::for_every_element! { @ $check $cases;
            bools bool;
            bytes u8; u16s u16; u32s u32; u64s u64; u128s u128; usizes usize;
            i8s i8; i16s i16; i32s i32; i64s i64; i128s i128; isizes isize;
            floats f32; doubles f64;
            #[cfg(feature = "complex")] complex_floats num_complex::Complex<f32>;
            #[cfg(feature = "complex")] complex_doubles num_complex::Complex<f64>;
        }
    };
    (@ $check:ident $cases:literal; $($(#[$when:meta])? $name:ident $type:ty;)*) => {$(
        proptest! {
            #![proptest_config(ProptestConfig::with_cases($cases))]
            $(#[$when])?
            #[test]
            fn $name(
                order in $crate::properties::orders(),
                shape in $crate::properties::shapes(),
                seed in any::<u64>()
            ) {
                $check::<$type>(order, &shape, seed);
            }
        }
    )*};
}
pub(crate) use for_every_element;
