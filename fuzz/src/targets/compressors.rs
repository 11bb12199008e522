//! What compressors are given to decompress, and what they make of anything.

use std::io;

use larder::compress::{Compressor, decompress};
use larder::{ErrorKind, LoadOptions, load_from, registry};

/// The most that a compressed input may become here, in bytes.
const MOST: u64 = 1 << 20;

/// The first byte says which compressor; the rest is read as what it wrote, as what it is to write, and as a dump.
pub(crate) fn check(bytes: &[u8]) {
    let [first, rest @ ..] = bytes else { return };
    let compressors = registry().compressors();
    let names: Vec<&str> = compressors.names().filter(|name| *name != "none").collect();
    let name = names[usize::from(*first) % names.len()];
    let compressor = compressors.get(name).expect("it is one of them");

    let mut plain = Vec::new();
    let mut limited = Limited(&mut plain, MOST);
    if compressor.decompress(&mut &rest[..], &mut limited).is_ok() {
        survives(&*compressor, &plain);
    }
    let packed = survives(&*compressor, rest);
    let known = compressors.recognise(&packed[..packed.len().min(16)]);
    assert_eq!(known.map(|it| it.name()), Some(name), "its own work is another's");

    let loaded = load_from::<String>(rest, &LoadOptions::new().max_bytes(MOST));
    if let Err(error) = loaded {
        assert!(![ErrorKind::Bug, ErrorKind::Io].contains(&error.kind()), "{error:?}");
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let compressors = registry().compressors();
    let names = compressors.names().filter(|name| *name != "none");
    let packed = names.enumerate().map(|(number, name)| {
        let mut packed = vec![number as u8];
        let compressor = compressors.get(name).expect("it is one of them");
        let text = b"to be or not to be, to be or not".repeat(3);
        compressor.compress(None, &mut &text[..], &mut packed).expect("memory takes everything");
        packed
    });
    packed.collect()
}

/// Compresses and decompresses; returns the compressed form.
fn survives(compressor: &dyn Compressor, plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    compressor.compress(None, &mut &plain[..], &mut packed).expect("memory takes everything");
    let mut back = Vec::new();
    decompress(compressor, &mut &packed[..], &mut back, plain.len() as u64)
        .unwrap_or_else(|error| panic!("{} cannot read itself: {error}", compressor.name()));
    assert!(back == plain, "{} gave other bytes back", compressor.name());
    packed
}

struct Limited<'o>(&'o mut Vec<u8>, u64);

impl io::Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.0.len() + bytes.len()) as u64 > self.1 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
