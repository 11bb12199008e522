use larder_macros::KeyDigest;

struct Connection;

#[derive(KeyDigest)]
#[key_digest(crate = larder_core)]
struct Job {
    connection: Connection,
}

fn main() {}
