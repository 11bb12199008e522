//! Bytes that were changed on their way, for tests.

use std::ops::Range;

/// Shows `look` what becomes of `whole` when some of its bytes within `places` are others, many times over.
#[expect(clippy::print_stdout, reason = "the seed runs it again")]
pub(crate) fn garbled(whole: &[u8], places: Range<usize>, mut look: impl FnMut(&[u8])) {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..5000 {
        let mut bytes = whole.to_vec();
        for _ in 0..random.usize(1..6) {
            bytes[random.usize(places.clone())] = random.u8(..);
        }
        look(&bytes);
    }
}
