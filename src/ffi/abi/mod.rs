//! The boundary to C: entry and exit of exported functions, handles, arguments, results, types and
//! `s2n_errno`.

pub mod arguments;
pub(super) mod boundary;
pub mod callbacks;
pub(super) mod errno;
pub(super) mod handle;
pub(super) mod input;
pub(super) mod output;
mod panics;
pub mod types;
