//! What the fuzz targets share: links in memory, certificates, and clocks that only we move.

pub mod api;
#[path = "../../tests/support/hellos/mod.rs"]
pub mod hellos;
pub mod link;
pub mod party;
pub mod peer;
pub mod pem;
pub mod seeds;
