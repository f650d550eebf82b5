//! Serialized connections: their format, and the state of a connection that they contain.

mod format;
mod restore;

pub(crate) use self::format::{Serialized, initial_len, serialized_len};
