//! Each zone of the sources uses what it may, and nothing else.
//!
//! `ffi` turns C into references, `sys` calls out of the library, `tls` is safe Rust; rustls is
//! named where the protocol is, so that another release of it is a change of a few modules.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod support;

use support::root;

#[test]
fn every_zone_keeps_to_itself() {
    let mut zones_seen = BTreeSet::new();
    let mut violations = Vec::new();
    for path in sources(&root().join("src")) {
        let name = path.strip_prefix(root().join("src")).expect("below src");
        let name = name.to_str().expect("a path of text");
        let text = fs::read_to_string(&path).expect("a source can be read");
        zones_seen.extend(name.split_once('/').map(|(zone, _)| zone.to_owned()));
        violations.extend(violations_of(name, &text));
    }
    assert_eq!(
        zones_seen.into_iter().collect::<Vec<_>>(),
        ["ffi", "sys", "tls"]
    );
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// The tools are users of the safe core.
#[test]
fn the_tools_are_built_upon_tls_alone() {
    let files = sources(&root().join("tools/src"));
    assert!(files.len() > 5, "the tools are somewhere else");
    for path in files {
        let text = fs::read_to_string(&path).expect("a source can be read");
        for (number, line) in code_of(&text) {
            let mut uses = line.match_indices("s2n::").map(|(place, _)| &line[place..]);
            let allowed = uses.all(|path| path.starts_with("s2n::tls::"));
            let place = format!("{}:{number}", path.display());
            assert!(allowed && !line.contains("rustls"), "{place}: {line}");
        }
    }
}

#[test]
fn a_violation_would_be_noticed() {
    for (name, text) in [
        ("ffi/connection/send.rs", "use rustls::Connection;"),
        (
            "ffi/connection/send.rs",
            "fn f() { rustls_aws_lc_rs::provider(); }",
        ),
        (
            "ffi/connection/send.rs",
            "fn f() { s2n_connection_free(conn); }",
        ),
        ("ffi/connection/send.rs", "s2n_connection_free(conn);"),
        (
            "ffi/connection/send.rs",
            "#[cfg(test)]\nfn f() {}\nuse rustls::X;",
        ),
        ("sys/fd.rs", "use rustls::Connection;"),
        ("sys/fd.rs", "use crate::tls::error::Code;"),
        ("sys/fd.rs", "use crate::tls::error;"),
        ("sys/fd.rs", "use crate::tls::config::Config;"),
        ("sys/fd.rs", "use crate::tls::config::{Clock, Config};"),
        (
            "sys/fd.rs",
            "use crate::tls::credentials::operation::Signature;",
        ),
        ("sys/fd.rs", "use crate::tls::{config, transport};"),
        ("sys/fd.rs", "use crate::tls;"),
        ("sys/fd.rs", "use crate::ffi::abi::types::*;"),
        ("tls/stream/send.rs", "use rustls::Connection;"),
        ("tls/stream/send.rs", "use aws_lc_rs::aead;"),
        ("tls/stream/send.rs", "pub use ::rustls as tls;"),
        ("tls/config/mod.rs", "fn f(p: *const u8) {}"),
        ("tls/config/mod.rs", "fn f(p: *mut u8) {}"),
        ("tls/config/mod.rs", "unsafe { f() }"),
        ("tls/config/mod.rs", "use std::ffi::c_int;"),
        ("tls/config/mod.rs", "use std::ffi::c_ulonglong;"),
        ("tls/config/mod.rs", "use std::os::fd::AsRawFd;"),
        (
            "tls/handshake/mod.rs",
            "#[cfg(test)]\nmod tests;\n\nuse std::ffi::c_int;",
        ),
        (
            "tls/connection/mod.rs",
            "#[cfg(test)]\npub(crate) mod tests;\nuse rustls::X;",
        ),
        (
            "tls/stream/send.rs",
            "#[cfg(test)]\nmod tests {\n    use rustls::X;\n}\n\nuse rustls::Y;",
        ),
        ("tls/config/mod.rs", "use std::os::fd::RawFd;"),
        ("tls/config/mod.rs", "use crate::sys::fd;"),
        ("tls/config/mod.rs", "libc::read(0);"),
    ] {
        assert_eq!(violations_of(name, text).len(), 1, "{name}: {text}");
    }
}

#[test]
fn what_is_allowed_is_not_a_violation() {
    for (name, text) in [
        ("tls/config/mod.rs", "use rustls::ClientConfig;"),
        (
            "tls/stream/send.rs",
            "// rustls does it otherwise, unsafe as it is.",
        ),
        (
            "tls/stream/send.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests { use rustls::X; }",
        ),
        (
            "tls/stream/send.rs",
            "#[cfg(test)]\nmod tests {\n    fn f() {\n        rustls::x();\n    }\n}\nfn g() {}",
        ),
        (
            "ffi/connection/send.rs",
            "pub extern \"C\" fn s2n_connection_free() {}",
        ),
        ("sys/fd.rs", "use crate::tls::stream::{Reader, Writer};"),
        (
            "sys/fd.rs",
            "use crate::tls::config::callbacks::{Clock, VerifyHost};",
        ),
        (
            "sys/fork.rs",
            "use crate::tls::process::fork::{close, open};",
        ),
        ("sys/fd.rs", "unsafe { libc::read(fd, ptr, len) }"),
    ] {
        assert_eq!(violations_of(name, text), [""; 0], "{name}: {text}");
    }
}

/// Modules that may name rustls and its companions.
const PROTOCOL: [&str; 12] = [
    "tls/base",
    "tls/config",
    "tls/credentials",
    "tls/crypto",
    "tls/error",
    "tls/handshake",
    "tls/policy",
    "tls/record",
    "tls/session",
    "tls/state",
    "tls/verify",
    "tls/x509/pem",
];

/// rustls' companions, and itself.
const RUSTLS: [&str; 3] = ["rustls", "webpki", "aws_lc_rs"];

/// Words that a zone must not use.
const FORBIDDEN: [(&str, &[&str]); 2] = [
    (
        "tls/",
        &[
            "unsafe",
            "extern",
            "libc",
            "nix",
            "sys",
            "c_char",
            "c_schar",
            "c_uchar",
            "c_short",
            "c_ushort",
            "c_int",
            "c_uint",
            "c_long",
            "c_ulong",
            "c_longlong",
            "c_ulonglong",
            "c_float",
            "c_double",
            "c_void",
            "RawFd",
            "OwnedFd",
            "BorrowedFd",
            "AsFd",
            "AsRawFd",
            "FromRawFd",
            "IntoRawFd",
            "s2n_errno",
        ],
    ),
    ("sys/", &["Code"]),
];

/// What `sys` knows of `tls`: the traits that it implements, which allocations may fail, last or are probes, and
/// the locks that it closes at a fork.
const TRAITS: [&str; 6] = [
    "stream::",
    "config::callbacks::",
    "base::Clock",
    "base::memory::{is_fallible, is_probing}",
    "process::lasting::",
    "process::fork::",
];

fn violations_of(name: &str, text: &str) -> Vec<String> {
    let exports: BTreeSet<String> = fs::read_to_string(root().join("tests/abi/exports.txt"))
        .expect("the list is there")
        .lines()
        .map(str::to_owned)
        .collect();
    let mut violations = Vec::new();
    for (number, line) in code_of(text) {
        if let Some(reason) = violation(name, line, &exports) {
            violations.push(format!("src/{name}:{number}: {reason}: {}", line.trim()));
        }
    }
    violations
}

fn violation(name: &str, line: &str, exports: &BTreeSet<String>) -> Option<String> {
    let words: Vec<&str> = line
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
        .collect();

    let is_protocol = PROTOCOL.iter().any(|module| {
        let rest = name.strip_prefix(module);
        rest.is_some_and(|rest| rest.starts_with(['/', '.']))
    });
    let is_rustls = |word: &&&str| RUSTLS.contains(*word) || word.starts_with("rustls_");
    if let Some(word) = words.iter().find(is_rustls).filter(|_| !is_protocol) {
        return Some(format!("{word} is named outside of the protocol's modules"));
    }
    for (zone, forbidden) in FORBIDDEN {
        let word = words.iter().find(|word| forbidden.contains(word));
        if let Some(word) = word.filter(|_| name.starts_with(zone)) {
            return Some(format!("{zone} does not use {word}"));
        }
    }
    if name.starts_with("tls/") && (line.contains("*const ") || line.contains("*mut ")) {
        return Some("tls/ uses no raw pointers".into());
    }
    let knows_more = || {
        let places = line
            .match_indices("tls")
            .map(|(place, _)| &line[place + 3..]);
        let mut paths = places.map(|rest| rest.strip_prefix("::").unwrap_or_default());
        !paths.all(|path| TRAITS.iter().any(|known| path.starts_with(known)))
    };
    if name.starts_with("sys/") && words.contains(&"tls") && knows_more() {
        return Some("sys/ uses only the traits of tls that it implements, and a few parts".into());
    }
    if !name.starts_with("ffi/") && line.contains("crate::ffi") {
        return Some("nothing is built upon ffi/".into());
    }
    let is_call = |place: &usize| {
        let declares = *place > 0 && matches!(words[place - 1], "fn" | "static");
        exports.contains(words[*place]) && !declares
    };
    let call = (0..words.len()).find(is_call);
    if let Some(place) = call.filter(|_| name.starts_with("ffi/")) {
        return Some(format!("an exported function uses {}", words[place]));
    }
    None
}

/// The numbered lines of a source, without comments and without its module of tests, wherever that
/// stands.
fn code_of(text: &str) -> Vec<(usize, &str)> {
    let mut code = Vec::new();
    let mut after_cfg_test = false;
    let mut in_tests = false;
    for (index, line) in text.lines().enumerate() {
        let is_head = after_cfg_test && !in_tests && names_tests(line);
        after_cfg_test = line == "#[cfg(test)]";
        if is_head {
            // A declaration, or a module in one line, ends where it begins.
            in_tests = line.ends_with('{');
            continue;
        }
        if !in_tests {
            code.push((index + 1, line.split("//").next().unwrap_or_default()));
        }
        // rustfmt leaves a brace alone at the margin only where an item ends.
        in_tests &= line != "}";
    }
    code
}

/// Whether a line begins a module of tests, whoever may see it.
fn names_tests(line: &str) -> bool {
    let mut words = line
        .split([' ', ';'])
        .skip_while(|word| word.starts_with("pub"));
    words.next() == Some("mod") && words.next() == Some("tests")
}

/// All sources below a folder, but those of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if is_test {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
