//! What a person reads who got something wrong; and what nobody reads: secrets.
#![cfg(all(feature = "s3", feature = "azure"))]

mod common;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use common::{Azure, S3, key, now, registry, unique};
use larder_core::store::{PutMode, StoreBackend, StoreExt};
use larder_core::{Error, ErrorKind, Prefix, StoreConfig};

fn open(config: &StoreConfig) -> Arc<dyn StoreBackend> {
    registry().open_store(config).unwrap()
}

/// What each kind of call says of this store.
fn errors(store: &dyn StoreBackend) -> [Error; 4] {
    [
        now(store.get(&key(1))).unwrap_err(),
        now(store.put(&key(1), vec![1].into(), PutMode::Replace)).unwrap_err(),
        now(store.entries(&Prefix::root())).unwrap_err(),
        now(store.lease(&key(1))).unwrap_err(),
    ]
}

/// A server that answers everything in the same way.
fn server(status: &'static str, code: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let body = format!("<Error><Code>{code}</Code><Message>No.</Message></Error>");
            let length = body.len();
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked);
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    format!("http://{address}")
}

#[test]
fn a_wrong_key_says_which() {
    let s3 = S3 { secret_access_key: "not-the-one".into(), ..S3::given() };
    let store = open(&s3.config(&unique()));
    let error = now(store.get(&key(1))).unwrap_err();
    assert!(error.is_permission_denied(), "{error:?}");
    assert!(
        error.message().contains("check `secret_access_key`, or AWS_SECRET_ACCESS_KEY"),
        "{error:?}"
    );

    let s3 = S3 { access_key_id: "not-known-here".into(), ..S3::given() };
    let error = now(open(&s3.config(&unique())).get(&key(1))).unwrap_err();
    assert!(error.message().contains("check `access_key_id`, or AWS_ACCESS_KEY_ID"), "{error:?}");

    let azure = Azure { key: "bm90LXRoZS1vbmU=".into(), ..Azure::given() };
    let error = now(open(&azure.config(&unique())).get(&key(1))).unwrap_err();
    assert!(error.is_permission_denied(), "{error:?}");
    assert!(error.message().contains("check `account_key`"), "{error:?}");
}

#[test]
fn an_expired_credential_says_so() {
    // As Amazon answers: no server that can be had here lets a session expire.
    let s3 = S3 { endpoint: server("400 Bad Request", "ExpiredToken"), ..S3::given() };
    let config = s3.config(&unique()).option("session_token", "once-good");
    let error = now(open(&config).get(&key(1))).unwrap_err();
    assert_eq!(error.message(), "the credentials have expired: get new ones");
    assert!(error.is_permission_denied());
}

#[test]
fn a_missing_bucket_is_told_from_a_missing_entry() {
    let s3 = S3 { bucket: unique(), ..S3::given() };
    let config = s3.config("p");
    let store = open(&config);
    // This server makes a bucket of the first thing that is put there; Amazon's does not.
    let get = now(store.get(&key(1))).unwrap_err();
    let list = now(store.entries(&Prefix::root())).unwrap_err();
    let azure = Azure { container: unique(), ..Azure::given() }.config("p");
    let of_azure = errors(&*open(&azure));
    for (error, config) in
        [(get, &config), (list, &config)].into_iter().chain(of_azure.map(|error| (error, &azure)))
    {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
        let wanted = "there is no such bucket or container: check its name, or create it";
        assert!(error.message().starts_with(wanted), "{error:?}");
        assert_eq!(error.get("store"), config.location.as_deref(), "{error:?}");
        assert!(!error.is_transient(), "{error:?}");
    }
}

#[test]
fn a_server_that_is_not_there_may_be_back_later() {
    let s3 = S3 { endpoint: "http://127.0.0.1:1".into(), ..S3::given() };
    let error = now(open(&s3.config("p").option("retries", 0)).get(&key(1))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.is_transient());
    let s3 = S3 { endpoint: server("503 Slow Down", "SlowDown"), ..S3::given() };
    let error = now(open(&s3.config("p").option("retries", 0)).get(&key(1))).unwrap_err();
    assert!(error.message().ends_with("SlowDown, status 503"), "{error:?}");
    assert!(error.is_transient());
}

#[test]
fn what_is_mistyped_is_named_before_any_request() {
    let error =
        |config: &str| registry().open_store(&config.parse().unwrap()).unwrap_err().to_string();
    let says = error("s3://bucket/prefix?regoin=eu-west-1");
    assert!(
        says.contains("unknown option `regoin` (did you mean `region`?), known: `region`"),
        "{says}"
    );
    let says = error("s3://bucket/prefix?timeout=soon");
    assert!(says.contains("option `timeout` cannot be `soon`"), "{says}");
    let says = error("az://container/prefix");
    assert!(says.contains("Account must be specified"), "{says}");
    let says = error("https://bucket.s3.amazonaws.com/prefix");
    assert!(says.contains("for a bucket: `s3://…`"), "{says}");
    let says = error("s3:bucket/prefix");
    assert!(says.contains("it must be a URL such as `s3://bucket/prefix`"), "{says}");
    let says = error("s3://bucket/prefix?lease_scope=host");
    assert!(says.contains("`process`, `global`"), "{says}");
}

/// Everything that is told through `tracing`, by anybody.
#[derive(Default)]
struct Listener(Arc<Mutex<String>>);

impl tracing::Subscriber for Listener {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut Text(&self.0));
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Text(&self.0));
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Text(&self.0));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

struct Text<'a>(&'a Mutex<String>);

impl tracing::field::Visit for Text<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field} = {value:?}").unwrap();
    }
}

#[test]
fn secrets_are_nowhere() {
    const SECRET: &str = "c2VjcmV0LW9mLW1pbmU";
    let listener = Listener::default();
    let said = listener.0.clone();
    tracing::subscriber::set_global_default(listener).unwrap();
    let mut shown = String::new();

    let secret = || SECRET.to_owned();
    let (s3, azure) = (S3::given(), Azure::given());
    let endpoints = [s3.endpoint.clone(), "http://127.0.0.1:1".into(), server("400 Bad", SECRET)];
    let mut configs: Vec<StoreConfig> = Vec::new();
    for endpoint in endpoints {
        let s3 =
            S3 { endpoint, access_key_id: secret(), secret_access_key: secret(), ..s3.clone() };
        configs.push(s3.config("p").option("session_token", SECRET).option("retries", 1));
    }
    for endpoint in [azure.endpoint.clone(), "http://127.0.0.1:1/account".into()] {
        let azure = Azure { endpoint, key: secret(), ..azure.clone() };
        let config = azure.config("p").option("retries", 1);
        configs.push(config.clone().option("account_key", format!("{SECRET}=")));
        let mut with_sas = config;
        with_sas.options.remove("account_key");
        let sas = format!("sv=2023-11-03&sig={SECRET}");
        configs.push(with_sas.option("sas_token", sas));
    }
    for config in configs {
        writeln!(shown, "{config} {config:?}").unwrap();
        match registry().open_store(&config) {
            Ok(store) => {
                writeln!(shown, "{store:?}").unwrap();
                for error in errors(&*store) {
                    writeln!(shown, "{error} {error:?}").unwrap();
                }
            }
            Err(error) => writeln!(shown, "{error} {error:?}").unwrap(),
        }
    }
    let mistyped = format!("s3://user:{SECRET}@bucket/p?secret_acess_key={SECRET}&timeout=x");
    let error = registry().open_store(&mistyped.parse().unwrap()).unwrap_err();
    writeln!(shown, "{error} {error:?}").unwrap();

    let said = said.lock().unwrap();
    assert!(said.len() > 100 && shown.len() > 1000, "nothing was said: nothing was tested");
    for text in [&*said, &shown] {
        let line = text.lines().find(|line| line.contains(SECRET));
        assert_eq!(line, None);
    }
}
