//! Functions that s2n-tls does not have, declared in `rs2n/rs2n.h`.

mod cert_compression;
mod detail;
pub mod ech;
pub mod keys;
pub mod log;
pub(super) mod policy;
mod raw_public_key;
pub(crate) mod version;
