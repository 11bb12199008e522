//! The agreement rule: postcard's serializer, walking the traced shape beside the value.
//!
//! Bytes without names are read by whatever the type asks for. So each call must be the one the type will ask for at this
//! place, by kind, by name, by count; the first that is not ends the encoding. A newtype is the same bytes as what it
//! holds, so either side may leave it out. The names of types are not compared: `from`/`into` change them harmlessly.

mod numbers;
mod parts;

use std::cell::Cell;

use postcard::Error;
use postcard::ser_flavors::Flavor;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use self::parts::{Elements, Entries, Fields};
use super::MAX_DEPTH;
use crate::shape::{Kind, Leaf, Node, NodeId, Shape};

const KIND: &str = "it writes another kind of value than it reads";

type Out<'o> = postcard::Serializer<Sink<'o>>;

/// # Errors
/// Why the value may not be stored as postcard. What was appended to `out` is then worthless.
pub(super) fn encode<T: Serialize>(
    value: &T,
    shape: &Shape,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let check = Check { shape, disagreement: Cell::new(None), depth: Cell::new(0) };
    let mut out = postcard::Serializer { output: Sink(out) };
    let done = value.serialize(Walk { out: &mut out, node: shape.root(), check: &check });
    // The note first: a `Serialize` may swallow the error.
    match (check.disagreement.get(), done) {
        (Some(why), _) => Err(why.to_owned()),
        (None, Err(error)) => Err(error.to_string()),
        (None, Ok(())) => Ok(()),
    }
}

/// Appends to a vector.
struct Sink<'o>(&'o mut Vec<u8>);

impl Flavor for Sink<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// What one encoding has in common.
struct Check<'s> {
    shape: &'s Shape,
    disagreement: Cell<Option<&'static str>>,
    depth: Cell<usize>,
}

impl<'s> Check<'s> {
    #[cold]
    fn disagree(&self, why: &'static str) -> Error {
        self.disagreement.set(self.disagreement.get().or(Some(why)));
        Error::SerdeSerCustom
    }

    fn enter(&self) -> postcard::Result<()> {
        self.depth.set(self.depth.get() + 1);
        if self.depth.get() > MAX_DEPTH {
            return Err(self.disagree("it nests too deep"));
        }
        Ok(())
    }

    fn leave(&self) {
        self.depth.set(self.depth.get() - 1);
    }

    fn node(&self, id: NodeId) -> &'s Node {
        self.shape.node(id)
    }

    /// What a newtype holds, all the way down.
    fn inside_newtypes(&self, mut node: &'s Node) -> &'s Node {
        while let (Kind::Newtype(_), [inner]) = (node.kind, &node.children[..]) {
            node = self.node(*inner);
        }
        node
    }
}

/// One place: the next call must be what its node says.
struct Walk<'w, 'o> {
    out: &'w mut Out<'o>,
    node: &'w Node,
    check: &'w Check<'w>,
}

impl<'w, 'o> Walk<'w, 'o> {
    #[inline]
    fn leaf(self, leaf: Leaf) -> postcard::Result<&'w mut Out<'o>> {
        if !matches!(self.node.kind, Kind::Leaf(asked) if asked == leaf) {
            self.leaf_inside(leaf)?;
        }
        Ok(self.out)
    }

    #[cold]
    fn leaf_inside(&self, leaf: Leaf) -> postcard::Result<()> {
        match self.check.inside_newtypes(self.node).kind {
            Kind::Leaf(asked) if asked == leaf => Ok(()),
            _ => Err(self.check.disagree(KIND)),
        }
    }

    fn bare(&self) -> &'w Node {
        self.check.inside_newtypes(self.node)
    }

    fn other(&self) -> Error {
        self.check.disagree("it writes another structure than it reads")
    }

    /// The body of a variant whose number and name are those of the shape.
    fn variant(&self, index: u32, name: &str) -> postcard::Result<&'w Node> {
        let node = self.bare();
        let Kind::Enum(_, names) = node.kind else { return Err(self.other()) };
        let index = index as usize;
        if names.get(index) != Some(&name) {
            return Err(self.check.disagree("it numbers its variants differently in writing"));
        }
        Ok(self.check.node(node.children[index]))
    }

    fn fields(
        self,
        node: &'w Node,
        len: usize,
        names: &'static [&'static str],
    ) -> postcard::Result<Fields<'w, 'o>> {
        // `len` counts what will be written; with a field left out it is less.
        if len != node.children.len() {
            return Err(self.check.disagree("it writes another number of fields than it reads"));
        }
        self.check.enter()?;
        Ok(Fields { out: self.out, check: self.check, children: &node.children, names })
    }
}

macro_rules! leaves {
    ($($serialize:ident $leaf:ident $type:ty;)*) => {$(
        #[inline]
        fn $serialize(self, value: $type) -> postcard::Result<()> {
            self.leaf(Leaf::$leaf)?.$serialize(value)
        }
    )*};
}

impl<'w, 'o> Serializer for Walk<'w, 'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Elements<'w, 'o>;
    type SerializeTuple = Fields<'w, 'o>;
    type SerializeTupleStruct = Fields<'w, 'o>;
    type SerializeTupleVariant = Fields<'w, 'o>;
    type SerializeMap = Entries<'w, 'o>;
    type SerializeStruct = Fields<'w, 'o>;
    type SerializeStructVariant = Fields<'w, 'o>;

    leaves! {
        serialize_bool Bool bool;
        serialize_i8 I8 i8;
        serialize_i16 I16 i16;
        serialize_i32 I32 i32;
        serialize_i64 I64 i64;
        serialize_i128 I128 i128;
        serialize_u8 U8 u8;
        serialize_u16 U16 u16;
        serialize_u32 U32 u32;
        serialize_u64 U64 u64;
        serialize_u128 U128 u128;
        serialize_f32 F32 f32;
        serialize_f64 F64 f64;
        serialize_char Char char;
        serialize_str Str &str;
        serialize_bytes Bytes &[u8];
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_unit(self) -> postcard::Result<()> {
        self.leaf(Leaf::Unit)?.serialize_unit()
    }

    fn serialize_none(self) -> postcard::Result<()> {
        match self.bare().kind {
            Kind::Option => self.out.serialize_none(),
            _ => Err(self.other()),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> postcard::Result<()> {
        let (Kind::Option, [inner]) = (self.bare().kind, &self.bare().children[..]) else {
            return Err(self.other());
        };
        let Self { out, check, .. } = self;
        check.enter()?;
        // What `serialize_some` of postcard writes before the value, which must walk on.
        out.output.try_push(1)?;
        value.serialize(Walk { out, node: check.node(*inner), check })?;
        check.leave();
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> postcard::Result<()> {
        match self.bare().kind {
            Kind::UnitStruct(_) => self.out.serialize_unit_struct(name),
            _ => Err(self.other()),
        }
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> postcard::Result<()> {
        let node = match (self.node.kind, &self.node.children[..]) {
            (Kind::Newtype(_), [inner]) => self.check.node(*inner),
            _ => self.node,
        };
        value.serialize(Walk { node, ..self })
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> postcard::Result<()> {
        match self.variant(index, variant)?.kind {
            Kind::UnitStruct(_) => self.out.serialize_unit_variant(name, index, variant),
            _ => Err(self.other()),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> postcard::Result<()> {
        let body = self.variant(index, variant)?;
        let (Kind::Newtype(_), [inner]) = (body.kind, &body.children[..]) else {
            return Err(self.other());
        };
        let Self { out, check, .. } = self;
        check.enter()?;
        out.serialize_unit_variant(name, index, variant)?;
        value.serialize(Walk { out, node: check.node(*inner), check })?;
        check.leave();
        Ok(())
    }

    fn serialize_seq(self, len: Option<usize>) -> postcard::Result<Elements<'w, 'o>> {
        let (Kind::Seq, [element], Some(left)) = (self.bare().kind, &self.bare().children[..], len)
        else {
            return Err(self.other());
        };
        let Self { out, check, .. } = self;
        check.enter()?;
        out.serialize_seq(len)?;
        Ok(Elements { out, check, element: check.node(*element), left })
    }

    /// As serde's own, but for numbers of one size.
    fn collect_seq<I>(self, items: I) -> postcard::Result<()>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let mut items = items.into_iter();
        let len = match items.size_hint() {
            (least, Some(most)) if least == most => Some(least),
            _ => None,
        };
        let mut elements = self.serialize_seq(len)?;
        match elements.number() {
            Some((leaf, size)) => elements.append_numbers(items, leaf, size),
            None => {
                items.try_for_each(|item| SerializeSeq::serialize_element(&mut elements, &item))?;
                SerializeSeq::end(elements)
            }
        }
    }

    fn serialize_map(self, len: Option<usize>) -> postcard::Result<Entries<'w, 'o>> {
        let (Kind::Map, [key, value], Some(left)) =
            (self.bare().kind, &self.bare().children[..], len)
        else {
            return Err(self.other());
        };
        let Self { out, check, .. } = self;
        check.enter()?;
        out.serialize_map(len)?;
        let (key, value) = (check.node(*key), check.node(*value));
        Ok(Entries { out, check, key, value, left })
    }

    fn serialize_tuple(self, len: usize) -> postcard::Result<Fields<'w, 'o>> {
        let node = self.bare();
        match node.kind {
            Kind::Tuple(_) => self.fields(node, len, &[]),
            _ => Err(self.other()),
        }
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        len: usize,
    ) -> postcard::Result<Fields<'w, 'o>> {
        let node = self.bare();
        match node.kind {
            Kind::TupleStruct(..) => self.fields(node, len, &[]),
            _ => Err(self.other()),
        }
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> postcard::Result<Fields<'w, 'o>> {
        let node = self.bare();
        match node.kind {
            Kind::Struct(_, names) => self.fields(node, len, names),
            _ => Err(self.other()),
        }
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> postcard::Result<Fields<'w, 'o>> {
        let body = self.variant(index, variant)?;
        if !matches!(body.kind, Kind::Tuple(_)) {
            return Err(self.other());
        }
        self.out.serialize_unit_variant(name, index, variant)?;
        self.fields(body, len, &[])
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> postcard::Result<Fields<'w, 'o>> {
        let body = self.variant(index, variant)?;
        let Kind::Struct(_, names) = body.kind else { return Err(self.other()) };
        self.out.serialize_unit_variant(name, index, variant)?;
        self.fields(body, len, names)
    }
}
