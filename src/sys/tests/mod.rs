//! Handshakes whose steps run on the coroutines of this crate.

mod coroutines;
mod stack;
