//! What generated code finds out about a function's result.

use larder_core::__private::{Probe, Storage};
use larder_core::codec::{Codecs, EncodeOptions};
use larder_core::shape::shape_of;

macro_rules! storage {
    ($type:ty) => {{
        use larder_core::__private::value_via::*;
        (&&&Probe::<$type>::new()).larder_storage()
    }};
}

/// Neither serde nor anything else.
#[derive(Debug, PartialEq)]
struct Bare;

type Alias<T> = std::io::Result<T>;

#[test]
fn only_an_ok_is_stored_and_errors_need_nothing() {
    let storage: Storage<Result<Vec<u8>, Bare>> = storage!(Result<Vec<u8>, Bare>);
    assert!((storage.encode)(&Err(Bare), &EncodeOptions::default()).is_none());
    let encoded = (storage.encode)(&Ok(vec![1, 2]), &EncodeOptions::default()).unwrap().unwrap();
    let back = (storage.decode)(encoded.codec, &encoded.payload, &[], &Codecs::default()).unwrap();
    assert_eq!(back, Ok(vec![1, 2]));
    // As a plain value would be stored: a function that learns to fail keeps its entries.
    assert_eq!((storage.shape)().fingerprint(), shape_of::<Vec<u8>>().fingerprint());
}

#[test]
fn a_result_is_recognised_by_its_type_and_not_by_its_name() {
    let storage: Storage<Alias<u8>> = storage!(Alias<u8>);
    assert!(
        (storage.encode)(&Err(std::io::ErrorKind::Other.into()), &EncodeOptions::default())
            .is_none()
    );
}

#[test]
fn anything_else_is_stored_as_it_is() {
    let storage: Storage<Option<u8>> = storage!(Option<u8>);
    let encoded = (storage.encode)(&None, &EncodeOptions::default()).unwrap().unwrap();
    assert_eq!(encoded.payload, [0]);
    assert_eq!((storage.decode)(encoded.codec, &[1, 9], &[], &Codecs::default()).unwrap(), Some(9));
}
