//! Reading the vectors of TLS (RFC 8446, 3.4) out of bytes that may be anything.

use crate::tls::error::{Code, Result};

/// What is left to be read.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Code::BadMessage)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, len: usize) -> Result<usize> {
        let bytes = self.take(len)?;
        Ok(bytes
            .iter()
            .fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.number(1)? as u8)
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        Ok(self.number(2)? as u16)
    }

    /// A vector behind a length of `len` bytes (RFC 8446, 3.4).
    pub(crate) fn vector(&mut self, len: usize) -> Result<&'a [u8]> {
        let len = self.number(len)?;
        self.take(len)
    }

    /// The data of the first extension of a type, in a list of extensions.
    pub(crate) fn extension(mut self, wanted: u16) -> Option<&'a [u8]> {
        while let (Ok(typ), Ok(data)) = (self.u16(), self.vector(2)) {
            if typ == wanted {
                return Some(data);
            }
        }
        None
    }
}
