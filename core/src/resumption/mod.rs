//! Resumption of sessions: ticket keys, the formats of tickets and sessions, and the values in
//! which rustls stores them; external pre-shared keys, and early data.
//!
//! The formats are those of s2n-tls, so that servers and clients of both libraries can resume each
//! other's sessions.

mod cache;
mod client_session;
mod early_data;
mod factory;
#[cfg(test)]
mod golden;
mod offered;
mod psk;
mod server_session;
mod session_state;
mod settings;
mod ticket_key;
mod ticket_keys;

pub use self::cache::{
    CacheDelete, CacheLookup, CacheRetrieve, CacheStore, SessionTicket, TicketCallback,
};
pub(crate) use self::client_session::{
    ClientSession, Handle, SessionState, offer_psk, request_ticket,
};
pub use self::early_data::{EarlyDataCallback, EarlyDataProgress, OfferedEarlyData};
pub(crate) use self::offered::ChosenPsk;
pub use self::offered::{OfferedPsk, OfferedPsks, PskSelectionCallback};
pub(crate) use self::psk::ExternalPsk;
pub use self::psk::{Psk, PskHash, PskMode};
pub(crate) use self::server_session::{
    Binding, EarlyDataBinding, Tls12Sessions, Tls13Sessions, nanoseconds,
};
use self::session_state::TLS12_STATE_LEN;
pub(crate) use self::session_state::{EarlyDataState, Tls12State, Tls13State};
pub(crate) use self::settings::Settings;
pub(crate) use self::ticket_key::TicketKey;

/// The length of a TLS 1.2 ticket, and of an entry of a session cache, in bytes.
pub(crate) const TLS12_TICKET_LEN: usize = TLS12_STATE_LEN + ticket_key::OVERHEAD;

/// The maximum lifetime of a TLS 1.3 ticket in seconds (RFC 8446, 4.6.1).
pub(crate) const MAX_TICKET_LIFETIME: u32 = 604_800;

/// Nanoseconds in a second.
pub(crate) const SECOND: u64 = 1_000_000_000;
