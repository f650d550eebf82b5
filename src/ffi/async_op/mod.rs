//! Asynchronous private-key operations.

mod operation;
