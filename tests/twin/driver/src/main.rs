//! Performs scripts of API calls, and says what each call did.
//!
//! Scripts come on standard input, each ended by a line `=`; after each trace, on standard output,
//! comes a line `=` too. The program is written against the declarations of `s2n-tls-sys`, and does
//! not know which library it was linked with.
//!
//! usage: driver FOLDER-OF-CERTIFICATES [client POLICY ROOT | server POLICY CHAIN]
//!
//! With more than the folder it is one end of a conversation with another process: see [`meet`].

use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;

mod calls;
mod errno;
mod forge;
mod link;
mod meet;
mod script;
mod sockets;
mod world;

/// No script takes longer, unless a library hangs: then the alarm ends the process.
const SECONDS_PER_SCRIPT: u32 = 5;

fn main() {
    let certs = PathBuf::from(std::env::args().nth(1).expect("the folder of certificates"));
    // SAFETY: the first call of the library; nothing else runs yet.
    assert_eq!(unsafe { s2n_tls_sys::s2n_init() }, 0);

    let end: Vec<String> = std::env::args().skip(2).collect();
    if !end.is_empty() {
        // SAFETY: no handler is involved.
        unsafe { libc::alarm(SECONDS_PER_SCRIPT) };
        println!("{}", meet::meet(&certs, &end));
        return;
    }

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
