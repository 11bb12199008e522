//! Stores made of other stores, which they hold [mounted](crate::Mounted).

mod lease;
mod listed;
mod prefix;
mod read_only;
mod split;
mod tiered;
mod timeout;

pub use self::prefix::PrefixStore;
pub use self::read_only::ReadOnlyStore;
pub use self::split::SplitStore;
pub use self::tiered::TieredStore;
pub use self::timeout::TimeoutStore;
use crate::StoreFactory;

/// The layers by name.
pub(crate) fn factories() -> [StoreFactory; 5] {
    [
        tiered::factory(),
        split::factory(),
        read_only::factory(),
        prefix::factory(),
        timeout::factory(),
    ]
}
