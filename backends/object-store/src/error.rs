//! What a service's refusal means, in words a person can act on, without anything secret.
//!
//! The errors of crate object_store carry addresses and the service's whole answer, in which keys and signatures may
//! stand. So they are not passed on: what they mean is.

use std::error::Error as StdError;

use larder_core::{Error, ErrorKind, Key, Prefix, Result};
use object_store::Error as ObjectError;

use crate::secrets::Secrets;

/// Makes errors of one store's failures.
#[derive(Debug)]
pub(crate) struct Failures {
    /// The store, as messages name it.
    pub(crate) store: String,
    pub(crate) secrets: Secrets,
}

/// What services answer, what kind of error it is, and what to do.
const KNOWN: [(&str, ErrorKind, &str); 17] = [
    ("NoSuchBucket", ErrorKind::NotFound, NO_BUCKET),
    ("ContainerNotFound", ErrorKind::NotFound, NO_BUCKET),
    ("The specified bucket does not exist", ErrorKind::NotFound, NO_BUCKET),
    (
        "InvalidAccessKeyId",
        ErrorKind::PermissionDenied,
        "the server does not know the access key id: check `access_key_id`, or AWS_ACCESS_KEY_ID",
    ),
    (
        "SignatureDoesNotMatch",
        ErrorKind::PermissionDenied,
        "the secret key does not belong to the access key id: check `secret_access_key`, or AWS_SECRET_ACCESS_KEY",
    ),
    ("ExpiredToken", ErrorKind::PermissionDenied, EXPIRED),
    ("TokenRefreshRequired", ErrorKind::PermissionDenied, EXPIRED),
    ("Signature not valid in the specified time frame", ErrorKind::PermissionDenied, EXPIRED),
    (
        "InvalidToken",
        ErrorKind::PermissionDenied,
        "the server does not accept the session token: check `session_token`, or AWS_SESSION_TOKEN",
    ),
    (
        "RequestTimeTooSkewed",
        ErrorKind::PermissionDenied,
        "this machine's clock is too far from the server's: set it right",
    ),
    (
        "AuthorizationPermissionMismatch",
        ErrorKind::PermissionDenied,
        "the credentials do not allow this: reading needs rights to get and list, keeping results to put and delete",
    ),
    (
        "AccessDenied",
        ErrorKind::PermissionDenied,
        "the credentials do not allow this: reading needs rights to get and list, keeping results to put and delete",
    ),
    (
        "AuthenticationFailed",
        ErrorKind::PermissionDenied,
        "the server does not accept the credentials: check `account_key`, `sas_token` or what else is used, and whether it has expired",
    ),
    (
        "AuthorizationFailure",
        ErrorKind::PermissionDenied,
        "the server does not accept the credentials: check `account_key`, `sas_token` or what else is used, and whether it has expired",
    ),
    (
        "incorrectly configured region",
        ErrorKind::Invalid,
        "the bucket is in another region: check `region`, or AWS_REGION",
    ),
    (
        "AuthorizationHeaderMalformed",
        ErrorKind::Invalid,
        "the bucket is in another region: check `region`, or AWS_REGION",
    ),
    ("InsufficientStorage", ErrorKind::StorageFull, "the server has no room left"),
];
const NO_BUCKET: &str =
    "there is no such bucket or container: check its name, or create it (larder does not)";
const EXPIRED: &str = "the credentials have expired: get new ones";

impl Failures {
    /// An error about one entry.
    pub(crate) fn of(&self, operation: &'static str, key: &Key, error: ObjectError) -> Error {
        self.translate(operation, &error).with("key", key)
    }

    /// An error about a subtree.
    pub(crate) fn below(
        &self,
        operation: &'static str,
        prefix: &Prefix,
        error: ObjectError,
    ) -> Error {
        self.translate(operation, &error).with("prefix", prefix)
    }

    /// An error about no entry in particular.
    pub(crate) fn plain(&self, operation: &'static str, error: ObjectError) -> Error {
        self.translate(operation, &error)
    }

    /// `Ok` where the error says that an object is not there: but a bucket that is not there is an error.
    pub(crate) fn absent(
        &self,
        operation: &'static str,
        key: &Key,
        error: ObjectError,
    ) -> Result<()> {
        match &error {
            ObjectError::NotFound { .. } if known(&whole_text(&error)).is_none() => Ok(()),
            _ => Err(self.of(operation, key, error)),
        }
    }

    fn translate(&self, operation: &'static str, error: &ObjectError) -> Error {
        let text = whole_text(error);
        let error = match known(&text) {
            Some((kind, advice)) => Error::new(kind, advice),
            None => {
                let kind = kind(error, &text);
                let said = self.secrets.removed_from(summary(&text));
                Error::new(kind, format!("{}: {said}", what(kind)))
            }
        };
        error.with("store", &self.store).with("operation", operation)
    }
}

fn known(text: &str) -> Option<(ErrorKind, &'static str)> {
    let (_, kind, advice) = KNOWN.iter().find(|(code, ..)| text.contains(code))?;
    Some((*kind, advice))
}

fn what(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Timeout => "the server did not answer in time",
        ErrorKind::Unavailable => "the server cannot be reached, or cannot serve just now",
        ErrorKind::PermissionDenied => "the server does not allow this with these credentials",
        ErrorKind::Unsupported => "the server, or the way it is asked, cannot do this",
        _ => "the request failed",
    }
}

fn kind(error: &ObjectError, text: &str) -> ErrorKind {
    match error {
        ObjectError::NotFound { .. } => return ErrorKind::NotFound,
        ObjectError::PermissionDenied { .. } | ObjectError::Unauthenticated { .. } => {
            return ErrorKind::PermissionDenied;
        }
        ObjectError::NotSupported { .. } | ObjectError::NotImplemented { .. } => {
            return ErrorKind::Unsupported;
        }
        _ => {}
    }
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        #[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "http"))]
        if let Some(http) = error.downcast_ref::<object_store::client::HttpError>() {
            return match http.kind() {
                object_store::client::HttpErrorKind::Timeout => ErrorKind::Timeout,
                _ => ErrorKind::Unavailable,
            };
        }
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Error::from(std::io::Error::from(io.kind())).kind();
        }
        cause = error.source();
    }
    match status(text) {
        Some(408 | 429 | 500..=599) => ErrorKind::Unavailable,
        Some(401 | 403) => ErrorKind::PermissionDenied,
        _ => ErrorKind::Io,
    }
}

/// The error and its causes, for searching.
fn whole_text(error: &ObjectError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push('\n');
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// `503` of `… non-2xx status code: 503 Service Unavailable: …`.
fn status(text: &str) -> Option<u16> {
    let (_, after) = text.split_once("status code: ")?;
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// What may be repeated of an error's text: the code in the service's answer if there is one, its innermost cause
/// otherwise. The answer itself repeats headers that were signed, and more.
fn summary(text: &str) -> String {
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match (code, status(text)) {
        (Some((code, _)), Some(status)) => format!("{code}, status {status}"),
        (Some((code, _)), None) => code.to_owned(),
        (None, Some(status)) => format!("status {status}"),
        (None, None) => text.lines().last().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures() -> Failures {
        Failures { store: "s3://bucket".into(), secrets: Secrets::new(["hush-hush".to_owned()]) }
    }

    fn generic(text: &str) -> ObjectError {
        ObjectError::Generic { store: "S3", source: text.to_owned().into() }
    }

    #[test]
    fn what_can_be_done_is_said() {
        let body = "Server returned non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code>\
                    <AWSAccessKeyId>hush-hush</AWSAccessKeyId></Error>";
        let error = failures().translate("get", &generic(body));
        assert!(error.is_permission_denied());
        assert!(error.message().contains("`secret_access_key`"), "{error}");
        assert!(!format!("{error:?}").contains("hush-hush"));
    }

    #[test]
    fn an_answer_nobody_foresaw_is_named_by_its_code() {
        let body = "Server returned non-2xx status code: 503 Slow: <Error><Code>Slow</Code><Note>hush-hush</Note>";
        let error = failures().translate("put", &generic(body));
        assert!(error.is_transient());
        assert_eq!(
            error.to_string(),
            "the server cannot be reached, or cannot serve just now: Slow, status 503 (store: s3://bucket, operation: put)"
        );
        let error = failures().translate("put", &generic("proxy of hush-hush failed"));
        assert!(!error.to_string().contains("hush-hush"), "{error}");
    }

    #[test]
    fn a_missing_object_is_no_error_and_a_missing_bucket_is() {
        let missing =
            |said: &str| ObjectError::NotFound { path: "a".into(), source: said.to_owned().into() };
        let key: Key = format!("a/{}", "0".repeat(64)).parse().unwrap();
        assert!(failures().absent("get", &key, missing("no such key")).is_ok());
        let error =
            failures().absent("get", &key, missing("<Code>NoSuchBucket</Code>")).unwrap_err();
        assert!(error.is_not_found() && error.message().contains("bucket"));
    }
}
