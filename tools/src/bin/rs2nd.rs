//! Command-line TLS server.

#![forbid(unsafe_code)]

fn main() {
    std::process::exit(rs2n_tools::server::main());
}
