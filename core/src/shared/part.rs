//! A part of a shared array, in the hands of one worker.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use super::memory::{Memory, rows};
use crate::{Element, Order, Result};

/// A part of a [`SharedArray`](super::SharedArray), for one worker to write: a range of the dimension that runs slowest
/// (rows, in C order).
///
/// Threads take it as it is. Serialized, it is lent out of this process: whoever deserializes it, on the same machine
/// and while nobody else has the range, opens just that range of the file. While it does, the slice here is refused,
/// and as long as there is one, the part is not serialized:
///
/// ```compile_fail,E0502
/// # let mut shared = larder_core::SharedArray::<f64>::anonymous([10])?;
/// let mut parts = shared.parts(1)?;
/// let elements = parts[0].as_mut_slice()?;
/// let ticket = serde_json::to_string(&parts[0]);
/// elements[0] = 1.0;
/// # Ok::<(), larder_core::Error>(())
/// ```
pub struct SharedPart<'a, T> {
    access: Access<'a>,
    range: Range<usize>,
    shape: Box<[usize]>,
    elements: Range<usize>,
    element: PhantomData<T>,
}

enum Access<'a> {
    /// Lent by the array of this process, disjoint from all others that are.
    Here(&'a Memory),
    /// Opened for this part alone.
    Own(Box<Memory>),
}

impl Access<'_> {
    fn memory(&self) -> &Memory {
        match self {
            Access::Here(memory) => memory,
            Access::Own(memory) => memory,
        }
    }
}

impl<'a, T: Element> SharedPart<'a, T> {
    pub(super) fn here(memory: &'a Memory, range: Range<usize>) -> Result<Self> {
        Self::of(Access::Here(memory), range)
    }

    pub(super) fn own(memory: Memory, range: Range<usize>) -> Result<Self> {
        Self::of(Access::Own(Box::new(memory)), range)
    }

    fn of(access: Access<'a>, range: Range<usize>) -> Result<Self> {
        let memory = access.memory();
        let (elements, shape) = rows(&memory.shape, memory.order, &range)?;
        Ok(Self { access, range, shape, elements, element: PhantomData })
    }

    pub(super) fn memory(&self) -> &Memory {
        self.access.memory()
    }

    /// Lets whoever deserializes it have it.
    pub(super) fn lend(&self) -> Result<()> {
        self.memory().lend(&self.elements)
    }

    /// Which part of the dimension that runs slowest it is: which rows, in C order.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The length of each dimension of this part.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// In which order the elements stand in memory.
    pub fn order(&self) -> Order {
        self.memory().order
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Its elements, in the order of memory, to look at or change them. Even to look at them takes the part alone: as
    /// long as anybody does, it cannot be serialized.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) while somebody who deserialized it has it.
    pub fn as_mut_slice(&mut self) -> Result<&mut [T]> {
        self.memory().hold(&self.elements)?;
        // SAFETY: they are held; parts of one array never overlap, and this one is borrowed mutably.
        Ok(unsafe { self.memory().elements_mut(&self.elements) })
    }
}

impl<T: Element> fmt::Debug for SharedPart<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPart")
            .field("element", &format_args!("{}", T::NAMES[0]))
            .field("range", &self.range)
            .field("shape", &format_args!("{:?}", self.shape))
            .finish_non_exhaustive()
    }
}
