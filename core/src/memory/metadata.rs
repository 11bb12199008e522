//! What an entry says of itself, as JSON that a person can read with `head`.

use std::fmt::{self, Debug, Write as _};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::Key;

/// Beside each value: which call it is the result of, made when, where, by what.
///
/// A call that hits never reads it, unless the function has a `validate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metadata {
    /// `package::crate::module::function`.
    pub function: String,
    /// The arguments as `Debug` shows them, cut off where they grow long; ignored ones are left out.
    pub arguments: Vec<Argument>,
    /// When the computation ended.
    #[serde(with = "rfc3339")]
    pub created: SystemTime,
    /// How long it took.
    #[serde(rename = "seconds", with = "seconds")]
    pub duration: Duration,
    /// The version of the function's package.
    pub package_version: String,
    /// The machine it ran on.
    pub host: String,
    /// The process it ran in.
    pub process: u32,
    /// The version of larder that wrote this.
    pub larder: String,
    /// The memoized calls whose results it used, as far as they ran on threads larder knows of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<Key>,
}

/// One argument of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What `Debug` shows of it, or its type where it has no `Debug`.
    pub value: String,
}

impl Metadata {
    pub(crate) fn new(function: &str, package_version: &str, arguments: Vec<Argument>) -> Self {
        Self {
            function: function.to_owned(),
            arguments,
            created: SystemTime::now(),
            duration: Duration::ZERO,
            package_version: package_version.to_owned(),
            host: host().to_owned(),
            process: std::process::id(),
            larder: env!("CARGO_PKG_VERSION").to_owned(),
            used: Vec::new(),
        }
    }

    /// JSON on a line of its own, so that `head` shows it apart from the binary around it.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        json_line(self)
    }

    /// `None` for what larder does not write.
    pub(crate) fn from_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}

pub(super) fn json_line(value: &impl Serialize) -> Vec<u8> {
    let mut json = vec![b'\n'];
    // Neither strings nor numbers can fail here; a reader takes an empty line for damaged metadata.
    json.extend(serde_json::to_vec(value).unwrap_or_default());
    json.push(b'\n');
    json
}

pub(crate) fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| gethostname::gethostname().to_string_lossy().into_owned())
}

/// Collects a call's arguments: a 100 MB one must cost microseconds, so each stops formatting at a limit.
#[derive(Debug)]
pub struct ArgsWriter<'a>(&'a mut Vec<Argument>);

/// How many bytes are kept of one argument.
pub(super) const MAX_ARGUMENT: usize = 240;

impl<'a> ArgsWriter<'a> {
    pub(crate) fn new(arguments: &'a mut Vec<Argument>) -> Self {
        Self(arguments)
    }

    /// An argument and what `Debug` shows of it.
    pub fn arg(&mut self, name: &str, value: &dyn Debug) {
        let mut text = Limited(String::new());
        let whole = write!(text, "{value:?}").is_ok();
        let mut value = text.0;
        if !whole {
            value.push('…');
        }
        self.0.push(Argument { name: name.to_owned(), value });
    }

    /// Arguments that were written down before.
    pub(crate) fn again(&mut self, arguments: &[Argument]) {
        self.0.extend_from_slice(arguments);
    }

    /// An argument without `Debug`: its type's name stands for it.
    pub fn opaque(&mut self, name: &str, type_name: &str) {
        self.0.push(Argument { name: name.to_owned(), value: format!("<{type_name}>") });
    }
}

/// Refuses what goes beyond [`MAX_ARGUMENT`], which ends the formatting.
struct Limited(String);

impl fmt::Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_ARGUMENT - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        Err(fmt::Error)
    }
}

/// For generated code: the front of a collection or text, else `Debug` where the argument has it, else its type's name.
pub mod describe_via {
    use super::super::front::{Front, Fronted};
    use super::{ArgsWriter, Debug};
    use crate::digest::via::Wrap;

    /// Chosen for arguments that may be long.
    pub trait Long {
        /// Writes the argument's front down.
        fn larder_describe(&self, name: &str, out: &mut ArgsWriter<'_>);
    }

    /// Chosen for others that implement `Debug`.
    pub trait Shown {
        /// Writes the argument down.
        fn larder_describe(&self, name: &str, out: &mut ArgsWriter<'_>);
    }

    /// Chosen for all others.
    pub trait Opaque {
        /// Writes the argument's type down.
        fn larder_describe(&self, name: &str, out: &mut ArgsWriter<'_>);
    }

    impl<T: Front + ?Sized> Long for &&Wrap<'_, T> {
        fn larder_describe(&self, name: &str, out: &mut ArgsWriter<'_>) {
            out.arg(name, &Fronted(self.0));
        }
    }

    impl<T: Debug + ?Sized> Shown for &Wrap<'_, T> {
        fn larder_describe(&self, name: &str, out: &mut ArgsWriter<'_>) {
            out.arg(name, &self.0);
        }
    }

    impl<T: ?Sized> Opaque for Wrap<'_, T> {
        fn larder_describe(&self, name: &str, out: &mut ArgsWriter<'_>) {
            out.opaque(name, std::any::type_name::<T>());
        }
    }
}

mod rfc3339 {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(
        time: &SystemTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_rfc3339_micros(*time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SystemTime, D::Error> {
        humantime::parse_rfc3339(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_long_argument_stops_formatting() {
        struct Counted<'a>(&'a Cell<usize>);
        impl Debug for Counted<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.set(self.0.get() + 1);
                f.write_str("é1")
            }
        }
        let formatted = Cell::new(0);
        let long: Vec<_> = (0..1_000_000).map(|_| Counted(&formatted)).collect();
        let mut arguments = Vec::new();
        ArgsWriter::new(&mut arguments).arg("long", &long);
        assert!(formatted.get() < 200, "{} elements were formatted", formatted.get());
        assert!(arguments[0].value.starts_with("[é1, é1") && arguments[0].value.ends_with('…'));
        assert!(arguments[0].value.len() <= MAX_ARGUMENT + '…'.len_utf8());
    }

    #[test]
    fn metadata_is_one_readable_line_and_comes_back() {
        let arguments = vec![Argument { name: "n".into(), value: "1".into() }];
        let mut metadata = Metadata::new("package::f", "1.2.3", arguments);
        metadata.duration = Duration::from_millis(1500);
        metadata.created = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_001);
        let json = metadata.to_json();
        assert_eq!(json.iter().filter(|b| **b == b'\n').count(), 2);
        let text = String::from_utf8(json.clone()).unwrap();
        assert!(
            text.contains(r#""created":"2023-11-14T22:13:20.000001Z","seconds":1.5"#),
            "{text}"
        );
        assert_eq!(Metadata::from_json(&json).unwrap(), metadata);
    }
}
