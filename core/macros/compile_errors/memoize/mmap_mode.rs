use larder::memoize;

#[memoize(mmap_mode = "r+")]
fn in_place(x: u8) -> u8 {
    x
}

#[memoize(mmap_mode = "read")]
fn unknown(x: u8) -> u8 {
    x
}

#[memoize(mmap_mode = "r", compress = "zstd")]
fn compressed(x: u8) -> u8 {
    x
}

#[memoize(mmap_mode = "r", compress = "none")]
fn plain(x: u8) -> u8 {
    x
}

#[memoize(mmap_mode = "auto", compress = "zstd")]
fn left_to_the_store(x: u8) -> u8 {
    x
}

fn main() {
    in_place(unknown(compressed(plain(left_to_the_store(1)))));
}
