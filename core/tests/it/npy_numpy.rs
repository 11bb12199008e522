//! NumPy itself reads what larder writes, and larder reads what NumPy writes.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::elements::{bits, filled, stored};
use larder_core::{Array, Element, LoadOptions, MmapMode, Order, SharedArray};

/// Runs the Python that `cargo xtask test` provides, in a directory.
fn python(dir: &Path, script: &str) -> String {
    let python = std::env::var_os("LARDER_TEST_PYTHON").expect(
        "this test needs a Python with NumPy, by the variable LARDER_TEST_PYTHON: run `cargo xtask test`",
    );
    let output = Command::new(python)
        .args(["-c", script])
        .current_dir(dir)
        .output()
        .expect("LARDER_TEST_PYTHON names a program");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("text")
}

const SHAPES: [&[usize]; 6] = [&[], &[0], &[1], &[7], &[2, 3], &[3, 0, 2]];

fn tuple(shape: &[usize]) -> String {
    let mut tuple = String::from("(");
    shape.iter().for_each(|len| write!(tuple, "{len},").unwrap());
    tuple + ")"
}

/// For every element type, `$act` with its name in NumPy.
macro_rules! for_every_dtype {
    ($act:ident($($argument:expr),*)) => {
        $act::<bool>("bool", $($argument),*);
        $act::<u8>("uint8", $($argument),*);
        $act::<u16>("uint16", $($argument),*);
        $act::<u32>("uint32", $($argument),*);
        $act::<u64>("uint64", $($argument),*);
        $act::<usize>("uint64", $($argument),*);
        $act::<i8>("int8", $($argument),*);
        $act::<i16>("int16", $($argument),*);
        $act::<i32>("int32", $($argument),*);
        $act::<i64>("int64", $($argument),*);
        $act::<isize>("int64", $($argument),*);
        $act::<f32>("float32", $($argument),*);
        $act::<f64>("float64", $($argument),*);
        #[cfg(feature = "complex")]
        $act::<num_complex::Complex<f32>>("complex64", $($argument),*);
        #[cfg(feature = "complex")]
        $act::<num_complex::Complex<f64>>("complex128", $($argument),*);
    };
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn numpy_reads_what_larder_writes() {
    fn write<T: Element>(dtype: &str, dir: &Path, script: &mut String) {
        for (i, shape) in SHAPES.iter().enumerate() {
            for order in [Order::C, Order::F] {
                let array = filled::<T>(order, shape, i as u64);
                let name = format!("{}-{i}-{order:?}.npy", T::NAMES[0].replace(['<', '>'], "-"));
                array.save_npy(dir.join(&name)).unwrap();
                let logical = hex(&stored(array.logical()));
                let shape = tuple(shape);
                writeln!(script, "check('{name}', '{dtype}', {shape}, '{logical}')").unwrap();
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut script = String::from(
        "import numpy as np\n\
         def check(name, dtype, shape, logical):\n    \
             for mode in [None, 'r'] if 0 not in shape and shape else [None]:\n        \
                 a = np.load(name, mmap_mode=mode, allow_pickle=False)\n        \
                 assert a.dtype == np.dtype(dtype) and a.shape == shape, (name, a.dtype, a.shape)\n        \
                 assert a.tobytes('C').hex() == logical, name\n        \
                 print('ok')\n",
    );
    for_every_dtype!(write(dir.path(), &mut script));
    let checks = python(dir.path(), &script).lines().count();
    assert!(checks > script.lines().count(), "{checks}");
}

#[test]
fn larder_reads_what_numpy_writes() {
    fn read<T: Element>(dtype: &str, dir: &Path) {
        for (i, shape) in SHAPES.iter().enumerate() {
            let expected = filled::<T>(Order::C, shape, 9);
            for version in 1..=3 {
                for endian in ["<", ">"] {
                    for order in ["C", "F"] {
                        let name = format!("{dtype}-{i}-{version}-{endian}-{order}.npy");
                        for mode in [MmapMode::Auto, MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
                            let options = LoadOptions::new().mmap_mode(mode);
                            let array =
                                Array::<T>::load_npy_with(dir.join(&name), &options).unwrap();
                            assert_eq!(array.shape(), *shape, "{name}");
                            let logical = stored(array.logical());
                            assert_eq!(logical, stored(expected.logical()), "{name}, {mode}");
                        }
                    }
                }
            }
        }
    }
    fn expected<T: Element>(dtype: &str, script: &mut String) {
        for (i, shape) in SHAPES.iter().enumerate() {
            let (_, _, elements) = bits(&filled::<T>(Order::C, shape, 9));
            let (elements, shape) = (hex(&elements), tuple(shape));
            writeln!(script, "write('{dtype}', {i}, {shape}, '{elements}')").unwrap();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut script = String::from(
        "import numpy as np\n\
         def write(dtype, i, shape, elements):\n    \
             little = np.frombuffer(bytes.fromhex(elements), np.dtype(dtype).newbyteorder('<')).reshape(shape)\n    \
             for version in 1, 2, 3:\n        \
                 for endian in '<', '>':\n            \
                     for order in 'C', 'F':\n                \
                         other = little if endian == '<' else little.byteswap().view(little.dtype.newbyteorder('>'))\n                \
                         a = np.array(other, order=order)\n                \
                         with open(f'{dtype}-{i}-{version}-{endian}-{order}.npy', 'wb') as f:\n                    \
                             np.lib.format.write_array(f, a, version=(version, 0))\n",
    );
    for_every_dtype!(expected(&mut script));
    python(dir.path(), &script);
    for_every_dtype!(read(dir.path()));
}

#[test]
fn what_numpy_cannot_say_in_numbers_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    python(
        dir.path(),
        "import numpy as np\n\
         np.save('objects.npy', np.array([{}, None], dtype=object))\n\
         np.save('texts.npy', np.array(['a', 'b']))\n\
         np.save('records.npy', np.zeros(2, dtype=[('x', '<f8'), ('é', '<i4')]))\n\
         np.save('dates.npy', np.zeros(2, dtype='M8[ns]'))\n\
         np.save('halves.npy', np.zeros(2, dtype='f2'))\n\
         np.savez('several.npz', a=np.zeros(2), b=np.zeros(2))",
    );
    for (name, says) in [
        ("objects.npy", "Python objects"),
        ("texts.npy", "texts"),
        ("records.npy", "structured dtype"),
        ("dates.npy", "dates or times"),
        ("halves.npy", "<f2"),
        ("several.npz", ".npz"),
    ] {
        let error = Array::<f64>::load_npy(dir.path().join(name)).unwrap_err();
        assert!(error.message().contains(says), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn numpy_and_a_shared_array_work_on_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shared.npy");
    let mut shared = SharedArray::<f64>::create(&path, [4, 3]).unwrap();
    shared.as_mut_slice().unwrap()[5] = 1.5;
    let seen = python(
        dir.path(),
        "import numpy as np\n\
         a = np.load('shared.npy', mmap_mode='r+')\n\
         print(a.shape, a[1, 2])\n\
         a[3, 0] = 2.5\n\
         a.flush()",
    );
    assert_eq!(seen.trim(), "(4, 3) 1.5");
    assert_eq!(shared.into_array().unwrap()[[3, 0]], 2.5);
}
