use larder::memoize;

#[memoize]
fn push(list: &mut Vec<u8>, value: u8) -> u8 {
    list.push(value);
    value
}

#[memoize(ignore(log))]
fn logged(value: u8, log: Option<&mut String>) -> u8 {
    let _ = log;
    value
}

fn main() {
    push(&mut Vec::new(), 1);
    logged(1, None);
}
