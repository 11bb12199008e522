//! A program with 200 functions that larder memoizes: it calls each once, over the store it is told.
#![expect(clippy::print_stdout, reason = "a program that says something")]

macro_rules! kept {
    ($name:ident $n:literal) => {
        #[larder::memoize]
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
    let store = std::env::args().nth(1).expect("where the store is");
    larder::Memory::open(store.as_str()).expect("a store").install();
    println!("{}", all(1));
}
