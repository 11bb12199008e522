//! What came of running a suite: for a person as a table, for a program as JSON.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The outcome of every case of one suite, in the order of the suite.
///
/// ```
/// # use larder_conformance::{CaseReport, Outcome, Report};
/// let report: Report = serde_json::from_str(
///     r#"{"suite": "mine", "cases": [
///         {"id": "value.sizes", "outcome": "passed"},
///         {"id": "lease.freed", "outcome": "skipped", "reason": "needs leases"}
///     ]}"#,
/// )?;
/// assert!(report.is_success());
/// assert_eq!(report.to_string().lines().last(), Some("mine: 1 passed, 0 failed, 1 skipped"));
/// # serde_json::Result::Ok(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The name of the suite: of the store, as a rule.
    pub suite: String,
    /// One entry a case.
    pub cases: Vec<CaseReport>,
}

/// The outcome of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaseReport {
    /// The [id](crate::StoreCase::id) of the case.
    pub id: String,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// All that the case checks holds.
    Passed,
    /// The case does not concern this store.
    Skipped {
        /// Why not.
        reason: String,
    },
    /// The store breaks its contract.
    Failed {
        /// In what.
        reason: String,
    },
}

impl Outcome {
    /// Whether the store broke its contract.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

impl Report {
    pub(crate) fn new(suite: &str, cases: Vec<CaseReport>) -> Self {
        Self { suite: suite.into(), cases }
    }

    /// Whether no case failed, and one passed.
    pub fn is_success(&self) -> bool {
        let passed = |case: &CaseReport| case.outcome == Outcome::Passed;
        self.failed().next().is_none() && self.cases.iter().any(passed)
    }

    /// The cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| case.outcome.is_failed())
    }
}

impl CaseReport {
    pub(crate) fn new(id: &str, outcome: Outcome) -> Self {
        Self { id: id.into(), outcome }
    }
}

/// One line a case, the sum at the end.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        for case in &self.cases {
            match &case.outcome {
                Outcome::Passed => {
                    passed += 1;
                    writeln!(f, "passed   {}", case.id)?;
                }
                Outcome::Failed { reason } => {
                    failed += 1;
                    writeln!(f, "FAILED   {}: {reason}", case.id)?;
                }
                Outcome::Skipped { reason } => {
                    skipped += 1;
                    writeln!(f, "skipped  {}: {reason}", case.id)?;
                }
            }
        }
        write!(f, "{}: {passed} passed, {failed} failed, {skipped} skipped", self.suite)
    }
}
