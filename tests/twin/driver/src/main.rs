//! Runs scripts of API calls and prints a trace of their results.
//!
//! Scripts are read from standard input, each terminated by a line `=`; every trace on standard
//! output is terminated by a line `=` as well. The program uses only the declarations of
//! `s2n-tls-sys`, so the same source is linked with either library.
//!
//! usage: driver CERTIFICATES-DIRECTORY

use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;

mod authentication;
mod chains;
mod configs;
mod early_data;
mod early_io;
mod errno;
mod events;
mod fingerprints;
mod forged_records;
mod format;
mod hello_callback;
mod hellos;
#[path = "../../hex.rs"]
mod hex;
mod inspect;
mod io;
mod ktls;
mod library;
mod negotiated;
mod objects;
mod offers;
mod private_keys;
mod psks;
mod quic;
mod script;
mod serialization;
mod sessions;
mod sockets;
mod standalone;
mod state;
mod transport;
mod verification;
mod verify_host;

/// Time limit for a script: SIGALRM terminates the process if a library hangs.
const SECONDS_PER_SCRIPT: u32 = 5;

fn main() {
    let certs = PathBuf::from(
        std::env::args()
            .nth(1)
            .expect("a directory of certificates"),
    );
    // SAFETY: the first call of the library; nothing else runs yet.
    assert_eq!(unsafe { s2n_tls_sys::s2n_init() }, 0);

    let mut script = Vec::new();
    for line in stdin().lock().lines() {
        let line = line.expect("text");
        if line != "=" {
            script.push(line);
            continue;
        }
        // SAFETY: no handler is involved.
        unsafe { libc::alarm(SECONDS_PER_SCRIPT) };
        script::run(&certs, &std::mem::take(&mut script));
        // SAFETY: as above.
        unsafe { libc::alarm(0) };
        println!("=");
        stdout().flush().expect("the runner reads the traces");
    }
}
