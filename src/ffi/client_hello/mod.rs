//! `s2n_client_hello_*`: parsing and accessors of a ClientHello.

mod extensions;
mod fields;
mod message;
#[cfg(test)]
mod tests;
