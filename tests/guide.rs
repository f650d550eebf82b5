//! Each block of code in the README and in the guide is compiled, linked and run, and prints what
//! the page says that it prints.
//!
//! - A block whose first line is a comment with the name of a file is that file. C and C++ are
//!   compiled and linked as they are; the page's shell blocks run them.
//! - The other pieces of C of the page `io` are one file, `io.md.h`, which the program
//!   `tests/guide/io.c` includes, uses, and asserts something about. C++ is `io.md.hpp` in
//!   `tests/guide/io.cpp`, Python the module `io_md` in `tests/guide/io.py`.
//! - Shell blocks run one after the other in a folder that has the page's files. Before each comes
//!   `tests/guide/io.sh`, if there is one: what the block takes as given, and functions in place of
//!   commands that a test must not run. `/usr/local` is a folder of the test.
//! - A block of `text` is what the shell block before it prints, or else a part of what the page's
//!   own program prints. An ellipsis (…) stands for any part of a line.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

#[path = "support/pages.rs"]
mod pages;
#[path = "support/peers.rs"]
mod peers;
mod support;

use pages::{Block, Kind, Page, guide, lines, matches};
use peers::{certs, installed};
use support::{compile, compile_as, library_dir, root, run, scratch, under_valgrind};

#[test]
fn every_block_does_what_its_page_says() {
    let mut pages = guide();
    pages.push(Page::read("README.md"));
    // Made once, before several threads want them.
    library_dir();
    installed();
    certs();
    let pieces = scratch("guide-pieces");
    let trials: Vec<_> = pages
        .into_iter()
        .map(|page| Trial::new(page, &pieces))
        .collect();
    let counts = Mutex::new(Counts::default());
    let trials = Mutex::new(trials.into_iter());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let next = || trials.lock().expect("no panic with the lock").next();
                while let Some(trial) = next() {
                    let of_page = trial.counts();
                    counts.lock().expect("no panic with the lock").add(&of_page);
                }
            });
        }
    });
    check_memory(&pieces, workers);
    let counts = counts.into_inner().expect("no panic with the lock");
    assert!(counts.0["blocks"] > 50, "the guide has lost its blocks");
    // Not with a macro, whose output is for tests that fail.
    writeln!(io::stderr(), "\nthe README and the guide: {counts}").expect("writable");
}

/// How many blocks, and what was done with them.
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

/// The blocks of a page, and where they are tried.
struct Trial {
    page: Page,
    blocks: Vec<Block>,
    /// For its files and its shell.
    folder: PathBuf,
    /// For the pieces of all pages, which may build on each other, and the programs made of them.
    pieces: PathBuf,
    counts: Counts,
}

impl Trial {
    fn new(page: Page, pieces: &Path) -> Self {
        let blocks = page.blocks().unwrap_or_else(|error| panic!("{error}"));
        let folder = scratch(&format!("guide-{}", page.name()));
        let trial = Self {
            page,
            blocks,
            folder,
            pieces: pieces.to_path_buf(),
            counts: Counts::default(),
        };
        for kind in [Kind::C, Kind::Cpp, Kind::Python] {
            trial.write_pieces(kind);
        }
        trial
    }

    /// Writes the pieces of a language as one text, of which each line knows where it comes from.
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
        fs::write(self.pieces.join(name), text).expect("written");
    }

    /// The blocks of a language that are no files.
    fn pieces_of(&self, kind: Kind) -> impl Iterator<Item = &Block> {
        let blocks = self.blocks.iter();
        blocks.filter(move |block| block.kind == kind && block.file().is_none())
    }

    fn counts(mut self) -> Counts {
        self.write_files();
        for kind in [Kind::C, Kind::Cpp, Kind::Python] {
            self.try_pieces(kind);
        }
        self.try_shell();
        self.counts.count("blocks", self.blocks.len());
        self.counts
    }

    fn place(&self, block: &Block) -> String {
        format!("{}:{}", self.page.path.display(), block.line)
    }

    /// What the test has for the page, with this ending.
    fn context(&self, ending: &str) -> Option<String> {
        let name = format!("tests/guide/{}.{ending}", self.page.name());
        fs::read_to_string(root().join(name)).ok()
    }

    fn write_files(&mut self) {
        let mut compiled = 0;
        for block in &self.blocks {
            let Some(name) = block.file() else { continue };
            let source = self.folder.join(name);
            assert!(!source.exists(), "{}: a second {name}", self.place(block));
            fs::write(&source, &block.text).expect("written");
            let stem = source.file_stem().and_then(|stem| stem.to_str());
            let stem = stem.expect("a file has a name");
            let is_used = self.blocks.iter().any(|other| {
                other.kind == Kind::Shell
                    && (other.text.contains(stem) || block.kind == Kind::Cmake)
            });
            let is_tried = is_used || self.page.name() == "README";
            assert!(is_tried, "{}: nobody runs {name}", self.place(block));
            for compiler in compilers(block.kind) {
                compile(compiler, &source, &self.folder.join(format!(".{compiler}")));
            }
            compiled += usize::from(!compilers(block.kind).is_empty());
        }
        self.counts.count("compiled", compiled);
        self.counts.count("linked", compiled);
        self.counts.count("run", compiled);
    }

    /// Tries the pieces of a language that are no files.
    fn try_pieces(&mut self, kind: Kind) {
        let ending = match kind {
            Kind::C => "c",
            Kind::Cpp => "cpp",
            _ => "py",
        };
        let number = self.pieces_of(kind).count();
        let context = self.context(ending);
        let path = self.page.path.display();
        assert_eq!(context.is_some(), number > 0, "{path}: pieces of {ending}");
        let Some(context) = context else { return };
        let output = match kind {
            Kind::Python => self.run_python(&context),
            _ => self.run_compiled(ending, compilers(kind), &context),
        };
        if kind != Kind::Python {
            self.counts.count("compiled", number);
            self.counts.count("linked", number);
        }
        self.counts.count("run", number);
        self.compare_parts(kind, &output);
    }

    /// Compiles what the test has for the page: with one compiler as a shared object, for
    /// [`check_memory`], and with the other as a program, which is run.
    fn run_compiled(&self, ending: &str, compilers: &[&str], context: &str) -> String {
        let [gcc, clang] = compilers else {
            panic!("two compilers");
        };
        let name = format!("{}.{ending}", self.page.name());
        let source = self.pieces.join(&name);
        let text = format!("#line 1 \"tests/guide/{name}\"\n{context}");
        fs::write(&source, text).expect("written");
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
        fs::write(&script, context).expect("written");
        let mut python = Command::new("python3");
        python.arg("-B").arg(script).arg(certs());
        python.env("LD_LIBRARY_PATH", installed().join("lib"));
        printed(python.current_dir(&self.folder))
    }

    /// What the page shows below its pieces is a part of what they print.
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
                "{}: it prints {output}",
                self.place(shown)
            );
            compared += 1;
        }
        self.counts.count("compared", compared);
    }

    fn try_shell(&mut self) {
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
                        "{}: it prints {output}",
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
        let output = shell.output().expect("a shell");
        assert!(output.status.success(), "{}: {output:?}", self.place(block));
        String::from_utf8(output.stdout).expect("text")
    }
}

/// Runs the tests of all pages in C and C++ under valgrind, a part of them in each worker.
fn check_memory(pieces: &Path, workers: usize) {
    let names = fs::read_dir(pieces).expect("a folder");
    let paths = names.map(|name| name.expect("an entry").path());
    let is_object = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "so");
    let mut objects: Vec<_> = paths.filter(is_object).collect();
    objects.sort();
    let program = pieces.join("memory");
    compile("gcc", &root().join("tests/guide/memory.c"), &program);
    thread::scope(|scope| {
        for part in objects.chunks(objects.len().div_ceil(workers)) {
            let mut valgrind = under_valgrind(&program);
            // The library as users have it, which takes less time than the one of this build.
            valgrind.env("LD_LIBRARY_PATH", installed().join("lib"));
            let suppressed = root().join("tests/guide/memory.supp");
            let option = format!("--suppressions={}", suppressed.display());
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
    String::from_utf8(run(command).stdout).expect("text")
}

/// What belongs to no page would never be run.
#[test]
fn every_program_is_about_a_page() {
    let pages: Vec<_> = guide().iter().map(|page| page.name().to_owned()).collect();
    for entry in fs::read_dir(root().join("tests/guide")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let stem = stem.expect("a name").to_owned();
        let is_for_all = ["README", "installing", "memory"].contains(&stem.as_str());
        assert!(is_for_all || pages.contains(&stem), "{}", path.display());
    }
}

#[test]
fn another_output_would_be_noticed() {
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
