//! The pieces of a shape: an arena of nodes, so that recursive types are cycles and nothing more.

/// An index into the arena. Leaves are interned: the id of a leaf is its [`Leaf`] as a number.
pub(crate) type NodeId = u32;

/// One place in a type and what it holds: the ids of its fields, elements or variants.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) children: Vec<NodeId>,
}

/// What a type asks for at one place. Names are those that serde was told, not the compiler's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Leaf(Leaf),
    Option,
    Seq,
    Map,
    Tuple(usize),
    UnitStruct(&'static str),
    Newtype(&'static str),
    TupleStruct(&'static str, usize),
    Struct(&'static str, &'static [&'static str]),
    /// The children are the variants' bodies: a `UnitStruct`, `Newtype`, `Tuple` or `Struct` without a name.
    Enum(&'static str, &'static [&'static str]),
}

impl Kind {
    /// How many children a node of this kind has.
    pub(crate) fn arity(self) -> usize {
        match self {
            Self::Leaf(_) | Self::UnitStruct(_) => 0,
            Self::Option | Self::Seq | Self::Newtype(_) => 1,
            Self::Map => 2,
            Self::Tuple(n) | Self::TupleStruct(_, n) => n,
            Self::Struct(_, names) | Self::Enum(_, names) => names.len(),
        }
    }
}

macro_rules! leaves {
    ($($leaf:ident)*) => {
        /// A place without places inside.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Leaf { $($leaf),* }

        impl Leaf {
            pub(crate) const ALL: &[Self] = &[$(Self::$leaf),*];
        }
    };
}
// `Unseen`: never asked for. `Any`: the type looks at the data first. New ones go to the end: fingerprints count them.
leaves!(Unseen Any Bool I8 I16 I32 I64 I128 U8 U16 U32 U64 U128 F32 F64 Char Str Bytes Unit);

impl Leaf {
    pub(crate) fn id(self) -> NodeId {
        self as NodeId
    }
}
