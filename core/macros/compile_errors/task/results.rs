use larder::task;

#[task]
fn borrowed(x: &str) -> &str {
    x
}

#[task]
fn opaque(x: u8) -> impl Iterator<Item = u8> {
    0..x
}

#[task]
fn never() -> ! {
    panic!()
}

fn main() {}
