//! The overview page, libs2n(3), with the list of all pages.

use crate::page::Edition;
use crate::page_list::Chapter;
use crate::roff::{plain, prose};

const DESCRIPTION: &[&str] = &[
    "libs2n implements TLS 1.3 and TLS 1.2 with the C API of s2n-tls. It is written in Rust, on rustls.",
    "A program calls `s2n_init()` once, creates a config with `s2n_config_new()`, and for each \
     connection a handle with `s2n_connection_new()`, for which it sets the config and a socket. \
     `s2n_negotiate()` performs the handshake; `s2n_send()` and `s2n_recv()` transfer application data; \
     `s2n_shutdown()` closes the connection.",
    "A call that would block fails, reports the direction that blocks in its last parameter, and is to \
     be repeated. `s2n_error_get_type()` returns `S2N_ERR_T_BLOCKED` for its error, which distinguishes \
     it from other failures.",
];

const ERRORS: &str = "A failed call sets the thread-local `s2n_errno`, which is meaningful only after a \
     failed call. `s2n_strerror()` returns the message of an error.";

const THREADS: &str = "Different connections may be used in different threads, and share configs and \
     certificates that are no longer modified. On one connection, one thread may send while another \
     receives; a concurrent call in the same direction fails with `S2N_ERR_REENTRANCY`.";

/// Writes the overview page.
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
