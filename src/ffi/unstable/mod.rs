//! Functions of the headers in `include/s2n/unstable`. Each module has the name of its header;
//! `crl.h` consists of `crl` and `cert_validation`.

mod allow_ip_in_cn;
pub mod async_offload;
pub mod cert_authorities;
pub mod cert_validation;
mod cleanup;
pub mod crl;
mod custom_x509_extensions;
pub mod events;
pub mod fingerprint;
mod ktls;
mod npn;
pub mod renegotiate;
