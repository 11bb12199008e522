//! Arrays from, into and as those of crate `ndarray`, and their digests, in both versions.
#![cfg(any(feature = "ndarray", feature = "ndarray-016"))]

use std::fmt::Debug;

use larder_core::codec::{Codecs, EncodeOptions, Encoded, Storable, decode, encode};

fn encoded<T: Storable>(value: &T) -> Encoded {
    encode(value, &EncodeOptions::default()).unwrap()
}

fn decoded<T: Storable>(encoded: &Encoded) -> larder_core::Result<T> {
    decode(encoded.codec, &encoded.payload, &encoded.buffers, &Codecs::default())
}

#[track_caller]
fn is_in_bulk<T: Storable + PartialEq + Debug>(value: T, bytes: usize) {
    let encoded = encoded(&value);
    assert_eq!((encoded.codec.as_str(), encoded.buffers.len()), ("postcard", 1));
    assert_eq!(encoded.buffers[0].len(), bytes);
    assert!(encoded.payload.len() < 64, "the elements are in the payload as well");
    assert_eq!(decoded::<T>(&encoded).unwrap(), value);
}

macro_rules! version {
    ($module:ident, $ndarray:ident, $view:ident) => {
        mod $module {
            use $ndarray::{Array2, Array3, ArrayD, Axis, Ix0, IxDyn, ShapeBuilder, arr0, s};
            use larder_core::{Array, KeyDigest, Order, hash};

            use super::{decoded, encoded, is_in_bulk};

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
            fn long_ones_are_a_buffer_whatever_their_elements_dimensions_and_layout() {
                let of = |shape: (usize, usize)| {
                    Array2::from_shape_fn(shape, |(i, j)| (i * 1000 + j) as f64)
                };
                is_in_bulk(of((30, 40)), 30 * 40 * 8);
                is_in_bulk(of((30, 40)).into_dyn(), 30 * 40 * 8);
                is_in_bulk(of((40, 30)).reversed_axes(), 30 * 40 * 8);
                is_in_bulk(of((60, 40)).slice(s![..;2, ..]).to_owned(), 30 * 40 * 8);
                let mut backwards = of((30, 40));
                backwards.invert_axis(Axis(0));
                is_in_bulk(backwards, 30 * 40 * 8);
                let mask = of((30, 160)).map(|x| *x > 7.0).insert_axis(Axis(0));
                is_in_bulk(mask, 30 * 160);
                is_in_bulk(of((30, 160)).map(|x| *x as usize), 30 * 160 * 8);
                is_in_bulk(of((30, 160)).map(|x| *x as i8).into_shape_with_order(4800).unwrap(), 4800);
                #[cfg(feature = "complex")]
                is_in_bulk(of((30, 40)).map(|x| num_complex::Complex::new(*x, 0.5)), 30 * 40 * 16);
            }

            #[test]
            fn short_ones_and_those_of_other_elements_keep_their_own_form_which_is_always_read() {
                #[derive(serde::Serialize, serde::Deserialize)]
                #[serde(transparent)]
                struct OwnForm(Array2<f64>);

                let short = Array2::from_elem((7, 3), 0.5);
                assert!(encoded(&short).buffers.is_empty());
                assert_eq!(decoded::<Array2<f64>>(&encoded(&short)).unwrap(), short);
                let texts = Array2::from_shape_fn((40, 40), |(i, j)| format!("{i} {j}"));
                assert!(encoded(&texts).buffers.is_empty());
                assert_eq!(decoded::<Array2<String>>(&encoded(&texts)).unwrap(), texts);
                let long = OwnForm(Array2::from_elem((70, 30), 0.5));
                let in_own_form = encoded(&long);
                assert!(in_own_form.buffers.is_empty());
                assert_eq!(decoded::<Array2<f64>>(&in_own_form).unwrap(), long.0);
            }

            #[test]
            fn a_field_with_bulk_stands_beside_the_value_and_keeps_its_layout() {
                #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
                struct Model {
                    name: String,
                    #[serde(with = "larder_core::bulk")]
                    matrix: Array2<f64>,
                    #[serde(with = "larder_core::bulk")]
                    any: ArrayD<u16>,
                    #[serde(with = "larder_core::bulk")]
                    single: $ndarray::Array0<i32>,
                }
                let model = Model {
                    name: "model".to_owned(),
                    matrix: Array2::from_elem((30, 40).f(), 0.5),
                    any: ArrayD::from_elem(IxDyn(&[2, 10, 200]), 7),
                    single: arr0(-1),
                };
                let encoded = encoded(&model);
                assert_eq!((encoded.codec.as_str(), encoded.buffers.len()), ("postcard", 2));
                let back: Model = decoded(&encoded).unwrap();
                assert!(back == model && back.matrix.t().is_standard_layout());

                #[derive(Debug, serde::Deserialize)]
                struct Flat {
                    #[serde(rename = "name")]
                    _name: String,
                    #[serde(rename = "matrix", with = "larder_core::bulk")]
                    _matrix: $ndarray::Array1<f64>,
                    #[serde(rename = "any", with = "larder_core::bulk")]
                    _any: ArrayD<u16>,
                    #[serde(rename = "single", with = "larder_core::bulk")]
                    _single: $ndarray::Array0<i32>,
                }
                let json = serde_json::to_string(&model).unwrap();
                let error = serde_json::from_str::<Flat>(&json).unwrap_err();
                assert!(error.to_string().contains("2 dimensions"), "{error}");
                assert_eq!(serde_json::from_str::<Model>(&json).unwrap(), model);
            }

            #[test]
            fn what_is_no_such_array_is_refused() {
                let array = Array2::from_elem((30, 40), 0.5);
                let error = decoded::<Array3<f64>>(&encoded(&array)).unwrap_err();
                assert!(error.is_decode() && error.to_string().contains("of 2 dimensions"));
                let mut twice = encoded(&array);
                twice.buffers.push(twice.buffers[0].clone());
                let mut cut = encoded(&array);
                cut.buffers[0].truncate(30 * 40 * 8 - 8);
                let mut foreign = encoded(&array);
                foreign.payload.clear();
                for damaged in [twice, cut, foreign] {
                    assert!(decoded::<Array2<f64>>(&damaged).unwrap_err().is_decode());
                }
                let mut masks = encoded(&Array2::from_elem((80, 80), true));
                masks.buffers[0] = vec![2; 6400].into();
                assert!(decoded::<Array2<bool>>(&masks).unwrap_err().is_decode());
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
