use larder::memoize;

#[memoize(ignore(debgu))]
fn costly(data: &[f64], r#type: u8, (a, b): (u8, u8), debug: bool) -> usize {
    data.len() + usize::from(r#type + a + b) + usize::from(debug)
}

#[memoize(ignore(x))]
fn nothing() -> u8 {
    1
}

#[memoize(ignore(debug, debug))]
fn twice(debug: bool) -> bool {
    debug
}

#[memoize(key = |y, x, x| x + y)]
fn keyed(x: u8) -> u8 {
    x
}

#[memoize(key = |x| *x, ignore(y))]
fn both(x: u8, y: u8) -> u8 {
    x + y
}

fn main() {
    costly(&[], 1, (2, 3), true);
    twice(nothing() == both(keyed(1), 2));
}
