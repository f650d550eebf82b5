//! A TLS client for the command line.

#![forbid(unsafe_code)]

fn main() {
    std::process::exit(rs2n_tools::client::main());
}
