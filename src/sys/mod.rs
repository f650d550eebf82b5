//! Safe wrappers for system calls and application callbacks.

pub mod callbacks;
pub mod cancellation;
pub mod coroutine;
pub mod environment;
pub mod fd;
pub mod fork;
#[cfg(miri)]
mod interpreted;
pub mod io;
#[cfg(target_os = "linux")]
mod ktls;
pub mod memory;
pub mod probes;
pub mod psk_callbacks;
pub mod renegotiation;
mod sanitizer;
pub mod session_callbacks;
pub(crate) mod stack;
#[cfg(test)]
mod tests;
