//! The compressors that are compiled in: what they write, they and their tools read, and nothing else.
#![cfg(feature = "compressors")]

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use larder_core::compress::{Compressor, Compressors, decompress};
use larder_core::{Array, DumpOptions, LoadOptions, dump, dump_to, dump_with, load_from};

const NAMES: [&str; 7] = ["bz2", "gzip", "lz4", "lzma", "xz", "zlib", "zstd"];

fn all() -> impl Iterator<Item = Arc<dyn Compressor>> {
    let compressors = Compressors::default();
    NAMES.map(|name| compressors.get(name).unwrap()).into_iter()
}

fn compressed(compressor: &dyn Compressor, level: Option<i32>, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    compressor.compress(level, &mut &bytes[..], &mut out).unwrap();
    out
}

fn back(compressor: &dyn Compressor, bytes: &[u8], len: usize) -> larder_core::Result<Vec<u8>> {
    let mut out = Vec::new();
    decompress(compressor, &mut &bytes[..], &mut out, len as u64)?;
    Ok(out)
}

fn noise(len: u32) -> Vec<u8> {
    (0..len).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// Lines of numbers, as data has them.
fn table() -> Vec<u8> {
    let line =
        |i: u32| format!("{i},{:.3},red\n", f64::from(i.wrapping_mul(2_654_435_761) >> 20) / 7.0);
    (0..1500).flat_map(|i| line(i).into_bytes()).collect()
}

/// No level, the least and the most.
fn some_levels(compressor: &dyn Compressor) -> Vec<Option<i32>> {
    let ends = compressor.levels().map(|levels| [(*levels.start()).max(0), (*levels.end()).min(9)]);
    [None].into_iter().chain(ends.into_iter().flatten().map(Some)).collect()
}

#[test]
fn every_kind_of_bytes_comes_back() {
    for compressor in all() {
        for level in some_levels(&*compressor) {
            for bytes in [&b""[..], b"a", &[0; 20_000], &noise(20_000)] {
                let small = compressed(&*compressor, level, bytes);
                let back = back(&*compressor, &small, bytes.len()).unwrap();
                assert!(back == bytes, "{} at {level:?}", compressor.name());
            }
        }
    }
}

#[test]
fn data_becomes_smaller_and_levels_matter() {
    let bytes = table();
    for compressor in all() {
        let small = compressed(&*compressor, None, &bytes).len();
        assert!(small * 3 < bytes.len() * 2, "{}: {small} of {}", compressor.name(), bytes.len());
    }
    for (name, least, most) in
        [("zlib", 1, 9), ("gzip", 0, 9), ("xz", 0, 9), ("lzma", 0, 9), ("zstd", 1, 19)]
    {
        let compressor = Compressors::default().get(name).unwrap();
        let [fast, small] =
            [least, most].map(|level| compressed(&*compressor, Some(level), &bytes).len());
        assert!(small < fast, "{name}: {small} at {most}, {fast} at {least}");
    }
}

#[test]
fn each_recognises_its_own_and_no_other() {
    let compressors = Compressors::default();
    for compressor in all() {
        for level in some_levels(&*compressor) {
            for bytes in [&b""[..], b"a", &table()] {
                let small = compressed(&*compressor, level, bytes);
                let found = compressors.recognise(&small[..small.len().min(16)]);
                assert_eq!(found.map(|found| found.name()), Some(compressor.name()), "{level:?}");
            }
        }
    }
    for text in
        ["", "x", "x,y\n1,2\n", "xylophone", "]\0\0 is a text", "BZ", "\u{1f}", "\u{89}LARDMP\n"]
    {
        let found = compressors.recognise(text.as_bytes());
        assert!(found.is_none(), "{text:?} as {found:?}");
    }
}

#[test]
fn truncated_and_prolonged_bytes_are_refused() {
    for compressor in all() {
        for bytes in [noise(200), table()] {
            let small = compressed(&*compressor, None, &bytes);
            let step = (small.len() / 60).max(1);
            for cut in
                (0..small.len()).step_by(step).chain(small.len().saturating_sub(30)..small.len())
            {
                let error = back(&*compressor, &small[..cut], bytes.len()).unwrap_err();
                assert!(error.is_corrupt(), "{} at {cut}: {error:?}", compressor.name());
            }
            // Also when nobody knows how long it should be.
            for cut in (0..small.len()).step_by(step) {
                let done = compressor.decompress(&mut &small[..cut], &mut Vec::new());
                assert!(
                    done.is_err(),
                    "{}: {cut} of {} are enough",
                    compressor.name(),
                    small.len()
                );
            }
            for more in [&b"x"[..], &[0; 3], b"trailing bytes that are nobody's"] {
                let done =
                    compressor.decompress(&mut &[&small[..], more].concat()[..], &mut Vec::new());
                assert!(done.is_err(), "{} and {more:?}", compressor.name());
            }
        }
    }
}

/// `cat a.gz b.gz` is a file of both, for those formats that say so.
#[test]
fn several_members_are_read_as_one() {
    for compressor in all() {
        let [a, b] = [b"first", b"other"].map(|bytes| compressed(&*compressor, None, bytes));
        let both = back(&*compressor, &[a, b].concat(), 10);
        match compressor.name() {
            "gzip" | "bz2" | "xz" => assert_eq!(both.unwrap(), b"firstother"),
            _ => assert!(both.unwrap_err().is_corrupt(), "{}", compressor.name()),
        }
    }
}

#[test]
fn a_bomb_ends_at_the_promised_length() {
    for compressor in all() {
        let bomb = compressed(&*compressor, None, &vec![0; 4 << 20]);
        assert!(bomb.len() < 100_000);
        let mut out = Vec::new();
        let error = decompress(&*compressor, &mut &bomb[..], &mut out, 1000).unwrap_err();
        assert!(
            error.is_corrupt() && error.message().contains("more than the 1000 bytes"),
            "{error}"
        );
        assert!(out.len() <= 1000);
    }
}

/// A header that asks for a dictionary of 1.5 GiB is refused, not believed.
#[test]
fn the_memory_of_a_decoder_is_bounded() {
    let lzma = Compressors::default().get("lzma").unwrap();
    let mut small = compressed(&*lzma, None, b"some bytes");
    small[1..5].copy_from_slice(&0x6000_0000u32.to_le_bytes());
    let error = back(&*lzma, &small, 10).unwrap_err();
    assert!(error.is_corrupt() && error.message().contains("memory"), "{error}");
}

#[test]
fn levels_that_there_are_not_are_refused() {
    let compressors = Compressors::default();
    for (setting, says) in [
        ("zlib:10", "\"zlib\" has no level 10: 0 to 9 are allowed"),
        ("bz2:0", "\"bz2\" has no level 0: 1 to 9 are allowed"),
        ("zstd:99", "\"zstd\" has no level 99"),
        ("lz4:3", "\"lz4\" has no levels: 3 was asked for"),
        ("-1", "\"zlib\" has no level -1"),
        ("gzip2", "unknown compressor `gzip2` (did you mean `gzip`?)"),
    ] {
        let error = compressors.resolve(&setting.parse().unwrap()).unwrap_err();
        assert!(error.is_invalid() && error.message().contains(says), "{setting}: {error}");
    }
}

/// The formats are those of everybody: Python's modules read ours, and ours theirs. (Python has no lz4 or zstd before 3.14.)
#[test]
fn python_reads_ours_and_we_read_pythons() {
    for (name, compress, decompress) in [
        ("gzip", "gzip.compress(data)", "gzip.decompress(data)"),
        ("bz2", "bz2.compress(data)", "bz2.decompress(data)"),
        ("xz", "lzma.compress(data)", "lzma.decompress(data, lzma.FORMAT_XZ)"),
        (
            "lzma",
            "lzma.compress(data, lzma.FORMAT_ALONE)",
            "lzma.decompress(data, lzma.FORMAT_ALONE)",
        ),
        ("zlib", "zlib.compress(data)", "zlib.decompress(data)"),
    ] {
        let compressor = Compressors::default().get(name).unwrap();
        let bytes = table();
        assert!(python(decompress, &compressed(&*compressor, None, &bytes)) == bytes, "{name}");
        let theirs = python(compress, &bytes);
        assert!(back(&*compressor, &theirs, bytes.len()).unwrap() == bytes, "{name}");
        let found = Compressors::default().recognise(&theirs).map(|found| found.name().to_owned());
        assert_eq!(found.as_deref(), Some(name));
    }
}

/// What `dump` writes, the tool of the extension unpacks, on any machine that has it: a dump, shuffled inside or not.
#[test]
#[expect(clippy::print_stdout, reason = "what is not tried is told")]
fn tools_open_what_dump_writes() {
    let dir = tempfile::tempdir().unwrap();
    let value: (String, Array<f64>) = ("numbers".to_owned(), (0..1000).map(f64::from).collect());
    let mut plain = Vec::new();
    dump_to(&value, &mut plain, &DumpOptions::new()).unwrap();
    let mut opened = Vec::new();
    for (extension, tool, arguments) in [
        ("gz", "gzip", &["-dc"][..]),
        ("bz2", "bzip2", &["-dc"]),
        ("xz", "xz", &["-dc"]),
        ("lzma", "xz", &["-dc", "--format=lzma"]),
        ("lz4", "lz4", &["-dc"]),
        ("zst", "zstd", &["-dc"]),
    ] {
        let path = dir.path().join(format!("value.{extension}"));
        dump(&value, &path).unwrap();
        let unpack = || Command::new(tool).args(arguments).arg(&path).output();
        match unpack() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("not tried: {tool} is not installed");
                continue;
            }
            output => assert!(output.unwrap().stdout == plain, "{tool} and .{extension}"),
        }
        dump_with(&value, &path, &DumpOptions::new().compress("true+shuffle").unwrap()).unwrap();
        let shuffled = unpack().unwrap().stdout;
        assert!(shuffled.len() == plain.len() && shuffled != plain, "{tool} and .{extension}");
        let back = load_from::<(String, Array<f64>)>(&shuffled[..], &LoadOptions::new()).unwrap();
        assert_eq!(back, value);
        opened.push(extension);
    }
    assert!(opened.contains(&"gz"), "no system is without gzip: {opened:?}");
}

fn python(expression: &str, input: &[u8]) -> Vec<u8> {
    let program = format!(
        "import bz2, gzip, lzma, sys, zlib; data = sys.stdin.buffer.read(); sys.stdout.buffer.write({expression})"
    );
    let mut child = Command::new("python3")
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{expression}");
    output.stdout
}
