//! What the application is asked, and the values that go with the questions: all that `sys` knows of
//! configs.

pub use super::events::{Checkpoint, HandshakeEvent, SeeCheckpoint, SeeHandshake};
pub use super::{LogKeys, SeeClientHello};
pub use crate::tls::base::Clock;
pub use crate::tls::credentials::{
    Answer, CertRequestCallback, CertTiebreak, CertificateRequest, Coroutine, Coroutines, Exit,
    Offload, PrivateKeys, Signature, Suspension, Verification, Work,
};
pub use crate::tls::verify::crl::CrlLookup;
pub use crate::tls::verify::{LookUpCrl, Validate, Validation, VerifyHost};
