//! A look over postcard bytes before they are believed: lengths that fit, and no bottomless nesting.
//!
//! Only where it matters: a recursive type would follow hostile bytes until the stack ends, and a map reserves room for
//! as many entries as its length says.

use super::{MAX_DEPTH, failed};
use crate::shape::{Kind, Leaf, Node, Shape};
use crate::{ErrorKind, Result};

/// # Errors
/// When the bytes cannot be a value of this shape, or the shape's values are never stored as postcard.
pub(super) fn check(bytes: &[u8], shape: &Shape) -> Result<()> {
    let refused = |why| Err(failed(ErrorKind::Decode, why, shape.type_name()));
    if !shape.fits_postcard() {
        return refused("values of this type are not stored as postcard");
    }
    if !shape.needs_scan() {
        return Ok(());
    }
    match (Scan { shape, rest: bytes }).node(shape.root(), 0) {
        Some(()) => Ok(()),
        None => refused("damaged, or nested too deep"),
    }
}

struct Scan<'a> {
    shape: &'a Shape,
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    /// Passes over one value. Counts depth as [`walk`](super::walk) does.
    fn node(&mut self, mut node: &'a Node, depth: usize) -> Option<()> {
        let shape = self.shape;
        while let (Kind::Newtype(_), [inner]) = (node.kind, &node.children[..]) {
            node = shape.node(*inner);
        }
        if let Kind::Leaf(leaf) = node.kind {
            return self.leaf(leaf);
        }
        let inside = depth + 1;
        if inside > MAX_DEPTH {
            return None;
        }
        let mut children = node.children.iter().map(|child| shape.node(*child));
        match node.kind {
            Kind::Option => match self.byte()? {
                0 => Some(()),
                1 => self.node(children.next()?, inside),
                _ => None,
            },
            Kind::Seq | Kind::Map => {
                let count = self.varint()?;
                // Every element takes a byte, so this ends with the bytes at the latest.
                (0..count).try_for_each(|_| {
                    children.clone().try_for_each(|child| self.node(child, inside))
                })
            }
            Kind::Enum(..) => {
                let variant = usize::try_from(self.varint()?).ok()?;
                let body = children.nth(variant)?;
                match (body.kind, &body.children[..]) {
                    (Kind::Newtype(_), [inner]) => self.node(shape.node(*inner), inside),
                    _ => self.node(body, depth),
                }
            }
            _ => children.try_for_each(|child| self.node(child, inside)),
        }
    }

    fn leaf(&mut self, leaf: Leaf) -> Option<()> {
        let len = match leaf {
            Leaf::Unit => 0,
            Leaf::Bool | Leaf::I8 | Leaf::U8 => 1,
            Leaf::F32 => 4,
            Leaf::F64 => 8,
            Leaf::Char | Leaf::Str | Leaf::Bytes => usize::try_from(self.varint()?).ok()?,
            Leaf::I128 | Leaf::U128 => return self.varint().map(drop),
            Leaf::I16 | Leaf::I32 | Leaf::I64 | Leaf::U16 | Leaf::U32 | Leaf::U64 => {
                return self.varint().map(drop);
            }
            Leaf::Unseen | Leaf::Any => return None,
        };
        self.rest = self.rest.split_at_checked(len)?.1;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// A number in groups of seven bits. What is above 64 bits is passed over: no length has any there.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..133).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}
