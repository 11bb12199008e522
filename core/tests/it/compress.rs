//! Compressors by name, settings, and limits on what comes out.

use std::io::{self, Read, Write};
use std::ops::RangeInclusive;

use larder_core::Registry;
use larder_core::compress::{Compression, Compressor, Compressors, decompress};

/// Runs of equal bytes as a count and the byte.
#[derive(Debug)]
struct RunLength;

impl Compressor for RunLength {
    fn name(&self) -> &str {
        "run-length"
    }
    fn magic(&self) -> &[u8] {
        b"RL"
    }
    fn extensions(&self) -> &[&str] {
        &["rl"]
    }
    fn levels(&self) -> Option<RangeInclusive<i32>> {
        None
    }
    fn compress(
        &self,
        _: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        output.write_all(b"RL")?;
        bytes
            .chunk_by(|a, b| a == b)
            .flat_map(|run| run.chunks(255))
            .try_for_each(|run| output.write_all(&[run.len() as u8, run[0]]))
    }
    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        let runs = bytes.strip_prefix(b"RL").ok_or(io::ErrorKind::InvalidData)?;
        runs.chunks(2).try_for_each(|run| output.write_all(&vec![run[1]; run[0].into()]))
    }
}

fn compressed(compressor: &dyn Compressor, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    compressor.compress(None, &mut &bytes[..], &mut out).unwrap();
    out
}

#[test]
fn a_compressor_of_ones_own_is_found_by_name_and_by_magic() {
    let mut compressors = Compressors::default();
    compressors.register(RunLength).unwrap();
    let (found, level) = compressors.resolve(&"run-length".parse().unwrap()).unwrap().unwrap();
    assert_eq!(level, None);
    let small = compressed(&*found, &[7; 1000]);
    assert!(small.len() < 20);
    assert_eq!(compressors.recognise(&small).unwrap().name(), "run-length");
    assert!(compressors.recognise(b"nobody's").is_none());
    let mut back = Vec::new();
    decompress(&*found, &mut &small[..], &mut back, 1000).unwrap();
    assert_eq!(back, [7; 1000]);

    let again = compressors.register(RunLength).unwrap_err();
    assert!(again.message().contains("\"run-length\" already; `replace` replaces it"), "{again}");
    let level = compressors.resolve(&"run-length:3".parse().unwrap()).unwrap_err();
    assert!(level.message().contains("has no levels"), "{level}");
    let unknown = compressors.get("runlength").unwrap_err();
    let says = "unknown compressor `runlength` (did you mean `run-length`?), known: ";
    assert!(unknown.message().starts_with(says), "{unknown}");
}

#[test]
fn what_comes_out_must_be_as_long_as_promised() {
    let small = compressed(&RunLength, &[7; 1000]);
    for (promised, says) in [(999, "more than the 999 bytes"), (1001, "1 bytes short of 1001")] {
        let mut out = Vec::new();
        let error = decompress(&RunLength, &mut &small[..], &mut out, promised).unwrap_err();
        assert!(error.is_corrupt() && error.message().contains(says), "{error}");
        assert!(out.len() as u64 <= promised);
    }
    let error = decompress(&RunLength, &mut &b"no"[..], &mut Vec::new(), 1).unwrap_err();
    assert!(error.is_corrupt(), "{error}");
}

#[test]
fn settings_say_what_is_wrong_with_them() {
    for (text, says) in [
        ("zstd:fast", "has no number after its colon"),
        ("none:3", "no compression has no level"),
        ("Z STD", "1 to 16 characters"),
        ("zstd+shuffle:3", "1 to 16 characters"),
        ("none+shuffle", "names no compressor"),
        ("0+shuffle", "names no compressor"),
        ("+shuffle", "1 to 16 characters"),
        ("", "1 to 16 characters"),
    ] {
        let error = text.parse::<Compression>().unwrap_err();
        assert!(error.is_invalid() && error.message().contains(says), "{text:?}: {error}");
    }
    for text in [
        "none",
        "true",
        "9",
        "zstd",
        "zstd:19",
        "zstd:-5",
        "zstd+shuffle",
        "zstd:3+shuffle",
        "true+shuffle",
        "9+shuffle",
    ] {
        let setting: Compression = text.parse().unwrap();
        assert_eq!(setting.to_string(), text);
        assert_eq!(setting.shuffles(), text.ends_with("+shuffle"));
        let json = serde_json::to_string(&setting).unwrap();
        assert_eq!(serde_json::from_str::<Compression>(&json).unwrap(), setting);
    }
    let error = serde_json::from_str::<Compression>("3.5").unwrap_err().to_string();
    assert!(error.contains("a compression is true, false, a level"), "{error}");
    for (json, parts) in [
        ("true", Some(("zlib", Some(3)))),
        ("false", None),
        ("0", None),
        ("7", Some(("zlib", Some(7)))),
        ("\"true\"", Some(("zlib", Some(3)))),
        ("\"0\"", None),
        ("\"7\"", Some(("zlib", Some(7)))),
        ("[\"xz\", 1]", Some(("xz", Some(1)))),
        ("[\"xz+shuffle\", 1]", Some(("xz", Some(1)))),
    ] {
        assert_eq!(serde_json::from_str::<Compression>(json).unwrap().parts(), parts, "{json}");
    }
    assert!(Compressors::default().resolve(&Compression::default()).unwrap().is_none());
}

/// Fails at the first byte, and a reader that does.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

#[test]
fn an_output_or_input_that_fails_is_not_taken_for_damage() {
    let small = compressed(&RunLength, &[7; 1000]);
    let error = decompress(&RunLength, &mut &small[..], &mut Broken, 1000).unwrap_err();
    assert!(error.is_storage_full(), "{error:?}");
    let error = decompress(&RunLength, &mut Broken, &mut Vec::new(), 1000).unwrap_err();
    assert!(error.is_permission_denied(), "{error:?}");
}

/// Does nothing, under any name.
#[derive(Debug, Clone, Copy)]
struct Nothing(&'static str, &'static [u8], &'static [&'static str]);

impl Compressor for Nothing {
    fn name(&self) -> &str {
        self.0
    }
    fn magic(&self) -> &[u8] {
        self.1
    }
    fn extensions(&self) -> &[&str] {
        self.2
    }
    fn levels(&self) -> Option<RangeInclusive<i32>> {
        None
    }
    fn compress(&self, _: Option<i32>, _: &mut dyn Read, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
    fn decompress(&self, _: &mut dyn Read, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_another_compressors_is_not_taken() {
    let mut compressors = Compressors::default();
    compressors.register(RunLength).unwrap();
    for (new, says) in [
        (Nothing("run-length", b"", &[]), "\"run-length\" already"),
        (Nothing("other", b"RL", &[]), "the magic [52, 4c], which is \"run-length\"'s"),
        (Nothing("other", b"", &["x", "RL"]), "the extension \"RL\", which is \"run-length\"'s"),
    ] {
        let error = compressors.register(new).unwrap_err();
        assert!(error.is_invalid() && error.message().contains(says), "{error}");
    }
    // A longer magic is told from a shorter one, and no magic is nobody's.
    compressors.register(Nothing("longer", b"RLL", &["rll"])).unwrap();
    compressors.register(Nothing("without", b"", &[])).unwrap();
    compressors.register(Nothing("without-too", b"", &[])).unwrap();
    assert_eq!(compressors.recognise(b"RLL and more").unwrap().name(), "longer");
    assert_eq!(compressors.recognise(b"RL and more").unwrap().name(), "run-length");
}

#[test]
fn one_that_is_replaced_on_purpose_gives_its_place() {
    let registry = Registry::new();
    registry.register_compressor(RunLength).unwrap();
    let before = registry.compressors();
    assert!(registry.replace_compressor(Nothing("run-length", b"RX", &["rx"])).unwrap());
    assert!(!registry.replace_compressor(Nothing("new", b"", &[])).unwrap());
    let after = registry.compressors();
    assert_eq!(after.get("run-length").unwrap().magic(), b"RX");
    assert!(after.by_extension("rl").unwrap().is_none());
    assert_eq!(before.get("run-length").unwrap().magic(), b"RL", "who had it keeps it");
    for (new, says) in [
        (Nothing("new", b"RX", &[]), "which is \"run-length\"'s"),
        (Nothing("new", b"", &["rx"]), "which is \"run-length\"'s"),
        (Nothing("true", b"", &[]), "something else"),
    ] {
        let error = registry.replace_compressor(new).unwrap_err();
        assert!(error.is_invalid() && error.message().contains(says), "{error}");
    }
}

#[test]
fn names_that_settings_read_otherwise_are_refused() {
    for name in ["none", "true", "false", "3"] {
        let error = Compressors::default().register(Nothing(name, b"", &[])).unwrap_err();
        assert!(error.message().contains("something else"), "{error}");
    }
    let mut compressors = Compressors::default();
    compressors.register(Nothing("named", b"", &["named"])).unwrap();
    assert!(compressors.recognise(b"").is_none());
    assert_eq!(compressors.by_extension("NAMED").unwrap().unwrap().name(), "named");
    assert!(compressors.by_extension("larder").unwrap().is_none());
}

/// What is not compiled in is known all the same.
#[test]
fn a_compressor_that_is_not_compiled_in_names_its_feature() {
    let compressors = Compressors::default();
    let all = [
        ("zlib", "z"),
        ("gzip", "gz"),
        ("bz2", "bz2"),
        ("xz", "xz"),
        ("lzma", "lzma"),
        ("lz4", "lz4"),
        ("zstd", "zst"),
    ];
    for (name, extension) in all {
        let compiled_in = compressors.names().any(|known| known == name);
        let by_name = compressors.resolve(&name.parse().unwrap()).map(|found| found.unwrap().0);
        let by_extension = compressors.by_extension(extension).map(|found| found.unwrap());
        for found in [by_name, by_extension] {
            match found {
                Ok(found) => assert!(compiled_in && found.name() == name),
                Err(error) => {
                    assert!(!compiled_in && error.is_invalid());
                    let says = format!("enable the feature `{name}` of larder");
                    assert!(error.message().contains(&says), "{error}");
                }
            }
        }
    }
}
