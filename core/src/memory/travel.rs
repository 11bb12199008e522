//! A memory crosses to other processes as its configuration: there the store is opened again.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Memory;
use crate::Config;

impl Memory {
    /// The configuration, without secrets: whoever opens the store elsewhere brings credentials of its own. A disabled
    /// memory stays disabled. A store built in code has no description to send, so the memory arrives disabled, with a
    /// warning here, once: tasks elsewhere compute.
    pub(crate) fn to_travel(&self) -> Config {
        let mut config = Config::default();
        let Some(shelf) = self.shelf() else {
            config.memory.enabled = false;
            return config;
        };
        config.memory = shelf.settings.without_secrets();
        config.memory.enabled = shelf.described;
        if !shelf.described {
            shelf.told_undescribed.call_once(|| {
                tracing::warn!(
                    target: "larder::store",
                    memory = ?self,
                    "a store that was built in code cannot be opened elsewhere: what is sent there computes"
                );
            });
        }
        config
    }
}

/// As its configuration, without secrets; a store built in code arrives disabled.
impl Serialize for Memory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_travel().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Memory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::open(Config::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::MemoryStore;

    fn sent(memory: &Memory) -> Memory {
        postcard::from_bytes(&postcard::to_allocvec(memory).unwrap()).unwrap()
    }

    #[test]
    fn a_described_memory_arrives_with_its_settings() {
        let memory = Memory::builder("memory:").unwrap().verbose(3).open().unwrap();
        let there = sent(&memory);
        assert_eq!(there.location(), memory.location());
        assert_eq!(there.shelf().unwrap().settings, memory.shelf().unwrap().settings);
    }

    #[test]
    fn what_cannot_be_opened_elsewhere_arrives_disabled() {
        assert!(!sent(&Memory::disabled()).is_enabled());
        let built = Memory::over(Arc::new(MemoryStore::new())).open().unwrap();
        assert!(built.is_enabled() && !sent(&built).is_enabled());
    }
}
