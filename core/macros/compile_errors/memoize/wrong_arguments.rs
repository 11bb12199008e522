use larder::memoize;

#[memoize]
fn repeat(text: &str, times: usize) -> String {
    text.repeat(times)
}

fn calls(handle: &repeat) {
    let _ = handle.call("a");
    let _ = handle.call(2, "a");
    let _ = handle.with("a", 2, 3);
    repeat("a");
}

fn main() {
    let _ = calls;
}
