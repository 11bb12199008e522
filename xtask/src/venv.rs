//! The Pythons that tests use: virtual environments with exactly the packages of files in `xtask/python`.

use std::env::consts::EXE_SUFFIX;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};

use crate::process;

/// Tells tests which Python to run.
pub(crate) const VARIABLE: &str = "LARDER_TEST_PYTHON";

const NEEDED: &str = "tests need Python 3.11 or newer with its venv module";

/// Succeeds where every pinned package is there in its version, with every file that came with it.
const INTACT: &str = r#"
import re, sys
from importlib.metadata import distribution
for path in sys.argv[1:]:
    for line in open(path, encoding="utf-8"):
        pin = re.match(r"([\w.-]+)==(\S+)", line)
        if pin:
            found = distribution(pin[1])
            assert found.version == pin[2], line
            assert all(file.locate().exists() for file in found.files), line
"#;

/// A virtual environment that is ready for use.
#[derive(Debug)]
pub(crate) struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The one that most tests use.
    pub(crate) fn ready() -> Result<Self> {
        Self::with("venv", &["requirements.txt", "dask-needs.txt", "dask-newest.txt"])
    }

    /// The one with whom larder is compared.
    pub(crate) fn of_peers() -> Result<Self> {
        let requirements = ["requirements.txt", "dask-needs.txt", "dask-newest.txt", "peers.txt"];
        Self::with("venv-peers", &requirements)
    }

    /// The one called `name` below the target directory, made or repaired where needed.
    pub(crate) fn with(name: &str, requirements: &[&str]) -> Result<Self> {
        let path = |file| process::root().join("xtask/python").join(file);
        let requirements: Vec<_> = requirements.iter().map(path).collect();
        Self::in_folder(process::target_dir().join(name), &requirements)
    }

    fn in_folder(folder: PathBuf, requirements: &[PathBuf]) -> Result<Self> {
        let venv = Self { folder };
        let _alone = venv.lock()?;
        if !venv.is_intact(requirements) {
            venv.make(requirements)?;
            ensure!(
                venv.is_intact(requirements),
                "{} was made, but lacks some of {}",
                venv.folder.display(),
                listed(requirements)
            );
        }
        Ok(venv)
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.program("python")
    }

    /// A program that one of its packages brought.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let programs = if cfg!(windows) { "Scripts" } else { "bin" };
        self.folder.join(programs).join(format!("{name}{EXE_SUFFIX}"))
    }

    /// Two commands at once must not both make it.
    fn lock(&self) -> Result<File> {
        let path = self.folder.with_extension("lock");
        fs::create_dir_all(path.parent().context("a virtual environment needs a folder")?)?;
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        file.lock().with_context(|| path.display().to_string())?;
        Ok(file)
    }

    /// Asks the environment itself: it may have been made from other pins, half made, or damaged since.
    fn is_intact(&self, requirements: &[PathBuf]) -> bool {
        process::program(self.python())
            .args(["-I", "-c", INTACT])
            .args(requirements)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn make(&self, requirements: &[PathBuf]) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("cannot remove {}", self.folder.display()));
            }
            _ => {}
        }
        let system = system_python()?;
        let made = process::run(process::program(system).args(["-m", "venv"]).arg(&self.folder))?;
        ensure!(
            made.success(),
            "`{system} -m venv` failed: {NEEDED} (on Debian, package python3-venv)"
        );

        let pip = || {
            let mut python = process::program(self.python());
            python.args(["-m", "pip", "--disable-pip-version-check"]);
            python
        };
        let mut install = pip();
        install.args(["install", "--quiet", "--no-deps"]);
        install.args(requirements.iter().flat_map(|path| [Path::new("--requirement"), path]));
        let names = listed(requirements);
        ensure!(process::run(&mut install)?.success(), "pip could not install {names}");
        ensure!(
            process::run(pip().arg("check"))?.success(),
            "{names} must pin every package, those that others need too"
        );
        Ok(())
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}

/// The name of the Python that makes the environment.
fn system_python() -> Result<&'static str> {
    let name = if cfg!(windows) { "python" } else { "python3" };
    let recent = "import sys; sys.exit(sys.version_info < (3, 11))";
    match process::program(name).args(["-c", recent]).status() {
        Ok(status) if status.success() => Ok(name),
        Ok(_) => bail!("`{name}` is older: {NEEDED}"),
        Err(error) => Err(error).with_context(|| format!("cannot run `{name}`: {NEEDED}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The version and a file of the pip that a new environment has: a package to pin without any network.
    fn pip(venv: &Venv) -> (String, PathBuf) {
        let script = "import pip; print(pip.__version__, pip.__file__)";
        let output = process::program(venv.python()).args(["-c", script]).output().unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        let (version, file) = output.trim_end().split_once(' ').unwrap();
        (version.to_owned(), file.into())
    }

    #[test]
    fn it_is_made_once_and_repaired_when_broken() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("venv");
        let (requirements, more) = (place.path().join("some.txt"), place.path().join("more.txt"));
        fs::write(&more, "# nothing\n").unwrap();
        let both = [more, requirements.clone()];
        let ready = || Venv::in_folder(folder.clone(), &both);
        let marker = folder.join("marker");

        fs::write(&requirements, "# nothing\n").unwrap();
        let (version, file) = pip(&ready().unwrap());
        fs::write(&requirements, format!("pip=={version} # as it comes\n")).unwrap();
        fs::write(&marker, "").unwrap();
        ready().unwrap();
        assert!(marker.exists(), "it was intact, and made again");

        fs::remove_file(file).unwrap();
        ready().unwrap();
        assert!(!marker.exists(), "a file was missing");

        fs::write(&marker, "").unwrap();
        fs::remove_file(ready().unwrap().python()).unwrap();
        ready().unwrap();
        assert!(!marker.exists(), "there was no interpreter");
    }

    #[test]
    fn a_package_that_cannot_be_had_is_an_error() {
        let place = tempfile::tempdir().unwrap();
        let requirements = place.path().join("requirements.txt");
        fs::write(&requirements, "./no-such-package\n").unwrap();
        let error = Venv::in_folder(place.path().join("venv"), &[requirements]).unwrap_err();
        assert!(error.to_string().starts_with("pip could not install "), "{error:#}");
    }
}
