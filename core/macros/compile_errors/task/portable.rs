use larder::task;

struct NoSerde;

#[task(portable)]
fn argument(plain: u8, with: &NoSerde) -> u8 {
    let _ = with;
    plain
}

#[task(portable)]
fn result() -> NoSerde {
    NoSerde
}

#[task(portable)]
fn nested(words: &[&str]) -> usize {
    words.len()
}

fn main() {
    larder::parallel::tasks::register::<u8>();
    argument::delayed(1);
}
