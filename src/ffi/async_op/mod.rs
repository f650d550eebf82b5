//! Asynchronous private-key operations.

mod data;
mod operation;
