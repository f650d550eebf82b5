//! The header of a handshake message (RFC 8446, 4).

/// The header of a handshake message, as far as it has been received.
#[derive(Clone, Copy, Debug)]
pub struct HandshakeHeader {
    pub typ: u8,

    /// The length of the body; `None` while the header is incomplete.
    pub len: Option<usize>,
}

impl HandshakeHeader {
    /// The length of a header in bytes: the message's type, and the length of its body.
    pub const LEN: usize = 4;

    /// Reads the header at the start of `bytes`; `None` if there are no bytes.
    pub(crate) fn read(bytes: impl IntoIterator<Item = u8>) -> Option<Self> {
        let mut bytes = bytes.into_iter();
        let typ = bytes.next()?;
        let len = match [bytes.next(), bytes.next(), bytes.next()] {
            [Some(high), Some(middle), Some(low)] => {
                Some(u32::from_be_bytes([0, high, middle, low]) as usize)
            }
            _ => None,
        };
        Some(Self { typ, len })
    }
}
