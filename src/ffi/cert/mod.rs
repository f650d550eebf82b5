//! Certificate chains, their certificates and private keys.

mod certificate;
pub(super) mod chain;
mod extensions;
mod private_key;
