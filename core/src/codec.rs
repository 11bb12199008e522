//! From values to bytes and back: by name, never wrong.
//!
//! `postcard` is the default: small and fast, but without names or kinds in its bytes, so that it may only carry values
//! whose `Serialize` does exactly what their `Deserialize` expects. [`encode`] holds every value against its traced
//! [`Shape`] while it writes. A value that deviates anywhere (a field left out by
//! `skip_serializing_if`, other names or counts for writing than for reading, a type that looks at the data to see what
//! it is) goes to the self-describing `cbor` instead, and is decoded and compared before it is let out.
//!
//! A codec of your own is one `impl`:
//!
//! ```
//! use larder_core::codec::{Codec, Codecs, EncodeOptions, Slot, Value, decode, encode};
//! use larder_core::{Error, ErrorKind, Result};
//!
//! #[derive(Debug)]
//! struct Json;
//!
//! impl Codec for Json {
//!     fn name(&self) -> &str {
//!         "my-json"
//!     }
//!     fn encode(&self, value: &Value<'_>, out: &mut Vec<u8>) -> Result<()> {
//!         serde_json::to_writer(out, value)
//!             .map_err(|e| Error::new(ErrorKind::Encode, "JSON cannot say this").with_source(e))
//!     }
//!     fn decode(&self, bytes: &[u8], slot: &mut Slot<'_>) -> Result<()> {
//!         let mut json = serde_json::Deserializer::from_slice(bytes);
//!         slot.fill(&mut json)
//!             .and_then(|()| json.end())
//!             .map_err(|e| Error::new(ErrorKind::Decode, "not the JSON it was").with_source(e))
//!     }
//! }
//!
//! let mut codecs = Codecs::default();
//! codecs.register(Json)?;
//! let codec = codecs.get("my-json")?;
//! let encoded = encode(&vec![1.5, 2.0], &EncodeOptions::new(&*codec))?;
//! assert_eq!(encoded.payload, b"[1.5,2.0]");
//! assert_eq!(decode::<Vec<f64>>(encoded.codec, &encoded.payload, &[], &codecs)?, [1.5, 2.0]);
//! // JSON has no NaN, and says nothing: larder does.
//! assert!(encode(&f64::NAN, &EncodeOptions::new(&*codec)).unwrap_err().is_encode());
//! # Ok::<(), Error>(())
//! ```

mod bulk;
mod cbor;
mod checked;
mod json;
mod postcard;
mod scan;
mod storage;
mod value;
mod walk;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::bulk::{Lent, Loan};
pub use self::cbor::Cbor;
pub use self::json::Json;
pub use self::postcard::Postcard;
pub use self::storage::{Probe, Storage, via};
pub use self::value::{Slot, Value};
use crate::beside::{self, Aside, Life, Passage};
use crate::shape::{Shape, shape_of};
use crate::table::Table;
use crate::{Error, Result, ShortName};

/// How deep values may nest in each other: what reads them recurses as deep.
const MAX_DEPTH: usize = 256;

/// Turns any serde value into bytes and back.
///
/// # Contract
/// * What [`decode`](Self::decode) fills in equals what [`encode`](Self::encode) was given, or one of them fails.
///   larder checks that after encoding, and stores nothing where it doesn't hold.
/// * `decode` consumes every byte or fails, and neither panics nor reserves much memory on bytes it never wrote.
/// * Bytes written once stay readable: a new format is a new name.
pub trait Codec: fmt::Debug + Send + Sync + 'static {
    /// The name it is chosen by, which is stored with every value: 1 to 16 of `a-z 0-9 -`.
    fn name(&self) -> &str;

    /// Appends the value's bytes to `out`.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) for a value it cannot represent.
    fn encode(&self, value: &Value<'_>, out: &mut Vec<u8>) -> Result<()>;

    /// Reads the value into `slot`.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for bytes that are no such value.
    fn decode(&self, bytes: &[u8], slot: &mut Slot<'_>) -> Result<()>;
}

/// What can be stored: owned values with serde's `Serialize` and `Deserialize`.
#[diagnostic::on_unimplemented(
    message = "a #[memoize] function cannot store its result `{Self}`",
    label = "the result type",
    note = "the result (of a `Result`, its `Ok` type) must be owned and implement serde's `Serialize` and `Deserialize`"
)]
pub trait Storable: Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> Storable for T {}

/// A value as bytes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Encoded {
    /// The codec that wrote it: the one asked for, or `cbor` in place of `postcard`.
    pub codec: ShortName,
    /// The value.
    pub payload: Vec<u8>,
    /// What stands beside the payload: the elements of its [arrays](crate::Array), without a copy. Codecs but `postcard`
    /// and `cbor` write arrays whole.
    pub buffers: Vec<Bytes>,
    /// The size of an element of each buffer, in bytes.
    pub element_sizes: Vec<u8>,
    /// How long each buffer stays what it is, where that is known.
    pub(crate) lives: Vec<Option<Life>>,
}

impl Encoded {
    /// A value that was encoded elsewhere, as its parts arrived. The sizes of elements matter to those alone who compress
    /// the buffers: they are said to be 1.
    #[inline]
    pub fn new(codec: ShortName, payload: Vec<u8>, buffers: Vec<Bytes>) -> Self {
        // To fill no bytes at all costs more than the rest of this.
        let element_sizes = if buffers.is_empty() { vec![] } else { vec![1; buffers.len()] };
        Self { codec, payload, buffers, element_sizes, lives: Vec::new() }
    }
}

/// How to encode.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EncodeOptions<'a> {
    /// The codec asked for.
    pub codec: &'a dyn Codec,
}

impl<'a> EncodeOptions<'a> {
    /// With this codec.
    pub fn new(codec: &'a dyn Codec) -> Self {
        Self { codec }
    }
}

impl Default for EncodeOptions<'_> {
    fn default() -> Self {
        Self::new(&Postcard)
    }
}

/// Turns `value` into bytes that [`decode`] turns into an equal value.
///
/// # Errors
/// [`ErrorKind::Encode`](crate::ErrorKind::Encode) for a value that has no bytes (its `Serialize` fails), that would come
/// back different (an untagged enum whose variants look alike), or that nests deeper than 256 levels.
pub fn encode<T: Storable>(value: &T, options: &EncodeOptions<'_>) -> Result<Encoded> {
    if options.codec.name() == Postcard::NAME
        && let Some(encoded) = bulk::encode(value)
    {
        return Ok(encoded);
    }
    encode_as::<T>(value, options)
}

/// As [`encode`], of a value that writes what a `T` reads: a borrowed form of it, or `T` with other lifetimes.
pub(crate) fn encode_as<T: Storable>(
    value: &impl Serialize,
    options: &EncodeOptions<'_>,
) -> Result<Encoded> {
    let shape = shape_of::<T>();
    let named_postcard = options.codec.name() == Postcard::NAME;
    if named_postcard && shape.fits_postcard() {
        let mut payload = Vec::new();
        let mut write = || walk::encode(value, shape, &mut payload);
        let (done, Aside { buffers, element_sizes, lives }) = match has_no_arrays(shape) {
            true => (write(), Aside::default()),
            false => beside::encoding(write),
        };
        match done {
            Ok(()) => {
                let codec = Postcard::SHORT_NAME;
                return Ok(Encoded { codec, payload, buffers, element_sizes, lives });
            }
            Err(why) => tracing::debug!(
                target: "larder::codec", type_name = shape.type_name(), %why,
                "the value is stored in the self-describing codec"
            ),
        }
    }
    let codec: &dyn Codec = if named_postcard { &Cbor } else { options.codec };
    checked::encode(&Value::new(value, shape), codec, &mut None::<T>)
}

/// As [`encode_as`], behind what is in `out`, if the codec is `postcard` and the value one that it carries whole. Says
/// whether it did.
pub(crate) fn append<T: Storable>(
    value: &impl Serialize,
    codec: &dyn Codec,
    out: &mut Vec<u8>,
) -> bool {
    let (shape, start) = (shape_of::<T>(), out.len());
    let appended = codec.name() == Postcard::NAME
        && shape.fits_postcard()
        && has_no_arrays(shape)
        && walk::encode(value, shape, out).is_ok();
    if !appended {
        out.truncate(start);
    }
    appended
}

/// As [`encode`], of a value that can be taken for as long as the bytes are needed: a long vector of numbers is not
/// copied then. Any other value comes back.
pub(crate) fn lend<T: Storable>(value: T, options: &EncodeOptions<'_>) -> Lent<T> {
    match options.codec.name() == Postcard::NAME {
        true => bulk::lend(value),
        false => Err(value),
    }
}

/// The value that [`encode`] turned into `payload` and `buffers` with the codec of this name.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a codec that `codecs` has not;
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for bytes that are no `T`, or more than one.
pub fn decode<T: Storable>(
    codec: ShortName,
    payload: &[u8],
    buffers: &[Bytes],
    codecs: &Codecs,
) -> Result<T> {
    decode_with(codec, payload, buffers, || codecs.get(codec.as_str()))
}

/// As [`decode`], where other codecs than `postcard` are `found` when they are needed.
pub(crate) fn decode_with<T: Storable>(
    codec: ShortName,
    payload: &[u8],
    buffers: &[Bytes],
    found: impl FnOnce() -> Result<Arc<dyn Codec>>,
) -> Result<T> {
    let shape = shape_of::<T>();
    if codec == Postcard::SHORT_NAME {
        if let Some(decoded) = bulk::decode(payload, buffers, shape) {
            return decoded;
        }
        if buffers.is_empty() && has_no_arrays(shape) {
            return postcard::decode(payload, shape);
        }
        return checked::with_all(buffers, || postcard::decode(payload, shape));
    }
    let mut value = None;
    checked::decode(&*found()?, payload, buffers, &mut value, shape)?;
    value.ok_or_else(|| checked::left_empty(codec))
}

/// Whether a value of this shape can neither put anything beside itself nor take it from there; nor may it be part of one
/// that can.
fn has_no_arrays(shape: &Shape) -> bool {
    shape.is_leaf() && beside::passage() == Passage::None
}

/// The codecs there are, by name. `Default` has `postcard`, `cbor` and `json`.
#[derive(Debug, Clone)]
pub struct Codecs(Arc<Table<dyn Codec>>);

impl Default for Codecs {
    fn default() -> Self {
        let mut table = Table::new("codec");
        let built_in: [Arc<dyn Codec>; 3] = [Arc::new(Postcard), Arc::new(Cbor), Arc::new(Json)];
        for codec in built_in {
            table
                .insert(codec.name(), Arc::clone(&codec))
                .expect("the built-in names are good and differ");
        }
        Self(Arc::new(table))
    }
}

impl Codecs {
    /// Adds one.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a name that is taken or cannot be one.
    pub fn register(&mut self, codec: impl Codec) -> Result<()> {
        let codec: Arc<dyn Codec> = Arc::new(codec);
        Arc::make_mut(&mut self.0).insert(codec.name(), Arc::clone(&codec))
    }

    /// Adds one, in place of the codec of that name if there is one; says whether there was. What that one wrote is
    /// read by the new one from now on.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for the name of one of larder's own, each of which is relied on
    /// for what it is, and for a name that cannot be one.
    pub fn replace(&mut self, codec: impl Codec) -> Result<bool> {
        let codec: Arc<dyn Codec> = Arc::new(codec);
        let name = codec.name();
        if [Postcard::NAME, Cbor::NAME, Json::NAME].contains(&name) {
            return Err(Error::invalid(format!(
                "the codec {name:?} is one of larder's own, which are not replaced"
            )));
        }
        Arc::make_mut(&mut self.0).replace(name, Arc::clone(&codec))
    }

    /// The codec of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), with the names there are and the nearest of them.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Codec>> {
        self.0.get(name).cloned().ok_or_else(|| self.0.unknown(name))
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names()
    }
}

/// An error in or out of bytes, with the type it was about.
fn failed(kind: crate::ErrorKind, why: impl fmt::Display, type_name: &str) -> Error {
    Error::new(kind, format!("{}: {why}", kind.as_str())).with("type", type_name)
}
