//! State of the process: locks that survive a fork, and memory that lasts as long as it does.

pub mod fork;
pub mod lasting;
