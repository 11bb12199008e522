//! Arrays of crate ndarray as arguments and results of memoized functions, with no change in their signatures.
#![cfg(all(feature = "local", any(feature = "ndarray", feature = "ndarray-016")))]

use std::fs;
use std::path::Path;

/// Where in the one entry these bytes stand.
fn place_in_the_entry(dir: &Path, bytes: &[u8]) -> usize {
    let places = files(dir).into_iter().filter_map(|file| {
        let entry = fs::read(file).unwrap();
        entry.windows(bytes.len()).position(|window| window == bytes)
    });
    let places: Vec<usize> = places.collect();
    let [place] = places[..] else { panic!("the elements stand in {} files", places.len()) };
    place
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

macro_rules! version {
    ($module:ident, $ndarray:ident) => {
        mod $module {
            use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

            use larder::{Memory, memoize};
            use $ndarray::{Array1, Array2, ArrayView2, Axis, ShapeBuilder};

            static RUNS: AtomicUsize = AtomicUsize::new(0);
            static COMPUTED_AT: AtomicUsize = AtomicUsize::new(0);

            #[memoize]
            fn scaled(table: ArrayView2<'_, f64>, by: f64) -> Array2<f64> {
                RUNS.fetch_add(1, Relaxed);
                let scaled = table.map(|x| x * by);
                COMPUTED_AT.store(scaled.as_ptr().addr(), Relaxed);
                scaled
            }

            #[memoize]
            fn means(table: &Array2<f64>) -> Result<Array1<f64>, String> {
                RUNS.fetch_add(1, Relaxed);
                table.mean_axis(Axis(0)).ok_or_else(|| "no rows".to_owned())
            }

            #[memoize]
            fn columns(rows: usize) -> Array2<i64> {
                Array2::from_shape_fn((rows, 3).f(), |(i, j)| (i * 10 + j) as i64)
            }

            #[test]
            fn arguments_are_found_and_results_come_back_equal() {
                let dir = tempfile::tempdir().unwrap();
                let memory = Memory::open(dir.path()).unwrap();
                let table = Array2::from_shape_fn((100, 50), |(i, j)| (i * j) as f64 + 0.5);
                let (scaled_of, means_of) = (memory.cache::<scaled>(), memory.cache::<means>());

                let first = scaled_of.call(table.view(), 3.0).unwrap();
                assert_eq!(first.as_ptr().addr(), COMPUTED_AT.load(Relaxed), "it was copied");
                let mean = means_of.call(&table).unwrap().unwrap();
                let runs = RUNS.load(Relaxed);

                // Another layout of the same table is the same argument.
                let mut columns = Array2::zeros((100, 50).f());
                columns.assign(&table);
                assert_eq!(scaled_of.call(columns.view(), 3.0).unwrap(), first);
                assert_eq!(means_of.call(&columns).unwrap().unwrap(), mean);
                assert_eq!(RUNS.load(Relaxed), runs, "these are hits");
                scaled_of.call(table.t(), 3.0).unwrap();
                assert_eq!(RUNS.load(Relaxed), runs + 1, "another table is not");
            }

            #[test]
            fn the_elements_lie_in_the_entry_as_they_are_in_memory_and_aligned() {
                let dir = tempfile::tempdir().unwrap();
                let memory = Memory::open(dir.path()).unwrap();
                let columns_of = memory.cache::<columns>();
                let computed = columns_of.call(700).unwrap();
                let elements = computed.as_slice_memory_order().unwrap();
                let bytes: Vec<u8> = elements.iter().flat_map(|x| x.to_le_bytes()).collect();
                assert_eq!(super::place_in_the_entry(dir.path(), &bytes) % 64, 0);
                let found = columns_of.with(700).get().unwrap().expect("a hit");
                assert_eq!(found, computed);
                assert!(found.t().is_standard_layout(), "it has lost its order");
            }
        }
    };
}

#[cfg(feature = "ndarray")]
version!(current, ndarray);
#[cfg(feature = "ndarray-016")]
version!(v016, ndarray_016);
