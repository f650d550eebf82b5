//! Calls that leave us, each behind a safe type.

pub mod callbacks;
pub mod cancellation;
pub mod coroutine;
pub mod fd;
pub mod fork;
pub mod io;
pub mod memory;
pub(crate) mod stack;
