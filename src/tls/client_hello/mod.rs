//! The ClientHello (RFC 8446, 4.1.2): what a server must know of it before rustls answers it, and what
//! the application may ask about it.

mod bytes;
mod fingerprint;
mod message;
mod second;
mod stored;

pub(crate) use self::bytes::Bytes;
pub use self::fingerprint::{Fingerprint, Method};
pub(crate) use self::message::{Message, RANDOM, SUPPORTED_VERSIONS, number};
pub use self::stored::{ClientHello, Field};
