//! What the application is asked, and the values that go with the questions: all that `sys` knows of
//! configs.

pub use super::certificates::BreakTie;
pub use super::events::{Checkpoint, HandshakeEvent, SeeCheckpoint, SeeHandshake};
pub use super::requests::{AnswerRequest, CertificateRequest};
pub use super::verify::{LookUpCrl, Validate, Validation};
pub use super::{LogKeys, SeeClientHello, VerifyHost};
pub use crate::tls::base::Clock;
pub use crate::tls::certs::crl::CrlLookup;
pub use crate::tls::credentials::{
    Answer, Coroutine, Coroutines, Exit, Offload, PrivateKeys, Signature, Suspension, Verification,
    Work,
};
