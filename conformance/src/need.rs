//! Whom a case concerns.

use std::fmt;

/// Whom a case concerns, where `A` is what a backend can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need<A> {
    /// Those that must have the ability: it has to work.
    Has(A),
    /// Those that do not declare it: it has to be refused.
    Lacks(A),
}

/// Why a case does not concern a backend that `has` these abilities.
pub(crate) fn unmet<A: Copy + fmt::Display>(
    needs: &[Need<A>],
    has: impl Fn(A) -> bool,
) -> Option<String> {
    needs.iter().find_map(|need| match *need {
        Need::Has(ability) if !has(ability) => Some(format!("needs {ability}")),
        Need::Lacks(ability) if has(ability) => Some(format!("for those without {ability}")),
        Need::Has(_) | Need::Lacks(_) => None,
    })
}
