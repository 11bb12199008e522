//! The sample values a type is fed: the first that it takes is enough.

/// One first: a count of one element with one element behind it is what arrays want to see.
pub(super) const NUMBERS: [u8; 5] = [1, 0, 2, 10, 100];

pub(super) const STRINGS: [&str; 22] = [
    "",
    "a",
    "1970-01-01T00:00:00Z",
    "1970-01-01",
    "00:00:00",
    "1970-01-01T00:00:00",
    "1970-01-01T00:00:00+00:00[UTC]",
    "UTC",
    "PT0S",
    "0",
    "00000000-0000-0000-0000-000000000000",
    "127.0.0.1",
    "::1",
    "127.0.0.1:80",
    "http://a.b/",
    "1.0.0",
    "true",
    "AA==",
    "00",
    "a@b.cc",
    "/",
    "127.0.0.0/8",
];

/// Lengths of byte strings: empty, then those of addresses, identifiers and digests.
pub(super) const BYTE_LENGTHS: [usize; 7] = [0, 16, 4, 8, 32, 64, 20];

/// Lengths of sequences.
pub(super) const LENGTHS: [usize; 4] = [1, 0, 2, 4];

/// How many kinds of value stand in for one that could be anything.
pub(super) const ANYTHING: usize = 7;
