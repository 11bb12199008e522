//! The inside of sequences, maps, tuples and structs: as many parts as promised, each at its place.

use postcard::Error;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::{Check, KIND, Out, Walk, numbers};
use crate::shape::{Kind, Leaf, Node, NodeId};

const LENGTH: &str = "it writes another number of elements than it announces";

pub(super) struct Elements<'w, 'o> {
    pub(super) out: &'w mut Out<'o>,
    pub(super) check: &'w Check<'w>,
    pub(super) element: &'w Node,
    pub(super) left: usize,
}

impl Elements<'_, '_> {
    /// The kind and size of its elements, if they are numbers of one size.
    pub(super) fn number(&self) -> Option<(Leaf, usize)> {
        match self.check.inside_newtypes(self.element).kind {
            Kind::Leaf(leaf) => Some((leaf, numbers::size(leaf)?)),
            _ => None,
        }
    }

    /// All elements at once, which are such numbers, and the end.
    #[inline]
    pub(super) fn append_numbers<I>(
        mut self,
        items: I,
        leaf: Leaf,
        size: usize,
    ) -> postcard::Result<()>
    where
        I: Iterator<Item: Serialize>,
    {
        /// More is not reserved on a mere promise.
        const MOST: usize = 1 << 30;
        let out = &mut *self.out.output.0;
        out.reserve(self.left.saturating_mul(size).min(MOST));
        // One too many is enough to see it.
        let items = items.take(self.left.saturating_add(1));
        let Some(count) = numbers::append(items, leaf, out) else {
            return Err(self.check.disagree(KIND));
        };
        match self.left.checked_sub(count) {
            Some(left) => self.left = left,
            None => return Err(self.check.disagree(LENGTH)),
        }
        self.end()
    }
}

impl SerializeSeq for Elements<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> postcard::Result<()> {
        let Some(left) = self.left.checked_sub(1) else { return Err(self.check.disagree(LENGTH)) };
        self.left = left;
        value.serialize(Walk { out: self.out, node: self.element, check: self.check })
    }

    fn end(self) -> postcard::Result<()> {
        if self.left > 0 {
            return Err(self.check.disagree(LENGTH));
        }
        self.check.leave();
        Ok(())
    }
}

pub(super) struct Entries<'w, 'o> {
    pub(super) out: &'w mut Out<'o>,
    pub(super) check: &'w Check<'w>,
    pub(super) key: &'w Node,
    pub(super) value: &'w Node,
    pub(super) left: usize,
}

impl SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> postcard::Result<()> {
        let Some(left) = self.left.checked_sub(1) else { return Err(self.check.disagree(LENGTH)) };
        self.left = left;
        key.serialize(Walk { out: self.out, node: self.key, check: self.check })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> postcard::Result<()> {
        value.serialize(Walk { out: self.out, node: self.value, check: self.check })
    }

    fn end(self) -> postcard::Result<()> {
        if self.left > 0 {
            return Err(self.check.disagree(LENGTH));
        }
        self.check.leave();
        Ok(())
    }
}

/// Named or numbered parts, each of its own kind.
pub(super) struct Fields<'w, 'o> {
    pub(super) out: &'w mut Out<'o>,
    pub(super) check: &'w Check<'w>,
    /// Those still to come.
    pub(super) children: &'w [NodeId],
    /// Their names; empty for tuples.
    pub(super) names: &'static [&'static str],
}

impl Fields<'_, '_> {
    #[inline]
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> postcard::Result<()> {
        let Some((child, rest)) = self.children.split_first() else {
            return Err(self.check.disagree(LENGTH));
        };
        self.children = rest;
        value.serialize(Walk { out: self.out, node: self.check.node(*child), check: self.check })
    }

    fn named<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> postcard::Result<()> {
        match self.names.split_first() {
            Some((expected, rest)) if *expected == name => self.names = rest,
            _ => return Err(self.check.disagree("it writes other fields than it reads")),
        }
        self.part(value)
    }

    fn skipped(&self) -> postcard::Result<()> {
        Err(self.check.disagree("it leaves a field out"))
    }

    fn finish(self) -> postcard::Result<()> {
        if !self.children.is_empty() {
            return Err(self.check.disagree(LENGTH));
        }
        self.check.leave();
        Ok(())
    }
}

macro_rules! numbered {
    ($($trait:ident $part:ident),*) => {$(
        impl $trait for Fields<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $part<T: Serialize + ?Sized>(&mut self, value: &T) -> postcard::Result<()> {
                self.part(value)
            }

            fn end(self) -> postcard::Result<()> {
                self.finish()
            }
        }
    )*};
}
numbered!(SerializeTuple serialize_element, SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

macro_rules! named {
    ($($trait:ident),*) => {$(
        impl $trait for Fields<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> postcard::Result<()> {
                self.named(name, value)
            }

            fn skip_field(&mut self, _name: &'static str) -> postcard::Result<()> {
                self.skipped()
            }

            fn end(self) -> postcard::Result<()> {
                self.finish()
            }
        }
    )*};
}
named!(SerializeStruct, SerializeStructVariant);
