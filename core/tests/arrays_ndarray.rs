//! Arrays from, into and as those of crate `ndarray`, and their digests, in both versions.
#![cfg(any(feature = "ndarray", feature = "ndarray-016"))]

macro_rules! version {
    ($module:ident, $ndarray:ident, $view:ident) => {
        mod $module {
            use $ndarray::{Array2, Array3, ArrayD, Axis, Ix0, IxDyn, ShapeBuilder, arr0, s};
            use larder_core::{Array, KeyDigest, Order, hash};

            fn numbers() -> Array3<f64> {
                Array3::from_shape_fn((3, 4, 5), |(i, j, k)| (i * 100 + j * 10 + k) as f64)
            }

            #[test]
            fn arrays_go_in_and_out_without_a_copy_in_both_orders() {
                let mut fortran = Array3::zeros((3, 4, 5).f());
                fortran.assign(&numbers());
                for (nd, order) in [(numbers(), Order::C), (fortran, Order::F)] {
                    let at = nd.as_ptr();
                    let array = Array::from(nd.clone());
                    assert_eq!((array.shape(), array.order()), (nd.shape(), order));
                    assert_eq!(array[[2, 3, 4]], 234.0);
                    assert_eq!(array.$view(), nd.view().into_dyn());
                    assert_eq!(Array::from(nd.view()), array);
                    assert_eq!(Array::from(nd.view()).order(), order);
                    let back = ArrayD::from(Array::from(nd));
                    assert_eq!((back.as_ptr(), back), (at, array.$view().to_owned()));
                }
            }

            #[test]
            fn what_does_not_lie_together_is_copied_in_logical_order() {
                let nd = numbers();
                let view = nd.slice(s![.., 1..3, ..;2]);
                let array = Array::from(view);
                assert_eq!((array.order(), array.$view()), (Order::C, view.into_dyn()));
                let mut owned = numbers();
                owned.slice_collapse(s![1.., ..;-1, ..]);
                let array = Array::from(owned.clone());
                assert_eq!(array.$view(), owned.view().into_dyn());
                let mut part = numbers();
                part.slice_collapse(s![1.., .., ..]);
                let at = part.as_ptr();
                let array = Array::from(part.clone());
                assert_eq!(array.$view(), part.view().into_dyn());
                assert_eq!(Array::from(part).as_ptr(), at, "a part of a vector is no copy");
                let row = nd.index_axis(Axis(0), 1);
                let broadcast = row.broadcast((2, 4, 5)).unwrap();
                assert_eq!(Array::from(broadcast).$view(), broadcast.into_dyn());
            }

            #[test]
            fn arrays_without_dimensions_or_elements() {
                let single = Array::from(arr0(7u8));
                assert_eq!((single.shape(), &single[..]), (&[][..], &[7][..]));
                assert_eq!(single.$view().into_dimensionality::<Ix0>().unwrap(), arr0(7));
                for shape in [[0, 3], [3, 0]] {
                    let array = Array::from(Array2::<i32>::zeros(shape));
                    assert_eq!(array.$view(), ArrayD::<i32>::zeros(IxDyn(&shape)));
                }
            }

            #[test]
            fn an_array_and_its_like_have_one_digest() {
                fn same<T: KeyDigest, U: KeyDigest>(left: &T, right: &U) {
                    assert_eq!(hash(left).unwrap(), hash(right).unwrap());
                }
                let nd = numbers();
                let array = Array::from(nd.clone());
                same(&nd, &array);
                same(&nd.view(), &array);
                same(&nd.clone().into_dyn(), &array.to_order(Order::F));
                same(&nd.t(), &array.transpose());
                let strided = nd.slice(s![..;2, 1..3, ..;-1]);
                same(&strided, &Array::from(strided));
                same(&strided.to_owned(), &strided);
                assert_ne!(hash(&strided).unwrap(), hash(&nd).unwrap());
                let flat = nd.clone().into_shape_with_order(60).unwrap();
                assert_ne!(hash(&flat).unwrap(), hash(&nd).unwrap());
                let texts = Array2::from_shape_fn((2, 2), |(i, j)| format!("{i}{j}"));
                same(&texts, &texts.view());
                assert_ne!(hash(&texts).unwrap(), hash(&texts.t()).unwrap());
            }
        }
    };
}

#[cfg(feature = "ndarray")]
version!(current, ndarray, view);
#[cfg(feature = "ndarray-016")]
version!(v016, ndarray_016, view_016);
