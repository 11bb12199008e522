//! The suite of the store trait.

mod case;
mod cases;
mod fixture;
mod material;
mod place;
mod subject;
mod suite;

pub use self::case::{Ability, StoreCase};
pub use self::cases::store_cases;
pub use self::place::StorePlace;
pub use self::suite::StoreSuite;
