//! Basic types and functions: modes, versions, blocked statuses, clocks, locks, random numbers,
//! fallible allocation and stack clearing.

mod blocked;
pub(crate) mod clock;
mod hex;
mod lock;
pub(crate) mod log;
pub mod memory;
mod mode;
pub(crate) mod probe;
mod random;
mod stack;
pub(crate) mod version;

pub use self::blocked::Blocked;
pub use self::clock::Clock;
pub(crate) use self::clock::uptime;
pub(crate) use self::hex::append_hex;
pub(crate) use self::lock::{lock, lock_direction};
pub use self::mode::Mode;
pub use self::random::random_bytes;
pub(crate) use self::random::{random_u64, seed_thread};
pub(crate) use self::stack::{StackDepth, with_cleared_stack, with_stack_cleared_if};
pub(crate) use self::version::AtomicVersion;
pub use self::version::Version;
