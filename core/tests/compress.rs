//! Compressors by name, settings, and limits on what comes out.

use std::io::{self, Read, Write};
use std::ops::RangeInclusive;

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
    assert_eq!(again.message(), "there is a compressor named \"run-length\" already");
    let level = compressors.resolve(&"run-length:3".parse().unwrap()).unwrap_err();
    assert!(level.message().contains("has no levels"), "{level}");
    let unknown = compressors.get("runlength").unwrap_err();
    let says = "unknown compressor `runlength` (did you mean `run-length`?), known: `run-length`";
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
        ("", "1 to 16 characters"),
    ] {
        let error = text.parse::<Compression>().unwrap_err();
        assert!(error.is_invalid() && error.message().contains(says), "{text:?}: {error}");
    }
    for text in ["none", "zstd", "zstd:19", "zstd:-5"] {
        let setting: Compression = text.parse().unwrap();
        assert_eq!(setting.to_string(), text);
        let json = serde_json::to_string(&setting).unwrap();
        assert_eq!(serde_json::from_str::<Compression>(&json).unwrap(), setting);
    }
    let error = serde_json::from_str::<Compression>("3").unwrap_err().to_string();
    assert!(error.contains("a compression is \"none\""), "{error}");
    assert!(Compressors::default().resolve(&Compression::default()).unwrap().is_none());
}

#[cfg(not(feature = "zstd"))]
#[test]
fn zstd_that_is_not_compiled_in_names_its_feature() {
    let error = Compressors::default().resolve(&"zstd:3".parse().unwrap()).unwrap_err();
    assert!(error.is_invalid() && error.message().contains("feature `zstd`"), "{error}");
}

#[cfg(feature = "zstd")]
mod zstd {
    use super::*;
    use larder_core::compress::Zstd;

    #[test]
    fn comes_back_from_every_kind_of_bytes() {
        let noise: Vec<u8> =
            (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for bytes in [&b""[..], b"a", &[0; 500_000], &noise] {
            let small = compressed(&Zstd, bytes);
            assert!(small.starts_with(Zstd.magic()));
            let mut back = Vec::new();
            decompress(&Zstd, &mut &small[..], &mut back, bytes.len() as u64).unwrap();
            assert!(back == bytes);
        }
    }

    #[test]
    fn a_bomb_ends_at_the_promised_length() {
        let bomb = compressed(&Zstd, &vec![0; 64 << 20]);
        assert!(bomb.len() < 10_000);
        let mut out = Vec::new();
        let error = decompress(&Zstd, &mut &bomb[..], &mut out, 1000).unwrap_err();
        assert!(
            error.is_corrupt() && error.message().contains("more than the 1000 bytes"),
            "{error}"
        );
        assert!(out.len() <= 1000);
    }

    #[test]
    fn truncated_and_prolonged_bytes_are_refused() {
        let small = compressed(&Zstd, b"some bytes that are not the same throughout, 1234567890");
        for cut in 0..small.len() {
            assert!(decompress(&Zstd, &mut &small[..cut], &mut Vec::new(), 55).is_err(), "{cut}");
        }
        let longer = [&small[..], b"x"].concat();
        assert!(decompress(&Zstd, &mut &longer[..], &mut Vec::new(), 55).is_err());
        let twice = [&small[..], &small].concat();
        assert!(decompress(&Zstd, &mut &twice[..], &mut Vec::new(), 55).is_err());
    }

    #[test]
    fn levels_out_of_range_are_refused_before_anything_is_written() {
        let error = Compressors::default().resolve(&"zstd:99".parse().unwrap()).unwrap_err();
        assert!(error.message().contains("no level 99"), "{error}");
        assert!(Compressors::default().resolve(&"zstd:19".parse().unwrap()).is_ok());
    }
}
