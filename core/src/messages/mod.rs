//! Handshake messages as bytes: ClientHello, ServerHello, and fingerprints of ClientHellos.

mod client_hello;
mod extension_type;
mod fingerprint;
mod handshake_header;
mod reader;
mod server_hello;

pub use self::client_hello::{ClientHello, Field};
pub(crate) use self::client_hello::{ClientHelloPayload, MAX_SERVER_NAME_LEN, RANDOM_LEN};
pub use self::fingerprint::{Fingerprint, FingerprintMethod};
pub use self::handshake_header::HandshakeHeader;
pub(crate) use self::server_hello::ServerHello;

use self::reader::Reader;
