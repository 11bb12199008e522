//! Text, paths, times, ranges, addresses: as serde has them, without what it loses.

use std::cmp::Ordering;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ops::{
    Bound, Range, RangeBounds, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::tag::Tag;
use super::{Digest, KeyDigest};

impl KeyDigest for str {
    #[inline]
    fn digest(&self, digest: &mut Digest) {
        digest.length_and_block(Tag::Str, self.as_bytes());
    }
}

impl KeyDigest for CStr {
    fn digest(&self, digest: &mut Digest) {
        digest.bytes(self.to_bytes());
    }
}

impl KeyDigest for OsStr {
    fn digest(&self, digest: &mut Digest) {
        #[cfg(windows)]
        let (platform, text) =
            ("Windows", std::os::windows::ffi::OsStrExt::encode_wide(self).collect::<Vec<u16>>());
        #[cfg(unix)]
        let (platform, text) = ("Unix", std::os::unix::ffi::OsStrExt::as_bytes(self));
        #[cfg(not(any(unix, windows)))]
        let (platform, text) = ("Other", self.as_encoded_bytes());
        digest.variant("OsString", platform).item(&text);
    }
}

/// Its text; as an [`OsStr`] if it is not Unicode.
impl KeyDigest for Path {
    fn digest(&self, digest: &mut Digest) {
        match self.to_str() {
            Some(text) => text.digest(digest),
            None => self.as_os_str().digest(digest),
        }
    }
}

macro_rules! owned {
    ($($owned:ident $borrowed:ty;)*) => {$(
        impl KeyDigest for $owned {
            #[inline]
            fn digest(&self, digest: &mut Digest) {
                <$borrowed>::digest(self, digest);
            }
        }
    )*};
}
owned! { String str; CString CStr; OsString OsStr; PathBuf Path; }

impl KeyDigest for Duration {
    fn digest(&self, digest: &mut Digest) {
        seconds(digest, "Duration", ["secs", "nanos"], *self);
    }
}

impl KeyDigest for SystemTime {
    fn digest(&self, digest: &mut Digest) {
        let (names, distance) = match self.duration_since(UNIX_EPOCH) {
            Ok(since) => (["secs_since_epoch", "nanos_since_epoch"], since),
            Err(before) => (["secs_before_epoch", "nanos_before_epoch"], before.duration()),
        };
        seconds(digest, "SystemTime", names, distance);
    }
}

fn seconds(digest: &mut Digest, of: &str, [secs, nanos]: [&str; 2], duration: Duration) {
    digest.structure(of).field(secs, &duration.as_secs()).field(nanos, &duration.subsec_nanos());
}

impl<T: KeyDigest> KeyDigest for Range<T> {
    fn digest(&self, digest: &mut Digest) {
        digest.structure("Range").field("start", &self.start).field("end", &self.end);
    }
}

/// One that was iterated to its end differs from the one it began as.
impl<T: KeyDigest> KeyDigest for RangeInclusive<T> {
    fn digest(&self, digest: &mut Digest) {
        let mut fields = digest.structure("RangeInclusive");
        fields.field("start", self.start()).field("end", self.end());
        if let Bound::Excluded(_) = self.end_bound() {
            fields.field("exhausted", &true);
        }
    }
}

impl<T: KeyDigest> KeyDigest for RangeFrom<T> {
    fn digest(&self, digest: &mut Digest) {
        digest.structure("RangeFrom").field("start", &self.start);
    }
}

impl<T: KeyDigest> KeyDigest for RangeTo<T> {
    fn digest(&self, digest: &mut Digest) {
        digest.structure("RangeTo").field("end", &self.end);
    }
}

impl<T: KeyDigest> KeyDigest for RangeToInclusive<T> {
    fn digest(&self, digest: &mut Digest) {
        digest.structure("RangeToInclusive").field("end", &self.end);
    }
}

impl KeyDigest for RangeFull {
    fn digest(&self, digest: &mut Digest) {
        digest.structure("RangeFull");
    }
}

impl<T: KeyDigest> KeyDigest for Bound<T> {
    fn digest(&self, digest: &mut Digest) {
        match self {
            Self::Unbounded => _ = digest.variant("Bound", "Unbounded"),
            Self::Included(bound) => _ = digest.variant("Bound", "Included").item(bound),
            Self::Excluded(bound) => _ = digest.variant("Bound", "Excluded").item(bound),
        }
    }
}

impl KeyDigest for Ordering {
    fn digest(&self, digest: &mut Digest) {
        let name = match self {
            Self::Less => "Less",
            Self::Equal => "Equal",
            Self::Greater => "Greater",
        };
        digest.variant("Ordering", name);
    }
}

impl<T: ?Sized> KeyDigest for PhantomData<T> {
    fn digest(&self, digest: &mut Digest) {
        digest.structure("PhantomData");
    }
}

macro_rules! octets {
    ($($address:ident)*) => {$(
        impl KeyDigest for $address {
            fn digest(&self, digest: &mut Digest) {
                self.octets().digest(digest);
            }
        }
    )*};
}
octets!(Ipv4Addr Ipv6Addr);

macro_rules! either_version {
    ($($address:ident)*) => {$(
        impl KeyDigest for $address {
            fn digest(&self, digest: &mut Digest) {
                match self {
                    Self::V4(address) => digest.variant(stringify!($address), "V4").item(address),
                    Self::V6(address) => digest.variant(stringify!($address), "V6").item(address),
                };
            }
        }
    )*};
}
either_version!(IpAddr SocketAddr);

impl KeyDigest for SocketAddrV4 {
    fn digest(&self, digest: &mut Digest) {
        (self.ip(), self.port()).digest(digest);
    }
}

/// With flow and scope, where they are not 0: serde leaves them out.
impl KeyDigest for SocketAddrV6 {
    fn digest(&self, digest: &mut Digest) {
        let mut items = digest.tuple();
        items.item(self.ip()).item(&self.port());
        if (self.flowinfo(), self.scope_id()) != (0, 0) {
            items.item(&self.flowinfo()).item(&self.scope_id());
        }
    }
}
