//! Handshake messages as bytes: ClientHello and ServerHello.

mod client_hello;
mod extension_type;
mod fingerprint;
mod handshake_header;
mod reader;
mod server_hello;

pub use self::client_hello::{ClientHello, Field};
pub(crate) use self::client_hello::{MAX_SERVER_NAME, Message, RANDOM};
pub use self::fingerprint::{Fingerprint, Method};
pub use self::handshake_header::HandshakeHeader;
pub(crate) use self::reader::Bytes;
pub(crate) use self::server_hello::ServerHello;
