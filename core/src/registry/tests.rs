use std::path::Path;
use std::sync::Mutex;

use bytes::Bytes;
use serde::Deserialize;

use super::*;
use crate::store::{BoxStream, EntryInfo, PutMode, PutOutcome, StoreCapabilities};
use crate::{Key, Payload, Prefix};

/// Refuses everything: here only opening is of interest.
#[derive(Debug)]
struct Closed;

#[async_trait::async_trait]
impl StoreBackend for Closed {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::inline()
    }

    async fn get(&self, _: &Key) -> Result<Option<Bytes>> {
        Err(Error::unsupported("closed", "get"))
    }

    async fn put(&self, _: &Key, _: Payload, _: PutMode<'_>) -> Result<PutOutcome> {
        Err(Error::unsupported("closed", "put"))
    }

    async fn delete(&self, _: &Key) -> Result<bool> {
        Err(Error::unsupported("closed", "delete"))
    }

    fn list<'a>(&'a self, _: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        struct Empty;
        impl futures_core::Stream for Empty {
            type Item = Result<EntryInfo>;
            fn poll_next(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Self::Item>> {
                std::task::Poll::Ready(None)
            }
        }
        Box::pin(Empty)
    }
}

#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    retries: u8,
}

fn open(location: Location, options: Options) -> Result<Closed> {
    location.required()?;
    if options.retries > 9 {
        return Err(location.invalid("too far away"));
    }
    Ok(Closed)
}

fn registry() -> Registry {
    let registry = Registry::new();
    registry.register_store("mine", open).unwrap();
    registry
        .register(
            StoreFactory::new("bucket", |location: Location, (): ()| {
                location.required().map(|_| Closed)
            })
            .schemes(["b2", "b3"])
            .about("objects"),
        )
        .unwrap();
    registry
}

fn error(registry: &Registry, store: &str) -> String {
    registry.open_store(&store.parse().unwrap()).unwrap_err().to_string()
}

#[test]
fn stores_open_by_name_and_scheme() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let registry = Registry::new();
    let log = Arc::clone(&seen);
    let open = move |location: Location, (): ()| {
        log.lock().unwrap().push(location.get().map(str::to_owned));
        Ok(Closed)
    };
    registry.register(StoreFactory::new("mine", open).schemes(["m3"])).unwrap();
    for store in
        ["mine:a/b", "mine://a%20b", "m3://bucket/a%20b", "mine:m3://bucket", "mine:", "mine://"]
    {
        registry.open_store(&store.parse().unwrap()).unwrap();
    }
    let seen: Vec<_> = seen.lock().unwrap().clone();
    let seen: Vec<_> = seen.iter().map(Option::as_deref).collect();
    assert_eq!(
        seen,
        [Some("a/b"), Some("a b"), Some("m3://bucket/a%20b"), Some("m3://bucket"), None, None]
    );
}

#[test]
fn unknown_names_list_what_there_is() {
    let registry = registry();
    let stores = registry.stores();
    let names = stores.iter().flat_map(|store| std::iter::once(&store.name).chain(&store.schemes));
    let known = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    assert!(known.contains("`bucket`, `b2`, `b3`") && known.contains("`mine`"), "{known}");
    assert_eq!(
        error(&registry, "mien:x"),
        format!(
            "no store backend or scheme is called `mien` (did you mean `mine`?), known: {known}; \
             a path of that name is written `./mien:x`"
        )
    );
    assert_eq!(
        error(&registry, "ftp://host/x"),
        format!("no store backend or scheme is called `ftp`, known: {known}")
    );
    assert_eq!(
        error(&registry, "b2:bucket/x"),
        "`b2` is a URL scheme of the backend `bucket`: write `b2://…`"
    );
}

#[test]
fn a_backend_that_is_not_compiled_in_says_how_to_get_it() {
    let registry = registry();
    for (store, feature, package) in [
        ("./x", "local", "local"),
        ("file:///x", "local", "local"),
        ("sqlite:x.db", "sqlite", "sqlite"),
        ("s3://b/p", "s3", "object-store"),
        ("gs://b", "gcs", "object-store"),
        ("az://b", "azure", "object-store"),
        ("https://host/b", "http", "object-store"),
    ] {
        let error = error(&registry, store);
        assert!(error.contains("is not compiled in"), "{error}");
        assert!(error.contains(&format!("feature `{feature}` of crate `larder`")), "{error}");
        assert!(error.contains(&format!("crate `larder-{package}`")), "{error}");
    }
    let near = error(&registry, "sqlit:x.db");
    assert!(
        near.contains("did you mean `sqlite`? It is not compiled in: feature `sqlite`"),
        "{near}"
    );

    registry.register_store("local", open).unwrap();
    assert!(registry.open_store(&"./x".parse().unwrap()).is_ok());
}

#[test]
fn what_a_backend_refuses_names_backend_and_location_but_no_secret() {
    let registry = registry();
    let store = "mine:https://me:hid@host/x?retries=12";
    assert_eq!(
        error(&registry, store),
        "invalid location: too far away (backend: mine, location: https://me@host/x)"
    );
    assert_eq!(
        error(&registry, "mine:x?retires=3&token=hid"),
        "unknown option `retires` (did you mean `retries`?), known: `retries` (backend: mine, location: x)"
    );
    assert_eq!(
        error(&registry, "b2://x?a=1"),
        "unknown option `a`, there are none (backend: bucket, location: b2://x)"
    );
    assert_eq!(
        error(&registry, "mine:x?retries=300"),
        "option `retries` cannot be `300`: expected a whole number from 0 to 255 (backend: mine, location: x)"
    );
    assert_eq!(
        error(&registry, "mine:"),
        "the backend `mine` needs a location: write `mine:…` (backend: mine)"
    );
}

#[test]
fn names_are_taken_once_and_replaced_on_purpose() {
    let registry = registry();
    for name in ["mine", "bucket", "b3"] {
        let error = registry.register_store(name, open).unwrap_err();
        assert!(
            error.is_invalid()
                && error.message().contains(&format!("registered as `{name}` already")),
            "{error}"
        );
    }
    let scheme = StoreFactory::new("other", open).schemes(["mine"]);
    assert!(registry.register(scheme).is_err(), "a scheme may not hide a name");
    let scheme = StoreFactory::new("mine", open).schemes(["b2"]);
    assert!(registry.replace(scheme).unwrap_err().message().contains("belongs to"));

    assert!(registry.replace(StoreFactory::new("mine", open).about("new")).unwrap());
    assert!(!registry.replace(StoreFactory::new("fresh", open)).unwrap());
    assert!(registry.stores().iter().any(|store| store.name == "mine" && store.about == "new"));

    for name in ["", "x", "Mine", "my store", "3d", "a:b"] {
        let error = registry.register_store(name, open).unwrap_err();
        assert!(error.message().starts_with(&format!("`{name}` cannot be the name")), "{error}");
    }
}

#[test]
fn backends_are_listed_with_their_options() {
    let stores = registry().stores();
    let of = |name: &str| stores.iter().find(|store| store.name == name).unwrap();
    assert!(stores.is_sorted_by_key(|store| &store.name));
    assert_eq!(
        (of("bucket").schemes.join(" "), of("bucket").about.as_str()),
        ("b2 b3".into(), "objects")
    );
    assert_eq!(of("bucket").options, []);
    assert_eq!(of("mine").options[0].name, "retries");

    let typo = StoreFactory::new("third", open).option_help("retires", "how often");
    let error = registry().register(typo).unwrap_err();
    assert!(
        error.message().contains("unknown option `retires` (did you mean `retries`?)"),
        "{error}"
    );
}

#[test]
fn registering_while_others_open() {
    let registry = registry();
    let before = registry.stores().len();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let registry = &registry;
            scope.spawn(move || {
                for i in 0..50 {
                    let name = format!("store-{thread}-{i}");
                    registry.register_store(&name, open).unwrap();
                    registry.open_store(&StoreConfig::new(&name).at("x")).unwrap();
                }
            });
        }
    });
    assert_eq!(registry.stores().len(), before + 200);
}

#[test]
fn a_factory_may_use_the_registry_it_is_in() {
    fn nested(location: Location, (): ()) -> Result<Closed> {
        Registry::global().register_store("registered-while-opening", open)?;
        location.none().map(|()| Closed)
    }
    Registry::global().register_store("nested", nested).unwrap();
    Registry::global().open_store(&StoreConfig::new("nested")).unwrap();
    assert!(
        Registry::global().stores().iter().any(|store| store.name == "registered-while-opening")
    );
}

fn location(text: &str) -> Location {
    Location::of(&StoreConfig::new("mine").at(text), false)
}

#[test]
fn locations_become_absolute_paths() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(location("a/b").path().unwrap(), here.join("a/b"));
    assert_eq!(location("/a:b").path().unwrap(), Path::new("/a:b"));
    assert_eq!(location("./s3://b").path().unwrap(), here.join("s3:/b"));
    assert_eq!(location("file:///a%20b").path().unwrap(), Path::new("/a b"));
    assert_eq!(location("file://localhost/a").path().unwrap(), Path::new("/a"));
    let home = std::env::home_dir().unwrap();
    assert_eq!(location("~/a").path().unwrap(), home.join("a"));
    assert_eq!(location("~").path().unwrap(), home);
    assert_eq!(location("a~/~").path().unwrap(), here.join("a~/~"));
}

#[test]
fn locations_that_are_no_paths() {
    for (text, why) in [
        ("s3://me:hid@b/p", "it must be a path, and is a URL"),
        ("file://host/x", "three slashes"),
        ("a\0b", "zero byte"),
        ("~root/x", "another user's home"),
    ] {
        let error = location(text).path().unwrap_err();
        assert!(error.is_invalid() && error.message().contains(why), "{error}");
        assert_eq!(error.get("backend"), Some("mine"));
        assert!(error.get("location").is_some() && !error.to_string().contains("hid"), "{error}");
    }
    assert!(location("").path().unwrap_err().message().contains("needs a location"));
    assert!(location("").none().is_ok());
    assert!(location("x").none().unwrap_err().message().contains("write `mine:`"));
    assert!(!format!("{:?}", location("s3://me:hid@b")).contains("hid"));
}

#[test]
fn what_must_exist_is_looked_for_where_a_backend_asks_for_a_path() {
    let registry = Registry::new();
    let open = |location: Location, (): ()| {
        assert!(location.must_exist());
        location.path().map(|_| MemoryStore::new())
    };
    registry.register_store("mine", open).unwrap();
    let here = |path: &std::path::Path| StoreConfig::new("mine").at(path.display().to_string());
    let dir = tempfile::tempdir().unwrap();
    registry.open_existing(&here(dir.path())).unwrap();
    let error = registry.open_existing(&here(&dir.path().join("typo"))).unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(error.message().contains("typo") && error.get("backend") == Some("mine"), "{error}");
    registry.open_existing(&"memory:".parse().unwrap()).unwrap();
}

#[test]
fn layers_are_opened_with_the_stores_in_their_options() {
    let registry = registry();
    let open = |text: &str| registry.open_store(&text.parse().unwrap()).map(|s| format!("{s:?}"));
    let tiered = "TieredStore(MemoryStore, MemoryStore)";
    assert_eq!(open("tiered:?near=memory:&far=memory:").unwrap(), tiered);
    assert_eq!(open(r#"tiered:?near={"backend":"memory"}&far=memory:"#).unwrap(), tiered);
    let nested = "read-only:?store=tiered:?near=memory:%26far=memory:";
    assert_eq!(open(nested).unwrap(), format!("ReadOnlyStore({tiered})"));
    let split = "split:?small=memory:&large=memory:&large_from=1M";
    assert_eq!(open(split).unwrap(), "SplitStore(MemoryStore, MemoryStore from 1MiB)");
    let prefix = "prefix:?store=memory:&prefix=team/weather";
    assert_eq!(open(prefix).unwrap(), r#"PrefixStore(MemoryStore, "team/weather")"#);
    let json = r#"{"backend": "tiered", "options": {
        "near": "memory:", "far": {"backend": "mine", "location": "here", "options": {"retries": 3}}}}"#;
    let config: StoreConfig = serde_json::from_str(json).unwrap();
    assert_eq!(
        format!("{:?}", registry.open_store(&config).unwrap()),
        "TieredStore(MemoryStore, Closed)"
    );
}

#[cfg(feature = "toml")]
#[test]
fn layers_nest_in_toml() {
    let config = crate::Config::from_toml(
        r#"
        [memory.store]
        backend = "tiered"
        options.near = "memory:"
        options.far = { backend = "mine", location = "here", options = { retries = 3 } }
        "#,
    );
    let store = config.unwrap().memory.store;
    assert_eq!(
        format!("{:?}", registry().open_store(&store).unwrap()),
        "TieredStore(MemoryStore, Closed)"
    );
    let written = toml::to_string(&crate::Config::from(store.clone())).unwrap();
    assert_eq!(crate::Config::from_toml(&written).unwrap().memory.store, store);
}

#[test]
fn a_mistake_within_a_layer_is_found_and_its_place_named() {
    let registry = registry();
    for (text, message) in [
        ("tiered:?near=memory:", "option `far` is needed and missing"),
        ("tiered:?near=memory:&far=memory:&fare=3", "unknown option `fare` (did you mean `far`?)"),
        ("tiered:here?near=memory:&far=memory:", "the backend `tiered` has none"),
        (
            "tiered:?near=memory:&far=mine:x?retires=3",
            "unknown option `retires` (did you mean `retries`?), known: `retries` (backend: mine, location: x, option: far",
        ),
        ("read-only:?store=memroy:", "no store backend or scheme is called `memroy`"),
        ("read-only:?store=mine:x?retries", "option `store` cannot be `mine:x?…`"),
        ("prefix:?store=memory:&prefix=Team", "option `prefix` cannot be `Team`"),
        ("timeout:?store=memory:&after=5s", "a timeout cannot interrupt MemoryStore"),
        ("timeout:?store=memory:&after=soon", "option `after` cannot be `soon`"),
        (
            "split:?small=memory:&large=memory:&large_from=big",
            "option `large_from` cannot be `big`",
        ),
    ] {
        let error = error(&registry, text);
        assert!(error.contains(message), "{text}: {error}");
    }
    let deep = format!("{}memory:", "read-only:?store=".repeat(16));
    assert!(registry.open_store(&deep.parse().unwrap()).is_ok());
    let deeper = format!("read-only:?store={deep}");
    assert!(error(&registry, &deeper).contains("more than 16 layers"));
    // Not even printing it goes to the bottom.
    let bottomless = format!("{}mine:x?token=hidden", "read-only:?store=".repeat(100_000));
    assert!(!bottomless.parse::<StoreConfig>().unwrap().to_string().contains("hidden"));
}

#[test]
fn a_layer_tells_no_secret_of_its_inner_stores() {
    let inner = "mine:x?retries=1%26account_key=hidden%2Bword";
    let far = r#"{"backend":"mine","location":"s3://me:hidden@host","options":{"token":"hidden"}}"#;
    let text =
        format!("tiered:?near=prefix:?prefix=a%26store={}&far={far}", inner.replace('%', "%25"));
    let config: StoreConfig = text.parse().unwrap();
    for shown in [
        config.to_string(),
        format!("{config:?}"),
        serde_json::to_string(&config.without_secrets()).unwrap(),
        error(&registry(), &text),
    ] {
        assert!(!shown.contains("hidden"), "{shown}");
        assert!(shown.contains("mine"), "{shown}");
    }
    let bare: StoreConfig = config.to_string().parse().unwrap();
    assert_eq!(bare.to_string(), config.to_string(), "what is shown reads back as that");
}

#[test]
fn inner_places_hold_from_any_directory() {
    let registry = registry();
    let place = |location: Location, (): ()| location.path().map(|_| Closed);
    registry.register_store("placed", place).unwrap();
    let text = "tiered:?near=placed:here&far=read-only:?store=placed:there?%25";
    let config: StoreConfig = text.trim_end_matches("?%25").parse().unwrap();
    let (_, anywhere) = registry.open_anywhere(&config, false).unwrap();
    let here = std::env::current_dir().unwrap();
    let near = format!("placed:{}", here.join("here").display());
    let far = format!("read-only:?store=placed:{}", here.join("there").display());
    assert_eq!(anywhere, StoreConfig::new("tiered").option("near", near).option("far", far));
    let again: StoreConfig = anywhere.to_string().parse().unwrap();
    assert!(registry.open_store(&again).is_ok());
}
