//! The suite of the parallel trait.

mod case;
mod cases;
mod fixture;
mod marks;
mod suite;
mod tasks;

pub use self::case::{ParallelAbility, ParallelCase};
pub use self::cases::parallel_cases;
pub use self::suite::ParallelSuite;
