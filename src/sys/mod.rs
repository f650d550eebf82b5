//! Calls that leave us, each behind a safe type.

pub mod aside;
pub mod callbacks;
pub mod fd;
pub mod io;
pub mod memory;
