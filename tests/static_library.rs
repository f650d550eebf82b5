//! The static library of `make library`: it is linked beside other copies of what it contains, and into plugins.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "support/peers.rs"]
mod peers;
mod support;

use peers::{cert, chain_and_key, installed};
use support::{root, run, scratch};

const POLICY: &str = "default_tls13";

fn text(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).expect("the output is UTF-8")
}

fn library() -> PathBuf {
    installed().join("lib/libs2n.a")
}

/// The release build from which the library is installed.
fn release() -> PathBuf {
    installed().with_file_name("release")
}

/// The libraries that a program links after the static library.
fn private_libraries() -> Vec<String> {
    let list = fs::read_to_string(
        installed()
            .with_file_name("tests-build")
            .join("private-libs"),
    );
    let list = list.expect("`make library` writes the list");
    list.split_whitespace().map(str::to_owned).collect()
}

/// The names of global symbols that `nm` lists with these options.
fn symbols(options: &[&str], file: &Path) -> BTreeSet<String> {
    let listing = text(
        Command::new("nm")
            .args(["--extern-only", "--defined-only"])
            .args(options)
            .arg(file),
    );
    let rows = listing.lines().map(|line| line.split(' ').collect());
    let names = rows.filter_map(|row: Vec<&str>| row.get(2).map(|name| (*name).to_owned()));
    names.collect()
}

/// The functions and variables of the API and of the extensions.
fn api() -> BTreeSet<String> {
    let table = |name: &str| {
        let text = fs::read_to_string(root().join("tests/abi").join(name));
        text.expect("the table is readable")
    };
    let (exports, extensions) = (table("exports.txt"), table("extensions.tsv"));
    let extensions = extensions.lines().skip(1);
    let extensions = extensions.filter_map(|row| row.split('\t').next());
    exports
        .lines()
        .chain(extensions)
        .map(str::to_owned)
        .collect()
}

fn assert_same(found: &BTreeSet<String>, expected: &BTreeSet<String>) {
    let difference: Vec<_> = found.symmetric_difference(expected).collect();
    assert_eq!(difference, Vec::<&String>::new());
}

/// Compiles C sources, one of them the example `memory_pair` with the name `run_pair` in place of `main`.
fn gcc(sources: &[&str], options: &[&str], output: &Path) -> Command {
    let example = output.with_extension("pair.o");
    run(Command::new("gcc")
        .args(["-c", "-fPIC", "-Dmain=run_pair", "-Iinclude"])
        .args(["examples-c/memory_pair.c", "-o"])
        .arg(&example)
        .current_dir(root()));
    let mut gcc = Command::new("gcc");
    gcc.args(sources)
        .args(options)
        .arg(example)
        .arg("-o")
        .arg(output);
    gcc.current_dir(root());
    gcc
}

/// Runs a program with the arguments of `memory_pair`, which `connections` times transfers data.
fn run_pairs(program: &mut Command, connections: usize) {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let report = text(program.args([POLICY, &ca, &chain, &key]));
    let complete = report.matches("bytes each way: 100000\n").count();
    assert_eq!(complete, connections, "{report}");
}

#[test]
fn only_the_api_is_global() {
    assert_same(&symbols(&[], &library()), &api());
}

/// It is in no function of the API, and would be removed with the unused sections.
#[test]
fn the_ident_string_is_kept() {
    let strings = text(Command::new("strings").arg(library()));
    assert!(strings.contains("@(#)rs2n "));
}

/// Another copy of AWS-LC, of which all objects are linked, and the prefix of its functions.
fn another_aws_lc() -> (PathBuf, String) {
    let builds = fs::read_dir(release().join("build")).expect("the release build has the folder");
    let copies = builds.filter_map(|build| {
        let out = fs::read_dir(build.ok()?.path().join("out")).ok()?;
        let mut files = out.filter_map(|file| Some(file.ok()?.path()));
        files.find(|file| file.to_string_lossy().ends_with("_crypto.a"))
    });
    let copy = copies.min().expect("AWS-LC is a part of the release build");
    let names = symbols(&[], &copy);
    let prefix = names.iter().find_map(|name| name.strip_suffix("_SHA256"));
    let prefix = format!("{}_", prefix.expect("it has the function SHA256"));
    (copy, prefix)
}

#[test]
fn works_beside_another_copy_of_aws_lc_and_another_rust_library() {
    let dir = scratch("static-beside");
    let other = dir.join("libother.a");
    run(Command::new("rustc")
        .args(["--edition=2024", "--crate-type=staticlib", "-o"])
        .arg(&other)
        .arg(root().join("tests/packaging/other.rs")));

    let (aws_lc, prefix) = another_aws_lc();
    let program = dir.join("beside");
    let prefix = format!("-DAWS_LC={prefix}");
    run(gcc(&["tests/packaging/beside.c"], &[&prefix], &program)
        .arg("-Wl,--whole-archive")
        .arg(aws_lc)
        .arg("-Wl,--no-whole-archive")
        .args([other, library()])
        .args(private_libraries()));
    run_pairs(&mut Command::new(program), 1);
}

/// OpenSSL's static library has functions of the same names as AWS-LC without its prefix.
#[test]
fn works_beside_the_static_library_of_openssl() {
    let program = scratch("static-openssl").join("program");
    let source = "tests/packaging/beside.c";
    let other = program.with_file_name("sum.c");
    fs::write(
        &other,
        "unsigned rust_sum(const unsigned *numbers, unsigned long count) \
         { return count == 3 ? numbers[0] + numbers[1] + numbers[2] : 0; }\n",
    )
    .expect("the folder is writable");
    run(gcc(&[source], &["-DAWS_LC="], &program)
        .arg(other)
        .args([
            "-Wl,--whole-archive",
            "-l:libcrypto.a",
            "-Wl,--no-whole-archive",
        ])
        .arg(library())
        .args(private_libraries()));
    run_pairs(&mut Command::new(program), 1);
}

/// Two plugins in one process, each with a library of its own.
#[test]
fn plugins_export_the_api_at_most() {
    let dir = scratch("static-plugins");
    let plugins = [
        ("exporting.so", "-Wl,-z,nodelete"),
        ("hiding.so", "-Wl,-z,nodelete,--exclude-libs,libs2n.a"),
    ];
    let plugins = plugins.map(|(name, options)| {
        let plugin = dir.join(name);
        run(gcc(&[], &["-shared", options], &plugin)
            .arg(library())
            .args(private_libraries()));
        plugin
    });

    let own = BTreeSet::from(["run_pair".to_owned()]);
    let exports = plugins.each_ref().map(|plugin| symbols(&["-D"], plugin));
    assert_same(&exports[0], &api().union(&own).cloned().collect());
    assert_same(&exports[1], &own);

    let host = dir.join("host");
    run(Command::new("gcc")
        .arg(root().join("tests/packaging/host.c"))
        .arg("-o")
        .arg(&host));
    run_pairs(Command::new(host).args(&plugins).arg("--"), 2);
}

/// Without lld, or if cargo links no shared library for the target, `make library` links it from the objects
/// of the static library.
#[test]
fn shared_library_can_be_linked_from_the_static_one() {
    let dir = scratch("static-shared");
    let cargo_output = dir.join("cargo-output");
    fs::create_dir(&cargo_output).expect("the folder is new");
    for file in ["libs2n.a", "native-static-libs"] {
        fs::copy(release().join(file), cargo_output.join(file)).expect("the build has the file");
    }
    let name = "libs2n.so.1";
    run(Command::new("sh")
        .arg("packaging/link.sh")
        .args([&cargo_output, &dir, Path::new(name)])
        .env("SONAME", name)
        .env("LDFLAGS", "-fuse-ld=bfd")
        .current_dir(root()));

    let shared = dir.join(name);
    assert_same(&symbols(&["-D"], &shared), &api());
    let dynamic = text(
        Command::new("readelf")
            .args(["--dynamic", "--wide"])
            .arg(&shared),
    );
    for wanted in ["Library soname: [libs2n.so.1]", "NODELETE", "BIND_NOW"] {
        assert!(dynamic.contains(wanted), "{wanted}: {dynamic}");
    }
    for unwanted in ["STATIC_TLS", "TEXTREL", "RPATH", "RUNPATH"] {
        assert!(!dynamic.contains(unwanted), "{unwanted}: {dynamic}");
    }

    let program = dir.join("program");
    run(Command::new("gcc")
        .args(["-Iinclude", "examples-c/memory_pair.c", "-o"])
        .args([&program, &shared])
        .current_dir(root()));
    run_pairs(Command::new(program).env("LD_LIBRARY_PATH", &dir), 1);
}
