//! A reader of the integers and vectors of TLS (RFC 8446, 3.3 and 3.4) in untrusted bytes.

#[cfg(test)]
mod tests;

use crate::base::memory;
use crate::error::{Alert, Code, Error, Reason, Result};

/// The bytes that are not read yet.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

#[cold]
fn too_short() -> Error {
    Code::BadMessage.rule("a message ends within one of its fields")
}

impl<'a> Reader<'a> {
    /// Reads `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or_else(too_short)?;
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

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.integer(1)? as u8)
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        Ok(self.integer(2)? as u16)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(self.integer(4)? as u32)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        Ok(self.integer(8)? as u64)
    }

    /// Reads a vector with a length prefix of `len` bytes (RFC 8446, 3.4).
    pub(crate) fn vector(&mut self, len: usize) -> Result<&'a [u8]> {
        let len = self.integer(len)?;
        self.take(len)
    }

    /// Fails if there are more bytes.
    pub(crate) fn end(&self) -> Result<()> {
        match self.0 {
            [] => Ok(()),
            _ => Err(Code::BadMessage)?,
        }
    }

    /// Rejects a malformed list of extensions, and one that has an extension twice, also of an
    /// unknown type (RFC 8446, 4.2: "There MUST NOT be more than one extension of the same type in a
    /// given extension block").
    pub(super) fn check_extensions(&self) -> Result<()> {
        let mut list = Reader(self.0);
        let mut types = Vec::new();
        memory::reserve_exact(&mut types, self.0.len() / 4)?;
        while !list.0.is_empty() {
            types.push(list.u16()?);
            list.vector(2)?;
        }
        // There may be 16,000 of them, which are not compared in pairs.
        types.sort_unstable();
        match types.windows(2).any(|pair| pair[0] == pair[1]) {
            true => Err(
                Error::with_alert(Code::DuplicateExtension, Alert::IllegalParameter)
                    .because(Reason::Rule("a message has an extension twice")),
            ),
            false => Ok(()),
        }
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
