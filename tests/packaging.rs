//! Tests of `make install` and `make uninstall`: completeness, pkg-config, CMake, manual pages, hardening.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "support/peers.rs"]
mod peers;
mod support;

use peers::{cert, chain_and_key, installed};
use support::{root, run, scratch};

/// The file of the shared library. Its name ends with the version, whose first number is the soname's.
const LIBRARY: &str = concat!("libs2n.so.", env!("CARGO_PKG_VERSION"));

fn text(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).expect("the output is UTF-8")
}

/// `make GOAL VARIABLE=VALUE...` with the release build that the other tests use.
fn make(goal: &str, variables: &[(&str, &Path)]) -> Command {
    let target = installed()
        .parent()
        .expect("the prefix is in the target folder");
    let mut make = Command::new("make");
    make.arg(goal)
        .arg(format!("CARGO_TARGET_DIR={}", target.display()))
        .args(
            variables
                .iter()
                .map(|(name, value)| format!("{name}={}", value.display())),
        )
        .current_dir(root());
    make
}

/// A prefix to install to, and further variables for `make`.
struct Place {
    prefix: PathBuf,
    build: PathBuf,
    more: Vec<(&'static str, PathBuf)>,
}

impl Place {
    fn new(name: &str) -> Self {
        let dir = scratch(&format!("packaging-{name}"));
        Self {
            // Spaces are allowed in all paths.
            prefix: dir.join("a prefix"),
            build: dir.join("build"),
            more: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: PathBuf) -> Self {
        self.more.push((name, value));
        self
    }

    fn install(&self) {
        self.make("all");
        self.make("install");
    }

    fn make(&self, goal: &str) {
        run(&mut self.command(goal));
    }

    fn command(&self, goal: &str) -> Command {
        let mut variables = vec![("PREFIX", self.prefix.as_path()), ("BUILD", &self.build)];
        variables.extend(
            self.more
                .iter()
                .map(|(name, value)| (*name, value.as_path())),
        );
        make(goal, &variables)
    }
}

/// The paths of all files and folders in this folder.
fn tree(dir: &Path) -> BTreeSet<String> {
    let list = text(Command::new("find").arg(".").current_dir(dir));
    list.lines().map(str::to_owned).collect()
}

/// Runs a program that contains both endpoints of a connection.
fn run_pair(program: &Path, libraries: Option<&Path>) {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let mut command = Command::new(program);
    if let Some(dir) = libraries {
        command.env("LD_LIBRARY_PATH", dir);
    }
    let report = text(command.args(["default_tls13", &ca, &chain, &key]));
    assert!(report.contains("bytes each way: 100000\n"), "{report}");
}

fn needs_shared_library(program: &Path) -> bool {
    text(Command::new("readelf").arg("-d").arg(program)).contains("[libs2n.so.1]")
}

#[test]
fn install_builds_nothing() {
    let place = Place::new("unbuilt").with("CARGO", "false".into());
    let output = place
        .command("install")
        .output()
        .expect("make is installed");
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains(&format!(
            "{LIBRARY} is missing. Build first, not as root: make\n"
        )),
        "{error}"
    );
    assert!(!place.prefix.exists());
}

#[test]
fn uninstall_removes_exactly_the_installed_files() {
    let stage = scratch("packaging-stage");
    let place = Place {
        prefix: "/usr".into(),
        ..Place::new("uninstall").with("DESTDIR", stage.clone())
    };
    // Existing files, also in folders that rs2n uses.
    for file in [
        "lib/libfoo.so",
        "lib/pkgconfig/foo.pc",
        "lib/cmake/foo/foo.cmake",
    ] {
        let file = stage.join("usr").join(file);
        fs::create_dir_all(file.parent().expect("the path has a parent"))
            .expect("the folder is writable");
        fs::write(file, "foreign").expect("the folder is writable");
    }
    for file in ["include/foo.h", "share/doc/foo", "share/man/man3/foo.3"] {
        let file = stage.join("usr").join(file);
        fs::create_dir_all(file.parent().expect("the path has a parent"))
            .expect("the folder is writable");
        fs::write(file, "foreign").expect("the folder is writable");
    }
    let before = tree(&stage);
    place.install();
    let installed = tree(&stage);
    for file in [
        "lib/libs2n.so",
        "lib/libs2n.so.1",
        &format!("lib/{LIBRARY}"),
        "lib/libs2n.a",
        "lib/pkgconfig/s2n.pc",
        "lib/cmake/s2n/s2n-config.cmake",
        "lib/cmake/s2n/s2n-config-version.cmake",
        "include/s2n.h",
        "include/s2n/unstable/crl.h",
        "include/rs2n/rs2n.h",
        "share/doc/rs2n/LICENSE",
        "share/doc/rs2n/THIRD-PARTY.txt",
        "share/doc/rs2n/guide/SUMMARY.md",
        "share/man/man3/libs2n.3",
        "share/man/man3/s2n_negotiate.3",
        "share/man/man3/rs2n_version.3",
    ] {
        assert!(installed.contains(&format!("./usr/{file}")), "{file}");
    }
    place.make("uninstall");
    assert_eq!(tree(&stage), before);

    // A folder with a foreign file is not removed.
    place.install();
    let foreign = stage.join("usr/include/s2n/unstable/foreign.h");
    fs::write(&foreign, "foreign").expect("the folder is writable");
    place.make("uninstall");
    assert!(foreign.exists());
}

/// The version is that of the manifest wherever it is written: see docs/VERSIONING.md.
#[test]
fn every_file_has_the_same_version() {
    let version = env!("CARGO_PKG_VERSION");
    let read = |file: &str| fs::read_to_string(root().join(file)).expect("the file is readable");
    for (lock, name) in [
        ("Cargo.lock", "rs2n"),
        ("Cargo.lock", "rs2n-core"),
        ("Cargo.lock", "rs2n-tools"),
        ("fuzz/Cargo.lock", "rs2n"),
        ("fuzz/Cargo.lock", "rs2n-core"),
        ("fuzz/Cargo.lock", "rs2n-tools"),
    ] {
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(read(lock).contains(&entry), "{lock}: {name}");
    }
    for (file, start) in [
        (
            "core/Cargo.toml",
            format!("[package]\nname = \"rs2n-core\"\nversion = \"{version}\"\n"),
        ),
        (
            "tools/Cargo.toml",
            format!("[package]\nname = \"rs2n-tools\"\nversion = \"{version}\"\n"),
        ),
        ("packaging/debian/changelog", format!("rs2n ({version}-1) ")),
    ] {
        assert!(read(file).starts_with(&start), "{file}");
    }
    let python = format!("[project]\nname = \"rs2n\"\nversion = \"{version}\"\n");
    assert!(read("python/pyproject.toml").contains(&python));
    let changes = read("CHANGELOG.md");
    let latest = changes.lines().find_map(|line| line.strip_prefix("## "));
    let latest = latest.expect("the changelog has a section");
    assert!(latest.starts_with(&format!("{version}, ")), "{latest}");
    let (line, _) = version
        .rsplit_once('.')
        .expect("the version has three numbers");
    assert!(read("SECURITY.md").contains(&format!("| {line}")));
    assert!(read("docs/COMPATIBILITY.md").contains(&format!("The reference is s2n-tls {line}, ")));
    // The first number is that of the soname.
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    let dynamic = text(
        Command::new("readelf")
            .arg("-d")
            .arg(installed().join("lib/libs2n.so")),
    );
    assert!(
        dynamic.contains(&format!("[libs2n.so.{major}]")),
        "{dynamic}"
    );
}

/// Directory layouts that packagers choose: the default, Debian's, and folders outside the prefix.
fn places(name: &str) -> [Place; 3] {
    let plain = Place::new(&format!("{name}-plain"));
    let multiarch = Place::new(&format!("{name}-multiarch"));
    let libdir = multiarch.prefix.join("lib/some-triplet");
    let separate = Place::new(&format!("{name}-separate"));
    let (libs, headers) = (separate.build.join("libs"), separate.build.join("headers"));
    [
        plain,
        multiarch.with("LIBDIR", libdir),
        separate.with("LIBDIR", libs).with("INCLUDEDIR", headers),
    ]
}

impl Place {
    fn libdir(&self) -> PathBuf {
        let given = self.more.iter().find(|(name, _)| *name == "LIBDIR");
        given.map_or_else(|| self.prefix.join("lib"), |(_, dir)| dir.clone())
    }

    /// Compiles an example with the flags of pkg-config.
    fn compile(&self, options: &str, gcc: &str) -> PathBuf {
        let program = self.build.join("example");
        let command = format!(
            "eval \"gcc {gcc} examples-c/memory_pair.c -o '{}' $(pkg-config {options} --cflags --libs s2n)\"",
            program.display()
        );
        run(Command::new("sh")
            .args(["-c", &command])
            .env("PKG_CONFIG_PATH", self.libdir().join("pkgconfig"))
            .current_dir(root()));
        program
    }

    /// Builds an example with CMake.
    fn cmake(&self, shared: &str, version: &str) -> PathBuf {
        let build = self.build.join(format!("cmake-{shared}"));
        let _ = fs::remove_dir_all(&build);
        run(self
            .configure(&build, version)
            .arg(format!("-DBUILD_SHARED_LIBS={shared}")));
        run(Command::new("cmake").arg("--build").arg(&build));
        build.join("example")
    }

    fn configure(&self, build: &Path, version: &str) -> Command {
        let mut cmake = Command::new("cmake");
        cmake
            .args(["-S", "tests/packaging", "-B"])
            .arg(build)
            .arg(format!(
                "-DEXAMPLES={}",
                root().join("examples-c").display()
            ))
            .arg(format!("-DWANTED_VERSION={version}"))
            .arg(format!(
                "-DCMAKE_PREFIX_PATH={};{}",
                self.prefix.display(),
                self.libdir().join("cmake").display()
            ))
            .current_dir(root());
        cmake
    }
}

#[test]
fn pkg_config_finds_the_library() {
    for place in places("pkg-config") {
        place.install();
        let shared = place.compile("", "");
        assert!(needs_shared_library(&shared));
        run_pair(&shared, Some(&place.libdir()));
        let all_static = place.compile("--static", "-static");
        assert!(!needs_shared_library(&all_static));
        run_pair(&all_static, None);
    }
}

#[test]
fn cmake_finds_the_library() {
    for place in places("cmake") {
        place.install();
        let shared = place.cmake("ON", "");
        assert!(needs_shared_library(&shared));
        run_pair(&shared, None);
        // As with s2n-tls, a project without BUILD_SHARED_LIBS is linked statically.
        let with_static = place.cmake("OFF", env!("CARGO_PKG_VERSION"));
        assert!(!needs_shared_library(&with_static));
        run_pair(&with_static, None);
        // Without the static library the shared one is used.
        fs::remove_file(place.libdir().join("libs2n.a")).expect("the static library is installed");
        assert!(needs_shared_library(&place.cmake("OFF", "")));
    }
}

/// A program for s2n-tls 1.7 finds the version that it requires.
#[test]
fn pkg_config_and_cmake_compare_the_version() {
    let place = Place::new("compared-version");
    place.install();
    for (option, holds) in [
        ("--atleast-version=1", true),
        ("--atleast-version=1.7", true),
        ("--atleast-version=1.999", false),
        (concat!("--exact-version=", env!("CARGO_PKG_VERSION")), true),
        ("--max-version=1.6", false),
    ] {
        let status = Command::new("pkg-config")
            .args([option, "s2n"])
            .env("PKG_CONFIG_PATH", place.libdir().join("pkgconfig"))
            .status()
            .expect("pkg-config is installed");
        assert_eq!(status.success(), holds, "{option}");
    }
    let build = place.build.join("cmake");
    for (version, compatible) in [
        ("1", true),
        ("1.7", true),
        (concat!(env!("CARGO_PKG_VERSION"), ";EXACT"), true),
        ("1.0", true),
        ("1.7...<2", true),
        (concat!("1.0...", env!("CARGO_PKG_VERSION")), true),
        ("1.0...<1.7.0", false),
        ("1.0...1.6", false),
        ("1.999", false),
        ("2.0", false),
        ("0.1", false),
    ] {
        let _ = fs::remove_dir_all(&build);
        let output = place
            .configure(&build, version)
            .output()
            .expect("cmake is installed");
        assert_eq!(output.status.success(), compatible, "{version}: {output:?}");
    }
}

#[test]
fn installed_tree_is_relocatable() {
    let mut place = Place::new("move");
    place.install();
    let moved = place.prefix.with_file_name("moved");
    fs::rename(&place.prefix, &moved).expect("the prefix is not in use");
    place.prefix = moved;
    run_pair(&place.cmake("OFF", ""), None);
    let option = format!("--define-variable=prefix='{}'", place.prefix.display());
    run_pair(&place.compile(&option, ""), Some(&place.libdir()));
}

/// The libraries for static linking are those of rustc, except for libgcc, whose static part is listed
/// because it suits `-static` as well.
#[test]
fn private_libraries_are_those_of_rustc() {
    let place = Place::new("private");
    let output = run(&mut make("library", &[("BUILD", &place.build)]));
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let rustc = log
        .split("native-static-libs: ")
        .nth(1)
        .expect("rustc prints the native libraries");
    let rustc = rustc
        .lines()
        .next()
        .expect("the list ends with a newline")
        .replace("-lgcc_s", "-lgcc_eh -lgcc");

    place.install();
    let pc =
        fs::read_to_string(place.libdir().join("pkgconfig/s2n.pc")).expect("s2n.pc is installed");
    let listed = pc
        .lines()
        .find_map(|line| line.strip_prefix("Libs.private: "));
    let listed = listed
        .expect("the file has Libs.private")
        .trim_end_matches(" -lc");
    assert_eq!(listed, rustc.trim().trim_end_matches(" -lc"));
}

/// Generates the manual. Returns the folder to which `.so` requests are relative, and the pages.
fn manual(name: &str) -> (PathBuf, Vec<String>) {
    let build = scratch(name);
    run(&mut make("man", &[("BUILD", &build)]));
    let dir = build.join("man");
    let pages = tree(&dir);
    let pages = pages.iter().filter(|page| page.ends_with(".3"));
    (dir, pages.map(|page| page.replacen("./", "", 1)).collect())
}

#[test]
fn manual_pages_format_without_warnings() {
    let (dir, pages) = manual("packaging-manual-warnings");
    let content = |page: &str| fs::read_to_string(dir.join(page)).expect("the page is readable");
    let (aliases, whole): (Vec<_>, Vec<_>) = pages
        .iter()
        .partition(|page| content(page).starts_with(".so "));
    assert!(whole.len() > 40 && aliases.len() > 90, "{pages:?}");
    for page in aliases {
        let to = content(page).replace(".so ", "");
        assert!(whole.iter().any(|page| **page == to.trim()), "{page}: {to}");
    }
    for page in &whole {
        let man = run(Command::new("man")
            .args(["--warnings", "--encoding=UTF-8", "--local-file"])
            .arg(page)
            .env("MANWIDTH", "80")
            .current_dir(&dir));
        assert_eq!(String::from_utf8_lossy(&man.stderr), "", "{page}");
    }
    run(Command::new("mandoc")
        .args(["-T", "lint", "-W", "warning"])
        .args(&whole)
        .current_dir(&dir));
}

#[test]
fn manual_page_has_all_sections_of_the_comment() {
    let (dir, _) = manual("packaging-manual-sections");
    let page = text(
        Command::new("man")
            .args(["--local-file", "man3/s2n_sendv.3"])
            .env("MANWIDTH", "80")
            .current_dir(&dir),
    );
    let headings: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with(char::is_uppercase) && !line.contains("(3)"))
        .collect();
    let all =
        "NAME LIBRARY SYNOPSIS DESCRIPTION PARAMETERS TYPES RETURN_VALUE ERRORS EXAMPLES SEE_ALSO";
    assert_eq!(headings.join(" "), all.replace('_', " "));
    for piece in [
        "S2N_ERR_SEND_SIZE",
        "One thread may send",
        "s2n_sendv_with_offset(",
        "offs ",
        "int send_all(struct s2n_connection *conn",
        "if (len < 0 && wait_for(fd, blocked) != 0) {",
    ] {
        assert!(page.contains(piece), "{piece}: {page}");
    }
}

#[test]
fn list_of_licences_is_current() {
    run(Command::new("python3")
        .args(["-B", "packaging/licences.py", "--check"])
        .env("CARGO", env!("CARGO"))
        .current_dir(root()));
}

/// Linker options that make memory errors in the process harder to exploit.
#[test]
fn library_is_hardened() {
    let library = installed().join("lib/libs2n.so");
    let read = |what: &str| text(Command::new("readelf").args(["--wide", what]).arg(&library));
    let segments = read("--program-headers");
    let flags = |segment: &str| {
        let row = segments.lines().find(|row| row.trim().starts_with(segment));
        let row = row.unwrap_or_else(|| panic!("{segment}: {segments}"));
        // Type, offset, two addresses, two sizes, and the flags, with spaces for those that are not set.
        let columns: Vec<_> = row.split_whitespace().skip(6).collect();
        columns[..columns.len() - 1].concat()
    };
    assert_eq!(flags("GNU_STACK"), "RW");
    assert_eq!(flags("GNU_RELRO"), "R");
    let loads = segments
        .lines()
        .filter(|row| row.trim().starts_with("LOAD"));
    assert!(
        !loads.into_iter().any(|row| row.contains("RWE")),
        "{segments}"
    );

    let dynamic = read("--dynamic");
    assert!(dynamic.contains("BIND_NOW"), "{dynamic}");
    for unwanted in ["TEXTREL", "RPATH", "RUNPATH"] {
        assert!(!dynamic.contains(unwanted), "{unwanted}: {dynamic}");
    }
    run(Command::new("bash")
        .arg(root().join("tests/cases/security/hardening.sh"))
        .arg(&library));
    // Distributions find debug symbols by the build ID.
    assert!(read("--notes").contains("NT_GNU_BUILD_ID"));
}

/// The library does not depend on the folder in which it was built.
#[test]
fn library_contains_no_path_of_its_build() {
    let prefix = installed();
    let target = prefix
        .parent()
        .expect("the prefix is in the target folder")
        .display()
        .to_string();
    let home = std::env::var("HOME").expect("HOME is set");
    let cargo = std::env::var("CARGO_HOME").unwrap_or(format!("{home}/.cargo"));
    let paths = [
        format!("{target}/release/"),
        format!("{cargo}/registry/"),
        format!("{}/src/", root().display()),
    ];
    for library in ["lib/libs2n.so", "lib/libs2n.a"] {
        let strings = text(
            Command::new("strings")
                .arg("--all")
                .arg(prefix.join(library)),
        );
        for path in &paths {
            let found = strings.lines().find(|line| line.contains(path));
            assert_eq!(found, None, "{library}");
        }
        // The check is effective: the library contains paths of crates, with a replaced prefix.
        assert!(strings.contains("/crates/"));
    }
}
