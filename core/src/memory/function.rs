//! What is known of a function at compile time: who it is, and which version of it this is.

use std::time::Duration;

use super::Metadata;

/// A function whose code is part of a version: implemented by `#[memoize]` and `#[tracked]` on the function's
/// namesake type, so that `depends(helper)` of another function can fold it in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tracked function",
    note = "put #[memoize] or #[tracked] on it, so that its version is known"
)]
pub trait Tracked {
    /// Who it is, and which version.
    const FUNCTION: FunctionInfo;
}

/// What the attribute writes down of a function.
#[derive(Debug, Clone, Copy)]
pub struct FunctionInfo {
    /// The package it was compiled in.
    pub package: &'static str,
    /// That package's version.
    pub package_version: &'static str,
    /// Its name, or the one given with `name = ".."`.
    pub name: &'static str,
    /// Whether the name was given with `name = ".."`: then it stands for the whole path within the package.
    pub renamed: bool,
    /// The names of its arguments, in order.
    pub arguments: &'static [&'static str],
    /// The arguments that are not part of the key.
    pub ignored: &'static [&'static str],
    /// What tells this version from another.
    pub version: Version,
    /// A hash of the tokens of `key = |..| ..`, where the arguments themselves are not the key.
    pub key: Option<[u8; 16]>,
    /// Whether the package was built from a registry or a git checkout, rather than from the user's own tree.
    pub foreign: bool,
    /// The folded versions of the functions it depends on.
    pub depends: &'static [u128],
    /// Its source, as far as the compiler shows it.
    pub source: &'static str,
    /// The file it stands in.
    pub file: &'static str,
    /// The line it begins on.
    pub line: u32,
}

/// What tells one version of a function from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// A hash of the tokens of its signature and body: comments and layout don't count.
    Tokens([u8; 16]),
    /// The number given with `version = N`.
    Number(u64),
}

impl FunctionInfo {
    /// Version and dependencies as one number, at compile time: 128-bit FNV-1a.
    pub const fn fold(&self) -> u128 {
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
        let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        let (tag, bytes) = match self.version {
            Version::Tokens(bytes) => (1, bytes),
            Version::Number(number) => (2, (number as u128).to_le_bytes()),
        };
        hash = (hash ^ tag).wrapping_mul(PRIME);
        let mut i = 0;
        while i < bytes.len() {
            hash = (hash ^ bytes[i] as u128).wrapping_mul(PRIME);
            i += 1;
        }
        let mut d = 0;
        while d < self.depends.len() {
            let bytes = self.depends[d].to_le_bytes();
            i = 0;
            while i < bytes.len() {
                hash = (hash ^ bytes[i] as u128).wrapping_mul(PRIME);
                i += 1;
            }
            d += 1;
        }
        hash
    }
}

/// What `#[memoize(..)]` sets for one function; `None` leaves it to the [`Memory`](crate::Memory).
#[derive(Debug, Clone, Copy, Default)]
pub struct FunctionOptions {
    /// Results older than this are computed again.
    pub expires_after: Option<Duration>,
    /// Asked on every hit; `false` computes again.
    pub validate: Option<fn(&Metadata) -> bool>,
    /// How much is said about calls of this function.
    pub verbose: Option<u8>,
    /// The compressor of its results, as in a configuration.
    pub compress: Option<&'static str>,
    /// The codec of its results, by name.
    pub codec: Option<&'static str>,
    /// Whether the arrays of its results are mapped from the first call on, as in a configuration.
    pub mmap_mode: Option<&'static str>,
}

impl FunctionOptions {
    /// Everything left to the memory.
    pub const NONE: Self = Self {
        expires_after: None,
        validate: None,
        verbose: None,
        compress: None,
        codec: None,
        mmap_mode: None,
    };
}
