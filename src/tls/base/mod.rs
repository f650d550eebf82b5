//! The terms that every part of the library shares: modes, versions, blocked statuses, clocks, locks,
//! random numbers and fallible allocation.

mod blocked;
pub(crate) mod clock;
mod lock;
pub(crate) mod memory;
mod mode;
mod random;
mod stack;
pub(crate) mod version;

pub use self::blocked::Blocked;
pub use self::clock::Clock;
pub(crate) use self::clock::uptime;
pub(crate) use self::lock::{enter, lock};
pub use self::mode::Mode;
pub(crate) use self::random::random;
pub(crate) use self::stack::{Reach, cleared};
pub(crate) use self::version::AtomicVersion;
pub use self::version::Version;
