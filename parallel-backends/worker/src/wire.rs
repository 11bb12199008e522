//! Numbers and bytes as they stand in a message.
//!
//! Numbers are LEB128: seven bits a byte, the lowest first. Bytes and texts have their length in front.

use larder_core::{Error, ErrorKind};

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl From<Malformed> for Error {
    fn from(Malformed: Malformed) -> Self {
        Error::new(ErrorKind::Decode, "what came over the connection is no message of larder's")
    }
}

/// Writes.
pub(crate) trait Put {
    fn put_number(&mut self, number: u64);
    fn put_bytes(&mut self, bytes: &[u8]);
}

impl Put for Vec<u8> {
    #[inline]
    fn put_number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.push(number as u8);
    }

    #[inline]
    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_number(bytes.len() as u64);
        self.extend_from_slice(bytes);
    }
}

/// Reads what is left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Take<'m>(pub(crate) &'m [u8]);

impl<'m> Take<'m> {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    #[inline]
    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        match self.0.split_first() {
            // As most are.
            Some((&byte, rest)) if byte < 0x80 => {
                self.0 = rest;
                Ok(byte.into())
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(Malformed);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    #[inline]
    pub(crate) fn size(&mut self) -> Result<usize, Malformed> {
        self.number()?.try_into().map_err(|_| Malformed)
    }

    #[inline]
    pub(crate) fn bytes(&mut self) -> Result<&'m [u8], Malformed> {
        let len = self.size()?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    #[inline]
    pub(crate) fn text(&mut self) -> Result<&'m str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let mut bytes = Vec::new();
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX];
        numbers.iter().for_each(|number| bytes.put_number(*number));
        bytes.put_bytes(b"text");
        let mut take = Take(&bytes);
        for number in numbers {
            assert_eq!(take.number(), Ok(number));
        }
        assert_eq!((take.text(), take.is_empty()), (Ok("text"), true));
    }

    #[test]
    fn what_is_cut_or_too_large_is_malformed() {
        assert_eq!(Take(&[]).number(), Err(Malformed));
        assert_eq!(Take(&[0x80]).number(), Err(Malformed));
        assert_eq!(Take(&[0xff; 12]).number(), Err(Malformed));
        assert_eq!(
            Take(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).number(),
            Err(Malformed)
        );
        assert_eq!(Take(&[5, 1, 2]).bytes(), Err(Malformed));
        assert_eq!(Take(&[1, 0xff]).text(), Err(Malformed));
    }
}
