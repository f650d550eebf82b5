//! Performs scripts on s2n-tls and on rs2n, and wants the same traces.
//!
//! usage: runner REFERENCE-DRIVER RS2N-DRIVER RS2N-LIBRARY-FOLDER CERTIFICATES TWIN-FOLDER SEEDS
//!            [FIRST-SEED]
//!
//! Runs every script of `TWIN-FOLDER/scripts`, then as many random ones as SEEDS says. Ends with 1 if
//! there was a difference that `TWIN-FOLDER/differences.md` does not list.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

mod cases;
mod certificates;
mod compare;
mod cross;
mod differences;
mod driver;
mod generate;
mod hellos;
mod matrix;
mod retries;
mod shrink;

use compare::{Divergence, RANDOM, Twin};
use cross::Cast;
use differences::Differences;
use driver::Driver;

/// More divergences than this say nothing new.
const MOST_REPORTS: usize = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [reference, rs2n, library, certs, folder, seeds, rest @ ..] = arguments.as_slice() else {
        eprintln!("runner: see its source for the arguments");
        return ExitCode::from(2);
    };
    let folder = PathBuf::from(folder);
    let seeds: u64 = seeds.parse().expect("a number of seeds");
    let first: u64 = rest
        .first()
        .map_or(1, |first| first.parse().expect("a seed"));
    let page = |name| fs::read_to_string(folder.join(name)).expect("the differences");
    let pages = page("differences.md") + &page("verification.md");

    let new_reference = || Driver::new(reference.as_ref(), certs.as_ref(), None);
    let new_rs2n = || Driver::new(rs2n.as_ref(), certs.as_ref(), Some(library.as_ref()));
    let mut twin = Twin {
        reference: new_reference(),
        rs2n: new_rs2n(),
        differences: Differences::parse(&pages).expect("valid differences"),
    };
    let mut failed = run_scripts(&mut twin, &folder.join("scripts"));
    failed += run_named(&mut twin, "ClientHellos", &hellos::scripts());
    failed += run_named(&mut twin, "answers to ClientHellos", &retries::scripts());
    failed += run_named(&mut twin, "combinations", &matrix::scripts(certs.as_ref()));
    failed += run_named(
        &mut twin,
        "chains to verify",
        &cases::scripts(certs.as_ref()),
    );
    failed += run_named(
        &mut twin,
        "lists of revoked certificates",
        &cases::lists::scripts(certs.as_ref()),
    );
    failed += run_named(
        &mut twin,
        "mutants of texts and certificates",
        &cases::mutants::scripts(certs.as_ref()),
    );
    failed += cases::product::run(&mut twin, certs.as_ref());
    let mut cast = Cast {
        reference: [new_reference(), new_reference()],
        rs2n: [new_rs2n(), new_rs2n()],
    };
    failed += cross::run(&mut cast, &twin.differences);
    failed += run_seeds(&mut twin, first, seeds);

    for known in twin.differences.iter() {
        println!("accepted {} times: {}", known.met.get(), known.name);
        // Some are met by random scripts only.
        if known.met.get() == 0 && (!known.is_anywhere() || seeds > 0 && first == 1) {
            println!("FAILED: no script meets this difference; it may be gone");
            failed += 1;
        }
        for name in &*known.unmet.borrow() {
            println!("FAILED: {name} does not meet it");
            failed += 1;
        }
    }
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Runs the scripts that people wrote, in the order of their names.
fn run_scripts(twin: &mut Twin, folder: &Path) -> usize {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the scripts")
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.sort();
    let mut failed = 0;
    for path in &paths {
        let text = fs::read_to_string(path).expect("text");
        let script: Vec<String> = text.lines().map(str::to_owned).collect();
        let name = path.file_name().expect("a file").to_string_lossy();
        if let Some(divergence) = twin.run(&name, &script) {
            println!("FAILED: {}", path.display());
            divergence.print();
            failed += 1;
        }
    }
    println!("{} scripts, {failed} of them differ", paths.len());
    failed
}

/// Runs scripts that a program wrote.
fn run_named(twin: &mut Twin, kind: &str, scripts: &[(String, Vec<String>)]) -> usize {
    let mut failed = 0;
    for (name, script) in scripts {
        let Some(divergence) = twin.run(name, script) else {
            continue;
        };
        failed += 1;
        if failed <= MOST_REPORTS || env::var_os("TWIN_REPORT_ALL").is_some() {
            println!("FAILED: {name}");
            divergence.print();
        }
    }
    println!("{} {kind}, {failed} of them differ", scripts.len());
    failed
}

fn run_seeds(twin: &mut Twin, first: u64, seeds: u64) -> usize {
    let mut failed = 0;
    let mut ran = 0;
    for seed in first..first + seeds {
        let script = generate::script(seed);
        ran += 1;
        if twin.run(RANDOM, &script).is_none() {
            continue;
        }
        failed += 1;
        println!("FAILED: seed {seed}, whose script in short is");
        let short = shrink::shrink(twin, script);
        short.iter().for_each(|line| println!("    {line}"));
        match twin.run(RANDOM, &short) {
            Some(divergence) => divergence.print(),
            None => println!("which differs now and then"),
        }
        if failed == MOST_REPORTS {
            break;
        }
    }
    println!("{ran} random scripts, {failed} of them differ");
    failed
}

impl Divergence {
    fn print(&self) {
        for (name, trace) in [("s2n-tls", &self.reference), ("rs2n", &self.rs2n)] {
            println!("  {name}:");
            for (number, line) in trace.iter().enumerate() {
                let mark = if number == self.line { '>' } else { ' ' };
                println!("  {mark} {line}");
            }
        }
    }
}
