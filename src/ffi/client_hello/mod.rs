//! `s2n_client_hello_*`: accessors of a ClientHello.

mod extensions;
mod fields;
mod message;
