//! A value on its way into bytes, and the place for one on its way back, without their types.

use std::fmt;

use serde::de::{self, DeserializeOwned};
use serde::{Deserializer, Serialize, Serializer};

use crate::shape::Shape;

/// A value to encode. Give it to anything that takes a [`Serialize`].
#[derive(Clone, Copy)]
pub struct Value<'a> {
    value: &'a dyn erased_serde::Serialize,
    shape: &'a Shape,
}

impl<'a> Value<'a> {
    pub(super) fn new(value: &'a dyn erased_serde::Serialize, shape: &'a Shape) -> Self {
        Self { value, shape }
    }

    /// What the value's type expects to read.
    pub fn shape(&self) -> &'a Shape {
        self.shape
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(self.value, serializer)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.shape.type_name())
    }
}

/// The place a decoded value goes to.
pub struct Slot<'a>(&'a mut dyn Place);

impl<'a> Slot<'a> {
    pub(super) fn new(place: &'a mut dyn Place) -> Self {
        Self(place)
    }

    /// Reads the value from any serde [`Deserializer`]: `slot.fill(&mut serde_json::Deserializer::from_slice(bytes))`.
    ///
    /// # Errors
    /// What the deserializer or the type reports.
    pub fn fill<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        self.0
            .fill(&mut <dyn erased_serde::Deserializer<'_>>::erase(deserializer))
            .map_err(de::Error::custom)
    }
}

impl fmt::Debug for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({})", if self.0.value().is_some() { "filled" } else { "empty" })
    }
}

/// An `Option<T>` without its `T`.
pub(super) trait Place {
    fn fill(
        &mut self,
        deserializer: &mut dyn erased_serde::Deserializer<'_>,
    ) -> Result<(), erased_serde::Error>;

    /// What was filled in.
    fn value(&self) -> Option<&dyn erased_serde::Serialize>;
}

impl<T: Serialize + DeserializeOwned> Place for Option<T> {
    fn fill(
        &mut self,
        deserializer: &mut dyn erased_serde::Deserializer<'_>,
    ) -> Result<(), erased_serde::Error> {
        *self = Some(erased_serde::deserialize(deserializer)?);
        Ok(())
    }

    fn value(&self) -> Option<&dyn erased_serde::Serialize> {
        self.as_ref().map(|value| value as _)
    }
}
