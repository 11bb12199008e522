//! A ready-made listener for programs that have none: larder's events as lines on standard error.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::{Error, ErrorKind, Result};

/// Prints larder's events from `INFO` up to standard error, for programs that don't use `tracing` themselves: with a
/// memory of `verbose` 1, what is computed; of 11, also what is loaded; warnings always.
///
/// ```text
/// [larder] app::model::fit(depth = 4): computing (never)
/// [larder] app::model::fit: computed in 1.532 s
/// [larder] app::model::fit: loaded, 1.532 s saved
/// ```
///
/// | `verbose` here and in joblib | told |
/// |---|---|
/// | 0 | warnings |
/// | 1 … 10 | also each computation |
/// | from 11 | also each load |
///
/// # Errors
/// When the program has set a global `tracing` subscriber already: then that one gets the events.
pub fn print_events() -> Result<()> {
    tracing::subscriber::set_global_default(Lines).map_err(|error| {
        Error::new(
            ErrorKind::Invalid,
            "the program has a tracing subscriber already, which gets larder's events",
        )
        .with_source(error)
    })
}

struct Lines;

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO && metadata.target().starts_with("larder")
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = line(event.metadata().target(), &fields);
        // There is nobody left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "[larder] {line}");
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Id::from_u64(NEXT.fetch_add(1, Relaxed))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn line(target: &str, fields: &Fields) -> String {
    let get = |name| fields.get(name);
    let function = get("function");
    match target {
        "larder::miss" => {
            format!("{function}({}): computing ({})", get("arguments"), get("reason"))
        }
        "larder::computed" => format!("{function}: computed in {} s", seconds(get("seconds"))),
        "larder::hit" => format!("{function}: loaded, {} s saved", seconds(get("seconds_saved"))),
        "larder::rejected" => {
            format!("{function}: {} ({}): {}", get("message"), get("reason"), get("why"))
        }
        _ => {
            let mut line = get("message").to_owned();
            for (name, value) in fields.0.iter().filter(|(name, _)| *name != "message") {
                let _ = write!(line, ", {name}: {value}");
            }
            line
        }
    }
}

fn seconds(text: &str) -> String {
    text.parse::<f64>().map_or_else(|_| text.to_owned(), |seconds| format!("{seconds:.3}"))
}

/// An event's fields as text.
#[derive(Default)]
struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push((field.name(), format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_made_for_people() {
        let fields = Fields(vec![
            ("message", "computing".into()),
            ("function", "app::f".into()),
            ("arguments", "n = 4".into()),
            ("reason", "never".into()),
        ]);
        assert_eq!(line("larder::miss", &fields), "app::f(n = 4): computing (never)");
        let fields =
            Fields(vec![("function", "app::f".into()), ("seconds_saved", "1.53199".into())]);
        assert_eq!(line("larder::hit", &fields), "app::f: loaded, 1.532 s saved");
        let fields =
            Fields(vec![("message", "the store failed".into()), ("error", "no room".into())]);
        assert_eq!(line("larder::store", &fields), "the store failed, error: no room");
    }
}
