use std::rc::Rc;

use larder::memoize;

#[memoize]
async fn shared(x: u8) -> u8 {
    let x = Rc::new(x);
    std::future::ready(()).await;
    *x
}

fn main() {
    let _ = shared(1);
}
