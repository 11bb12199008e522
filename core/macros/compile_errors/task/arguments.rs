use larder::task;

#[task]
fn exclusive(data: &mut Vec<u8>) {
    data.clear();
}

#[task]
fn opaque(data: impl Iterator<Item = u8>) -> usize {
    data.count()
}

#[task]
fn not_send(data: std::rc::Rc<u8>) -> u8 {
    *data
}

fn main() {}
