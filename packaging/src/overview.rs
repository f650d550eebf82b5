//! Writes the page that leads to all others.

use crate::page::Edition;
use crate::pages::Chapter;
use crate::roff::{plain, prose};

const DESCRIPTION: &[&str] = &[
    "libs2n speaks TLS 1.3 and TLS 1.2. Its interface is that of s2n-tls; inside it is written in Rust, \
     on rustls.",
    "A program calls `s2n_init()` once, makes a config with `s2n_config_new()`, and for each connection \
     a handle with `s2n_connection_new()`, which it gives the config and a socket. `s2n_negotiate()` \
     performs the handshake; `s2n_send()` and `s2n_recv()` carry data; `s2n_shutdown()` ends the \
     connection.",
    "Calls that would have to wait fail, say in their last parameter what they wait for, and are \
     repeated. The class of an error, from `s2n_error_get_type()`, tells this from other failures: it is \
     `S2N_ERR_T_BLOCKED` then.",
];

const ERRORS: &str = "A call that fails sets `s2n_errno`, a number of the calling thread. It is to be \
     looked at only after a call that failed. `s2n_strerror()` says what it means.";

const THREADS: &str = "Different connections may be used in different threads, and share configs and \
     certificates as long as nobody changes them. Of one connection, one thread may send while another \
     receives; a second call in the same direction fails with `S2N_ERR_REENTRANCY`.";

pub fn write(chapters: &[Chapter], edition: &Edition) -> String {
    let pages = || chapters.iter().flat_map(|chapter| &chapter.pages);
    let described: Vec<&str> = pages()
        .flat_map(|page| page.functions.iter().map(String::as_str))
        .collect();
    let prose = |text: &str| prose(text, &described);

    let mut out = edition.title("libs2n");
    out += ".SH NAME\nlibs2n \\- the s2n\\-tls C API as a memory\\-safe library\n";
    out += ".SH SYNOPSIS\n.nf\n.B #include <s2n.h>\n.PP\n";
    out += ".B cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs s2n)\n.fi\n";
    out += ".SH DESCRIPTION\n";
    let paragraphs: Vec<_> = DESCRIPTION.iter().map(|text| prose(text)).collect();
    out += &paragraphs.join(".PP\n");
    for chapter in chapters {
        out += &format!(".SS {}\n", plain(&chapter.title));
        for page in &chapter.pages {
            out += &format!(".TP\n.BR {} (3)\n{}", page.name(), prose(&page.subject));
        }
    }
    out += &format!(".SH ERRORS\n{}", prose(ERRORS));
    out += &format!(".SH THREADS\n{}", prose(THREADS));
    out += ".SH SEE ALSO\n.BR s2n_init (3),\n.BR s2n_negotiate (3),\n.BR s2n_strerror (3)\n";
    out
}
