//! The secret by which a memory tells its own entries from what others put into its store.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::envelope::Signers;
use crate::{Config, Error, MemoryConfig, Result};

/// The variables that can bring a secret.
const VARIABLES: [&str; 3] = ["LARDER_SECRET", "LARDER_OLD_SECRETS", "LARDER_SECRET_FILE"];
/// What a secret is written as: to be found where the store is opened.
const ELSEWHERE: &str = "env";
/// What is shorter can be guessed.
const MIN_LEN: usize = 16;

/// What a memory signs its entries with: see [`MemoryBuilder::secret`](crate::MemoryBuilder::secret).
///
/// It is never shown: `Debug` says `set`, and serde writes `env`, which means the secret in `LARDER_SECRET` or in the
/// file that `LARDER_SECRET_FILE` names, looked up where the store is opened.
///
/// ```
/// use larder_core::Secret;
///
/// let secret = Secret::from("9b5c…, made by a generator of random numbers");
/// assert_eq!(format!("{secret:?}"), "set");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The one in the environment, wherever the store is opened.
    pub fn in_environment() -> Self {
        Self(ELSEWHERE.to_owned())
    }

    fn is_elsewhere(&self) -> bool {
        self.0 == ELSEWHERE
    }

    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) where it is too short.
    fn bytes(&self) -> Result<&[u8]> {
        let bytes = self.0.as_bytes();
        match bytes.len() {
            MIN_LEN.. => Ok(bytes),
            len => Err(Error::invalid(format!(
                "a secret has at least {MIN_LEN} bytes, better 32 that a generator of random numbers made: this one has {len}"
            ))),
        }
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_elsewhere() { ELSEWHERE } else { "set" })
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(ELSEWHERE)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl MemoryConfig {
    /// What entries are signed and checked with; `None` without a secret.
    ///
    /// # Errors
    /// A secret that is too short, is nowhere in the environment, or in a file that cannot be read; two at once.
    pub(crate) fn signers(&self) -> Result<Option<Signers>> {
        let from_environment;
        let settings = match &self.secret {
            Some(secret) if secret.is_elsewhere() => {
                from_environment = Self::default().with_secret_of_environment()?;
                if from_environment.secret.is_none() && from_environment.secret_file.is_none() {
                    return Err(Error::invalid(
                        "this memory signs its entries, and its secret is not here: set LARDER_SECRET or LARDER_SECRET_FILE",
                    ));
                }
                &from_environment
            }
            _ => self,
        };
        let (own, mut old) = match (&settings.secret, &settings.secret_file) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid(
                    "`secret` and `secret_file` are both given: choose one of them",
                ));
            }
            (Some(secret), None) => (secret.clone(), Vec::new()),
            (None, Some(file)) => {
                read(file).map_err(|error| error.with("secret_file", file.display()))?
            }
            (None, None) if settings.old_secrets.is_empty() => return Ok(None),
            (None, None) => {
                return Err(Error::invalid("`old_secrets` stand beside a `secret`: there is none"));
            }
        };
        old.extend_from_slice(&settings.old_secrets);
        let old: Vec<_> = old.iter().map(Secret::bytes).collect::<Result<_>>()?;
        Ok(Some(Signers::new(own.bytes()?, &old)))
    }

    /// Puts the secrets of the environment, and nothing else of it, over these settings.
    ///
    /// # Errors
    /// A variable whose value cannot be.
    pub(crate) fn with_secret_of_environment(self) -> Result<Self> {
        let variables =
            VARIABLES.into_iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
        let config = Config { memory: self, ..Config::default() };
        Ok(config.with_variables(variables)?.memory)
    }

    /// The same without secrets; whoever opens the store finds them where it is, or not at all.
    #[must_use]
    pub(crate) fn without_secrets(&self) -> Self {
        let mut bare = self.clone();
        bare.store = bare.store.without_secrets();
        bare.secret = bare.secret.map(|_| Secret::in_environment());
        bare.old_secrets.clear();
        bare
    }
}

/// The secrets in a file, one a line: the one to sign with, and older ones.
fn read(path: &Path) -> Result<(Secret, Vec<Secret>)> {
    let text = std::fs::read_to_string(path)?;
    let mut secrets = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::from);
    let own = secrets.next().ok_or_else(|| {
        Error::invalid("the file has no secret in it: one stands on its first line")
    })?;
    Ok((own, secrets.collect()))
}
