//! The callbacks of the application and their arguments: the part of the library that `sys` implements.

pub use super::events::{Checkpoint, CheckpointCallback, HandshakeEvent, HandshakeEventCallback};
pub use super::quic::{SecretCallback, SecretType};
pub use super::{
    ClientHelloCallback, KeyLogCallback, RenegotiationCallback, RenegotiationResponse,
};
pub use crate::base::log::{LogLevel, Logger, set_logger};
pub use crate::base::probe::{Event, set_probe};
pub use crate::base::{Clock, Mode};
pub use crate::credentials::passphrase::Passphrase;
pub use crate::credentials::{
    Answer, CertRequestCallback, CertTiebreak, CertificateRequest, Coroutine, Coroutines, Exit,
    Offload, PrivateKeys, Signature, Suspension, Verification, Work,
};
pub use crate::resumption::{
    CacheDelete, CacheLookup, CacheRetrieve, CacheStore, EarlyDataCallback, OfferedEarlyData,
    OfferedPsk, OfferedPsks, PskSelectionCallback, SessionTicket, TicketCallback,
};
pub use crate::verify::crl::CrlLookup;
pub use crate::verify::{
    CertValidationCallback, CrlLookupCallback, Validation, VerifyHostCallback,
};
