//! Whether a value survives every codec.

use std::fmt::Debug;

use larder::codec::{Cbor, Codec, Codecs, EncodeOptions, Json, Postcard, Storable, decode, encode};

/// Writes and reads `value` with each codec: it comes back equal, and is written the same then. A codec may say that it
/// cannot write it.
pub(crate) fn comes_back<T: Storable + PartialEq + Debug>(value: &T) {
    let codecs = Codecs::default();
    let all: [&dyn Codec; 3] = [&Postcard, &Cbor, &Json];
    for codec in all {
        let options = EncodeOptions::new(codec);
        let encoded = match encode(value, &options) {
            Ok(encoded) => encoded,
            Err(error) => {
                assert!(error.is_encode(), "{}: {error}", codec.name());
                continue;
            }
        };
        let back: T = decode(encoded.codec, &encoded.payload, &encoded.buffers, &codecs)
            .unwrap_or_else(|error| panic!("{} cannot read itself: {error}", codec.name()));
        assert_eq!(back, *value, "{}", codec.name());
        let again = encode(&back, &options).expect("it was written before");
        assert_eq!(again.codec, encoded.codec);
        assert_eq!(again.payload, encoded.payload, "{}", codec.name());
        assert_eq!(again.buffers, encoded.buffers, "{}", codec.name());
    }
}
