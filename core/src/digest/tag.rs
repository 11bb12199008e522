//! The first byte of everything in the stream. Never renumber: keys on disk depend on it.

/// What comes next in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    Unit = 1,
    Bool = 2,
    U8 = 3,
    U16 = 4,
    U32 = 5,
    U64 = 6,
    U128 = 7,
    I8 = 8,
    I16 = 9,
    I32 = 10,
    I64 = 11,
    I128 = 12,
    F32 = 13,
    F64 = 14,
    Char = 15,
    Str = 16,
    Bytes = 17,
    None = 18,
    Some = 19,
    Sequence = 20,
    Tuple = 21,
    Struct = 22,
    Variant = 23,
    /// A named field of a struct or variant: name, value.
    Field = 24,
    Set = 25,
    Map = 26,
    /// Neighbouring primitives of one type: type, count, block.
    Run = 27,
    /// Closes sequence, tuple, struct, variant.
    End = 28,
    /// The last so many values are one: what an implementation wrote that wrote none, or more than one.
    Group = 29,
}
