//! The servers that `cargo xtask test` starts, as stores.

use std::env;

/// Fails, and says how to run the test, where a server is not there: a test that needs one is never passed over.
#[track_caller]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: this test needs a server; run it by `cargo xtask test -p larder`, or \
             `cargo xtask services --only s3 -- cargo test -p larder --all-features`"
        )
    })
}

/// A place in S3 that no other test has.
#[track_caller]
pub(crate) fn s3() -> String {
    let [bucket, endpoint, id, secret] =
        ["BUCKET", "ENDPOINT", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"]
            .map(|name| variable(&format!("LARDER_TEST_S3_{name}")));
    let place = fastrand::u64(..);
    format!(
        "s3://{bucket}/test-{place:016x}?endpoint={endpoint}&access_key_id={id}&secret_access_key={secret}"
    )
}
