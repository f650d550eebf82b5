//! Session IDs (RFC 5246, 7.4.1.2; legacy_session_id of RFC 8446, 4.1.2).

use std::ops::Deref;

/// A session ID, which may be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionId {
    bytes: [u8; Self::MAX_LEN],
    len: u8,
}

impl SessionId {
    /// The maximum length in bytes.
    pub(crate) const MAX_LEN: usize = 32;

    /// Returns `None` if there are too many bytes.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let mut id = Self::default();
        id.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        id.len = bytes.len() as u8;
        Some(id)
    }
}

impl Deref for SessionId {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len.into()]
    }
}
