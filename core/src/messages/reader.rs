//! A reader of the integers and vectors of TLS (RFC 8446, 3.3 and 3.4) in untrusted bytes.

use crate::error::{Code, Result};

/// The bytes that are not read yet.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// Reads `len` bytes.
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Code::BadMessage)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Reads an integer of `len` bytes, in network byte order.
    fn integer(&mut self, len: usize) -> Result<usize> {
        let bytes = self.take(len)?;
        Ok(bytes
            .iter()
            .fold(0, |integer, &byte| integer << 8 | usize::from(byte)))
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(self.integer(1)? as u8)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(self.integer(2)? as u16)
    }

    /// Reads a vector with a length prefix of `len` bytes (RFC 8446, 3.4).
    pub(super) fn vector(&mut self, len: usize) -> Result<&'a [u8]> {
        let len = self.integer(len)?;
        self.take(len)
    }

    /// Returns the data of the first extension of a type, in a list of extensions.
    pub(super) fn extension(mut self, wanted: u16) -> Option<&'a [u8]> {
        while let (Ok(typ), Ok(data)) = (self.u16(), self.vector(2)) {
            if typ == wanted {
                return Some(data);
            }
        }
        None
    }
}
