//! The headers in `include` are current, and declare what C programs for s2n-tls expect.

use std::process::Command;
use std::{env, fs};

mod support;

use support::{root, rows, run, scratch};

/// The order of `s2n.h`: a chapter is a file, whose functions keep their order.
const CHAPTERS: [&str; 58] = [
    "abi/types.rs",
    "abi/callbacks.rs",
    "library/init.rs",
    "library/memory.rs",
    "library/crypto.rs",
    "library/errors.rs",
    "library/stacktrace.rs",
    "config/lifecycle.rs",
    "config/policy.rs",
    "config/alpn.rs",
    "config/certificates.rs",
    "config/trust.rs",
    "config/verification.rs",
    "config/client_auth.rs",
    "config/client_hello.rs",
    "config/private_keys.rs",
    "config/key_log.rs",
    "config/clocks.rs",
    "config/records.rs",
    "config/alerts.rs",
    "config/session_cache.rs",
    "config/session_tickets.rs",
    "config/psk.rs",
    "config/early_data.rs",
    "config/serialization.rs",
    "cert/chain.rs",
    "cert/private_key.rs",
    "cert/certificate.rs",
    "cert/extensions.rs",
    "connection/lifecycle.rs",
    "connection/settings.rs",
    "connection/transport.rs",
    "connection/buffers.rs",
    "connection/handshake.rs",
    "connection/send.rs",
    "connection/receive.rs",
    "connection/shutdown.rs",
    "connection/blinding.rs",
    "connection/key_update.rs",
    "connection/secrets.rs",
    "connection/client_hello.rs",
    "connection/negotiated.rs",
    "connection/counters.rs",
    "connection/certificates.rs",
    "connection/signatures.rs",
    "connection/session.rs",
    "connection/psk.rs",
    "connection/early_data.rs",
    "connection/serialization.rs",
    "client_hello/message.rs",
    "client_hello/fields.rs",
    "client_hello/extensions.rs",
    "async_op/operation.rs",
    "async_op/data.rs",
    "session/tickets.rs",
    "session/psk.rs",
    "session/offered_psk.rs",
    "session/early_data.rs",
];

/// A header besides `s2n.h`.
struct Further {
    /// Its path below `include/s2n`, without the suffix.
    name: &'static str,
    files: &'static [&'static str],
    /// What it declares besides functions.
    opaque: Option<&'static str>,
    enums: &'static [&'static str],
}

const FURTHER: [Further; 13] = [
    Further {
        name: "unstable/async_offload",
        files: &["unstable/async_offload.rs"],
        opaque: Some("\nstruct s2n_async_offload_op;\n"),
        enums: &["s2n_async_offload_op_type"],
    },
    Further {
        name: "unstable/ktls",
        files: &["unstable/ktls.rs"],
        opaque: None,
        enums: &[],
    },
    Further {
        name: "unstable/fingerprint",
        files: &["unstable/fingerprint.rs"],
        opaque: Some("\nstruct s2n_fingerprint;\n"),
        enums: &["s2n_fingerprint_type"],
    },
    Further {
        name: "unstable/crl",
        files: &["unstable/crl.rs", "unstable/cert_validation.rs"],
        opaque: Some(
            "\nstruct s2n_crl;\nstruct s2n_crl_lookup;\nstruct s2n_cert_validation_info;\n",
        ),
        enums: &["s2n_crl_lookup_callback", "s2n_cert_validation_callback"],
    },
    Further {
        name: "unstable/cert_authorities",
        files: &["unstable/cert_authorities.rs"],
        opaque: Some("\nstruct s2n_certificate_request;\nstruct s2n_certificate_authority_list;\n"),
        enums: &["s2n_cert_request_callback"],
    },
    Further {
        name: "unstable/allow_ip_in_cn",
        files: &["unstable/allow_ip_in_cn.rs"],
        opaque: None,
        enums: &[],
    },
    Further {
        name: "unstable/custom_x509_extensions",
        files: &["unstable/custom_x509_extensions.rs"],
        opaque: None,
        enums: &[],
    },
    Further {
        name: "unstable/events",
        files: &["unstable/events.rs"],
        opaque: Some(EVENT_SENT),
        enums: &[],
    },
    Further {
        name: "unstable/cleanup",
        files: &["unstable/cleanup.rs"],
        opaque: None,
        enums: &[],
    },
    Further {
        name: "unstable/npn",
        files: &["unstable/npn.rs"],
        opaque: None,
        enums: &[],
    },
    Further {
        name: "unstable/renegotiate",
        files: &["unstable/renegotiate.rs"],
        opaque: None,
        enums: &["s2n_renegotiate_response", "s2n_renegotiate_request_cb"],
    },
    Further {
        name: "quic",
        files: &["config/quic.rs", "connection/quic.rs", "library/quic.rs"],
        opaque: None,
        enums: &["s2n_secret_type_t", "s2n_secret_cb"],
    },
    Further {
        name: "internal",
        files: &["connection/internal.rs", "library/internal.rs"],
        opaque: None,
        enums: &[],
    },
];

/// cbindgen writes no `UINT64_C`.
const EVENT_SENT: &str = "
/**
 * A bit that is never set in `handshake_start_ns`; s2n-tls sets it to record that the event was sent.
 */
#define HANDSHAKE_EVENT_SENT (UINT64_C(1) << 63)
";

/// The files of `rs2n/rs2n.h`, in its order.
const EXTENSIONS: &[&str] = &[
    "extensions/version.rs",
    "extensions/detail.rs",
    "extensions/log.rs",
    "extensions/cert_compression.rs",
    "extensions/keys.rs",
    "extensions/raw_public_key.rs",
    "extensions/policy.rs",
    "extensions/ech.rs",
];

/// All headers, by their path below `include`.
fn all_headers() -> Vec<(String, String)> {
    let mut headers = headers();
    headers.push(("rs2n/rs2n.h".to_owned(), extensions()));
    headers
}

/// The header of the functions that s2n-tls does not have.
fn extensions() -> String {
    let config = cbindgen_config();
    let config = cbindgen::Config {
        include_guard: Some("RS2N_RS2N_H".into()),
        sys_includes: vec!["s2n.h".into()],
        after_includes: Some(version_macros()),
        export: cbindgen::ExportConfig {
            include: [
                "rs2n_log_level",
                "rs2n_log_callback",
                "rs2n_passphrase_callback",
            ]
            .map(String::from)
            .into(),
            ..config.export.clone()
        },
        ..config
    };
    generated(config, EXTENSIONS)
}

/// The macros of the version, which is that of Cargo.toml.
fn version_macros() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let number = version.split('.').fold(String::from("0x"), |number, part| {
        let part: u8 = part.parse().expect("three numbers");
        number + &format!("{part:02x}")
    });
    let api = api_release();
    format!(
        "
/*
 * Extensions of rs2n: functions that s2n-tls does not have. No program for s2n-tls requires them; a program
 * that calls them runs with this library only.
 */

/** The version of this header. `rs2n_version()` returns that of the library. */
#define RS2N_VERSION \"{version}\"

/** The same as a number for comparisons: two hexadecimal digits for each part, so that 1.7.0 is 0x010700. */
#define RS2N_VERSION_NUMBER {number}

/** The release of the crate s2n-tls-sys whose API the library has. */
#define RS2N_S2N_TLS_API \"{api}\"
"
    )
}

/// The release of the reference.
fn api_release() -> String {
    let path = root().join("tests/twin/driver/Cargo.toml");
    let manifest = fs::read_to_string(path).expect("readable");
    let (_, rest) = manifest
        .split_once("s2n-tls-sys = { version = \"=")
        .expect("an exact version");
    rest.split('"').next().expect("a version").to_owned()
}

fn cbindgen_config() -> cbindgen::Config {
    cbindgen::Config::from_file(root().join("cbindgen.toml")).expect("valid settings")
}

/// The headers of the API of s2n-tls, by their path below `include`.
fn headers() -> Vec<(String, String)> {
    let config = cbindgen_config();
    let mut headers = vec![("s2n.h".to_owned(), generated(config.clone(), &CHAPTERS))];
    for Further {
        name,
        files,
        opaque,
        enums,
    } in FURTHER
    {
        let config = cbindgen::Config {
            include_guard: Some(format!("S2N_{}_H", name.replace('/', "_").to_uppercase())),
            sys_includes: vec!["s2n.h".into()],
            after_includes: opaque.map(str::to_owned),
            // Structs that C looks into are named with `struct`; only this header has any.
            style: match name {
                "unstable/events" => cbindgen::Style::Tag,
                _ => config.style,
            },
            export: cbindgen::ExportConfig {
                include: enums.iter().map(|name| (*name).to_owned()).collect(),
                ..config.export.clone()
            },
            ..config.clone()
        };
        headers.push((format!("s2n/{name}.h"), generated(config, files)));
    }
    headers
}

fn generated(config: cbindgen::Config, chapters: &[&str]) -> String {
    let builder = cbindgen::Builder::new().with_config(config);
    let bindings = chapters
        .iter()
        .fold(builder, |builder, file| {
            builder.with_src(root().join("src/ffi").join(file))
        })
        .generate()
        .expect("the source can be parsed");
    let mut header = Vec::new();
    bindings.write(&mut header);
    without_safety(&String::from_utf8(header).expect("text"))
}

/// Removes the sections for Rust callers; for C callers the parameters' descriptions contain the same.
fn without_safety(header: &str) -> String {
    let mut lines = Vec::new();
    let mut skipping = false;
    for line in header.lines() {
        if line.trim() == "* # Safety" {
            skipping = true;
            while lines.last().is_some_and(|line: &&str| line.trim() == "*") {
                lines.pop();
            }
        }
        skipping &= line.trim() != "*/";
        if !skipping {
            lines.push(line);
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_headers_are_current() {
    for (name, header) in all_headers() {
        let path = root().join("include").join(&name);
        if env::var_os("RS2N_BLESS").is_some() {
            fs::create_dir_all(path.parent().expect("a directory")).expect("it can be made");
            // In one step: the other tests compile it meanwhile.
            let new = path.with_extension("h.new");
            fs::write(&new, &header).expect("the header can be written");
            fs::rename(new, &path).expect("the header can be replaced");
        }
        let checked_in = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            header == checked_in,
            "include/{name} is not current: run `make header`"
        );
    }
}

#[test]
fn each_header_compiles_alone() {
    let dir = scratch("header-alone");
    for (compilers, language, standards) in [
        (["gcc", "clang"], "c", &["c99", "c11"][..]),
        (["g++", "clang++"], "c++", &["c++17"]),
    ] {
        for compiler in compilers {
            for standard in standards {
                for (name, _) in all_headers() {
                    let source = dir.join("alone");
                    fs::write(&source, format!("#include <{name}>\n")).expect("written");
                    run(compile_only(compiler, standard)
                        .args(["-x", language])
                        .arg(source));
                }
            }
        }
    }
}

fn compile_only(compiler: &str, standard: &str) -> Command {
    let mut command = Command::new(compiler);
    command.arg(format!("-std={standard}")).args([
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-fsyntax-only",
    ]);
    // `tests/abi/reference/run.sh` checks the facts with the headers of s2n-tls.
    match std::env::var_os("REFERENCE_HEADERS") {
        Some(headers) => command.arg("-isystem").arg(headers),
        None => command.arg("-I").arg(root().join("include")),
    };
    command
}

/// The facts of the API, in the reference's own spelling, next to the headers of rs2n: a compiler refuses
/// what differs.
fn facts() -> String {
    let mut source = String::from("#include <assert.h>\n#include <stddef.h>\n");
    for (name, _) in headers() {
        source += &format!("#include <{name}>\n");
    }
    let functions = rows("functions.tsv");
    assert!(functions.len() > 300, "the list of functions is whole");
    for row in functions {
        let [name, result, parameters] = row.as_slice() else {
            panic!("three columns: {row:?}");
        };
        // A pointer of the reference's type takes it; and so does a declaration, which must agree with
        // the header's in what a pointer would convert.
        source += &format!("{result} (*const p_{name})({parameters}) = {name};\n");
        source += &format!("{result} {name}({parameters});\n");
    }
    let types = rows("types.tsv");
    assert!(types.len() > 170, "the list of types is whole");
    types
        .iter()
        .fold(source, |source, row| source + &fact(row) + "\n")
}

/// One of `types.tsv` as C.
fn fact(row: &[String]) -> String {
    let [kind, header, name, member, value] = row else {
        panic!("five columns: {row:?}");
    };
    let holds = |condition: String| format!("_Static_assert({condition}, \"{name} {member}\");");
    match (kind.as_str(), name.as_str()) {
        // A message for builders of the library, without a meaning in the header.
        ("define", "S2N_API") => "typedef int empty S2N_API;".into(),
        // Programs see a declaration only; the layout is that of `s2n_stacktrace` in the source.
        ("struct" | "struct_field", "s2n_stacktrace") => {
            assert!(header.contains("opaque in s2n.h"));
            "struct s2n_stacktrace;".into()
        }
        ("enum", _) => holds(format!("{member} == {value} && sizeof({name}) == 4")),
        ("define", _) => holds(format!("({name}) == ({value})")),
        ("callback", _) => value.clone(),
        ("typedef", _) => format!("typedef {value} {name};"),
        // A definition here would be a second one if the header had one.
        ("opaque_struct", _) => format!("struct {name} {{ char nothing; }};"),
        ("struct", _) => {
            let (size, align) = member[5..]
                .split_once(" align ")
                .expect("size and alignment");
            holds(format!(
                "sizeof(struct {name}) == {size} && _Alignof(struct {name}) == {align}"
            ))
        }
        ("struct_field", _) => {
            let (kind, place) = value.split_once(" offset ").expect("a type and a place");
            let (offset, size) = place.split_once(" size ").expect("offset and size");
            let field = format!("((struct {name} *)0)->{member}");
            holds(format!(
                "offsetof(struct {name}, {member}) == {offset} && sizeof({field}) == {size} \
                 && _Generic({field}, {kind}: 1, default: 0)"
            ))
        }
        ("variable", "s2n_errno") => "extern __thread int s2n_errno;".into(),
        ("variable", _) => {
            let (kind, _) = value.split_once(" = ").expect("a type and a value");
            format!("extern {kind} {name};")
        }
        _ => panic!("an unknown kind of fact: {row:?}"),
    }
}

#[test]
fn prototypes_types_and_values_are_those_of_the_reference() {
    let source = scratch("facts").join("facts.c");
    fs::write(&source, facts()).expect("written");
    for compiler in ["gcc", "clang"] {
        run(compile_only(compiler, "c11").arg(&source));
    }
}

#[test]
fn extensions_have_the_prototypes_of_their_table() {
    let mut source = String::from("#include <rs2n/rs2n.h>\n");
    for row in rows("extensions.tsv") {
        let [name, result, parameters] = row.as_slice() else {
            panic!("three columns: {row:?}");
        };
        source += &format!("{result} {name}({parameters});\n");
    }
    let path = scratch("extensions").join("extensions.c");
    fs::write(&path, source).expect("written");
    for compiler in ["gcc", "clang"] {
        run(compile_only(compiler, "c11").arg(&path));
    }
}

#[test]
fn a_wrong_prototype_would_be_noticed() {
    let source = scratch("wrong-redeclaration").join("wrong.c");
    let wrong = "#include <s2n.h>\nint s2n_peek(struct s2n_connection *conn);\n";
    fs::write(&source, wrong).expect("written");
    let mut gcc = compile_only("gcc", "c11");
    let outcome = gcc.arg(&source).output().expect("gcc runs");
    assert!(!outcome.status.success());
    // For this reason, and not for want of the header.
    let reason = String::from_utf8_lossy(&outcome.stderr);
    assert!(reason.contains("conflicting types"), "{reason}");
}
