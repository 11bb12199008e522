//! The cache behind the tier; without the feature `hot` there is none.

#[cfg(feature = "hot")]
pub(super) use self::with::Cache;
#[cfg(not(feature = "hot"))]
pub(super) use self::without::Cache;

#[cfg(feature = "hot")]
mod with {
    use std::hash::{BuildHasherDefault, Hasher};
    use std::sync::Arc;

    use quick_cache::sync::{Cache as Values, DefaultLifecycle};
    use quick_cache::{OptionsBuilder, Weighter};

    use super::super::{HotKey, HotValue};

    /// Locks: a value may take almost as much as one of so many parts of the room.
    const SHARDS: usize = 4;

    pub(in super::super) struct Cache(
        Values<HotKey, Arc<HotValue>, ByWeight, BuildHasherDefault<AsItIs>>,
    );

    impl Cache {
        pub(in super::super) fn new(bytes: u64) -> Option<Self> {
            let options = OptionsBuilder::new()
                .shards(SHARDS)
                // What the average is taken for: it decides how much is remembered of values that were dropped.
                .estimated_items_capacity(
                    usize::try_from(bytes / 1024).unwrap_or(usize::MAX).max(256),
                )
                .weight_capacity(bytes)
                .build()
                .ok()?;
            let lifecycle = DefaultLifecycle::default();
            Some(Self(Values::with_options(options, ByWeight, Default::default(), lifecycle)))
        }

        #[inline]
        pub(in super::super) fn get(&self, at: &HotKey) -> Option<Arc<HotValue>> {
            self.0.get(at)
        }

        pub(in super::super) fn insert(&self, at: HotKey, value: Arc<HotValue>) {
            self.0.insert(at, value);
        }

        pub(in super::super) fn remove(&self, at: &HotKey) {
            self.0.remove(at);
        }

        pub(in super::super) fn clear(&self) {
            self.0.clear();
        }
    }

    #[derive(Clone)]
    struct ByWeight;

    impl Weighter<HotKey, Arc<HotValue>> for ByWeight {
        fn weight(&self, _: &HotKey, value: &Arc<HotValue>) -> u64 {
            value.weight
        }
    }

    /// A number that is spread already.
    #[derive(Default)]
    struct AsItIs(u64);

    impl Hasher for AsItIs {
        fn write_u64(&mut self, number: u64) {
            self.0 = number;
        }

        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
            }
        }

        fn finish(&self) -> u64 {
            self.0
        }
    }
}

#[cfg(not(feature = "hot"))]
mod without {
    use std::sync::Arc;

    use super::super::{HotKey, HotValue};

    pub(in super::super) enum Cache {}

    impl Cache {
        pub(in super::super) fn new(_: u64) -> Option<Self> {
            None
        }

        pub(in super::super) fn get(&self, _: &HotKey) -> Option<Arc<HotValue>> {
            match *self {}
        }

        pub(in super::super) fn insert(&self, _: HotKey, value: Arc<HotValue>) {
            let _never = value.weight;
            match *self {}
        }

        pub(in super::super) fn remove(&self, _: &HotKey) {
            match *self {}
        }

        pub(in super::super) fn clear(&self) {
            match *self {}
        }
    }
}
