//! The origin server of the applications.

pub mod origin;
