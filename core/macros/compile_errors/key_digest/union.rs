use larder_macros::KeyDigest;

#[derive(KeyDigest)]
#[key_digest(crate = larder_core)]
union Number {
    integer: u32,
    float: f32,
}

fn main() {}
