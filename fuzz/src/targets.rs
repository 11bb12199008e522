//! The targets, one a file.

mod arrays;
mod codecs;
mod compressors;
mod configs;
mod dumps;
mod entries;
mod frames;
mod keys;
mod npy;
mod placeholders;
mod references;

use crate::Target;

/// What a first look takes, shapes and tables of names included.
const ROOM: usize = 2 << 20;
/// The tables and windows of compressors.
const COMPRESSORS_ROOM: usize = 48 << 20;

macro_rules! targets {
    ($($name:ident: $max_len:expr, $room:expr;)*) => {
        /// All of them.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            max_len: $max_len,
            room: $room,
            check: $name::check,
            seeds: $name::seeds,
        }),*];
    };
}

targets! {
    arrays: 8192, ROOM;
    codecs: 1024, ROOM;
    compressors: 4096, COMPRESSORS_ROOM;
    configs: 1024, ROOM;
    dumps: 8192, COMPRESSORS_ROOM;
    entries: 8192, COMPRESSORS_ROOM;
    frames: 4096, ROOM;
    keys: 1024, ROOM;
    npy: 2048, ROOM;
    placeholders: 512, ROOM;
    references: 1024, ROOM;
}

/// One byte in front of each.
fn behind<B: AsRef<[u8]>>(first: u8, rests: impl IntoIterator<Item = B>) -> Vec<Vec<u8>> {
    rests.into_iter().map(|rest| [&[first], rest.as_ref()].concat()).collect()
}
