//! Handshake messages as bytes: ClientHello, ServerHello, NewSessionTicket, and fingerprints of ClientHellos.

mod client_hello;
mod extension_type;
mod fingerprint;
mod handshake_header;
mod new_session_ticket;
mod reader;
mod server_hello;
mod session_id;
#[cfg(test)]
mod tests;

pub use self::client_hello::{ClientHello, Field};
pub(crate) use self::client_hello::{ClientHelloPayload, MAX_SERVER_NAME_LEN, RANDOM_LEN};
pub use self::fingerprint::{Fingerprint, FingerprintMethod};
pub use self::handshake_header::HandshakeHeader;
pub(crate) use self::new_session_ticket::{NEW_SESSION_TICKET, NewSessionTicket, Tls12Ticket};
pub(crate) use self::reader::Reader;
pub(crate) use self::server_hello::{SecureRenegotiation, ServerHello};
pub(crate) use self::session_id::SessionId;
