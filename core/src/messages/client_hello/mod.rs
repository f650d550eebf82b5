//! The ClientHello (RFC 8446, 4.1.2): parsing, validation of a second one, and storage for queries
//! of the application.

mod payload;
mod resumption;
mod retry;
mod stored;

pub(crate) use self::payload::{ClientHelloPayload, MAX_SERVER_NAME_LEN, RANDOM_LEN};
pub use self::stored::{ClientHello, Field};
