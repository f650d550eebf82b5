//! Stack switches of coroutines, reported to the sanitizer that the library is built with: a
//! sanitizer has data for each stack that runs. Other builds report nothing.
//!
//! `make asan` and `make tsan` set the `--cfg rs2n_sanitizer`, because `cfg(sanitize)` is unstable.

#[cfg(rs2n_sanitizer = "address")]
#[path = "address.rs"]
mod fiber;

#[cfg(rs2n_sanitizer = "thread")]
#[path = "thread.rs"]
mod fiber;

#[cfg(not(any(rs2n_sanitizer = "address", rs2n_sanitizer = "thread")))]
#[path = "none.rs"]
mod fiber;

pub use self::fiber::Fiber;
