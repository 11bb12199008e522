#![deny(unused)]
use larder::memoize;

#[memoize]
fn mistaken(x: u8, unused: u8) -> usize {
    let y: u8 = "no";
    x.len()
}

#[memoize]
fn dead(x: u8) -> u8 {
    let y = x;
    3
}

fn main() {
    mistaken(1, 2);
}
