//! A Dask cluster of one test: processes that it may kill.

#[path = "nursery.rs"]
mod nursery;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use larder_core::parallel::ParallelBackend;
use larder_dask::{Dask, DaskOptions};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

/// What `cargo xtask test` told us.
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
}

/// The Python that has the newest Dask.
pub(crate) fn python() -> String {
    variable("LARDER_TEST_PYTHON")
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(180), "not so: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Whether the process is there, and no mere entry that somebody has to take note of.
pub(crate) fn is_alive(pid: u32) -> bool {
    let there =
        Pid::from_raw(pid.try_into().unwrap()).is_some_and(|pid| test_kill_process(pid).is_ok());
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    there && stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z'))
}

pub(crate) struct Cluster {
    python: String,
    folder: TempDir,
    security: Vec<String>,
    threads: usize,
    scheduler: u32,
    workers: Mutex<Vec<u32>>,
    pub(crate) address: String,
}

impl Cluster {
    /// A scheduler, and so many workers of one thread each.
    pub(crate) fn new(workers: usize) -> Self {
        Self::of(&python(), &[], workers)
    }

    /// A scheduler, and one worker of so many threads.
    pub(crate) fn with_threads(threads: usize) -> Self {
        let mut cluster = Self::of(&python(), &[], 0);
        cluster.threads = threads;
        cluster.add_worker();
        cluster
    }

    /// The same, of another Dask.
    pub(crate) fn with_python(python: &str, workers: usize) -> Self {
        Self::of(python, &[], workers)
    }

    /// The same, where everybody has to prove who they are.
    pub(crate) fn with_tls(workers: usize) -> Self {
        let option =
            |name: &str, file: &str| [format!("--tls-{name}"), tls(file).display().to_string()];
        let options =
            [option("ca-file", "ca.pem"), option("cert", "cert.pem"), option("key", "key.pem")];
        Self::of(&python(), &options.concat(), workers)
    }

    fn of(python: &str, security: &[String], workers: usize) -> Self {
        let folder = tempfile::Builder::new().prefix("larder-").tempdir().unwrap();
        let file = folder.path().join("scheduler.json");
        let protocol = if security.is_empty() { "tcp" } else { "tls" };
        let host = format!("{protocol}://127.0.0.1");
        let mut options = vec!["--port", "0", "--no-dashboard", "--dashboard-address"];
        options.extend([
            "127.0.0.1:0",
            "--host",
            &host,
            "--scheduler-file",
            file.to_str().unwrap(),
        ]);
        options.extend(["--idle-timeout", "10 minutes"]);
        options.extend(security.iter().map(String::as_str));
        let scheduler = nursery::start(python, "scheduler", &options, folder.path(), "scheduler");
        let mut cluster = Self {
            python: python.to_owned(),
            folder,
            security: security.to_vec(),
            threads: 1,
            scheduler,
            workers: Mutex::default(),
            address: String::new(),
        };
        until("the scheduler is up", || {
            let said = fs::read_to_string(&file).unwrap_or_default();
            let address = said.split('"').find(|word| word.contains("://127.0.0.1:"));
            cluster.address = address.unwrap_or_default().to_owned();
            !cluster.address.is_empty() && said.trim_end().ends_with('}')
        });
        let added: Vec<usize> = (0..workers).map(|_| cluster.begin_worker()).collect();
        added.into_iter().for_each(|worker| cluster.wait_for_worker(worker));
        cluster
    }

    /// Adds a worker, and says which it is.
    pub(crate) fn add_worker(&self) -> usize {
        let worker = self.begin_worker();
        self.wait_for_worker(worker);
        worker
    }

    fn begin_worker(&self) -> usize {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("worker-{}", workers.len());
        let threads = self.threads.to_string();
        let mut options = vec![&*self.address, "--name", &name, "--nthreads", &threads];
        options.extend(["--no-nanny", "--no-dashboard", "--memory-limit", "0"]);
        // Should the tests be killed, and all that looks after it, it ends with the scheduler.
        options.extend(["--host", "127.0.0.1", "--death-timeout", "60"]);
        options.extend(self.security.iter().map(String::as_str));
        let folder = self.folder.path();
        workers.push(nursery::start(&self.python, "worker", &options, folder, &name));
        workers.len() - 1
    }

    fn wait_for_worker(&self, worker: usize) {
        let log = self.folder.path().join(format!("worker-{worker}.log"));
        until("a worker is up", || {
            fs::read_to_string(&log).unwrap_or_default().contains("Registered to")
        });
    }

    /// The process of a worker.
    pub(crate) fn worker(&self, worker: usize) -> u32 {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)[worker]
    }

    pub(crate) fn scheduler(&self) -> u32 {
        self.scheduler
    }

    /// Options for this program, which lies where the workers find it, too.
    pub(crate) fn options(&self) -> DaskOptions {
        let program = std::env::current_exe().unwrap();
        self.uploading().exe_on_workers(program.to_str().unwrap())
    }

    /// Options for this program, to be uploaded: for most tests, that would be most of their time.
    pub(crate) fn uploading(&self) -> DaskOptions {
        let options = DaskOptions::new(&*self.address).python(python());
        match self.security.is_empty() {
            true => options,
            false => options.tls(tls("ca.pem"), tls("cert.pem"), tls("key.pem")),
        }
    }

    pub(crate) fn dask(&self) -> Dask {
        Dask::new(self.options()).unwrap()
    }

    /// The same, for several calls.
    pub(crate) fn shared(&self) -> Arc<dyn ParallelBackend> {
        Arc::new(self.dask())
    }

    /// Options for a bridge that leaves its process id in a file.
    pub(crate) fn with_known_bridge(&self) -> (DaskOptions, PathBuf) {
        let pid = self.folder.path().join("bridge.pid");
        let script = format!("#!/bin/sh\necho $$ > {}\nexec {} \"$@\"\n", pid.display(), python());
        let python = self.folder.path().join("python");
        write_program(&python, script.as_bytes());
        (self.uploading().python(python), pid)
    }

    /// Options for a bridge that can connect to the scheduler, and to nobody else.
    pub(crate) fn with_workers_out_of_reach(&self) -> DaskOptions {
        let port = self.address.rsplit(':').next().unwrap();
        let only = format!(
            "import socket\n\
             connect = socket.socket.connect\n\
             def only(self, address):\n    \
                 if isinstance(address, tuple) and address[1] != {port}: raise ConnectionRefusedError\n    \
                 return connect(self, address)\n\
             socket.socket.connect = only\n"
        );
        let folder = self.folder.path().join("site");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("sitecustomize.py"), only).unwrap();
        let script =
            format!("#!/bin/sh\nPYTHONPATH={} exec {} \"$@\"\n", folder.display(), python());
        let python = self.folder.path().join("python");
        write_program(&python, script.as_bytes());
        self.options().python(python)
    }

    /// What of clients' programs is still there: files of workers, and what the scheduler would give to new ones.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let mut left = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(entry.path());
                } else if entry.file_name().to_string_lossy().starts_with("larder+") {
                    left.push(entry.path().display().to_string());
                }
            }
        }
        let plugins = self.ask_scheduler(
            "' '.join(name for name in dask_scheduler.worker_plugins if name.startswith('larder-program'))",
        );
        left.extend(plugins.split_whitespace().map(str::to_owned));
        left
    }

    /// What an expression is for the scheduler.
    pub(crate) fn ask_scheduler(&self, expression: &str) -> String {
        let answer = self.ask(&format!(
            "print(client.run_on_scheduler(lambda dask_scheduler: ({expression})), file=answer)"
        ));
        answer.trim_end().to_owned()
    }

    /// What a `client` of Dask's writes to `answer`.
    pub(crate) fn ask(&self, script: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("answer-{}", COUNT.fetch_add(1, Relaxed));
        let folder = self.folder.path();
        let answer = folder.join(&name);
        let arguments = [&*self.address, script, answer.to_str().unwrap()];
        let client = nursery::start(&self.python, "ask", &arguments, folder, &name);
        until("a client has asked", || !is_alive(client));
        fs::read_to_string(answer).unwrap_or_else(|_| {
            panic!("{}", fs::read_to_string(folder.join(name + ".log")).unwrap_or_default())
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let workers = self.workers.get_mut().unwrap_or_else(PoisonError::into_inner);
        for process in workers.iter().chain([&self.scheduler]) {
            signal(*process, Signal::KILL);
        }
        until("a cluster has ended", || {
            !workers.iter().chain([&self.scheduler]).any(|process| is_alive(*process))
        });
    }
}

/// A file of the certificates that the tests bring.
pub(crate) fn tls(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

pub(crate) fn write_program(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
