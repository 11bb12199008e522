//! What the codecs need to know about a shape as a whole.

use super::{Kind, Leaf, Node, NodeId};

#[derive(Debug, Default)]
pub(super) struct Facts {
    /// A type within itself: its values have no depth of their own.
    pub(super) recursive: bool,
    /// Maps reserve room for as many entries as their length promises.
    pub(super) maps: bool,
    /// A sequence of elements that take no bytes: a damaged length of 2^60 would be believed.
    pub(super) elements_without_bytes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done { empty: bool },
}

impl Facts {
    pub(super) fn of(nodes: &[Node], root: NodeId) -> Self {
        let mut facts = Self::default();
        facts.visit(nodes, root, &mut vec![Visit::New; nodes.len()]);
        facts
    }

    /// Whether a value there may take no bytes at all. The tracer bounds how deep a shape nests.
    fn visit(&mut self, nodes: &[Node], id: NodeId, visits: &mut [Visit]) -> bool {
        match visits[id as usize] {
            Visit::Done { empty } => return empty,
            Visit::Open => {
                self.recursive = true;
                return false;
            }
            Visit::New => visits[id as usize] = Visit::Open,
        }
        let node = &nodes[id as usize];
        let mut all_empty = true;
        for &child in &node.children {
            all_empty &= self.visit(nodes, child, visits);
        }
        let empty = match node.kind {
            Kind::Leaf(leaf) => leaf == Leaf::Unit,
            Kind::Option | Kind::Enum(..) => false,
            Kind::Seq | Kind::Map => {
                self.maps |= node.kind == Kind::Map;
                self.elements_without_bytes |= all_empty;
                false
            }
            Kind::Tuple(_)
            | Kind::UnitStruct(_)
            | Kind::Newtype(_)
            | Kind::TupleStruct(..)
            | Kind::Struct(..) => all_empty,
        };
        visits[id as usize] = Visit::Done { empty };
        empty
    }
}
