//! A server that dies in the middle of a program's run, and comes back.
#![cfg(all(unix, feature = "s3"))]

mod common;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use common::{S3, now, registry, unique, until, variable};
use larder_core::{Memory, StoreConfig};

/// A server of the test's own, with the command line of the one that all tests share.
struct Server {
    command: Vec<String>,
    ports: Vec<u16>,
    endpoint: String,
    running: Child,
    _dir: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let given: Vec<String> = serde_json::from_str(&variable("LARDER_TEST_S3_COMMAND")).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (mut ports, mut held) = (Vec::new(), Vec::new());
        let mut endpoint = String::new();
        let mut other = |argument: String| {
            let Some((name, _)) = argument.split_once('=') else { return argument };
            if name == "-dir" {
                return format!("{name}={}", dir.path().display());
            }
            if !name.contains(".port") {
                return argument;
            }
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            held.push(listener);
            ports.push(port);
            if name == "-s3.port" {
                endpoint = format!("http://127.0.0.1:{port}");
            }
            format!("{name}={port}")
        };
        let command: Vec<String> = given.into_iter().map(&mut other).collect();
        drop(held);
        let running = run(&command);
        Self { command, ports, endpoint, running, _dir: dir }
    }

    fn kill(&mut self) {
        self.running.kill().unwrap();
        self.running.wait().unwrap();
    }

    fn restart(&mut self) {
        self.running = run(&self.command);
    }

    fn config(&self, prefix: &str) -> StoreConfig {
        let s3 = S3 { endpoint: self.endpoint.clone(), ..S3::given() };
        s3.config(prefix).option("retries", 1)
    }
}

fn run(command: &[String]) -> Child {
    let s3 = S3::given();
    let mut server = Command::new(&command[0]);
    server.args(&command[1..]).env("AWS_ACCESS_KEY_ID", s3.access_key_id);
    server.env("AWS_SECRET_ACCESS_KEY", s3.secret_access_key).env("S3_BUCKET", s3.bucket);
    server.env("GOMEMLIMIT", "128MiB");
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone_already = self.running.kill();
        let _reaped_already = self.running.wait();
        // Sockets of a killed server, which are named after its ports.
        for entry in fs::read_dir("/tmp").unwrap().filter_map(Result::ok) {
            let name = entry.file_name().into_string().unwrap_or_default();
            let ours = |port: &u16| name.ends_with(&format!("-{port}.sock"));
            if name.starts_with("seaweedfs-") && self.ports.iter().any(ours) {
                let _: Result<(), _> = fs::remove_file(PathBuf::from("/tmp").join(&name));
            }
        }
    }
}

#[test]
fn calls_go_on_while_the_server_is_gone_and_use_it_when_it_is_back() {
    let mut server = Server::start();
    let config = server.config(&unique());
    let store = registry().open_store(&config).unwrap();
    let ready = "a/b/".to_owned() + &"0".repeat(64);
    let ready = ready.parse().unwrap();
    until("the server is up", || {
        now(store.put(&ready, vec![1].into(), larder_core::store::PutMode::Replace)).is_ok()
    });

    let memory = Memory::over(store).open().unwrap();
    let call = |n: u32| assert_eq!(memory.get_or_compute(&n, || n * n).unwrap(), n * n);
    (0..10).for_each(call);
    assert_eq!(memory.stats().stored, 10);

    server.kill();
    // Enough of them to last an hour if each waited for the server as long as a single request may take.
    (0..300).for_each(call);
    let gone = memory.stats();
    assert_eq!((gone.hits, gone.stored), (0, 10));
    assert!(gone.store_errors > 0 && gone.store_errors < 100, "{gone:?}");

    server.restart();
    until("what was kept is taken again", || {
        call(3);
        memory.stats().hits > 0
    });
    until("what is computed is kept again", || {
        call(1000 + memory.stats().calls() as u32);
        memory.stats().stored > 10
    });
}
