//! `.npy` files.

use larder::{Array, Element};

use super::behind;

/// The first byte says of which type elements are to be.
pub(crate) fn check(bytes: &[u8]) {
    let [kind, rest @ ..] = bytes else { return };
    match kind % 6 {
        0 => read::<f64>(rest),
        1 => read::<u16>(rest),
        2 => read::<bool>(rest),
        3 => read::<i8>(rest),
        4 => read::<usize>(rest),
        _ => read::<f32>(rest),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let numbers = Array::from(vec![1.5f64, -2.0, 3.0, 4.0, 5.0, 6.0]);
    let table = numbers.reshape([2, 3]).expect("as many");
    [
        behind(0, [file(&table), file(&table.transpose())]),
        behind(1, [file(&Array::from(vec![1u16, 2]))]),
        behind(2, [file(&Array::from(vec![true, false]))]),
        behind(3, [file(&Array::from(vec![-1i8]))]),
        behind(4, [file(&Array::from(vec![1usize, 2, 3]))]),
        behind(5, [file(&Array::from(vec![0.5f32; 3]))]),
    ]
    .concat()
}

fn file<T: Element>(array: &Array<T>) -> Vec<u8> {
    let mut file = Vec::new();
    array.write_npy(&mut file).expect("memory takes everything");
    file
}

fn read<T: Element>(bytes: &[u8]) {
    let array = match Array::<T>::read_npy(bytes) {
        Ok(array) => array,
        Err(error) => return assert!(error.is_corrupt() || error.is_decode(), "{error:?}"),
    };
    assert_eq!(array.len(), array.shape().iter().product::<usize>());
    let written = file(&array);
    let back = Array::<T>::read_npy(&written[..]).expect("its own file");
    assert_eq!((back.shape(), back.order()), (array.shape(), array.order()));
    assert!(file(&back) == written, "it is written differently");
}
