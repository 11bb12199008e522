//! A credential that a store was given is in nothing that larder says, writes or sends.

use std::sync::Arc;

use larder::store::MemoryStore;
use larder::{Config, Location, Memory, MemoryBuilder, Parallel, Registry, StoreConfig, memoize};
use serde::Deserialize;

use crate::common::{events_of, files, note_run};

/// What must be nowhere.
const PLANTED: &str = "hunter2planted4711";

#[memoize]
fn doubled(n: u32) -> u32 {
    note_run();
    n * 2
}

/// Every way to say a credential; none of these stores answers, and some cannot be meant.
fn descriptions() -> Vec<String> {
    let mut all = Vec::new();
    for option in
        ["password", "token", "secret", "api_key", "sas", "secret_access_key", "account_key", "pwd"]
    {
        all.push(format!("memory:?{option}={PLANTED}"));
        all.push(format!("local:there?{option}={PLANTED}&broken=%zz"));
        all.push(format!("sqlite:there.db?{option}={PLANTED}"));
        all.push(format!("nobody:there?{option}={PLANTED}"));
        all.push(format!("tiered:?near=memory:&far=nobody:there?{option}={PLANTED}"));
        all.push(format!(
            r#"tiered:?near=memory:&far={{"backend":"nobody","options":{{"{option}":"{PLANTED}"}}}}"#
        ));
        all.push(format!("s3://bucket/there?{option}={PLANTED}&regoin=eu"));
        all.push(format!("abfs://box@account/there?{option}={PLANTED}&tiemout=1s"));
    }
    let quick = "retries=0&connect_timeout=1s&timeout=2s&endpoint=http://127.0.0.1:9";
    let keys = format!(
        "access_key_id={PLANTED}&secret_access_key={PLANTED}&session_token={PLANTED}&region=eu"
    );
    all.push(format!("s3://bucket/there?{quick}&{keys}"));
    all.push(format!("s3://me:{PLANTED}@bucket/there?{quick}"));
    all.push(format!("https://me:{PLANTED}@127.0.0.1:9/there?retries=0&connect_timeout=1s"));
    all.push(format!("prefix:?inner=https://me:{PLANTED}@127.0.0.1:9/there&prefix=a"));
    all
}

/// Everything that there is to be seen of a memory so described.
fn shown(text: &str) -> Vec<String> {
    let mut said = Vec::new();
    let ((), events) = events_of(|| {
        let config: StoreConfig = match text.parse() {
            Ok(config) => config,
            Err(error) => return said.push(format!("{error} {error:?}")),
        };
        said.push(format!("{config} {config:?} {:?}", Config::from(config.clone())));
        let memory = match Memory::open(config) {
            Ok(memory) => memory,
            Err(error) => return said.push(format!("{error} {error:?}")),
        };
        said.extend(of_memory(&memory));
    });
    said.extend(events.iter().map(|event| format!("{event:?}")));
    said
}

fn of_memory(memory: &Memory) -> Vec<String> {
    let function = memory.cache::<doubled>();
    assert_eq!(function.call(2).unwrap(), 4);
    let reference = function.with(3).shelve();
    vec![
        format!("{memory:?} {:?} {:?} {function:?}", memory.location(), memory.stats()),
        format!("{:?} {:?}", memory.entries(), memory.contents()),
        format!("{:?}", function.with(2).lookup()),
        format!("{:?} {:?}", function.clear(), memory.clear()),
        format!("{reference:?}"),
        reference.map_or_else(|error| error.to_string(), |it| serde_json::to_string(&it).unwrap()),
        serde_json::to_string(memory).unwrap(),
    ]
}

#[test]
fn no_description_shows_its_credentials() {
    for text in descriptions() {
        let said = shown(&text);
        assert!(!said.is_empty(), "{text}");
        for line in said {
            assert!(!line.contains(PLANTED), "{text}\n{line}");
        }
    }
    let backend = format!(
        "{:?}",
        Parallel::new().backend(&*format!("dask?endpoint=tls://me:{PLANTED}@there"))
    );
    assert!(backend.contains("dask") && !backend.contains(PLANTED), "{backend}");
}

#[test]
fn no_document_shows_its_credentials() {
    let documents = [
        format!(
            "[memory]\nstore = {{ backend = \"s3\", options = {{ token = \"{PLANTED}\" }} }}\nverbos = 1\n"
        ),
        format!("[memory]\nstore = \"s3://b?token={PLANTED}\"\nverbose = \"{PLANTED}"),
        format!("[memory]\nsecret = [\"{PLANTED}\"]\n"),
        format!("[memory.secret]\nis = \"{PLANTED}\"\n"),
        format!("[memory]\nold_secrets = {{ a = \"{PLANTED}\" }}\n"),
        format!("[memory]\nstore = \"nobody://me:{PLANTED}@host\"\nverbose = true\n"),
    ];
    for document in documents {
        let error = Config::from_toml(&document).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(PLANTED), "{document}\n{error:?}");
    }
}

#[derive(Deserialize)]
struct Vault {
    token: String,
}

/// A store that was opened with a credential, with one in front of it in a directory: what is written there is written for
/// everybody who reads that directory.
#[test]
fn nothing_that_is_written_holds_a_credential() {
    let registry = Registry::new();
    registry.register(larder::local::factory()).unwrap();
    registry
        .register_store("vault", |_: Location, options: Vault| {
            assert_eq!(options.token, PLANTED);
            Ok(MemoryStore::new())
        })
        .unwrap();
    let registry = Arc::new(registry);
    let dir = tempfile::tempdir().unwrap();
    let near = dir.path().join("near").display().to_string();
    let store = StoreConfig::new("tiered")
        .option("near", near)
        .option("far", format!("vault:there?token={PLANTED}"));
    let builder = Memory::builder(store).unwrap().registry(registry).secret(PLANTED.into());
    let ((memory, mut said), events) = events_of(|| {
        let memory = MemoryBuilder::open(builder).unwrap();
        memory.cache::<doubled>().call(1).unwrap();
        let kept = memory.cache::<doubled>().with(1).shelve().unwrap().to_string();
        let details = format!("{:?}", memory.inspect(&memory.entries().unwrap()[0].key));
        let written = files(dir.path());
        assert!(written.len() >= 2, "{written:?}");
        for (path, bytes) in written {
            let found = bytes.windows(PLANTED.len()).any(|part| part == PLANTED.as_bytes());
            assert!(!found, "{}", path.display());
        }
        let said = [vec![kept, details], of_memory(&memory)].concat();
        (memory, said)
    });
    said.extend(events.iter().map(|event| format!("{event:?}")));
    said.push(format!("{memory:?}"));
    for line in said {
        assert!(!line.contains(PLANTED), "{line}");
    }
}
