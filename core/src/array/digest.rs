//! Arrays as parts of keys: shape and elements in logical order, however they stand in memory.

use super::element::Element;
use super::{Array, Order};
use crate::digest::Items;
use crate::{Digest, KeyDigest};

/// The digest of an array of any kind. Its serde form for digests (in `wire`) says the same.
pub(super) fn digest_array(
    digest: &mut Digest,
    shape: &[usize],
    elements: impl FnOnce(&mut Items<'_>),
) {
    let mut array = digest.structure("Array");
    array.field("shape", shape).field_with("elements", |digest| elements(&mut digest.sequence()));
}

/// So many elements are brought into logical order at a time.
const CHUNK: usize = 4096;

impl<T: Element> KeyDigest for Array<T> {
    fn digest(&self, digest: &mut Digest) {
        digest_array(digest, self.shape(), |items| {
            if self.order() == Order::C {
                items.items(self.as_slice());
                return;
            }
            let mut logical = self.logical();
            let mut chunk = Vec::with_capacity(CHUNK);
            while logical.len() > 0 {
                chunk.clear();
                chunk.extend(logical.by_ref().take(CHUNK));
                items.items(&chunk);
            }
        });
    }
}
