//! The same program with nothing memoized.
#![expect(clippy::print_stdout, reason = "a program that says something")]

macro_rules! kept {
    ($name:ident $n:literal) => {
        fn $name(x: u64) -> u64 {
            x + $n
        }
    };
}
macro_rules! called {
    ($name:ident $x:ident) => {
        $name($x)
    };
}
include!(concat!(env!("OUT_DIR"), "/functions.rs"));

fn main() {
    println!("{}", all(1));
}
