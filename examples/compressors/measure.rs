//! What a compressor makes of a value, and how long that takes.

use std::time::{Duration, Instant};

use larder::compress::Compression;
use larder::{DumpOptions, LoadOptions, Result, dump_to, load_from};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value under every setting.
pub(crate) struct Measured {
    pub(crate) title: String,
    /// Not compressed.
    pub(crate) plain: Row,
    /// Of each compressor, without and with the shuffle.
    pub(crate) pairs: Vec<[Row; 2]>,
}

/// A value under one setting.
pub(crate) struct Row {
    /// As a configuration has it.
    pub(crate) setting: String,
    pub(crate) bytes: usize,
    pub(crate) write: Duration,
    pub(crate) read: Duration,
}

/// Each at its own level, the fastest and the strongest of some.
const COMPRESSORS: [&str; 9] =
    ["lz4", "zstd:1", "zstd", "zstd:19", "zlib:1", "zlib", "bz2", "lzma", "xz"];

/// Rounds of one setting: at least so many, and as many more as fit into the time. The fastest counts: whatever else the
/// machine has to do only makes them slower.
const ROUNDS: usize = 3;
const TIME: Duration = Duration::from_millis(300);

pub(crate) fn measure<T>(title: String, value: &T) -> Result<Measured>
where
    T: Serialize + DeserializeOwned + PartialEq + 'static,
{
    let plain = row(value, "none".to_owned())?;
    let pair =
        |name: &&str| Ok([row(value, name.to_string())?, row(value, format!("{name}+shuffle"))?]);
    let pairs = COMPRESSORS.iter().map(pair).collect::<Result<_>>()?;
    Ok(Measured { title, plain, pairs })
}

fn row<T>(value: &T, setting: String) -> Result<Row>
where
    T: Serialize + DeserializeOwned + PartialEq + 'static,
{
    let options = DumpOptions::new().compress(setting.parse::<Compression>()?)?;
    let mut dump = Vec::new();
    let (mut write, mut read) = (Duration::MAX, Duration::MAX);
    let begun = Instant::now();
    for round in 0.. {
        if round >= ROUNDS && begun.elapsed() > TIME {
            break;
        }
        dump.clear();
        let started = Instant::now();
        dump_to(value, &mut dump, &options)?;
        write = write.min(started.elapsed());
        let started = Instant::now();
        let back: T = load_from(&dump[..], &LoadOptions::new())?;
        read = read.min(started.elapsed());
        assert!(back == *value, "{setting} brought something else back");
    }
    Ok(Row { setting, bytes: dump.len(), write, read })
}

impl Measured {
    /// How much smaller the value becomes.
    pub(crate) fn ratio(&self, row: &Row) -> f64 {
        self.plain.bytes as f64 / row.bytes as f64
    }

    /// Megabytes of the value as it is, a second.
    pub(crate) fn speed(&self, time: Duration) -> f64 {
        self.plain.bytes as f64 / 1e6 / time.as_secs_f64()
    }
}
