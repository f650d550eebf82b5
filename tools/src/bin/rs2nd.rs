//! A TLS server for the command line.

#![forbid(unsafe_code)]

fn main() {
    std::process::exit(rs2n_tools::server::main());
}
