//! The fingerprint: a digest of the structure written out in one way only.

use super::{Coverage, Kind, Leaf, Node, NodeId};

/// Walks from the root, writes each node at its first visit and its number at every later one.
pub(super) fn fingerprint(
    nodes: &[Node],
    root: NodeId,
    coverage: &Coverage,
    type_name: &str,
) -> [u8; 16] {
    let mut writer = Writer { nodes, numbers: vec![None; nodes.len()], next: 0, out: Vec::new() };
    writer.node(root);
    if *coverage != Coverage::Whole {
        writer.text("of");
        writer.text(type_name);
    }
    let mut hasher = blake3::Hasher::new_derive_key("larder 2026 result shape v1");
    hasher.update(&writer.out);
    let mut digest = [0; 16];
    hasher.finalize_xof().fill(&mut digest);
    digest
}

struct Writer<'a> {
    nodes: &'a [Node],
    numbers: Vec<Option<u64>>,
    next: u64,
    out: Vec<u8>,
}

impl Writer<'_> {
    fn number(&mut self, number: u64) {
        self.out.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn node(&mut self, id: NodeId) {
        let Node { kind, children } = &self.nodes[id as usize];
        if let Kind::Leaf(leaf) = kind {
            return self.leaf(*leaf);
        }
        if let Some(number) = self.numbers[id as usize] {
            self.out.push(b'^');
            return self.number(number);
        }
        self.numbers[id as usize] = Some(self.next);
        self.next += 1;
        let (tag, name, names): (u8, &str, &[&str]) = match *kind {
            Kind::Leaf(leaf) => return self.leaf(leaf),
            Kind::Option => (b'o', "", &[]),
            Kind::Seq => (b'q', "", &[]),
            Kind::Map => (b'm', "", &[]),
            Kind::Tuple(_) => (b't', "", &[]),
            Kind::UnitStruct(name) => (b'u', name, &[]),
            Kind::Newtype(name) => (b'n', name, &[]),
            Kind::TupleStruct(name, _) => (b'p', name, &[]),
            Kind::Struct(name, fields) => (b's', name, fields),
            Kind::Enum(name, variants) => (b'e', name, variants),
        };
        self.out.push(tag);
        self.text(name);
        self.number(children.len() as u64);
        names.iter().for_each(|name| self.text(name));
        children.iter().for_each(|child| self.node(*child));
    }

    fn leaf(&mut self, leaf: Leaf) {
        self.out.extend_from_slice(&[b'l', leaf as u8]);
    }
}
