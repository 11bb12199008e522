//! A program with 200 functions that crate `cached` memoizes on disk: it calls each once. Where the disk is, it takes from
//! XDG_CACHE_HOME.
#![expect(clippy::print_stdout, reason = "a program that says something")]

use cached::macros::concurrent_cached;

macro_rules! kept {
    ($name:ident $n:literal) => {
        #[concurrent_cached(disk = true, map_error = |error| error.to_string())]
        fn $name(x: u64) -> Result<u64, String> {
            Ok(x + $n)
        }
    };
}
macro_rules! called {
    ($name:ident $x:ident) => {
        $name($x).expect("a cache")
    };
}
include!(concat!(env!("OUT_DIR"), "/functions.rs"));

fn main() {
    println!("{}", all(1));
}
