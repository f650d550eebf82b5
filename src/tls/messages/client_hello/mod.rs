//! The ClientHello (RFC 8446, 4.1.2): what a server must know of it before rustls answers it, and what
//! the application may ask about it.

mod payload;
mod retry;
mod stored;

pub(crate) use self::payload::{MAX_SERVER_NAME, Message, RANDOM};
pub use self::stored::{ClientHello, Field};
