//! Asynchronous private-key operations (`s2n_async_pkey_op`).

mod data;
mod operation;
