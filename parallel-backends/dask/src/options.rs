//! What a user can choose.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use larder_core::units::{ByteSize, TimeSpan};
use larder_core::{Error, Result};
use serde::Deserialize;

/// What `endpoint` is for a cluster of this machine alone.
pub(crate) const LOCAL: &str = "local";

/// The options of a [`Dask`](crate::Dask).
///
/// ```
/// use larder_dask::DaskOptions;
///
/// let options = DaskOptions::new("tcp://scheduler:8786").python("/opt/dask/bin/python").attempts(1);
/// # let _ = options;
/// ```
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DaskOptions {
    /// Where the scheduler is: `tcp://host:port`, `tls://host:port`; or `local`: a cluster is started here, one worker a
    /// processor, and ends with this program.
    pub endpoint: String,
    /// A Python that has the package `distributed`; `python3`.
    #[serde(default = "python3")]
    pub python: PathBuf,
    /// The program that workers run, which is uploaded: a build of this one for the workers' machines. Unset, this one.
    #[serde(default)]
    pub exe: Option<PathBuf>,
    /// The program that workers run, where it lies on their machines: nothing is uploaded.
    #[serde(default)]
    pub exe_on_workers: Option<String>,
    /// How long a batch of tasks should take at least; 200 ms. Each costs Dask some 10 ms.
    #[serde(default = "batch_target")]
    pub batch_target: TimeSpan,
    /// How many bytes of arguments a batch should have at most, and are submitted at once; 10 MiB.
    #[serde(default = "batch_bytes")]
    pub batch_bytes: ByteSize,
    /// After how long a process on a worker ends that nobody uses; 1 minute.
    #[serde(default = "idle")]
    pub idle: TimeSpan,
    /// How often a task may take the process it runs in with it before it has failed; 3.
    #[serde(default = "attempts")]
    pub attempts: u32,
    /// TLS: the certificate of the authority, as a file of this machine.
    #[serde(default)]
    pub tls_ca_file: Option<PathBuf>,
    /// TLS: this client's certificate.
    #[serde(default)]
    pub tls_client_cert: Option<PathBuf>,
    /// TLS: this client's key.
    #[serde(default)]
    pub tls_client_key: Option<PathBuf>,
    /// What tasks find in their environment, beside that of the Dask worker.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Whether results are fetched from the workers themselves, where they can be reached from here, rather than through
    /// the scheduler; no.
    #[serde(default)]
    pub direct: bool,
    /// Where workers put the uploaded program: a directory of theirs in which programs may be run. Unset, the one that
    /// Dask gives each worker.
    #[serde(default)]
    pub scratch: Option<String>,
    /// How long the scheduler may take to answer at first; 10 s.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: TimeSpan,
    /// How long a cluster without workers is waited for; 60 s.
    #[serde(default = "wait_for_workers")]
    pub wait_for_workers: TimeSpan,
}

fn python3() -> PathBuf {
    if cfg!(windows) { "python" } else { "python3" }.into()
}

fn batch_target() -> TimeSpan {
    TimeSpan(Duration::from_millis(200))
}

fn batch_bytes() -> ByteSize {
    ByteSize(10 << 20)
}

fn idle() -> TimeSpan {
    TimeSpan(Duration::from_secs(60))
}

fn attempts() -> u32 {
    3
}

fn connect_timeout() -> TimeSpan {
    TimeSpan(Duration::from_secs(10))
}

fn wait_for_workers() -> TimeSpan {
    TimeSpan(Duration::from_secs(60))
}

impl DaskOptions {
    /// The cluster of this scheduler, or `local`; everything else as it is by default.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            python: python3(),
            exe: None,
            exe_on_workers: None,
            batch_target: batch_target(),
            batch_bytes: batch_bytes(),
            idle: idle(),
            attempts: attempts(),
            tls_ca_file: None,
            tls_client_cert: None,
            tls_client_key: None,
            environment: BTreeMap::new(),
            direct: false,
            scratch: None,
            connect_timeout: connect_timeout(),
            wait_for_workers: wait_for_workers(),
        }
    }

    /// Sets which Python has the package `distributed`.
    #[must_use]
    pub fn python(mut self, interpreter: impl Into<PathBuf>) -> Self {
        self.python = interpreter.into();
        self
    }

    /// Sets which program is uploaded for the workers to run.
    #[must_use]
    pub fn exe(mut self, program: impl Into<PathBuf>) -> Self {
        self.exe = Some(program.into());
        self
    }

    /// Sets which program of their machines the workers run.
    #[must_use]
    pub fn exe_on_workers(mut self, program: impl Into<String>) -> Self {
        self.exe_on_workers = Some(program.into());
        self
    }

    /// Sets how long a batch should take at least.
    #[must_use]
    pub fn batch_target(mut self, target: Duration) -> Self {
        self.batch_target = TimeSpan(target);
        self
    }

    /// Sets how many bytes of arguments a batch should have at most.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: u64) -> Self {
        self.batch_bytes = ByteSize(bytes);
        self
    }

    /// Sets after how long a process on a worker ends that nobody uses.
    #[must_use]
    pub fn idle(mut self, time: Duration) -> Self {
        self.idle = TimeSpan(time);
        self
    }

    /// Sets how often a task may take the process it runs in with it before it has failed.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the three files of a TLS cluster: the authority's certificate, this client's, and its key.
    #[must_use]
    pub fn tls(
        mut self,
        authority: impl Into<PathBuf>,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.tls_ca_file = Some(authority.into());
        self.tls_client_cert = Some(certificate.into());
        self.tls_client_key = Some(key.into());
        self
    }

    /// Adds to the environment of tasks.
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Sets whether results are fetched from the workers themselves.
    #[must_use]
    pub fn direct(mut self, direct: bool) -> Self {
        self.direct = direct;
        self
    }

    /// Sets where workers put the uploaded program.
    #[must_use]
    pub fn scratch(mut self, directory: impl Into<String>) -> Self {
        self.scratch = Some(directory.into());
        self
    }

    /// Sets how long the scheduler may take to answer at first.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = TimeSpan(timeout);
        self
    }

    /// Sets how long a cluster without workers is waited for.
    #[must_use]
    pub fn wait_for_workers(mut self, timeout: Duration) -> Self {
        self.wait_for_workers = TimeSpan(timeout);
        self
    }

    /// Refuses what cannot be meant.
    pub(crate) fn check(&self) -> Result<()> {
        let tls = [&self.tls_ca_file, &self.tls_client_cert, &self.tls_client_key];
        if self.endpoint != LOCAL && !self.endpoint.contains("://") {
            return Err(Error::invalid(format!(
                "endpoint = {:?} is neither the address of a scheduler, such as `tcp://scheduler:8786`, nor `local`",
                self.endpoint
            )));
        }
        if self.exe.is_some() && self.exe_on_workers.is_some() {
            return Err(Error::invalid(
                "`exe` is uploaded, `exe_on_workers` is there already: give one of them",
            ));
        }
        if tls.iter().any(|file| file.is_some()) && !tls.iter().all(|file| file.is_some()) {
            return Err(Error::invalid(
                "TLS takes all of `tls_ca_file`, `tls_client_cert` and `tls_client_key`",
            ));
        }
        if self.endpoint.starts_with("tls://") && tls[0].is_none() {
            return Err(Error::invalid(
                "an endpoint `tls://…` needs `tls_ca_file`, `tls_client_cert` and `tls_client_key`",
            ));
        }
        if self.batch_target.0.is_zero() || self.batch_bytes.0 == 0 {
            return Err(Error::invalid("batch_target and batch_bytes must be more than 0"));
        }
        if self.attempts == 0 {
            return Err(Error::invalid("attempts = 0 would run no task: give at least 1"));
        }
        Ok(())
    }
}

/// Without the values of `environment`, which may be secrets.
impl fmt::Debug for DaskOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DaskOptions")
            .field("endpoint", &self.endpoint)
            .field("python", &self.python)
            .field("exe", &self.exe)
            .field("exe_on_workers", &self.exe_on_workers)
            .field("environment", &self.environment.keys())
            .finish_non_exhaustive()
    }
}
