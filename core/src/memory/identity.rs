//! Who a function is, as a path of keys: `package/crate.module.function/<version>`.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use super::function_state::FunctionState;
use super::shelf::Shelf;
use super::{FunctionInfo, FunctionOptions, Memoize};
use crate::key::MAX_SEGMENT_LEN;
use crate::{Prefix, Result};

/// The function that stands for values under keys of the caller's.
pub(crate) const VALUES: &str = "-value";

/// What the process keeps of one memoized function: its place among the keys, found out on its first call, and what the
/// memory that was last used keeps of it.
#[derive(Debug)]
pub struct FunctionCell {
    identity: OnceLock<Identity>,
    last: RwLock<Option<(u64, Arc<FunctionState>)>>,
}

/// A function's place among the keys.
#[derive(Debug)]
pub(crate) struct Identity {
    /// `package::crate::module::function`: for people, events and statistics.
    pub(crate) name: String,
    /// All versions of the function.
    pub(crate) function: Prefix,
    /// This version.
    pub(crate) version: Prefix,
    /// Why results of this function are not kept: another function claims the same place.
    pub(crate) conflict: Option<String>,
}

impl FunctionCell {
    /// A cell for one function.
    #[expect(clippy::new_without_default, reason = "one static a function, made by generated code")]
    pub const fn new() -> Self {
        Self { identity: OnceLock::new(), last: RwLock::new(None) }
    }

    /// The function's state under `shelf`.
    pub(crate) fn state<F: Memoize>(&self, shelf: &Shelf) -> Result<Arc<FunctionState>> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((id, state)) if *id == shelf.id => Ok(state.clone()),
            _ => {
                drop(last);
                self.find_state(shelf, self.identity::<F>(), &F::FUNCTION, &F::OPTIONS)
            }
        }
    }

    fn find_state(
        &self,
        shelf: &Shelf,
        identity: &Identity,
        info: &'static FunctionInfo,
        options: &FunctionOptions,
    ) -> Result<Arc<FunctionState>> {
        let state = shelf.function(identity, Some(info), options)?;
        *self.last.write().unwrap_or_else(PoisonError::into_inner) =
            Some((shelf.id, state.clone()));
        Ok(state)
    }

    /// Only what depends on the type is in here; the rest is compiled once for all functions.
    pub(crate) fn identity<F: Memoize>(&self) -> &Identity {
        self.identity.get_or_init(|| {
            let shape = (F::storage().shape)().fingerprint();
            Identity::of_function(
                &F::FUNCTION,
                std::any::type_name::<F>(),
                TypeId::of::<F>(),
                shape,
            )
        })
    }
}

impl Identity {
    fn of_function(function: &FunctionInfo, type_name: &str, id: TypeId, shape: [u8; 16]) -> Self {
        let path = if function.renamed { function.name } else { type_name };
        let name = format!("{}::{path}", function.package);
        let mut version = VersionHash::new(function.fold().to_le_bytes(), shape);
        version.add(function.key.unwrap_or_default());
        function.ignored.iter().for_each(|argument| version.add(argument));

        let mut identity = Self::new(name, &[function.package, path], &version);
        let place = format!("{} at {}:{}", identity.name, function.file, function.line);
        identity.conflict = claim(&identity.function, id, place);
        identity
    }

    /// `levels` become one segment each.
    pub(crate) fn new(name: String, levels: &[&str], version: &VersionHash) -> Self {
        let function = levels.iter().map(|level| segment(level)).collect::<Vec<_>>().join("/");
        let prefix = |text: &str| Prefix::new(text).expect("sanitized segments make a prefix");
        Self {
            name,
            version: prefix(&format!("{function}/{}", version.segment())),
            function: prefix(&function),
            conflict: None,
        }
    }
}

/// Everything that decides what a key of a function means: a change of any is another version.
#[derive(Debug)]
pub(crate) struct VersionHash(blake3::Hasher);

impl VersionHash {
    /// A version of `code` whose result has this `shape`.
    pub(crate) fn new(code: [u8; 16], shape: [u8; 16]) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(&code).update(&shape);
        Self(hash)
    }

    pub(crate) fn add(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.update(&(part.len() as u64).to_le_bytes()).update(part);
    }

    fn segment(&self) -> String {
        self.0.finalize().to_hex()[..16].to_owned()
    }
}

/// `path::of::names` as one segment, `path.of.names`. Whatever a segment cannot say as it is (upper case, which some
/// disks don't tell from lower, `{{closure}}`, great length) is replaced, and a hash of the raw path appended.
fn segment(path: &str) -> String {
    let dotted = path.replace("::", ".");
    let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-' | '.');
    let mut segment: String = dotted
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    // The rules of keys have the last word: a dot at either end, or a name that reads as a digest, is not a segment.
    if segment == dotted && !segment.is_empty() && Prefix::new(&segment).is_ok() {
        return segment;
    }
    let hash = blake3::hash(path.as_bytes()).to_hex();
    // The end names the function: keep that.
    segment.drain(..segment.len().saturating_sub(MAX_SEGMENT_LEN - 17));
    format!("{}-{}", segment.trim_matches('.'), &hash[..16]).trim_start_matches('-').to_owned()
}

/// Notes that the function of type `id` lives at `place`; says who was there before.
fn claim(place: &Prefix, id: TypeId, who: String) -> Option<String> {
    static PLACES: Mutex<Option<HashMap<Prefix, (TypeId, String)>>> = Mutex::new(None);
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    let places = places.get_or_insert_default();
    let (owner, first) = places.entry(place.clone()).or_insert_with(|| (id, who.clone()));
    (*owner != id).then(|| {
        format!("{who} has the same name as {first}: give one of them another with #[memoize(name = \"..\")]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_valid_and_tell_paths_apart() {
        assert_eq!(segment("crate_a::module::function"), "crate_a.module.function");
        let long = "module::".repeat(40) + "function";
        let awkward = [
            "ends.in.a.dot.",
            "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
            "crate_a::Module::function",
            "crate_a::module::Function",
            "crate_a::{{closure}}::function",
            "crate_a::<impl S>::function",
            "crate_a::ünicode",
            "crate_a::ünicodé",
            "",
            "::",
            ".a",
            &long,
        ];
        let mut segments: Vec<String> = awkward.iter().map(|path| segment(path)).collect();
        for (path, segment) in awkward.iter().zip(&segments) {
            assert!(Prefix::new(segment).is_ok(), "{path:?} became {segment:?}");
        }
        assert!(segments[11].contains("function-"), "{}", segments[11]);
        segments.sort();
        segments.dedup();
        assert_eq!(segments.len(), awkward.len());
    }

    #[test]
    fn the_second_function_at_a_place_is_told_of_the_first() {
        let place = Prefix::new("package/claimed.twice").unwrap();
        let (one, two) = (TypeId::of::<u8>(), TypeId::of::<u16>());
        assert_eq!(claim(&place, one, "a at x.rs:1".into()), None);
        assert_eq!(claim(&place, one, "a at x.rs:1".into()), None);
        let conflict = claim(&place, two, "a at x.rs:9".into()).unwrap();
        assert!(conflict.contains("x.rs:1") && conflict.contains("x.rs:9"), "{conflict}");
    }
}
