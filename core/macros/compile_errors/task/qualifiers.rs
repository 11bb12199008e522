use larder::{memoize, task};

#[task]
async fn waits(x: u8) -> u8 {
    x
}

#[task]
unsafe fn trusts(x: u8) -> u8 {
    x
}

#[task]
fn f64(x: u8) -> u8 {
    x
}

#[task]
struct NoFunction;

#[task(name = "other")]
#[memoize]
fn both(x: u8) -> u8 {
    x
}

#[task(portabel)]
fn misspelt(x: u8) -> u8 {
    x
}

fn main() {}
