//! End-to-end tests of the tools, against each other and against other TLS implementations.

#[path = "../../../tests/support/boringssl.rs"]
mod boringssl;
#[path = "../../../tests/support/parties.rs"]
mod parties;
#[path = "../../../tests/support/peers.rs"]
mod peers;
#[path = "../../../tests/support/mod.rs"]
mod support;

mod agreement;
mod closing;
mod common;
mod compression;
mod early_data;
mod ech;
mod exhaustion;
mod hints;
mod interop;
mod interop_resumption;
mod page;
mod passphrase;
mod policies;
mod progress;
mod psk;
mod raw_keys;
mod resumption;
mod transfers;
mod tunnel;
mod usage;
