//! Certificate chains, their certificates and private keys.

mod certificate;
pub(super) mod chain;
