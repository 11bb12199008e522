//! The attributes and derives of larder. Used through the crate `larder`, which re-exports them.

mod key_digest;

/// Derives `KeyDigest`: a digest of the type's name and its fields, or of its variant's, by name.
///
/// A field takes part by its own `KeyDigest`, else by its `serde::Serialize`. The digest is the one that
/// `derive(serde::Serialize)` without attributes leads to.
///
/// * `#[key_digest(skip)]` on a field leaves it out: two values that differ only there share their keys.
/// * `#[key_digest(crate = path)]` on the type says where the crate `larder` is, if it isn't called that.
#[proc_macro_derive(KeyDigest, attributes(key_digest))]
pub fn key_digest(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    key_digest::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
