//! `.npy` files that nobody wrote: a clear error, and no more memory than there are bytes.

use std::fs;
use std::io::{self, Read};

use larder_core::{Array, Element, Error, LoadOptions, MmapMode};

use crate::watched;

fn file(version: u8, header: &str, elements: &[u8]) -> Vec<u8> {
    let len = match version {
        1 => (header.len() as u16).to_le_bytes().to_vec(),
        _ => (header.len() as u32).to_le_bytes().to_vec(),
    };
    [b"\x93NUMPY", &[version, 0][..], &len, header.as_bytes(), elements].concat()
}

fn of(descr: &str, shape: &str, elements: &[u8]) -> Vec<u8> {
    let dict = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
    file(1, &dict, elements)
}

/// Read as a stream, and as a file in every way.
fn read<T: Element>(bytes: &[u8]) -> Vec<Result<Array<T>, Error>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("array.npy");
    fs::write(&path, bytes).unwrap();
    watched::forget();
    let load = |mode| Array::load_npy_with(&path, &LoadOptions::new().mmap_mode(mode));
    let read = vec![
        Array::read_npy(bytes),
        load(MmapMode::Auto),
        load(MmapMode::ReadOnly),
        load(MmapMode::CopyOnWrite),
    ];
    let most = 2 * bytes.len() + (256 << 10);
    assert!(watched::largest() <= most, "{} bytes at once", watched::largest());
    read
}

#[track_caller]
fn refused<T: Element>(bytes: &[u8], says: &[&str]) {
    for read in read::<T>(bytes) {
        let error = read.expect_err("a hostile file");
        assert!(error.is_corrupt() || error.is_decode(), "{error:?}");
        for says in says {
            assert!(error.message().contains(says), "{error} does not say {says:?}");
        }
    }
}

#[test]
fn a_right_file_is_read() {
    for read in read::<u16>(&of("'<u2'", "(2,)", &[1, 0, 2, 0])) {
        assert_eq!(read.unwrap()[..], [1, 2]);
    }
}

#[test]
fn what_is_no_npy_file_is_told_what_it_is_not() {
    refused::<f64>(b"", &["no .npy file"]);
    refused::<f64>(b"\x93NUM", &["no .npy file"]);
    refused::<f64>(b"x,y\n1,2\n3,4\n", &["does not begin as one"]);
    refused::<f64>(b"PK\x03\x04 and so on", &[".npz"]);
    refused::<f64>(b"\x89LARDMP\n and so on", &["`load` reads"]);
    refused::<f64>(&file(9, "{}", &[]), &["version 9.0", "1.0, 2.0 and 3.0"]);
}

#[test]
fn damaged_headers_are_refused() {
    let long = of("'<f8'", &format!("({})", "1, ".repeat(30_000)), &[]);
    refused::<f64>(&file(2, &"(".repeat(60_000), &[]), &["nest too deep"]);
    refused::<f64>(&long[..100], &["cut off in its header"]);
    for (header, says) in [
        ("", "no dictionary"),
        ("[]", "no dictionary"),
        ("{'descr': '<f8'}", "keys are not"),
        ("{'descr': '<f8', 'fortran_order': 0, 'shape': ()}", "keys are not"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'x': 1}", "keys are not"),
        ("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}", "keys are not"),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': ('a',)}",
            "something else than lengths",
        ),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "no dictionary as NumPy"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': ()} exit()", "behind its dictionary"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1", "not closed"),
    ] {
        refused::<f64>(&file(1, header, &[0; 8]), &[says]);
    }
}

#[test]
fn other_elements_are_refused_by_name() {
    refused::<f64>(&of("'<f4'", "(1,)", &[0; 4]), &["numbers of another type", "`f32`", "`f64`"]);
    refused::<u8>(&of("'|b1'", "(1,)", &[0]), &["`bool`"]);
    refused::<f64>(&of("'|O'", "(1,)", &[0; 8]), &["Python objects", "larder reads bool, u8"]);
    refused::<f64>(&of("'<U5'", "(1,)", &[0; 20]), &["texts"]);
    refused::<f64>(&of("'<M8[ns]'", "(1,)", &[0; 8]), &["dates or times"]);
    refused::<f64>(&of("'|V8'", "(1,)", &[0; 8]), &["raw bytes"]);
    refused::<f64>(&of("'<f2'", "(1,)", &[0; 2]), &["'<f2'".trim_matches('\''), "f32, f64"]);
    refused::<f64>(&of("[('x', '<f8'), ('y', '<f8')]", "(1,)", &[0; 16]), &["structured dtype"]);
    refused::<f64>(&of("''", "(1,)", &[0; 8]), &["unknown type"]);
    refused::<f64>(&of("'é8'", "(1,)", &[0; 8]), &["unknown type"]);
    for read in read::<u128>(&of("'<u8'", "(1,)", &[0; 8])) {
        assert!(read.unwrap_err().is_unsupported());
    }
}

#[test]
fn claims_of_size_reserve_nothing() {
    let large = "larger than memory";
    for (shape, says) in [
        ("(1152921504606846976,)", large),
        ("(4294967296, 4294967296)", large),
        ("(0, 18446744073709551615, 18446744073709551615)", large),
        ("(99999999999999999999,)", large),
        ("(1099511627776,)", "cut off"),
        ("(3,)", "cut off: elements of shape [3] are 24 bytes, and 16 are there"),
    ] {
        refused::<f64>(&of("'<f8'", shape, &[0; 16]), &[says]);
    }
    let mut header = of("'<f8'", "(2,)", &[0; 16]);
    header[6] = 2;
    header.splice(8..10, u32::MAX.to_le_bytes());
    refused::<f64>(&header, &["more than the 65536 that are allowed"]);
}

#[test]
fn every_truncation_is_an_error_and_so_is_more() {
    let good = of("'<f8'", "(2,)", &[0; 16]);
    for cut in 0..good.len() {
        refused::<f64>(&good[..cut], &["cut off"]);
    }
    for read in &read::<f64>(&[&good[..], b"x"].concat())[1..] {
        let error = read.as_ref().unwrap_err();
        assert!(error.is_corrupt() && error.message().contains("1 bytes behind"), "{error}");
    }
}

#[test]
fn a_bool_of_two_is_refused_mapped_or_not() {
    let mut elements = vec![1; 5000];
    elements[4321] = 2;
    refused::<bool>(&of("'|b1'", "(5000,)", &elements), &["no value of its type"]);
}

#[test]
fn limits_and_failing_inputs_are_what_they_are() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    let good = of("'<f8'", "(2,)", &[0; 16]);
    for cut in [0, 5, 20, good.len() - 1] {
        let error = Array::<f64>::read_npy(good[..cut].chain(Failing)).unwrap_err();
        assert!(error.is_permission_denied(), "{error:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("array.npy");
    fs::write(&path, &good).unwrap();
    let options = LoadOptions::new().max_bytes(good.len() as u64 - 1);
    let error = Array::<f64>::load_npy_with(&path, &options).unwrap_err();
    assert!(error.is_invalid() && error.get("path").is_some(), "{error}");
    assert!(Array::<f64>::load_npy(dir.path().join("none.npy")).unwrap_err().is_not_found());
    let error = larder_core::load::<Array<f64>>(&path).unwrap_err();
    assert!(error.message().contains("Array::load_npy"), "{error}");
    let error = larder_core::dump(&Array::from([1.0]), &path).unwrap_err();
    assert!(error.is_invalid() && error.message().contains("Array::save_npy"), "{error}");
    assert!(fs::read(&path).unwrap() == good);
}
