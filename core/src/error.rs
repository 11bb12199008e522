//! One error type: what kind, where it happened, what caused it.

use std::error::Error as StdError;
use std::fmt;

/// The result of every fallible call in larder.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the words a caller can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A key, prefix, location, option or configuration that cannot be meant; the message says what is allowed.
    Invalid,
    /// The backend declares that it cannot do this.
    Unsupported,
    /// Nothing is kept there (a reference whose entry was cleared, a missing configuration file).
    NotFound,
    /// Bytes that are not what was written: damaged, truncated, or another program's.
    Corrupt,
    /// A value that cannot be turned into bytes.
    Encode,
    /// Bytes that cannot be turned into the value asked for.
    Decode,
    /// The backend refused for lack of rights.
    PermissionDenied,
    /// No room left: a full disk, a quota.
    StorageFull,
    /// An operation took longer than its limit.
    Timeout,
    /// The backend cannot be reached just now.
    Unavailable,
    /// A task of a parallel call failed; [`Error::task`] tells which and how.
    Task,
    /// The call was cancelled.
    Cancelled,
    /// Any other failure of the system underneath.
    Io,
    /// A defect: of a backend that breaks its contract, or of larder.
    Bug,
}

impl ErrorKind {
    const ALL: [Self; 14] = [
        Self::Invalid,
        Self::Unsupported,
        Self::NotFound,
        Self::Corrupt,
        Self::Encode,
        Self::Decode,
        Self::PermissionDenied,
        Self::StorageFull,
        Self::Timeout,
        Self::Unavailable,
        Self::Task,
        Self::Cancelled,
        Self::Io,
        Self::Bug,
    ];

    /// The kind of which [`as_str`](Self::as_str) is this, such as of an error that was sent from elsewhere.
    ///
    /// ```
    /// # use larder_core::ErrorKind;
    /// assert_eq!(ErrorKind::named("timed out"), Some(ErrorKind::Timeout));
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind as it stands in messages, events and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unsupported => "unsupported",
            Self::NotFound => "not found",
            Self::Corrupt => "corrupt",
            Self::Encode => "cannot encode",
            Self::Decode => "cannot decode",
            Self::PermissionDenied => "permission denied",
            Self::StorageFull => "storage full",
            Self::Timeout => "timed out",
            Self::Unavailable => "unavailable",
            Self::Task => "task failed",
            Self::Cancelled => "cancelled",
            Self::Io => "i/o error",
            Self::Bug => "bug",
        }
    }
}

/// An [`ErrorKind`], a message, what it was about (key, path, backend, operation …) and its cause.
///
/// ```
/// use larder_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::StorageFull, "cannot write the entry").with("path", "/data/cache");
/// assert_eq!(error.to_string(), "cannot write the entry (path: /data/cache)");
/// assert_eq!(error.get("path"), Some("/data/cache"));
/// assert!(!error.is_transient());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    transient: bool,
    message: String,
    context: Vec<(&'static str, String)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A new error. Timeouts and unreachable backends start out as transient, everything else as permanent.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let transient = matches!(kind, ErrorKind::Timeout | ErrorKind::Unavailable);
        Self(Box::new(Inner {
            kind,
            transient,
            message: message.into(),
            context: Vec::new(),
            source: None,
        }))
    }

    /// An [`ErrorKind::Invalid`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// An [`ErrorKind::Unsupported`]: `backend` cannot do `operation`.
    pub fn unsupported(backend: impl fmt::Display, operation: &'static str) -> Self {
        Self::new(ErrorKind::Unsupported, format!("{backend} does not support {operation}"))
            .with("operation", operation)
    }

    /// Adds one fact: `("path", path.display())`. A name already there keeps its first, innermost value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        if self.get(name).is_none() {
            self.0.context.push((name, value.to_string()));
        }
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says whether the same call may well succeed a little later.
    #[must_use]
    pub fn transient(mut self, transient: bool) -> Self {
        self.0.transient = transient;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may well succeed a little later.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// The message without context and cause.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// One fact of the context.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.context.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }
}

macro_rules! predicates {
    ($($name:ident $kind:ident $says:literal;)*) => {
        impl Error {$(
            #[doc = $says]
            pub fn $name(&self) -> bool {
                self.0.kind == ErrorKind::$kind
            }
        )*}
    };
}
predicates! {
    is_invalid Invalid "Whether an argument, option or configuration was at fault.";
    is_unsupported Unsupported "Whether the backend cannot do this at all.";
    is_not_found NotFound "Whether there is nothing there.";
    is_corrupt Corrupt "Whether what is there is not what was written.";
    is_encode Encode "Whether the value cannot be turned into bytes.";
    is_decode Decode "Whether the bytes cannot be turned into the value.";
    is_permission_denied PermissionDenied "Whether rights were missing.";
    is_storage_full StorageFull "Whether there was no room left.";
    is_timeout Timeout "Whether it took too long.";
    is_cancelled Cancelled "Whether the call was cancelled.";
    is_bug Bug "Whether a backend broke its contract.";
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for (i, (name, value)) in self.0.context.iter().enumerate() {
            write!(f, "{}{name}: {value}", if i == 0 { " (" } else { ", " })?;
        }
        if !self.0.context.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// The error and its whole chain of causes, for a person: `unwrap` and `main` print this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.0.kind.as_str();
        // Many messages begin with it.
        if !self.0.message.starts_with(kind) {
            write!(f, "{kind}: ")?;
        }
        write!(f, "{self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// For conversions that may fail, where one of them cannot.
impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<std::io::Error> for Error {
    /// One of ours that went through code which knows only of `io::Error` comes out as it was.
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let error = match error.downcast::<Self>() {
            Ok(ours) => return ours,
            Err(error) => error,
        };
        let kind = match error.kind() {
            Io::NotFound => ErrorKind::NotFound,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::PermissionDenied,
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => ErrorKind::StorageFull,
            Io::TimedOut => ErrorKind::Timeout,
            Io::ConnectionRefused
            | Io::ConnectionReset
            | Io::ConnectionAborted
            | Io::NotConnected => ErrorKind::Unavailable,
            Io::Unsupported => ErrorKind::Unsupported,
            _ => ErrorKind::Io,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

const _: () = {
    const fn is_send_sync<T: Send + Sync + 'static>() {}
    is_send_sync::<Error>();
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_context_wins_and_causes_are_printed() {
        let io = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let error =
            Error::from(io).with("path", "inner").with("path", "outer").with("backend", "local");
        assert!(error.is_permission_denied());
        assert_eq!(error.to_string(), "permission denied (path: inner, backend: local)");
        assert_eq!(
            format!("{error:?}"),
            "permission denied (path: inner, backend: local)\n  caused by: permission denied"
        );
        assert_eq!(format!("{:?}", Error::invalid("n = 0")), "invalid: n = 0");
    }
}
