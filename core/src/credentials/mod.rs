//! Certificate chains and raw public keys with their private keys: loading, selection by name and key type, signing,
//! asynchronous operations, and the context in which rustls' callbacks run.

pub mod async_op;
pub(crate) mod cert_types;
pub(crate) mod certificates;
mod chain;
pub(crate) mod clock;
pub(crate) mod compression;
mod coroutine;
mod domains;
pub(crate) mod key_log;
pub(crate) mod key_type;
pub mod passphrase;
pub(crate) mod request;
pub(crate) mod resolver;
pub(crate) mod secret;
pub(crate) mod signing;
pub(crate) mod step_context;

pub use self::async_op::{Offload, PrivateKeys, Signature, Verification};
pub use self::certificates::CertTiebreak;
pub use self::chain::CertChain;
pub(crate) use self::chain::Loaded;
pub use self::compression::CertCompression;
pub use self::coroutine::{Answer, Coroutine, Coroutines, Exit, Suspension, Work};
pub(crate) use self::coroutine::{ToSign, ToVerify};
pub(crate) use self::key_type::KeyType;
pub use self::request::{Authorities, CertRequestCallback, CertificateRequest};
pub use self::step_context::NameMatch;
