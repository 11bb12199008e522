//! Small rows of numbers are written many at a time, under serde one by one: to the same digest.

use std::array;
use std::fmt::Debug;

use larder_core::{Digest, KeyAlgorithm, KeyDigest, hash, hash_serde};
use serde::Serialize;

#[track_caller]
fn agree<T: KeyDigest + Serialize + Debug>(value: T) -> [u8; 32] {
    let digest = hash(&value).unwrap();
    assert_eq!(digest, hash_serde(KeyAlgorithm::Blake3, &value).unwrap(), "{value:?}");
    let pair = (&value, vec![Some(&value), None]);
    assert_eq!(hash(&pair).unwrap(), hash_serde(KeyAlgorithm::Blake3, &pair).unwrap(), "{pair:?}");
    digest
}

fn written(write: impl FnOnce(&mut Digest)) -> [u8; 32] {
    let mut digest = Digest::new();
    write(&mut digest);
    digest.finish().unwrap()
}

#[test]
fn rows_of_numbers_agree_whatever_their_length_and_neighbours() {
    macro_rules! rows_of {
        ($($len:literal)*) => {$({
            for count in [0, 1, 2, 100, 5000 / ($len + 1)] {
                let row = |i: usize| array::from_fn::<_, $len, _>(|j| i * 1000 + j);
                agree((0..count).map(row).collect::<Vec<_>>());
                agree((0..count).map(|i| row(i).map(|n| n as u8)).collect::<Vec<_>>());
                agree((0..count).map(|i| row(i).map(|n| n as f64)).collect::<Vec<_>>());
                agree((1, (0..count).map(|i| row(i).map(|n| n % 2 == 0)).collect::<Vec<_>>(), 1));
            }
        })*};
    }
    rows_of!(1 2 3 17 31 32);
    agree(vec![[[1.5_f32; 2]; 3]; 50]);
    // On both sides of what is written at once; serde knows no rows of that length.
    fn one_by_one<T: KeyDigest>(rows: &[T]) {
        let at_once = written(|digest| _ = digest.sequence().item(&1).items(rows).item(&2));
        let singly = written(|digest| {
            let mut items = digest.sequence();
            items.item(&1);
            rows.iter().for_each(|row| _ = items.item(row));
            items.item(&2);
        });
        assert_eq!(at_once, singly);
    }
    one_by_one(&[[7_i32; 2]; 300]);
    one_by_one(&[[7_i32; 2]; 0]);
    one_by_one(&[[7_u64; 64]; 300]);
    one_by_one(&[[7_u64; 65]; 3]);
    one_by_one(&[[7_u16; 9000]; 2]);
    agree(vec![['a', 'b']; 3]);
    assert_ne!(hash(&vec![[1, 2], [3, 4]]).unwrap(), hash(&vec![[1, 2, 3, 4]]).unwrap());
    assert_ne!(hash(&vec![[1, 2], [3, 4]]).unwrap(), hash(&vec![1, 2, 3, 4]).unwrap());
}

#[cfg(feature = "complex")]
#[test]
fn complex_numbers_agree_and_are_pairs() {
    use num_complex::Complex;

    for count in [0, 1, 2, 700, 3000] {
        let numbers: Vec<_> = (0..count).map(|i| Complex::new(f64::from(i), -0.5)).collect();
        let pairs: Vec<_> = numbers.iter().map(|number| (number.re, number.im)).collect();
        assert_eq!(agree(numbers.clone()), agree(pairs));
        agree(numbers.iter().map(|number| Complex::new(number.re as f32, 1.0)).collect::<Vec<_>>());
        let order = larder_core::Order::F;
        let columns = larder_core::Array::from_shape_vec_in(order, [1, 1, count as usize], numbers);
        let columns = columns.unwrap().reshape([count as usize, 1]).unwrap();
        agree((1.0, columns, 1.0));
    }
    agree(vec![Complex::new(1_u8, 2)]);
}
