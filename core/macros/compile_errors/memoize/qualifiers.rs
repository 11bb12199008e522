use larder::memoize;

#[memoize]
const fn constant(x: u8) -> u8 {
    x
}

#[memoize]
unsafe fn risky(x: u8) -> u8 {
    x
}

#[memoize]
extern "C" fn foreign(x: u8) -> u8 {
    x
}

#[memoize]
fn endless(x: u8) -> ! {
    panic!("{x}")
}

#[memoize]
fn one_of_two(#[cfg(unix)] x: u8, #[cfg(not(unix))] x: u16) -> u64 {
    u64::from(x)
}

fn main() {
    const _: u8 = constant(1);
    unsafe { risky(1) };
    foreign(1);
    one_of_two(1);
    endless(1)
}
