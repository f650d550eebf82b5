//! The headers are what the source says, and what C programs expect.

use std::process::Command;
use std::{env, fs};

mod support;

use support::{root, rows, run, scratch};

/// The order of `s2n.h`: a chapter is a file, and a file's functions keep their order.
const CHAPTERS: [&str; 21] = [
    "types.rs",
    "init.rs",
    "errno.rs",
    "config.rs",
    "trust.rs",
    "verification.rs",
    "certs.rs",
    "config_certs.rs",
    "async_pkey.rs",
    "cert.rs",
    "connection.rs",
    "policy.rs",
    "transport.rs",
    "io.rs",
    "key_update.rs",
    "key_log.rs",
    "client_hello.rs",
    "client_hello_fields.rs",
    "negotiated.rs",
    "authentication.rs",
    "unsupported.rs",
];

/// A header of functions that s2n-tls may still change.
struct Unstable {
    name: &'static str,
    file: &'static str,
    /// What it declares besides functions.
    opaque: Option<&'static str>,
    enums: &'static [&'static str],
}

const UNSTABLE: [Unstable; 7] = [
    Unstable {
        name: "async_offload",
        file: "async_offload.rs",
        opaque: Some("\nstruct s2n_async_offload_op;\n"),
        enums: &["s2n_async_offload_op_type"],
    },
    Unstable {
        name: "ktls",
        file: "ktls.rs",
        opaque: None,
        enums: &[],
    },
    Unstable {
        name: "fingerprint",
        file: "fingerprint.rs",
        opaque: Some("\nstruct s2n_fingerprint;\n"),
        enums: &["s2n_fingerprint_type"],
    },
    Unstable {
        name: "crl",
        file: "crl.rs",
        opaque: Some(
            "\nstruct s2n_crl;\nstruct s2n_crl_lookup;\nstruct s2n_cert_validation_info;\n",
        ),
        enums: &["s2n_crl_lookup_callback", "s2n_cert_validation_callback"],
    },
    Unstable {
        name: "cert_authorities",
        file: "cert_authorities.rs",
        opaque: Some("\nstruct s2n_certificate_request;\nstruct s2n_certificate_authority_list;\n"),
        enums: &["s2n_cert_request_callback"],
    },
    Unstable {
        name: "allow_ip_in_cn",
        file: "allow_ip_in_cn.rs",
        opaque: None,
        enums: &[],
    },
    Unstable {
        name: "custom_x509_extensions",
        file: "custom_x509_extensions.rs",
        opaque: None,
        enums: &[],
    },
];

/// The headers, by their path below `include`.
fn headers() -> Vec<(String, String)> {
    let config = cbindgen::Config::from_file(root().join("cbindgen.toml")).expect("valid settings");
    let mut headers = vec![("s2n.h".to_owned(), generated(config.clone(), &CHAPTERS))];
    for Unstable {
        name,
        file,
        opaque,
        enums,
    } in UNSTABLE
    {
        let config = cbindgen::Config {
            include_guard: Some(format!("S2N_UNSTABLE_{}_H", name.to_uppercase())),
            sys_includes: vec!["s2n.h".into()],
            after_includes: opaque.map(str::to_owned),
            export: cbindgen::ExportConfig {
                include: enums.iter().map(|name| (*name).to_owned()).collect(),
                ..config.export.clone()
            },
            ..config.clone()
        };
        headers.push((format!("s2n/unstable/{name}.h"), generated(config, &[file])));
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

/// Leaves out what is said to Rust callers: the parameters' own descriptions say it to C's.
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
    for (name, header) in headers() {
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
            "include/{name} is not what the source says: run `make header`"
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
                for (name, _) in headers() {
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
    command
        .arg(format!("-std={standard}"))
        .args([
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-fsyntax-only",
            "-I",
        ])
        .arg(root().join("include"));
    command
}

/// The facts of the API, in the reference's own spelling, next to our header: a compiler refuses
/// what differs.
fn redeclarations() -> String {
    let mut source = String::from("#include <assert.h>\n");
    for (name, _) in headers() {
        source += &format!("#include <{name}>\n");
    }
    let mut lines = 0;
    for row in rows("functions.tsv") {
        let [name, result, parameters] = row.as_slice() else {
            panic!("three columns: {row:?}");
        };
        // The header must have it already: a declaration of our own would hide that it has not.
        source += &format!("_Static_assert(sizeof(&{name}) > 0, \"\");\n");
        source += &format!("{result} {name}({parameters});\n");
        lines += 1;
    }
    for row in rows("types.tsv") {
        let [kind, _, name, member, value] = row.as_slice() else {
            panic!("five columns: {row:?}");
        };
        source += &match kind.as_str() {
            "enum" => {
                format!("_Static_assert({member} == {value} && sizeof({name}) == 4, \"\");\n")
            }
            "define" => format!("_Static_assert({name} == {value}, \"\");\n"),
            "callback" => format!("{value}\n"),
            "typedef" => format!("typedef {value} {name};\n"),
            other => panic!("an unknown kind of fact: {other}"),
        };
        lines += 1;
    }
    assert!(lines > 200, "the lists of facts are whole");
    source
}

#[test]
fn prototypes_types_and_values_are_those_of_the_reference() {
    let source = scratch("redeclarations").join("redeclarations.c");
    fs::write(&source, redeclarations()).expect("written");
    for compiler in ["gcc", "clang"] {
        run(compile_only(compiler, "c11").arg(&source));
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
