//! Tests of the code blocks in the README and in the guide: each is compiled, linked and run, and prints
//! the output that the page shows.
//!
//! - A block whose first line is a comment with a file name is that file. C and C++ files are compiled
//!   and linked unchanged; the shell blocks of the page run them.
//! - The other C blocks of the page `io` are concatenated to the file `io.md.h`, which the program
//!   `tests/guide/io.c` includes, uses, and makes assertions about. For C++ they are `io.md.hpp` in
//!   `tests/guide/io.cpp`, for Python the module `io_md` in `tests/guide/io.py`.
//! - Shell blocks run one after the other in a folder that contains the files of the page. Each is
//!   prefixed with `tests/guide/io.sh`, if that exists: the state that the block assumes, and functions
//!   that replace commands which a test must not run. `/usr/local` is replaced by a folder of the test.
//! - A block of `text` is the output of the shell block before it, or else a part of the output of
//!   the page's own program. An ellipsis (…) matches any part of a line.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{fs, thread};

#[path = "support/pages.rs"]
mod pages;
#[path = "support/peers.rs"]
mod peers;
mod support;

use pages::{Block, Kind, Page, guide, lines, matches};
use peers::{certs, installed};
use support::{compile, compile_as, library_dir, root, run, scratch, under_valgrind};

#[test]
fn every_block_runs_and_prints_the_output_of_its_page() {
    let mut pages = guide();
    pages.push(Page::read("README.md"));
    // Built before the threads that need them start.
    library_dir();
    installed();
    certs();
    let pieces = scratch("guide-pieces");
    let tests: Vec<_> = pages
        .into_iter()
        .map(|page| PageTest::new(page, &pieces))
        .collect();
    let counts = Mutex::new(Counts::default());
    let tests = Mutex::new(tests.into_iter());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let next = || tests.lock().expect("no thread panics with the lock").next();
                while let Some(test) = next() {
                    let of_page = test.run();
                    let mut counts = counts.lock().expect("no thread panics with the lock");
                    counts.add(&of_page);
                }
            });
        }
    });
    check_memory(&pieces, workers);
    let counts = counts.into_inner().expect("no thread panics with the lock");
    assert!(counts.0["blocks"] > 50, "blocks of the guide are not found");
    // Not with a macro, whose output is captured unless the test fails.
    writeln!(io::stderr(), "\nthe README and the guide: {counts}")
        .expect("standard error is writable");
}

/// The number of blocks, and of those that were compiled, linked, run and compared.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, usize>);

impl Counts {
    fn count(&mut self, what: &'static str, number: usize) {
        *self.0.entry(what).or_default() += number;
    }

    fn add(&mut self, other: &Self) {
        for (what, number) in &other.0 {
            self.count(what, *number);
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = ["blocks", "compiled", "linked", "run", "compared"];
        let counts = counts.map(|what| format!("{} {what}", self.0.get(what).unwrap_or(&0)));
        out.write_str(&counts.join(", "))
    }
}

/// The test of a page's blocks.
struct PageTest {
    page: Page,
    blocks: Vec<Block>,
    /// The working directory, with the files of the page.
    folder: PathBuf,
    /// The folder for the pieces of all pages, which may include each other, and for their programs.
    pieces: PathBuf,
    counts: Counts,
}

impl PageTest {
    fn new(page: Page, pieces: &Path) -> Self {
        let blocks = page.blocks().unwrap_or_else(|error| panic!("{error}"));
        let folder = scratch(&format!("guide-{}", page.name()));
        let test = Self {
            page,
            blocks,
            folder,
            pieces: pieces.to_path_buf(),
            counts: Counts::default(),
        };
        for kind in [Kind::C, Kind::Cpp, Kind::Python] {
            test.write_pieces(kind);
        }
        test
    }

    /// Concatenates the pieces of a language. `#line` directives keep their places in the page.
    fn write_pieces(&self, kind: Kind) {
        let name = match kind {
            Kind::C => format!("{}.md.h", self.page.name()),
            Kind::Cpp => format!("{}.md.hpp", self.page.name()),
            _ => format!("{}_md.py", self.page.name().replace('-', "_")),
        };
        let texts = self.pieces_of(kind).map(|block| {
            let (line, page) = (block.line, self.page.path.display());
            match kind {
                Kind::Python => block.text.clone(),
                _ => format!("#line {line} \"{page}\"\n{}", block.text),
            }
        });
        let text = texts.collect::<Vec<_>>().join("\n");
        fs::write(self.pieces.join(name), text).expect("the scratch folder is writable");
    }

    /// The blocks of a language that are not files.
    fn pieces_of(&self, kind: Kind) -> impl Iterator<Item = &Block> {
        let blocks = self.blocks.iter();
        blocks.filter(move |block| block.kind == kind && block.file().is_none())
    }

    /// Runs all blocks, and returns how many there were.
    fn run(mut self) -> Counts {
        self.write_files();
        for kind in [Kind::C, Kind::Cpp, Kind::Python] {
            self.run_pieces(kind);
        }
        self.run_shell_blocks();
        self.counts.count("blocks", self.blocks.len());
        self.counts
    }

    fn place(&self, block: &Block) -> String {
        format!("{}:{}", self.page.path.display(), block.line)
    }

    /// The file in `tests/guide` for the page, with this extension.
    fn context(&self, extension: &str) -> Option<String> {
        let name = format!("tests/guide/{}.{extension}", self.page.name());
        fs::read_to_string(root().join(name)).ok()
    }

    fn write_files(&mut self) {
        let mut compiled = 0;
        for block in &self.blocks {
            let Some(name) = block.file() else { continue };
            let source = self.folder.join(name);
            assert!(!source.exists(), "{}: a second {name}", self.place(block));
            fs::write(&source, &block.text).expect("the scratch folder is writable");
            let stem = source.file_stem().and_then(|stem| stem.to_str());
            let stem = stem.expect("names are UTF-8");
            let is_used = self.blocks.iter().any(|other| {
                other.kind == Kind::Shell
                    && (other.text.contains(stem) || block.kind == Kind::Cmake)
            });
            let is_run = is_used || self.page.name() == "README";
            assert!(is_run, "{}: no shell block runs {name}", self.place(block));
            for compiler in compilers(block.kind) {
                compile(compiler, &source, &self.folder.join(format!(".{compiler}")));
            }
            compiled += usize::from(!compilers(block.kind).is_empty());
        }
        self.counts.count("compiled", compiled);
        self.counts.count("linked", compiled);
        self.counts.count("run", compiled);
    }

    /// Compiles and runs the pieces of a language.
    fn run_pieces(&mut self, kind: Kind) {
        let extension = match kind {
            Kind::C => "c",
            Kind::Cpp => "cpp",
            _ => "py",
        };
        let number = self.pieces_of(kind).count();
        let context = self.context(extension);
        let path = self.page.path.display();
        assert_eq!(
            context.is_some(),
            number > 0,
            "{path}: pieces of {extension}"
        );
        let Some(context) = context else { return };
        let output = match kind {
            Kind::Python => self.run_python(&context),
            _ => self.run_compiled(extension, compilers(kind), &context),
        };
        if kind != Kind::Python {
            self.counts.count("compiled", number);
            self.counts.count("linked", number);
        }
        self.counts.count("run", number);
        self.compare_parts(kind, &output);
    }

    /// Compiles the context of the page: with one compiler as a shared object, for [`check_memory`],
    /// and with the other as a program, which is run.
    fn run_compiled(&self, extension: &str, compilers: &[&str], context: &str) -> String {
        let [gcc, clang] = compilers else {
            panic!("not two compilers");
        };
        let name = format!("{}.{extension}", self.page.name());
        let source = self.pieces.join(&name);
        let text = format!("#line 1 \"tests/guide/{name}\"\n{context}");
        fs::write(&source, text).expect("the scratch folder is writable");
        let object = self.pieces.join(format!("{name}.so"));
        compile_as(&["-shared", "-fPIC"], gcc, &source, &object);
        let program = self.pieces.join(format!("{name}.program"));
        compile(clang, &source, &program);
        printed(
            Command::new(&program)
                .arg(certs())
                .current_dir(&self.folder),
        )
    }

    fn run_python(&self, context: &str) -> String {
        let script = self.pieces.join(format!("{}.py", self.page.name()));
        fs::write(&script, context).expect("the scratch folder is writable");
        let mut python = Command::new("python3");
        python.arg("-B").arg(script).arg(certs());
        python.env("LD_LIBRARY_PATH", installed().join("lib"));
        printed(python.current_dir(&self.folder))
    }

    /// Compares the output that the page shows below its pieces with a part of theirs.
    fn compare_parts(&mut self, kind: Kind, output: &str) {
        let mut compared = 0;
        let mut is_piece = false;
        for shown in &self.blocks {
            if shown.kind != Kind::Output {
                is_piece = shown.kind == kind && shown.file().is_none();
                continue;
            }
            if !is_piece {
                continue;
            }
            let (shown_lines, lines) = (lines(&shown.text), lines(output));
            let mut parts = lines.windows(shown_lines.len());
            assert!(
                parts.any(|part| matches(&shown_lines, part)),
                "{}: the output is {output}",
                self.place(shown)
            );
            compared += 1;
        }
        self.counts.count("compared", compared);
    }

    fn run_shell_blocks(&mut self) {
        let given = self.context("sh");
        let (mut ran, mut compared) = (0, 0);
        let mut before: Option<(&Block, String)> = None;
        for block in &self.blocks {
            match block.kind {
                Kind::Shell => {
                    let output = self.run_shell(given.as_deref().unwrap_or_default(), block);
                    before = Some((block, output));
                    ran += 1;
                }
                Kind::Output => {
                    let Some((_, output)) = before.take() else {
                        continue;
                    };
                    assert!(
                        matches(&lines(&block.text), &lines(&output)),
                        "{}: the output is {output}",
                        self.place(block)
                    );
                    compared += 1;
                }
                _ => before = None,
            }
        }
        assert!(given.is_none() || ran > 0, "{}: no shell", self.page.name());
        self.counts.count("run", ran);
        self.counts.count("compared", compared);
        let shown = self
            .blocks
            .iter()
            .filter(|block| block.kind == Kind::Output);
        let compared = self.counts.0.get("compared").copied().unwrap_or_default();
        assert_eq!(shown.count(), compared, "{}: output", self.page.name());
    }

    fn run_shell(&self, given: &str, block: &Block) -> String {
        let prefix = self.folder.join("usr-local").display().to_string();
        let script = format!("{given}\n{}", block.text).replace("/usr/local", &prefix);
        let lib = installed().join("lib");
        let mut shell = Command::new("sh");
        shell.args(["-eu", "-c", &script]).current_dir(&self.folder);
        shell.env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
        shell.env("LD_LIBRARY_PATH", &lib);
        shell.env("INSTALLED", installed());
        shell.env("LOCAL", &prefix);
        shell.env("CERTS", certs());
        shell.env("PROJECT", root());
        let output = shell.output().expect("sh is installed");
        assert!(output.status.success(), "{}: {output:?}", self.place(block));
        String::from_utf8(output.stdout).expect("the output is UTF-8")
    }
}

/// Runs the C and C++ programs of all pages under valgrind, a part of them in each worker.
fn check_memory(pieces: &Path, workers: usize) {
    let names = fs::read_dir(pieces).expect("the folder is readable");
    let paths = names.map(|name| name.expect("the folder is readable").path());
    let is_object = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "so");
    let mut objects: Vec<_> = paths.filter(is_object).collect();
    objects.sort();
    let program = pieces.join("memory");
    compile("gcc", &root().join("tests/guide/memory.c"), &program);
    thread::scope(|scope| {
        for part in objects.chunks(objects.len().div_ceil(workers)) {
            let mut valgrind = under_valgrind(&program);
            // The installed library, which is optimized and therefore faster than that of this build.
            valgrind.env("LD_LIBRARY_PATH", installed().join("lib"));
            let suppressions = root().join("tests/guide/memory.supp");
            let option = format!("--suppressions={}", suppressions.display());
            valgrind.env("VALGRIND_OPTS", option);
            valgrind.arg(certs()).args(part).current_dir(pieces);
            scope.spawn(move || run(&mut valgrind));
        }
    });
}

fn compilers(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::C => &["gcc", "clang"],
        Kind::Cpp => &["g++", "clang++"],
        _ => &[],
    }
}

fn printed(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).expect("the output is UTF-8")
}

/// A program without a page would never be run.
#[test]
fn every_program_belongs_to_a_page() {
    let pages: Vec<_> = guide().iter().map(|page| page.name().to_owned()).collect();
    for entry in fs::read_dir(root().join("tests/guide")).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let stem = stem.expect("names are UTF-8").to_owned();
        let is_for_all = ["README", "installing", "memory"].contains(&stem.as_str());
        assert!(is_for_all || pages.contains(&stem), "{}", path.display());
    }
}

#[test]
fn matches_reports_a_different_output() {
    for (shown, printed, same) in [
        ("a\nb\n", "a\nb\n\n", true),
        ("a\n", "a\nb\n", false),
        ("a…c", "abbc", true),
        ("a…c…", "abcbd", true),
        ("a…d", "abbc", false),
    ] {
        assert_eq!(matches(&lines(shown), &lines(printed)), same, "{shown}");
    }
}
