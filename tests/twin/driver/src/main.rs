//! Performs scripts of API calls, and says what each call did.
//!
//! Scripts come on standard input, each ended by a line `=`; after each trace, on standard output,
//! comes a line `=` too. The program is written against the declarations of `s2n-tls-sys`, and does
//! not know which library it was linked with.
//!
//! usage: driver FOLDER-OF-CERTIFICATES

use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;

mod apart;
mod calls;
mod chains;
mod configs;
mod errno;
mod events;
mod evidence;
mod facts;
mod fingerprints;
mod forge;
mod hello_callback;
mod hellos;
mod hosts;
mod library;
mod link;
mod objects;
mod private_keys;
mod script;
mod shown;
mod sockets;
mod trial;
mod words;
mod world;

/// No script takes longer, unless a library hangs: then the alarm ends the process.
const SECONDS_PER_SCRIPT: u32 = 5;

fn main() {
    let certs = PathBuf::from(std::env::args().nth(1).expect("the folder of certificates"));
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
        script::perform(&certs, &std::mem::take(&mut script));
        // SAFETY: as above.
        unsafe { libc::alarm(0) };
        println!("=");
        stdout().flush().expect("somebody listens");
    }
}
