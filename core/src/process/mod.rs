//! State of the process: fork-safe locks, and permanent allocations.

pub mod fork;
pub mod permanent;
