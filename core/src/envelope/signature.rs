//! What tells an entry that a holder of the secret put from one that somebody else did.
//!
//! Two parts, so that who reads only the front of an entry knows whether to believe it: a hash of all that lies behind
//! the signature, and a keyed hash of the key's text, of all that lies before the signature, and of that hash.

use blake3::{Hash, Hasher};

use super::{Header, Reject, SUMMED, field};
use crate::{Key, Result};

/// The hash of what is behind, and the keyed hash.
pub(super) const LEN: usize = 64;
/// For [`blake3::derive_key`]: what the derived keys are used for, and for nothing else.
const CONTEXT: &str = "larder 2026-11-22 signatures of entries";

/// Keys made of the secrets: one's own signs, every one is believed.
pub(crate) struct Signers {
    own: [u8; 32],
    old: Vec<[u8; 32]>,
}

impl Signers {
    pub(crate) fn new(own: &[u8], old: &[&[u8]]) -> Self {
        let signer = |secret: &[u8]| blake3::derive_key(CONTEXT, secret);
        Self { own: signer(own), old: old.iter().map(|secret| signer(secret)).collect() }
    }

    /// The signature of an entry that begins with `front`, its prelude without the checksum, and `metadata`.
    pub(super) fn sign(&self, key: &Key, front: &[u8], metadata: &[u8], behind: Hash) -> [u8; LEN] {
        let mut signature = [0; LEN];
        signature[..32].copy_from_slice(behind.as_bytes());
        let mac = mac(&self.own, key, front, metadata, behind.as_bytes());
        signature[32..].copy_from_slice(mac.as_bytes());
        signature
    }
}

impl std::fmt::Debug for Signers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signers({})", 1 + self.old.len())
    }
}

impl Header {
    /// Whether all that stands before the value was written under this key by who has one of the secrets: the hash that
    /// what is behind must have.
    pub(crate) fn check_front(
        &self,
        front: &[u8],
        key: &Key,
        signers: &Signers,
    ) -> Result<Hash, Reject> {
        if !self.signed {
            return Err(Reject::Unsigned);
        }
        let cut = Reject::Corrupt("its signature is cut off");
        let signature = front.get(self.metadata_end()..self.head_end()).ok_or(cut)?;
        let metadata = &front[super::PRELUDE..self.metadata_end()];
        let (behind, stated) = signature.split_at(32);
        // Equality of hashes takes as long whatever they are.
        let is_right =
            |signer| mac(signer, key, &front[..SUMMED], metadata, behind) == field::<32>(stated, 0);
        match is_right(&signers.own) || signers.old.iter().any(is_right) {
            true => Ok(Hash::from_bytes(field(behind, 0))),
            false => Err(Reject::Forged),
        }
    }

    /// As [`check_front`](Self::check_front), and all the rest: every byte is read.
    pub(super) fn check_whole(
        &self,
        whole: &[u8],
        key: &Key,
        signers: &Signers,
    ) -> Result<(), Reject> {
        let behind = self.check_front(whole, key, signers)?;
        match blake3::hash(&whole[self.head_end()..]) == behind {
            true => Ok(()),
            false => Err(Reject::Forged),
        }
    }
}

/// Where each part ends follows from the lengths at its front.
fn mac(signer: &[u8; 32], key: &Key, front: &[u8], metadata: &[u8], behind: &[u8]) -> Hash {
    let key = key.as_str().as_bytes();
    let mut mac = Hasher::new_keyed(signer);
    mac.update(&(key.len() as u64).to_le_bytes());
    mac.update(key).update(front).update(metadata).update(behind).finalize()
}
