//! `FunctionInfo`: what is written down of a function, for `#[memoize]` and `#[tracked]` alike.

use std::env;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::function::{Argument, Function, respanned};
use crate::options::Options;
use crate::{source, version};

/// Where generated code finds larder: `crate = path`, or the facade.
pub(crate) fn private(options: &Options) -> TokenStream {
    match &options.crate_path {
        Some(path) => quote!(#path::__private),
        None => quote!(::larder::__private),
    }
}

/// The type that stands for the function.
pub(crate) fn namesake(function: &Function, options: &Options) -> Ident {
    respanned(options.handle.as_ref().unwrap_or(&function.signature.ident))
}

/// The names of the arguments that are not part of the key.
pub(crate) fn ignored<'a>(arguments: &'a [Argument], options: &Options) -> Vec<&'a str> {
    let names = |idents: &[Ident]| idents.iter().map(|ident| ident.unraw().to_string()).collect();
    let (named, part_of_key): (Vec<String>, bool) = match &options.key {
        Some(key) => (names(&key.parameters), true),
        None => (names(&options.ignore), false),
    };
    arguments
        .iter()
        .map(|argument| &*argument.name)
        .filter(|name| named.iter().any(|named| named == name) != part_of_key)
        .collect()
}

/// `impl Tracked`.
pub(crate) fn tracked(
    function: &Function,
    arguments: &[Argument],
    options: &Options,
) -> TokenStream {
    let private = private(options);
    let namesake = namesake(function, options);
    let signature = &function.signature;
    let name = match &options.name {
        Some(name) => name.to_token_stream(),
        None => signature.ident.unraw().to_string().to_token_stream(),
    };
    let renamed = options.name.is_some();
    // Read while expanding: in a macro of another package, `env!` would name that package.
    let package = env::var("CARGO_PKG_NAME").or_else(|_| env::var("CARGO_CRATE_NAME"));
    let package = package.unwrap_or_else(|_| "unnamed".to_owned());
    let package_version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let names = arguments.iter().map(|argument| &argument.name);
    let ignored = ignored(arguments, options);
    let version = match &options.version {
        Some(number) => quote!(#private::Version::Number(#number)),
        None => {
            let bytes = version::as_bytes(version::of_function(function.tokens.clone()));
            quote!(#private::Version::Tokens(#bytes))
        }
    };
    let key = match &options.key {
        None => quote!(::core::option::Option::None),
        Some(key) => {
            let hash = version::of_tokens(key.closure.to_token_stream());
            let bytes = version::as_bytes(hash);
            quote!(::core::option::Option::Some(#bytes))
        }
    };
    let foreign = env::var_os("CARGO_MANIFEST_DIR")
        .is_some_and(|directory| is_foreign(Path::new(&directory)));
    let depends = options.depends.iter().map(|path| depends_on(path, &private));
    let source = source::text(function.tokens.clone());
    quote! {
        impl #private::Tracked for #namesake {
            const FUNCTION: #private::FunctionInfo = #private::FunctionInfo {
                package: #package,
                package_version: #package_version,
                name: #name,
                renamed: #renamed,
                arguments: &[#(#names),*],
                ignored: &[#(#ignored),*],
                version: #version,
                key: #key,
                foreign: #foreign,
                depends: &[#(#depends),*],
                source: #source,
                file: ::core::file!(),
                line: ::core::line!(),
            };
        }
    }
}

fn depends_on(path: &syn::Path, private: &TokenStream) -> TokenStream {
    let span = path.span();
    quote_spanned!(span=> <#path as #private::Tracked>::FUNCTION.fold())
}

/// Whether the package in `directory` came from a registry, a git repository or a vendored copy: Cargo leaves a mark in
/// each, at the root of what it unpacked.
fn is_foreign(directory: &Path) -> bool {
    directory.join(".cargo-checksum.json").exists()
        || directory.ancestors().any(|parent| parent.join(".cargo-ok").exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_cargo_unpacked_are_foreign() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(!is_foreign(own));
        let unpacked = env::temp_dir().join(format!("larder-macros-{}", std::process::id()));
        let member = unpacked.join("member");
        std::fs::create_dir_all(&member).unwrap();
        assert!(!is_foreign(&member));
        std::fs::write(member.join(".cargo-checksum.json"), "{}").unwrap();
        assert!(is_foreign(&member));
        std::fs::remove_file(member.join(".cargo-checksum.json")).unwrap();
        std::fs::write(unpacked.join(".cargo-ok"), "").unwrap();
        assert!(is_foreign(&member));
        std::fs::remove_dir_all(&unpacked).unwrap();
    }
}
