//! What the service promises its clients.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use embed_in_service::serve;
use larder::Memory;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Running {
    address: SocketAddr,
    shutdown: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Running {
    async fn over(database: &Path) -> Self {
        let memory = Memory::open(format!("sqlite:{}", database.display())).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, ended) = oneshot::channel();
        let server = tokio::spawn(serve(listener, memory, async { drop(ended.await) }));
        Self { address, shutdown, server }
    }

    async fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn get(&self, path: &str) -> String {
        answer(self.ask(path).await).await
    }

    async fn metric(&self, name: &str) -> u64 {
        let metrics = self.get("/metrics").await;
        let value = metrics.lines().find_map(|line| line.strip_prefix(&format!("larder_{name} ")));
        value.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().unwrap()
    }

    /// Until the only computation runs, or has run.
    async fn until_begun(&self) {
        until(async || self.metric("under_way").await + self.metric("computed").await > 0).await;
    }

    async fn end(self) {
        self.shutdown.send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }
}

/// What hangs fails.
async fn until(so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), waiting).await.expect("it never comes to that");
}

/// Status and body.
async fn answer(mut stream: TcpStream) -> String {
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").expect("a response");
    format!("{} {}", head.split(' ').nth(1).unwrap(), body.trim_end())
}

#[tokio::test]
async fn what_many_ask_for_at_once_is_computed_once_and_kept_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("service.db");
    let service = Running::over(&database).await;
    let mut asked = Vec::new();
    for _ in 0..50 {
        asked.push(service.ask("/primes/100000").await);
    }
    for stream in asked {
        assert_eq!(answer(stream).await, "200 9592");
    }
    assert_eq!((service.metric("computed").await, service.metric("hits").await), (1, 49));
    service.end().await;

    let again = Running::over(&database).await;
    assert_eq!(again.get("/primes/100000").await, "200 9592");
    assert_eq!((again.metric("computed").await, again.metric("hits").await), (0, 1));
    again.end().await;
}

#[tokio::test]
async fn what_a_client_began_that_left_is_finished_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let service = Running::over(&dir.path().join("service.db")).await;
    let client = service.ask("/primes/300000").await;
    service.until_begun().await;
    drop(client);
    // It would never come to this if the computation ended with its client.
    until(async || service.metric("stored").await == 1).await;
    assert_eq!(service.get("/primes/300000").await, "200 25997");
    assert_eq!(service.metric("computed").await, 1);
    service.end().await;
}

#[tokio::test]
async fn a_shutdown_answers_and_keeps_what_was_begun() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("service.db");
    let service = Running::over(&database).await;
    let address = service.address;
    let under_way = service.ask("/primes/300000").await;
    service.until_begun().await;
    service.end().await;
    assert_eq!(answer(under_way).await, "200 25997");
    assert!(TcpStream::connect(address).await.is_err(), "it still listens");

    let again = Running::over(&database).await;
    assert_eq!(again.get("/primes/300000").await, "200 25997");
    assert_eq!(again.metric("computed").await, 0);
    again.end().await;
}

#[tokio::test]
async fn bad_requests_are_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let service = Running::over(&dir.path().join("service.db")).await;
    assert_eq!(service.get("/primes/99999999").await, "400 at most 10000000");
    assert!(service.get("/primes/many").await.starts_with("400 "));
    assert_eq!(service.metric("computed").await, 0);
    service.end().await;
}
