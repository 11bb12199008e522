//! `larder backends`

use std::io::Write;

use clap::Args;
use clap::builder::styling::Style;
use larder::{OptionInfo, ParallelInfo, StoreInfo};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Lists the kinds of stores and the parallel backends this command was built with, and their options
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder backends
  larder backends --json | jq -r '.[] | select(.kind == \"store\") | .name'
  larder backends --markdown > options.md")]
pub(crate) struct Backends {
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Write a page of Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// A backend of either kind, as it is shown.
struct Backend {
    /// `store` or `parallel`.
    kind: &'static str,
    name: String,
    about: String,
    /// How else it is asked for: by URLs, by other names.
    also: Option<String>,
    schemes: Vec<String>,
    aliases: Vec<String>,
    options: Vec<OptionInfo>,
}

impl From<StoreInfo> for Backend {
    fn from(store: StoreInfo) -> Self {
        let StoreInfo { name, schemes, about, options, .. } = store;
        let urls: Vec<_> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
        let also = (!urls.is_empty()).then(|| format!("URLs that begin with {}", urls.join(", ")));
        Self { kind: "store", name, about, also, schemes, aliases: Vec::new(), options }
    }
}

impl From<ParallelInfo> for Backend {
    fn from(backend: ParallelInfo) -> Self {
        let ParallelInfo { name, aliases, about, options, .. } = backend;
        let also = (!aliases.is_empty()).then(|| format!("also called {}", aliases.join(", ")));
        Self { kind: "parallel", name, about, also, schemes: Vec::new(), aliases, options }
    }
}

impl Backends {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let stores = larder::registry().stores().into_iter().map(Backend::from);
        let parallel = larder::registry().parallel_backends().into_iter().map(Backend::from);
        let (stores, parallel): (Vec<_>, Vec<_>) = (stores.collect(), parallel.collect());
        if self.json {
            out.json(&stores.iter().chain(&parallel).map(document).collect::<Vec<_>>())?;
        } else if self.markdown {
            write!(out, "{HEAD}")?;
            page(out, "Stores", &stores)?;
            page(out, "Parallel backends", &parallel)?;
        } else {
            for backend in &stores {
                describe(out, backend)?;
                writeln!(out)?;
            }
            writeln!(out, "Where tasks of parallel calls run:")?;
            for backend in &parallel {
                writeln!(out)?;
                describe(out, backend)?;
            }
        }
        Ok(Outcome::Fine)
    }
}

fn describe(out: &mut Output, backend: &Backend) -> Result<(), Failure> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{}{bold:#}: {}", backend.name, backend.about)?;
    if let Some(also) = &backend.also {
        writeln!(out, "  {also}")?;
    }
    let width = backend.options.iter().map(|option| option.name.len()).max().unwrap_or_default();
    for option in &backend.options {
        writeln!(out, "{}", format!("  {:width$}  {}", option.name, option.help).trim_end())?;
    }
    Ok(())
}

fn document(backend: &Backend) -> serde_json::Value {
    let options = backend.options.iter();
    json!({
        "kind": backend.kind,
        "name": backend.name,
        "about": backend.about,
        "schemes": backend.schemes,
        "aliases": backend.aliases,
        "options": options
            .map(|option| json!({"name": option.name, "help": option.help}))
            .collect::<Vec<_>>(),
    })
}

const HEAD: &str = "\
# Options of backends

What each backend can be told: `larder backends --markdown` wrote this, with all features. How options are written, in a
text, a variable or a file, says [Configuration](configuration.md#options).
";

fn page(out: &mut Output, heading: &str, backends: &[Backend]) -> Result<(), Failure> {
    writeln!(out, "\n## {heading}")?;
    for backend in backends {
        writeln!(out, "\n### `{}`\n\n{}.", backend.name, sentence(&backend.about))?;
        if let Some(also) = &backend.also {
            writeln!(out, "{}.", sentence(also))?;
        }
        if !backend.options.is_empty() {
            writeln!(out, "\n| option | |\n|---|---|")?;
        }
        for option in &backend.options {
            writeln!(out, "| `{}` | {} |", option.name, option.help)?;
        }
    }
    Ok(())
}

/// With its first letter in upper case, and what looks like an address marked as code.
fn sentence(text: &str) -> String {
    let marked = text.split(' ').map(|word| match word.trim_end_matches(',') {
        address if address.ends_with("://") => word.replace(address, &format!("`{address}`")),
        _ => word.to_owned(),
    });
    let text = marked.collect::<Vec<_>>().join(" ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
