//! What is dumped is loaded, compressed as asked for, and only as the type it is.

use std::fmt::Debug;
use std::fs;

use crate::zoo::*;
use larder_core::codec::Storable;
use larder_core::{DumpOptions, LoadOptions, dump, dump_to, dump_with, load, load_from};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

fn bytes_of<T: Storable>(value: &T, options: &DumpOptions) -> Vec<u8> {
    let mut bytes = Vec::new();
    dump_to(value, &mut bytes, options).unwrap();
    bytes
}

/// All compressors that are compiled in, and none.
fn compressors() -> Vec<String> {
    let compiled_in = larder_core::compress::Compressors::default();
    compiled_in.names().map(str::to_owned).chain(["none".to_owned()]).collect()
}

fn comes_back<T: Storable + PartialEq + Debug>(value: &T) {
    for codec in ["postcard", "cbor"] {
        for compressor in compressors() {
            let options = DumpOptions::new().codec(codec).compress(&*compressor).unwrap();
            let bytes = bytes_of(value, &options);
            let back: T = load_from(&bytes[..], &LoadOptions::new()).unwrap();
            assert_eq!(&back, value, "{codec}, {compressor}");
            assert_eq!(bytes, bytes_of(value, &options), "the same value makes the same bytes");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn every_value_comes_back_through_every_codec_and_compressor(
        nested in nested(), flat in flat(), plain in plain(), untagged in untagged(), tree in tree(),
        options in options(), bytes in bytes(), standard in standard(),
        floats in proptest::collection::vec(-1e9..1e9, 0..3000),
    ) {
        comes_back(&nested.skips);
        comes_back(&flat);
        comes_back(&plain);
        comes_back(&untagged);
        comes_back(&tree);
        comes_back(&options);
        comes_back(&bytes);
        comes_back(&standard);
        comes_back(&floats);
    }
}

#[test]
fn a_file_comes_back_whatever_it_is_called() {
    let dir = tempfile::tempdir().unwrap();
    let value: Vec<f64> = (0..100_000).map(f64::from).collect();
    for compressor in compressors() {
        let path = dir.path().join(format!("{compressor}.data"));
        dump_with(&value, &path, &DumpOptions::new().compress(&*compressor).unwrap()).unwrap();
        assert!(load::<Vec<f64>>(&path).unwrap() == value, "{compressor}");
        let misnamed = dir.path().join("misnamed.gz");
        fs::copy(&path, &misnamed).unwrap();
        assert!(load::<Vec<f64>>(&misnamed).unwrap() == value, "{compressor}");
    }
}

#[test]
fn another_type_is_refused_by_structure_and_named() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Celsius {
        degrees: f64,
    }
    mod moved {
        #[derive(Debug, super::Serialize, super::Deserialize)]
        pub(super) struct Celsius {
            pub(super) degrees: f64,
        }
    }
    #[derive(Debug, Serialize, Deserialize)]
    struct Fahrenheit {
        value: f64,
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    dump(&Celsius { degrees: 21.0 }, &path).unwrap();
    assert_eq!(load::<moved::Celsius>(&path).unwrap().degrees, 21.0);
    let error = load::<Fahrenheit>(&path).unwrap_err();
    assert!(error.is_decode(), "{error:?}");
    let says = format!(
        "the dump holds `{}`, which is not the type asked for, `{}`",
        std::any::type_name::<Celsius>(),
        std::any::type_name::<Fahrenheit>()
    );
    assert_eq!(error.message(), says);
    assert_eq!(error.get("path"), Some(&*path.display().to_string()));
}

/// Two types of one name, as one type before and after a change.
#[test]
fn a_type_that_changed_since_is_told_so() {
    let before = {
        #[derive(Serialize, Deserialize)]
        struct Config(u8);
        bytes_of(&Config(1), &DumpOptions::new())
    };
    #[derive(Debug, Serialize, Deserialize)]
    struct Config(u8, u8);
    let error = load_from::<Config>(&before[..], &LoadOptions::new()).unwrap_err();
    assert!(error.message().contains("before its fields or variants changed"), "{error}");
}

#[test]
fn the_codec_is_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("value");
    dump_with(&vec![1.5, 2.0], &path, &DumpOptions::new().codec("json")).unwrap();
    assert!(fs::read(&path).unwrap().ends_with(b"[1.5,2.0]"));
    assert_eq!(load::<Vec<f64>>(&path).unwrap(), [1.5, 2.0]);
    let error = dump_with(&1u8, &path, &DumpOptions::new().codec("jsno")).unwrap_err();
    assert!(error.is_invalid() && error.message().contains("did you mean `json`"), "{error}");
    assert_eq!(load::<Vec<f64>>(&path).unwrap(), [1.5, 2.0]);
}

#[test]
fn a_limit_on_what_is_read() {
    let bytes = bytes_of(&vec![0u8; 5000], &DumpOptions::new());
    let limited = |max| load_from::<Vec<u8>>(&bytes[..], &LoadOptions::new().max_bytes(max));
    assert_eq!(limited(bytes.len() as u64).unwrap(), [0; 5000]);
    let error = limited(bytes.len() as u64 - 1).unwrap_err();
    assert!(error.is_invalid() && error.message().contains("more than the"), "{error}");
}

#[test]
fn no_file_is_not_found() {
    let error = load::<u8>("/nowhere/at/all").unwrap_err();
    assert!(error.is_not_found() && error.get("path") == Some("/nowhere/at/all"), "{error:?}");
    let error = dump(&1u8, "/nowhere/at/all").unwrap_err();
    assert!(error.is_not_found() && error.get("path") == Some("/nowhere/at/all"), "{error:?}");
}

#[cfg(feature = "compressors")]
mod compression {
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::warnings::warnings_of;
    use larder_core::compress::{Compression, Compressors};
    use larder_core::{Error, Result};

    /// The compressor of a file that was dumped under this name.
    fn outside<C>(name: &str, compress: Option<C>) -> Result<Option<String>>
    where
        C: TryInto<Compression>,
        Error: From<C::Error>,
    {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join(name);
        let options = match compress {
            Some(compress) => DumpOptions::new().compress(compress)?,
            None => DumpOptions::new(),
        };
        dump_with(&vec![7u8; 10_000], &path, &options)?;
        assert_eq!(load::<Vec<u8>>(&path)?, [7; 10_000]);
        let all = Compressors::default();
        Ok(all.recognise(&fs::read(path)?).map(|found| found.name().to_owned()))
    }

    #[test]
    fn the_extension_means_a_compressor() {
        for (name, compressor) in [
            ("x.z", "zlib"),
            ("x.zlib", "zlib"),
            ("x.gz", "gzip"),
            ("x.tar.GZ", "gzip"),
            ("x.bz2", "bz2"),
            ("x.xz", "xz"),
            ("x.lzma", "lzma"),
            ("x.lz4", "lz4"),
            ("x.zst", "zstd"),
        ] {
            assert_eq!(outside(name, None::<bool>).unwrap().as_deref(), Some(compressor), "{name}");
            // `true` and a level leave it to the name.
            assert_eq!(outside(name, Some(true)).unwrap().as_deref(), Some(compressor), "{name}");
            if compressor != "lz4" {
                assert_eq!(outside(name, Some(2)).unwrap().as_deref(), Some(compressor), "{name}");
            }
        }
        for name in ["x", "x.larder", "gz", ".gz"] {
            assert_eq!(outside(name, None::<bool>).unwrap(), None, "{name}");
            assert_eq!(outside(name, Some(true)).unwrap().as_deref(), Some("zlib"), "{name}");
            assert_eq!(outside(name, Some(9)).unwrap().as_deref(), Some("zlib"), "{name}");
        }
        let error = outside("x.lz4", Some(2)).unwrap_err();
        assert!(error.message().contains("\"lz4\" has no levels: 2"), "{error}");
        let error = outside("x.gz", Some(10)).unwrap_err();
        assert!(error.message().contains("\"gzip\" has no level 10"), "{error}");
    }

    #[test]
    fn a_compressor_that_is_named_wins_over_the_extension() {
        assert_eq!(outside("x.gz", Some("xz:1")).unwrap().as_deref(), Some("xz"));
        assert_eq!(outside("x.gz", Some(("zlib", 3))).unwrap().as_deref(), Some("zlib"));
        assert_eq!(outside("x.gz", Some("gzip:1")).unwrap().as_deref(), Some("gzip"));
        for none in ["none", "false", "0"] {
            assert_eq!(outside("x.gz", Some(none)).unwrap(), None);
        }
        assert_eq!(outside("x.gz", Some(false)).unwrap(), None);
        assert_eq!(outside("x.gz", Some(0)).unwrap(), None);
    }

    #[test]
    fn only_a_conflict_of_name_and_setting_is_warned_of() {
        let warned =
            |name, compress: &str| warnings_of(|| outside(name, Some(compress)).unwrap()).1;
        for (name, compress) in [
            ("x.gz", "gzip"),
            ("x.gz", "gzip:1"),
            ("x.gz", "true"),
            ("x.gz", "3"),
            ("x", "xz"),
            ("x", "none"),
        ] {
            assert_eq!(warned(name, compress), [""; 0], "{name} with {compress}");
        }
        for (compress, chosen) in [("xz", "xz"), ("none", "none"), ("0", "none")] {
            let warnings = warned("x.gz", compress);
            let says = format!("compressor=\"{chosen}\" extension_means=\"gzip\"");
            assert!(warnings.len() == 1 && warnings[0].contains(&says), "{warnings:?}");
        }
    }

    #[test]
    fn a_level_is_the_level_of_the_compressor() {
        let value: Vec<String> = (0..3000).map(|i| format!("{}", i * i)).collect();
        let small = |level| {
            let mut bytes = Vec::new();
            let options = DumpOptions::new().compress(("gzip", level)).unwrap();
            dump_to(&value, &mut bytes, &options).unwrap();
            bytes.len()
        };
        assert!(small(9) < small(1) && small(1) < small(0));
    }

    /// The tools of the system see an ordinary file of their kind with a dump inside.
    #[test]
    fn gunzip_and_its_like_open_a_dump() {
        let dir = tempfile::tempdir().unwrap();
        let value = vec![7u8; 10_000];
        let plain = bytes_of(&value, &DumpOptions::new());
        for (extension, module) in
            [("gz", "gzip"), ("bz2", "bz2"), ("xz", "lzma"), ("lzma", "lzma")]
        {
            let path = dir.path().join(format!("value.{extension}"));
            dump(&value, &path).unwrap();
            assert!(run("python3", &["-c", &python(module)], &path) == plain, "{module}");
        }
        let installed = [
            ("gz", "gunzip"),
            ("bz2", "bunzip2"),
            ("xz", "unxz"),
            ("lz4", "unlz4"),
            ("zst", "unzstd"),
        ];
        for (extension, tool) in installed {
            if Command::new(tool).arg("--version").output().is_ok() {
                let path = dir.path().join(format!("value.{extension}"));
                dump(&value, &path).unwrap();
                assert!(run(tool, &["-c"], &path) == plain, "{tool}");
            }
        }
    }

    fn python(module: &str) -> String {
        format!("import {module}, sys; sys.stdout.buffer.write({module}.open(sys.argv[1]).read())")
    }

    fn run(program: &str, arguments: &[&str], path: &Path) -> Vec<u8> {
        let output = Command::new(program).args(arguments).arg(path).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}

#[cfg(not(feature = "gzip"))]
#[test]
fn without_the_compressor_nothing_is_written_or_read_as_if_there_were_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("value.gz");
    for error in [
        dump(&1u8, &path).unwrap_err(),
        load_from::<u8>(&b"\x1f\x8b\x08\0\0\0\0\0"[..], &LoadOptions::new()).unwrap_err(),
    ] {
        assert!(error.message().contains("enable the feature `gzip` of larder"), "{error}");
    }
    assert!(!path.exists());
}
