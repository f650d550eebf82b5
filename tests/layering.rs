//! The layers of the sources: what each crate, and each module of the core, may use.
//!
//! Cargo keeps the wall between the crates. These tests keep the floors within `rs2n-core`, and the words
//! that a zone must not use: rustls is named where the protocol is, so that another release of it changes
//! few modules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

mod support;

use support::root;

/// The folders of sources, with the names of the zones.
const ZONES: [(&str, &str); 3] = [("core", "core/src"), ("ffi", "src/ffi"), ("sys", "src/sys")];

/// The floors of the core, the highest first: a module uses those below its own.
const FLOORS: [&str; 16] = [
    "connection",
    "handshake",
    "stream",
    "state",
    "config",
    "resumption",
    "verify",
    "credentials",
    "policy",
    "record",
    "messages",
    "x509",
    "crypto",
    "base",
    "error",
    "process",
];

/// The modules of the core that may name rustls and its companions.
const PROTOCOL: [&str; 16] = [
    "base/random",
    "config",
    "credentials",
    "crypto",
    "error",
    "handshake",
    "policy",
    "record",
    "resumption",
    "state/handshake_keys",
    "state/key_schedule",
    "state/serialization",
    "state/traffic_keys",
    "state/traffic_secret",
    "verify",
    "x509/pem",
];

/// rustls and its companions.
const RUSTLS: [&str; 3] = ["rustls", "webpki", "aws_lc_rs"];

/// Words that a zone must not use.
const FORBIDDEN: [(&str, &[&str]); 2] = [
    (
        "core",
        &[
            "unsafe",
            "extern",
            "libc",
            "nix",
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
    ("sys", &["Code"]),
];

/// What `sys` uses of the core: the traits that it implements, the kinds of allocations, and the locks that it
/// blocks at a fork.
const TRAITS: [&str; 8] = [
    "stream::{Reader, Writer}",
    "stream::{KernelReader, KernelWriter}",
    "stream::{KernelKeys, KernelReader, KernelWriter, ReceiveError}",
    "config::callbacks::",
    "base::Clock",
    "base::memory::{is_fallible, is_probing}",
    "process::permanent::is_permanent",
    "process::fork::",
];

#[test]
fn zones_keep_to_their_words() {
    let mut violations = Vec::new();
    for (zone, folder) in ZONES {
        for (name, text) in files(folder) {
            violations.extend(violations_of(zone, &name, &text));
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn modules_of_the_core_use_lower_floors() {
    let mut seen = BTreeSet::new();
    let mut violations = Vec::new();
    for (name, text) in files("core/src") {
        if matches!(&*name, "lib.rs" | "testing.rs") || name.starts_with("testing/") {
            continue;
        }
        seen.insert(floor_of(&name).to_owned());
        violations.extend(upward_uses(&name, &text));
    }
    assert_eq!(seen, FLOORS.map(str::to_owned).into());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn files_of_a_module_have_no_import_cycles() {
    let files = files("core/src");
    let mut folders = BTreeMap::<&str, Vec<&str>>::new();
    for (name, _) in &files {
        if let Some((folder, file)) = name.rsplit_once('/') {
            let siblings = folders.entry(folder).or_default();
            siblings.push(file.trim_end_matches(".rs"));
        }
    }
    assert!(folders.len() > FLOORS.len(), "{folders:?}");
    for (folder, siblings) in &folders {
        let uses = files.iter().filter_map(|(name, text)| {
            let (of, file) = name.rsplit_once('/')?;
            let own = file.trim_end_matches(".rs").to_owned();
            (of == *folder).then(|| (own, used_siblings(name, text, siblings)))
        });
        assert_eq!(cycle(&uses.collect()), None, "core/src/{folder}");
    }
}

#[test]
fn import_cycles_are_detected() {
    let uses = |files: [(&str, &str); 3]| -> BTreeMap<_, _> {
        let siblings = ["a", "b", "c"];
        let uses = files.into_iter().map(|(file, text)| {
            let name = format!("state/{file}.rs");
            (file.to_owned(), used_siblings(&name, text, &siblings))
        });
        uses.collect()
    };
    let cyclic = uses([
        ("a", "use super::b::B;"),
        ("b", "use super::{State, c::C};"),
        ("c", "fn f() -> crate::state::a::A {}"),
    ]);
    assert_eq!(cycle(&cyclic).map(|files| files.len()), Some(3));
    let acyclic = uses([
        ("a", "use super::{b::B, c};"),
        ("b", "use super::c::C;\nuse super::super::a::X;"),
        (
            "c",
            "// super::a\nuse crate::record::a::A;\n#[cfg(test)]\nmod tests {\n    use super::a::A;\n}",
        ),
    ]);
    assert_eq!(cycle(&acyclic), None);
}

/// The tools use the core alone.
#[test]
fn tools_are_built_on_the_core() {
    let files = files("tools/src");
    assert!(files.len() > 5, "tools/src has no sources");
    for (name, text) in files {
        for (number, line) in code_of(&text) {
            let uses_others = line.contains("s2n::") || line.contains("rustls");
            assert!(!uses_others, "tools/src/{name}:{number}: {line}");
        }
    }
}

#[test]
fn upward_uses_are_detected() {
    for (name, text) in [
        ("state/mod.rs", "use crate::stream::Stream;"),
        ("state/mod.rs", "use crate::{base, stream};"),
        (
            "state/mod.rs",
            "use crate::{\n    base::lock,\n    handshake::Handshake,\n};",
        ),
        ("base/lock.rs", "fn f() -> crate::config::Config {}"),
        (
            "x509/mod.rs",
            "pub(crate) use crate::connection::Connection as C;",
        ),
        ("process/fork.rs", "use crate::error::Code;"),
        (
            "policy/names.rs",
            "use super::super::connection::Connection;",
        ),
        ("policy/mod.rs", "use super::connection::Connection;"),
        ("record/mod.rs", "use crate::unknown::X;"),
        ("record/mod.rs", "use crate::*;"),
        (
            "stream/send.rs",
            "#[cfg(test)]\nmod tests;\nuse crate::handshake::X;",
        ),
    ] {
        assert_eq!(upward_uses(name, text).len(), 1, "{name}: {text}");
    }
    for (name, text) in [
        ("stream/send.rs", "use crate::state::{Shared, State};"),
        ("stream/send.rs", "use super::buffers::OutBuffer;"),
        ("stream/send.rs", "use crate::stream::transport::Transport;"),
        (
            "config/verify/mod.rs",
            "use crate::{base::lock, error::Code};",
        ),
        ("state/mod.rs", "// crate::connection is above"),
        (
            "state/mod.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::connection::X;\n}",
        ),
    ] {
        assert_eq!(upward_uses(name, text), [""; 0], "{name}: {text}");
    }
}

#[test]
fn forbidden_words_are_detected() {
    for (zone, name, text) in [
        ("ffi", "connection/send.rs", "use rustls::Connection;"),
        (
            "ffi",
            "connection/send.rs",
            "fn f() { rustls_aws_lc_rs::provider(); }",
        ),
        (
            "ffi",
            "connection/send.rs",
            "fn f() { s2n_connection_free(conn); }",
        ),
        ("ffi", "connection/send.rs", "s2n_connection_free(conn);"),
        (
            "ffi",
            "connection/send.rs",
            "#[cfg(test)]\nfn f() {}\nuse rustls::X;",
        ),
        ("sys", "fd.rs", "use rustls::Connection;"),
        ("sys", "fd.rs", "use rs2n_core::error::Code;"),
        ("sys", "fd.rs", "use rs2n_core::error;"),
        ("sys", "fd.rs", "use rs2n_core::config::Config;"),
        ("sys", "fd.rs", "use rs2n_core::config::{Clock, Config};"),
        ("sys", "fd.rs", "use rs2n_core::credentials::Signature;"),
        ("sys", "fd.rs", "use rs2n_core::{config, stream};"),
        ("sys", "fd.rs", "use rs2n_core::stream::Data;"),
        ("sys", "fd.rs", "use rs2n_core;"),
        ("sys", "fd.rs", "use crate::ffi::abi::types::*;"),
        ("core", "stream/send.rs", "use rustls::Connection;"),
        ("core", "stream/send.rs", "use aws_lc_rs::aead;"),
        ("core", "stream/send.rs", "pub use ::rustls as tls;"),
        ("core", "config/mod.rs", "fn f(p: *const u8) {}"),
        ("core", "config/mod.rs", "fn f(p: *mut u8) {}"),
        ("core", "config/mod.rs", "unsafe { f() }"),
        ("core", "config/mod.rs", "use std::ffi::c_int;"),
        ("core", "config/mod.rs", "use std::ffi::c_ulonglong;"),
        ("core", "config/mod.rs", "use std::os::fd::AsRawFd;"),
        ("core", "config/mod.rs", "use std::os::fd::RawFd;"),
        (
            "core",
            "handshake/mod.rs",
            "#[cfg(test)]\nmod tests;\n\nuse std::ffi::c_int;",
        ),
        (
            "core",
            "connection/mod.rs",
            "#[cfg(test)]\npub(crate) mod tests;\nuse rustls::X;",
        ),
        (
            "core",
            "stream/send.rs",
            "#[cfg(test)]\nmod tests {\n    use rustls::X;\n}\n\nuse rustls::Y;",
        ),
        ("core", "config/mod.rs", "libc::read(0);"),
    ] {
        let violations = violations_of(zone, name, text);
        assert_eq!(violations.len(), 1, "{zone}/{name}: {text}");
    }
    for (zone, name, text) in [
        ("core", "config/mod.rs", "use rustls::ClientConfig;"),
        (
            "core",
            "stream/send.rs",
            "// rustls does it in another way, unsafe as it is.",
        ),
        (
            "core",
            "stream/send.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests { use rustls::X; }",
        ),
        (
            "core",
            "stream/send.rs",
            "#[cfg(test)]\nmod tests {\n    fn f() {\n        rustls::x();\n    }\n}\nfn g() {}",
        ),
        (
            "ffi",
            "io.rs",
            "pub extern \"C\" fn s2n_connection_free() {}",
        ),
        ("sys", "fd.rs", "use rs2n_core::stream::{Reader, Writer};"),
        (
            "sys",
            "fd.rs",
            "use rs2n_core::config::callbacks::{Clock, VerifyHost};",
        ),
        (
            "sys",
            "fork.rs",
            "use rs2n_core::process::fork::get_or_init;",
        ),
        ("sys", "fd.rs", "unsafe { libc::read(fd, ptr, len) }"),
    ] {
        let violations = violations_of(zone, name, text);
        assert_eq!(violations, [""; 0], "{zone}/{name}: {text}");
    }
}

/// The floor of a source in the core: its folder.
fn floor_of(name: &str) -> &str {
    name.split(['/', '.']).next().unwrap_or_default()
}

/// The uses of modules that are not below the floor of a source in the core.
fn upward_uses(name: &str, text: &str) -> Vec<String> {
    let own = FLOORS.iter().position(|floor| *floor == floor_of(name));
    let code: Vec<&str> = code_of(text).into_iter().map(|(_, line)| line).collect();
    let mut upward = Vec::new();
    for module in used_modules(name, &code.join("\n")) {
        let floor = FLOORS.iter().position(|floor| *floor == module);
        if floor.is_none() || floor < own {
            upward.push(format!("core/src/{name} uses {module}"));
        }
    }
    upward
}

/// The modules of the crate that a source names, as `crate::name`, `crate::{name, ...}`, or by way of `super`.
fn used_modules(name: &str, code: &str) -> Vec<String> {
    // How often `super` leads from the file to the root of the crate.
    let is_mod = name.ends_with("mod.rs");
    let depth = name.matches('/').count() + usize::from(!is_mod);
    let to_root = "super::".repeat(depth);
    [names_after(code, "crate::"), names_after(code, &to_root)].concat()
}

/// The first names of the paths behind a prefix: `name` and the names of `{name, ...}`.
fn names_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for path in code.split(prefix).skip(1) {
        let Some(list) = path.strip_prefix('{') else {
            names.push(first(path));
            continue;
        };
        let mut nesting = 0;
        let end = list.find(|letter| {
            nesting += i32::from(letter == '{') - i32::from(letter == '}');
            nesting < 0
        });
        let list = &list[..end.unwrap_or(list.len())];
        nesting = 0;
        let items = list.split(|letter| {
            nesting += i32::from(letter == '{') - i32::from(letter == '}');
            letter == ',' && nesting == 0
        });
        let items = items.map(str::trim).filter(|item| !item.is_empty());
        names.extend(items.map(first));
    }
    names
}

/// The files of a folder that a file in it names, as `super::name` or by their path from the root.
fn used_siblings(name: &str, text: &str, siblings: &[&str]) -> Vec<String> {
    let Some((folder, file)) = name.rsplit_once('/').filter(|(_, file)| *file != "mod.rs") else {
        return Vec::new();
    };
    let code: Vec<&str> = code_of(text).into_iter().map(|(_, line)| line).collect();
    let code = code.join("\n").replace("super::super::", "");
    let from_root = format!("crate::{}::", folder.replace('/', "::"));
    let names = [
        names_after(&code, "super::"),
        names_after(&code, &from_root),
    ]
    .concat();
    let own = file.trim_end_matches(".rs");
    let is_sibling = |name: &String| name != own && siblings.contains(&name.as_str());
    names.into_iter().filter(is_sibling).collect()
}

/// A cycle of the uses between files of a folder, if there is one.
fn cycle(uses: &BTreeMap<String, Vec<String>>) -> Option<Vec<String>> {
    fn visit(uses: &BTreeMap<String, Vec<String>>, path: &mut Vec<String>) -> bool {
        let last = path.last().expect("a file").clone();
        for next in uses.get(&last).into_iter().flatten() {
            if let Some(start) = path.iter().position(|file| file == next) {
                path.drain(..start);
                return true;
            }
            path.push(next.clone());
            if visit(uses, path) {
                return true;
            }
            path.pop();
        }
        false
    }
    uses.keys().find_map(|file| {
        let mut path = vec![file.clone()];
        visit(uses, &mut path).then_some(path)
    })
}

/// The first name of a path.
fn first(path: &str) -> String {
    let end = path.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    match &path[..end.unwrap_or(path.len())] {
        "" => path.chars().take(1).collect(),
        name => name.to_owned(),
    }
}

fn violations_of(zone: &str, name: &str, text: &str) -> Vec<String> {
    let exports: BTreeSet<String> = fs::read_to_string(root().join("tests/abi/exports.txt"))
        .expect("the list of exports")
        .lines()
        .map(str::to_owned)
        .collect();
    let mut violations = Vec::new();
    for (number, line) in code_of(text) {
        if let Some(reason) = violation(zone, name, line, &exports) {
            violations.push(format!("{zone}/{name}:{number}: {reason}: {}", line.trim()));
        }
    }
    violations
}

fn violation(zone: &str, name: &str, line: &str, exports: &BTreeSet<String>) -> Option<String> {
    let words: Vec<&str> = line
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
        .collect();

    let is_protocol = zone == "core"
        && PROTOCOL.iter().any(|module| {
            let rest = name.strip_prefix(module);
            rest.is_some_and(|rest| rest.starts_with(['/', '.']))
        });
    let is_rustls = |word: &&&str| RUSTLS.contains(*word) || word.starts_with("rustls_");
    let is_testing = zone == "core" && name == "testing.rs";
    if let Some(word) = words
        .iter()
        .find(is_rustls)
        .filter(|_| !is_protocol && !is_testing)
    {
        return Some(format!("{word} is named outside of the protocol's modules"));
    }
    for (restricted, forbidden) in FORBIDDEN {
        let word = words.iter().find(|word| forbidden.contains(word));
        if let Some(word) = word.filter(|_| zone == restricted) {
            return Some(format!("{zone} must not use {word}"));
        }
    }
    if zone == "core" && (line.contains("*const ") || line.contains("*mut ")) {
        return Some("the core uses no raw pointers".into());
    }
    let uses_more = || {
        let mut paths = line.match_indices("rs2n_core").map(|(place, word)| {
            let rest = &line[place + word.len()..];
            rest.strip_prefix("::").unwrap_or_default()
        });
        !paths.all(|path| TRAITS.iter().any(|known| path.starts_with(known)))
    };
    if zone == "sys" && words.contains(&"rs2n_core") && uses_more() {
        return Some("sys uses only the traits of the core that it implements".into());
    }
    if zone != "ffi" && line.contains("crate::ffi") {
        return Some("no zone uses ffi".into());
    }
    let is_call = |place: &usize| {
        let declares = *place > 0 && matches!(words[place - 1], "fn" | "static");
        exports.contains(words[*place]) && !declares
    };
    let call = (0..words.len()).find(is_call);
    if let Some(place) = call.filter(|_| zone == "ffi") {
        return Some(format!("an exported function uses {}", words[place]));
    }
    None
}

/// The numbered lines of a source, without comments and without its module of tests, wherever that
/// is.
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

/// Whether a line begins a module of tests, of any visibility.
fn names_tests(line: &str) -> bool {
    let mut words = line
        .split([' ', ';'])
        .skip_while(|word| word.starts_with("pub"));
    words.next() == Some("mod") && words.next() == Some("tests")
}

/// The sources below a folder, but those of tests, by their paths within it.
fn files(folder: &str) -> Vec<(String, String)> {
    let folder = root().join(folder);
    let mut found = Vec::new();
    for path in sources(&folder) {
        let text = fs::read_to_string(&path).expect("a source can be read");
        let name = path.strip_prefix(&folder).expect("below the folder");
        found.push((name.to_str().expect("UTF-8").to_owned(), text));
    }
    found
}

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
