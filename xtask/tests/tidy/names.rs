//! What the pages name exists: functions, types, variables, features, commands, files.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use crate::markdown::{code_blocks, code_spans};
use crate::workspace::{assert_none, files, members, read, root};

/// What joblib 1.6 exports, but for what is called the same here; and what its users meet of its insides.
const JOBLIB: [&str; 22] = [
    "AsyncMemorizedFunc",
    "CompressorWrapper",
    "Logger",
    "MemorizedResult",
    "NotMemorizedFunc",
    "NotMemorizedResult",
    "ParallelBackendBase",
    "PrintTime",
    "StoreBackendBase",
    "TerminatedWorkerError",
    "call_and_shelve",
    "check_call_in_cache",
    "cpu_count",
    "effective_n_jobs",
    "expires_after",
    "parallel_backend",
    "parallel_config",
    "reduce_size",
    "register_compressor",
    "register_parallel_backend",
    "register_store_backend",
    "wrap_non_picklable_objects",
];

/// Every word of the sources: what is defined is among them, and a name that went away is not.
struct Sources {
    words: HashSet<String>,
    features: BTreeSet<String>,
    examples: BTreeSet<String>,
    tests: BTreeSet<String>,
}

/// The words of `code`, but for those of its comments.
fn add_words(words: &mut HashSet<String>, code: &str) {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    for word in lines.flat_map(|line| line.split(|c| !is_word(c))) {
        if !words.contains(word) {
            words.insert(word.to_owned());
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Sources {
    fn read() -> Self {
        let mut words = HashSet::new();
        for path in files("rs").iter().chain(&files("py")) {
            add_words(&mut words, &read(path));
        }
        let (mut features, mut examples, mut tests) =
            <(BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)>::default();
        for path in files("toml").iter().filter(|path| path.ends_with("Cargo.toml")) {
            let manifest: toml::Table = read(path).parse().unwrap();
            let names = |kind: &str| {
                let targets =
                    manifest.get(kind).and_then(toml::Value::as_array).into_iter().flatten();
                targets
                    .filter_map(|target| Some(target.get("name")?.as_str()?.to_owned()))
                    .collect::<Vec<_>>()
            };
            features.extend(
                manifest
                    .get("features")
                    .and_then(toml::Value::as_table)
                    .into_iter()
                    .flat_map(toml::Table::keys)
                    .cloned(),
            );
            examples.extend(names("example"));
            tests.extend(names("test").into_iter().chain(names("bench")));
            let directory = root().join(path).parent().unwrap().join("tests");
            let found = directory.read_dir().into_iter().flatten().flatten();
            tests.extend(
                found.filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned())),
            );
        }
        Self { words, features, examples, tests }
    }

    /// The part of `code` that neither the sources know nor the page's `own` code.
    fn unknown_name<'c>(&self, own: &HashSet<String>, code: &'c str) -> Option<&'c str> {
        let is_known =
            |name: &str| self.words.contains(name) || own.contains(name) || JOBLIB.contains(&name);
        path_of_names(code)?.find(|name| !is_known(name))
    }

    /// What a command line asks for that is not there.
    fn unknown_target(&self, line: &str) -> Option<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.windows(2).find_map(|pair| {
            let known = match pair[0] {
                "--example" => &self.examples,
                "--test" | "--bench" => &self.tests,
                "--features" => &self.features,
                _ => return None,
            };
            let unknown = pair[1].split(',').find(|name| !known.contains(*name))?;
            Some(format!("{} {unknown}", pair[0]))
        })
    }
}

/// The names in `Memory::open(..)`, `.get()`, `StoreBackend`, `n_jobs(-1)`, `LARDER_STORE`: everything that is written
/// as a name of Rust code is, with two words or a parenthesis or upper case in it. Other code is not looked at.
fn path_of_names(code: &str) -> Option<impl Iterator<Item = &str>> {
    let (path, call) = code.split_once('(').map_or((code, false), |(path, _)| (path, true));
    let path = path.trim_start_matches(['.', '&']).trim_start_matches("#[");
    let path = path.split("::<").next()?.trim_end_matches("::*").trim_end_matches('!');
    let names = path.split("::").flat_map(|part| part.split('.'));
    let is_name = |name: &str| !name.is_empty() && name.chars().all(is_word);
    let telling = call || path.contains("::") || path.starts_with("LARDER_") || is_camel(path);
    (telling && names.clone().all(is_name)).then_some(names)
}

/// `StoreBackend`: upper and lower case, the first letter upper.
fn is_camel(name: &str) -> bool {
    let is_name = name.chars().all(is_word);
    let humps = name.chars().filter(|c| c.is_uppercase()).count();
    is_name
        && name.starts_with(char::is_uppercase)
        && humps > 1
        && name.contains(char::is_lowercase)
}

/// `src/lib.rs`, `docs/format.md`, `tests/`: paths that begin with a directory of this repository, and lead to nothing in
/// it or in one of its crates.
fn missing_file<'c>(directories: &[PathBuf], code: &'c str) -> Option<&'c str> {
    let (first, _) = code.split_once('/')?;
    let is_path = code.chars().all(|c| is_word(c) || "./-".contains(c)) && !first.contains('.');
    // What lies under `target/` is made when it is wanted.
    let ours = is_path && !["", "target"].contains(&first) && root().join(first).is_dir();
    (ours && !directories.iter().any(|it| it.join(code).exists())).then_some(code)
}

#[test]
fn what_pages_name_exists() {
    let sources = Sources::read();
    let directories: Vec<_> = members().iter().map(|it| root().join(&it.directory)).collect();
    let mut complaints = Vec::new();
    let pages = files("md").into_iter().filter(|page| !page.starts_with("docs/decisions"));
    for page in pages.filter(|page| page != Path::new("CHANGELOG.md")) {
        let text = read(&page);
        let blocks = code_blocks(&text);
        let mut own = HashSet::new();
        blocks.iter().for_each(|(_, block)| add_words(&mut own, block));
        let mut complain = |what: &str| complaints.push(format!("{}: `{what}`", page.display()));
        for code in code_spans(&text) {
            sources.unknown_name(&own, code).into_iter().for_each(&mut complain);
            missing_file(&directories, code).into_iter().for_each(&mut complain);
            sources.unknown_target(code).iter().for_each(|it| complain(it));
        }
        for (_, block) in blocks.iter().filter(|(info, _)| ["sh", "console"].contains(info)) {
            let lines = block.lines().filter_map(|line| sources.unknown_target(line));
            lines.for_each(|it| complain(&it));
        }
    }
    complaints.sort();
    complaints.dedup();
    assert_none(&complaints);
}

#[test]
fn every_name_of_joblib_has_its_place() {
    let page = read("docs/coming-from-joblib.md");
    let missing = JOBLIB.into_iter().filter(|name| !page.contains(name));
    assert_none(&missing.map(|name| format!("nothing on `{name}`")).collect::<Vec<_>>());
}

#[test]
fn names_are_told_from_other_code() {
    let names = |code| path_of_names(code).map(Iterator::collect::<Vec<_>>);
    assert_eq!(names("Memory::open(..)"), Some(vec!["Memory", "open"]));
    assert_eq!(names(".get()"), Some(vec!["get"]));
    assert_eq!(names("StoreBackend"), Some(vec!["StoreBackend"]));
    assert_eq!(names("LARDER_STORE"), Some(vec!["LARDER_STORE"]));
    for other in
        ["sqlite:results.db", "s3://bucket", "true", "--features cli", "Ok", "a, b", "README.md"]
    {
        assert_eq!(names(other), None, "{other}");
    }
}
