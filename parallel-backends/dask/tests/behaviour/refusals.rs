//! What is missing or does not fit is told as what it is.

use std::net::TcpListener;
use std::time::Duration;

use larder_core::{Error, ErrorKind, Parallel};
use larder_dask::{Dask, DaskOptions};

use crate::cluster::{Cluster, python, write_program};
use crate::tasks::square;

/// The error of a call on a cluster that is not there, or does not do.
#[track_caller]
fn refusal(options: DaskOptions) -> Error {
    Parallel::new().backend(Dask::new(options).unwrap()).run([square::delayed(1)]).unwrap_err()
}

#[track_caller]
fn says(error: &Error, words: &[&str]) {
    let text = error.to_string();
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_python_that_is_not_there() {
    let error = refusal(DaskOptions::new("tcp://127.0.0.1:1").python("/no/such/python"));
    assert!(error.is_invalid());
    says(&error, &["/no/such/python", "`python`", "distributed"]);
}

#[test]
fn a_python_without_distributed() {
    let folder = tempfile::tempdir().unwrap();
    let bare = folder.path().join("python");
    // Without the packages that are installed.
    write_program(&bare, format!("#!/bin/sh\nexec {} -S \"$@\"\n", python()).as_bytes());
    let error = refusal(DaskOptions::new("tcp://127.0.0.1:1").python(bare));
    assert!(error.is_invalid());
    says(&error, &["`distributed`", "No module named"]);
}

#[test]
fn a_python_that_is_none() {
    let error = refusal(DaskOptions::new("tcp://127.0.0.1:1").python("/bin/false"));
    says(&error, &["has ended"]);
}

#[test]
fn an_address_where_nobody_is() {
    let endpoint = format!("tcp://127.0.0.1:{}", free_port());
    let options =
        DaskOptions::new(&*endpoint).python(python()).connect_timeout(Duration::from_secs(2));
    let error = refusal(options);
    assert!(error.kind() == ErrorKind::Unavailable);
    says(&error, &[&endpoint]);
}

#[test]
fn an_address_where_nobody_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("tcp://{}", silent.local_addr().unwrap());
    let options =
        DaskOptions::new(&*endpoint).python(python()).connect_timeout(Duration::from_secs(2));
    says(&refusal(options), &[&endpoint, "2"]);
}

#[test]
fn a_cluster_without_workers() {
    let cluster = Cluster::new(0);
    let options = cluster.options().wait_for_workers(Duration::from_secs(1));
    says(&refusal(options), &["no worker", "1"]);
}

#[test]
fn a_program_that_workers_cannot_run() {
    let cluster = Cluster::new(1);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        write_program(&path, bytes);
        path.to_str().unwrap().to_owned()
    };
    let there = |path: &str| refusal(cluster.options().exe_on_workers(path));
    says(&there("/no/such/program"), &["there is no /no/such/program"]);
    says(&there(&write("text", b"no program")), &["no program for this machine"]);
    says(&there("/bin/true"), &["/bin/true did not become a worker", "larder::init()"]);
    // What another C library's dynamic loader would make of it.
    let mut foreign = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let loader = b"/lib64/ld-linux";
    if let Some(at) = foreign.windows(loader.len()).position(|bytes| bytes == loader) {
        foreign[at..at + loader.len()].copy_from_slice(b"/lib64/no-linux");
        says(&there(&write("foreign", &foreign)), &["musl"]);
    }
    // For another machine: the number of the architecture is the word at 18.
    let mut other = std::fs::read("/bin/true").unwrap();
    other[18] = if other[18] == 183 { 62 } else { 183 };
    says(&there(&write("other", &other)), &["no program for this machine"]);
    // What is uploaded and does not become a worker.
    says(&refusal(cluster.uploading().exe("/bin/true")), &["did not become a worker"]);
}

#[test]
fn options_that_cannot_be_meant() {
    let refused = |options: DaskOptions| Dask::new(options).unwrap_err().to_string();
    let address = || DaskOptions::new("tcp://127.0.0.1:1");
    assert!(refused(DaskOptions::new("scheduler:8786")).contains("tcp://scheduler:8786"));
    assert!(refused(DaskOptions::new("tls://scheduler:8786")).contains("tls_ca_file"));
    assert!(refused(address().exe("a").exe_on_workers("b")).contains("one of them"));
    assert!(refused(address().attempts(0)).contains("attempts"));
    assert!(refused(address().batch_bytes(0)).contains("batch_bytes"));
    let debug = format!("{:?}", address().environment("TOKEN", "hunter2"));
    assert!(debug.contains("TOKEN") && !debug.contains("hunter2"), "{debug}");
}
