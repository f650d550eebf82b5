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

// alias for a caller that is being moved
pub(crate) use self::{
    ClientHelloPayload as Message, MAX_SERVER_NAME_LEN as MAX_SERVER_NAME, RANDOM_LEN as RANDOM,
};
// alias for a caller that is being moved
pub use self::fingerprint::FingerprintMethod as Method;
