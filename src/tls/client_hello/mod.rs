//! The ClientHello (RFC 8446, 4.1.2): what a server must know of it before rustls answers it, and what
//! the application may ask about it.

mod bytes;
mod extension_type;
mod fingerprint;
mod message;
mod second;
mod stored;

pub(crate) use self::bytes::Bytes;
pub(crate) use self::extension_type::SUPPORTED_VERSIONS;
pub use self::fingerprint::{Fingerprint, Method};
pub(crate) use self::message::{MAX_SERVER_NAME, Message, RANDOM};
pub use self::stored::{ClientHello, Field};
