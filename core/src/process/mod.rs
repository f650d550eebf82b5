//! State of the process: fork-safe locks, permanent allocations, and the types that models explore.

pub mod fork;
pub mod permanent;
pub mod sync;
