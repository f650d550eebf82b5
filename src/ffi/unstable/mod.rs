//! The functions of `include/s2n/unstable`: the module `x` declares what `s2n/unstable/x.h` does.

mod allow_ip_in_cn;
pub mod async_offload;
pub mod cert_authorities;
mod cleanup;
pub mod crl;
mod custom_x509_extensions;
pub mod events;
pub mod fingerprint;
mod ktls;
mod npn;
pub mod renegotiate;
