//! Credentials of a connection: asynchronous operations with private keys, and the context in which rustls'
//! callbacks run.

pub mod async_op;
pub(crate) mod key_log;
pub mod operation;
pub(crate) mod step_context;

pub(crate) use self::async_op::{Algorithms, ToSign, ToVerify};
pub use self::async_op::{
    Answer, Coroutine, Coroutines, Exit, Offload, PrivateKeys, Suspension, Work,
};
pub use self::operation::{Signature, Verification};
pub use self::step_context::NameMatch;
