//! `s2n_client_hello_*`: accessors of a ClientHello.

mod fields;
mod message;
