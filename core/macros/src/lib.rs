//! The attributes and derives of larder. Used through the crate `larder`, which re-exports them, and tests the examples
//! in their documentation.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attributes;
mod check;
mod duration;
mod errors;
mod expand;
mod function;
mod implement;
mod info;
mod key_digest;
mod lifetimes;
mod options;
mod source;
mod task;
mod task_impl;
mod tracked;
mod version;

use proc_macro::TokenStream;

#[cfg_attr(not(doctest), doc = include_str!("../docs/memoize.md"))]
#[proc_macro_attribute]
pub fn memoize(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(attribute.into(), item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/task.md"))]
#[proc_macro_attribute]
pub fn task(attribute: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(attribute.into(), item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/tracked.md"))]
#[proc_macro_attribute]
pub fn tracked(attribute: TokenStream, item: TokenStream) -> TokenStream {
    tracked::expand(attribute.into(), item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/key_digest.md"))]
#[proc_macro_derive(KeyDigest, attributes(key_digest))]
pub fn key_digest(input: TokenStream) -> TokenStream {
    key_digest::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
