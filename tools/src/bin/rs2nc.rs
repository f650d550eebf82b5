//! Command-line TLS client.

#![forbid(unsafe_code)]

fn main() {
    std::process::exit(rs2n_tools::client::main());
}
