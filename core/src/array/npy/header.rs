//! What stands in front of the elements.

use std::io::Read;

use super::literal::Literal;
use crate::{Error, ErrorKind, Order, Result};

pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
/// Elements begin at a multiple of this.
const ALIGN: usize = 64;
/// Longer ones NumPy does not read either, unless told to.
const MAX_LEN: usize = 1 << 16;

/// A header, taken apart.
#[derive(Debug)]
pub(crate) struct Header {
    /// The type of the elements, in NumPy's words.
    pub(super) descr: Literal,
    pub(crate) order: Order,
    pub(crate) shape: Vec<usize>,
    /// How long the header is: where the elements begin.
    pub(crate) len: usize,
}

impl Header {
    pub(super) fn new(descr: String, order: Order, shape: &[usize]) -> Self {
        let mut header = Self { descr: Literal::Text(descr), order, shape: shape.to_vec(), len: 0 };
        header.len = header.to_bytes().len();
        header
    }

    /// As NumPy writes it: version 1.0 where the length fits, padded with spaces.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let descr = match &self.descr {
            Literal::Text(descr) => &**descr,
            _ => "",
        };
        let fortran = if self.order == Order::F { "True" } else { "False" };
        let shape: String = match &self.shape[..] {
            [one] => format!("({one},)"),
            lens => {
                let lens: Vec<_> = lens.iter().map(usize::to_string).collect();
                format!("({})", lens.join(", "))
            }
        };
        let dict =
            format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
        let padded = |front: usize| (front + dict.len() + 1).next_multiple_of(ALIGN) - front;
        let mut bytes = MAGIC.to_vec();
        let len = match u16::try_from(padded(10)) {
            Ok(len) => {
                bytes.extend([1, 0]);
                bytes.extend(len.to_le_bytes());
                usize::from(len)
            }
            Err(_) => {
                bytes.extend([2, 0]);
                bytes.extend((padded(12) as u32).to_le_bytes());
                padded(12)
            }
        };
        bytes.extend(dict.as_bytes());
        bytes.resize(bytes.len() + len - dict.len() - 1, b' ');
        bytes.push(b'\n');
        bytes
    }

    /// Reads a header, and not a byte more.
    ///
    /// # Errors
    /// [`Corrupt`](ErrorKind::Corrupt) for what is none.
    pub(crate) fn read(input: &mut dyn Read) -> Result<Self> {
        let front: [u8; 8] = exactly(input, 8)?.try_into().unwrap_or_default();
        if !front.starts_with(MAGIC) {
            let what = match front {
                [0x89, b'L', b'A', b'R', b'D', b'M', b'P', ..] => {
                    ": it is a dump, which `load` reads"
                }
                [b'P', b'K', ..] => ": it looks like an archive of several (`.npz`)",
                _ => ": it does not begin as one",
            };
            return Err(corrupt(format!("it is not a .npy file{what}")));
        }
        let width = match front[6..] {
            [1, 0] => 2,
            [2 | 3, 0] => 4,
            _ => {
                let (major, minor) = (front[6], front[7]);
                return Err(corrupt(format!(
                    "it is a .npy file of version {major}.{minor}; larder reads 1.0, 2.0 and 3.0"
                )));
            }
        };
        let mut len = [0; 4];
        len[..width].copy_from_slice(&exactly(input, width)?);
        let len = u32::from_le_bytes(len) as usize;
        if len > MAX_LEN {
            return Err(corrupt(format!(
                "its .npy header says it has {len} bytes: more than the {MAX_LEN} that are allowed"
            )));
        }
        // Field names, which may be in Latin-1 or UTF-8, are only in headers that are refused.
        let text = exactly(input, len)?;
        Self::parse(&String::from_utf8_lossy(&text), 8 + width + len)
            .map_err(|why| corrupt(format!("its .npy header is damaged: {why}")))
    }

    fn parse(text: &str, len: usize) -> Result<Self, &'static str> {
        const KEYS: &str = "its keys are not `descr`, `fortran_order` and `shape`";
        let Literal::Dict(entries) = Literal::parse(text)? else {
            return Err("it is no dictionary");
        };
        let (mut descr, mut order, mut shape) = (None, None, None);
        for (key, value) in entries {
            let first = match (key, value) {
                (Literal::Text(key), value) if key == "descr" => descr.replace(value).is_none(),
                (Literal::Text(key), Literal::Bool(fortran)) if key == "fortran_order" => {
                    order.replace(if fortran { Order::F } else { Order::C }).is_none()
                }
                (Literal::Text(key), Literal::Sequence(lens)) if key == "shape" => {
                    shape.replace(self::shape(lens)?).is_none()
                }
                _ => false,
            };
            if !first {
                return Err(KEYS);
            }
        }
        match (descr, order, shape) {
            (Some(descr), Some(order), Some(shape)) => Ok(Self { descr, order, shape, len }),
            _ => Err(KEYS),
        }
    }
}

fn shape(lens: Vec<Literal>) -> Result<Vec<usize>, &'static str> {
    let len = |len| match len {
        Literal::Number(Some(len)) => {
            usize::try_from(len).map_err(|_| "its shape is larger than memory")
        }
        Literal::Number(None) => Err("its shape is larger than memory"),
        _ => Err("its shape has something else than lengths"),
    };
    lens.into_iter().map(len).collect()
}

fn exactly(input: &mut dyn Read, len: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(len);
    input.take(len as u64).read_to_end(&mut bytes)?;
    match bytes.len() == len {
        true => Ok(bytes),
        false => Err(corrupt("it is no .npy file, or cut off in its header")),
    }
}

pub(super) fn corrupt(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, why)
}
