//! Room for a call's result, whose memory an entry may be written from.

use std::mem;

use super::unpack::Unpacked;
use crate::Result;
use crate::codec::{Codecs, EncodeOptions, Encoded, Loan, Storage};

#[derive(Default)]
pub(crate) enum Outcome<R> {
    #[default]
    Missing,
    Here(R),
    /// As long as the bytes are on their way.
    Lent(Loan<R>),
}

impl<R> Outcome<R> {
    pub(crate) fn decode(
        &mut self,
        unpacked: &Unpacked<'_>,
        storage: Storage<R>,
        codecs: &Codecs,
    ) -> Result<()> {
        *self = Self::Here(unpacked.decode(storage, codecs)?);
        Ok(())
    }

    /// The result as bytes; `None` for one that is not to be kept.
    pub(crate) fn encode(
        &mut self,
        storage: Storage<R>,
        options: &EncodeOptions<'_>,
    ) -> Option<Result<Encoded>> {
        let Self::Here(value) = mem::take(self) else { return None };
        match (storage.lend)(value, options) {
            Ok((encoded, loan)) => {
                *self = Self::Lent(loan);
                Some(Ok(encoded))
            }
            Err(value) => {
                let encoded = (storage.encode)(&value, options);
                *self = Self::Here(value);
                encoded
            }
        }
    }

    pub(crate) fn into_result(self) -> Option<R> {
        match self {
            Self::Missing => None,
            Self::Here(value) => Some(value),
            Self::Lent(loan) => Some(loan.take_back()),
        }
    }
}
