use larder::memoize;

#[memoize]
fn largest<T: Ord + Copy, const N: usize>(values: [T; N]) -> T {
    *values.iter().max().unwrap()
}

fn main() {
    largest([1, 2]);
}
