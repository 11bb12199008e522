//! What a result type asks of a deserializer, found out once per type and process.
//!
//! Bytes without field names are only safe to read as the type that wrote them. The shape says when that is so: its
//! fingerprint is part of a function's version, and the encoder holds every value against it.

mod canon;
mod facts;
mod node;
mod questions;
mod samples;
mod trace;

use std::any::{TypeId, type_name};
use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::sync::{PoisonError, RwLock};

use serde::de::DeserializeOwned;

use self::facts::Facts;
pub(crate) use self::node::{Kind, Leaf, Node, NodeId};

/// The structure of a type, as its `Deserialize` asks for it: every field, variant and element, by name and kind.
#[derive(Debug)]
pub struct Shape {
    type_name: &'static str,
    nodes: Vec<Node>,
    root: NodeId,
    coverage: Coverage,
    fingerprint: [u8; 16],
    facts: Facts,
}

/// How much of a type its [`Shape`] covers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Coverage {
    /// Every field and variant.
    Whole,
    /// The type looks at the data to decide what it is (`deserialize_any`: untagged and internally tagged enums,
    /// flattened fields, JSON values), so that only a self-describing codec can serve it.
    SelfDescribing,
    /// The type refused every sample value, or is too large to follow; why.
    Opaque(String),
}

impl Shape {
    /// How much of the type is known.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// A digest of the structure: equal for equal structures in every process, on every platform.
    ///
    /// A field or variant that was renamed, moved, added, removed or given another type, however deep, changes it. Of a
    /// type that is not wholly covered, the path of the type is part of it too.
    pub fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }

    /// The path of the type, for messages.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Whether bytes without names and kinds can carry values of this type.
    pub(crate) fn fits_postcard(&self) -> bool {
        self.coverage == Coverage::Whole && !self.facts.elements_without_bytes
    }

    /// Whether reading such bytes needs a look at their lengths and depth first.
    pub(crate) fn needs_scan(&self) -> bool {
        self.facts.recursive || self.facts.maps
    }

    /// Whether values have no places inside.
    pub(crate) fn is_leaf(&self) -> bool {
        self.coverage == Coverage::Whole && matches!(self.root().kind, Kind::Leaf(_))
    }

    pub(crate) fn root(&self) -> &Node {
        self.node(self.root)
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }
}

/// The shape of `T`, traced at the first call in this process.
///
/// Tracing runs `T::deserialize` on sample values a few times (microseconds for most types). A `Deserialize` that panics
/// on them is [`Coverage::Opaque`]; the program's panic hook sees the panic.
///
/// ```
/// use larder_core::shape::{Coverage, shape_of};
///
/// assert_eq!(*shape_of::<Vec<(f64, String)>>().coverage(), Coverage::Whole);
/// assert_ne!(shape_of::<u32>().fingerprint(), shape_of::<u64>().fingerprint());
/// ```
pub fn shape_of<T: DeserializeOwned + 'static>() -> &'static Shape {
    thread_local! {
        // Threads that ask for every value they send would wait for each other at the lock.
        static SEEN: [Cell<Option<(TypeId, &'static Shape)>>; SEEN_AT_MOST] =
            const { [const { Cell::new(None) }; SEEN_AT_MOST] };
    }

    let id = TypeId::of::<T>();
    let place = BuildHasherDefault::<IsHash>::default().hash_one(id) as usize % SEEN_AT_MOST;
    SEEN.with(|seen| match seen[place].get() {
        Some((of, shape)) if of == id => shape,
        _ => {
            let shape = known_shape_of::<T>();
            seen[place].set(Some((id, shape)));
            shape
        }
    })
}

/// A thread remembers the shapes of so many types: of two with the same place, the last.
const SEEN_AT_MOST: usize = 64;

/// Of a `TypeId`, which is a hash itself.
#[derive(Default)]
struct IsHash(u64);

impl Hasher for IsHash {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

fn known_shape_of<T: DeserializeOwned + 'static>() -> &'static Shape {
    static KNOWN: RwLock<Option<HashMap<TypeId, &'static Shape>>> = RwLock::new(None);

    let id = TypeId::of::<T>();
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(shape) = known.as_ref().and_then(|known| known.get(&id)) {
        return shape;
    }
    drop(known);
    // Traced outside the lock: `T::deserialize` may itself ask for shapes.
    let traced = finish(type_name::<T>(), trace::trace::<T>());
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known.get_or_insert_default().entry(id).or_insert_with(|| Box::leak(Box::new(traced)))
}

fn finish(type_name: &'static str, traced: trace::Traced) -> Shape {
    let trace::Traced { nodes, root, coverage } = traced;
    if coverage != Coverage::Whole {
        tracing::debug!(
            target: "larder::shape", type_name, ?coverage,
            "values of this type are stored in the self-describing codec"
        );
    }
    let fingerprint = canon::fingerprint(&nodes, root, &coverage, type_name);
    let facts = Facts::of(&nodes, root);
    Shape { type_name, nodes, root, coverage, fingerprint, facts }
}
