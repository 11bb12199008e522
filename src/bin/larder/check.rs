//! `larder check`

mod namespace;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Args;
use clap::builder::styling::{AnsiColor, Style};
use indicatif::ProgressBar;
use larder::store::{StoreBackend, StoreCapabilities};
use larder::{Memory, Prefix, StoreConfig};
use larder_conformance::{Outcome as CaseOutcome, StorePlace, StoreSuite, store_cases};
use serde_json::json;
use uuid::Uuid;

use self::namespace::Namespace;
use crate::failure::{Failure, Outcome};
use crate::open;
use crate::output::Output;

/// It may take as long, and as much room, as the whole store.
const COMPACTS_ALL: &str = "compacting concerns all that is in the store";

/// Checks that a store keeps the promises larder relies on
///
/// Runs the suite that every backend of larder passes against a store that is there, in a namespace of its own,
/// `larder-check-…`, which it removes in the end. What else is in the store is neither read nor changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder check s3://bucket/prefix
  larder check ./cache --case lease.      only the cases that begin so
  larder check sqlite:cache.db --json")]
pub(crate) struct Check {
    /// The store
    store: String,
    /// Only the cases whose name begins so
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    case: String,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let config = open::store(&self.store)?;
        let cases: Vec<_> = store_cases().filter(|case| case.id.starts_with(&self.case)).collect();
        if cases.is_empty() {
            return Err(Failure::Usage(format!("no case's name begins with `{}`", self.case)));
        }
        let live = Live::open(config)?;
        let suite = live.suite();
        let bar = ProgressBar::new(cases.len() as u64);
        let mut reports = Vec::new();
        for case in cases {
            bar.inc(1);
            reports.push((case, suite.run_case(case)));
        }
        bar.finish_and_clear();
        let removed = live.remove();
        let failed = reports.iter().filter(|(_, outcome)| outcome.is_failed()).count();
        if self.json {
            let cases = reports.iter().map(|(case, outcome)| {
                let mut case = json!({"id": case.id, "about": case.about});
                let outcome = serde_json::to_value(outcome).unwrap_or_default();
                if let (Some(case), Some(outcome)) = (case.as_object_mut(), outcome.as_object()) {
                    case.extend(outcome.clone());
                }
                case
            });
            out.json(&json!({
                "store": live.config.to_string(),
                "capabilities": capabilities(&live.capabilities),
                "cases": cases.collect::<Vec<_>>(),
                "failed": failed,
            }))?;
        } else {
            text(out, &live, &reports)?;
        }
        removed?;
        Ok(if failed > 0 { Outcome::Wrong } else { Outcome::Fine })
    }
}

fn text(
    out: &mut Output,
    live: &Live,
    reports: &[(&larder_conformance::StoreCase, CaseOutcome)],
) -> Result<(), Failure> {
    let [green, red, dim] = [AnsiColor::Green, AnsiColor::Red, AnsiColor::BrightBlack]
        .map(|color| Style::new().fg_color(Some(color.into())));
    writeln!(out, "{}: {}\n", live.config, capabilities(&live.capabilities).join(", "))?;
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (case, outcome) in reports {
        match outcome {
            CaseOutcome::Passed => {
                passed += 1;
                writeln!(out, "{green}passed{green:#}   {:24} {}", case.id, case.about)?;
            }
            CaseOutcome::Skipped { reason } => {
                skipped += 1;
                writeln!(out, "{dim}skipped{dim:#}  {:24} {reason}", case.id)?;
            }
            CaseOutcome::Failed { reason } => {
                failed += 1;
                writeln!(out, "{red}FAILED{red:#}   {:24} {}", case.id, case.about)?;
                writeln!(out, "{:9}{reason}", "")?;
            }
        }
    }
    writeln!(out, "\n{passed} passed, {failed} failed, {skipped} skipped")?;
    Ok(())
}

/// In words, as the store declares them.
fn capabilities(declared: &StoreCapabilities) -> Vec<String> {
    let mut words = vec![format!("{:?}", declared.execution).to_lowercase()];
    let abilities = [
        (declared.persistent, "persistent"),
        (declared.create, "create"),
        (declared.recency, "recency"),
        (declared.range, "range"),
        (declared.local_path, "local paths"),
    ];
    words.extend(abilities.into_iter().filter(|(has, _)| *has).map(|(_, name)| name.to_owned()));
    words.extend(declared.lease.map(|scope| format!("lease ({scope:?})").to_lowercase()));
    words
}

/// The store under test.
struct Live {
    config: StoreConfig,
    /// For what is done once, and for a store that lives and ends with its handle.
    store: Arc<dyn StoreBackend>,
    capabilities: StoreCapabilities,
    namespace: Prefix,
}

impl Live {
    fn open(config: StoreConfig) -> Result<Self, Failure> {
        let store = larder::registry().open_existing(&config)?;
        let namespace = Prefix::new(&format!("larder-check-{}", Uuid::new_v4().simple()))?;
        Ok(Self { capabilities: store.capabilities(), config, store, namespace })
    }

    fn suite(&self) -> StoreSuite {
        let (config, store, top) =
            (self.config.clone(), self.store.clone(), self.namespace.clone());
        let persistent = self.capabilities.persistent;
        let places = AtomicU64::new(0);
        StoreSuite::new(self.config.to_string(), self.capabilities, move || {
            let n = places.fetch_add(1, Ordering::Relaxed);
            Ok(Place {
                config: persistent.then(|| config.clone()),
                store: store.clone(),
                namespace: Prefix::new(&format!("{top}/{n}"))?,
            })
        })
        // Any store may leave out touches; what is not promised cannot be checked from outside.
        .throttles_touch()
        .without("declared.as_pinned", "what it declares is taken at its word")
        .without("key.longest", "the namespace takes a part of the length of keys")
        .without("compact.keeps", COMPACTS_ALL)
        .without("compact.leases", COMPACTS_ALL)
    }

    /// Removes what a case may have left.
    fn remove(&self) -> larder::Result<u64> {
        remove(&self.store, &self.namespace)
    }
}

fn remove(store: &Arc<dyn StoreBackend>, namespace: &Prefix) -> larder::Result<u64> {
    Memory::over(store.clone()).open()?.clear_under(namespace)
}

/// A namespace of its own for each case.
struct Place {
    /// To open the store anew each time.
    config: Option<StoreConfig>,
    store: Arc<dyn StoreBackend>,
    namespace: Prefix,
}

impl StorePlace for Place {
    fn open(&self) -> larder::Result<Arc<dyn StoreBackend>> {
        let store = match &self.config {
            Some(config) => larder::registry().open_existing(config)?,
            None => self.store.clone(),
        };
        Ok(Arc::new(Namespace::new(store, self.namespace.clone())))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // All of them are removed once more in the end, where an error can be told.
        let _ = remove(&self.store, &self.namespace);
    }
}
