//! Shared code of the fuzz targets: in-memory transports, endpoints with test certificates, manual
//! clocks.

pub mod api;
pub mod c;
pub mod chains;
pub mod early;
pub mod endpoint;
#[path = "../../tests/support/hellos/mod.rs"]
pub mod hellos;
pub mod interception;
pub mod pem;
pub mod pipe;
pub mod psk;
pub mod seeds;
pub mod world;
