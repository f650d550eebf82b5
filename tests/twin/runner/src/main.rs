//! Runs scripts with s2n-tls and with rs2n, and requires equal traces.
//!
//! usage: runner REFERENCE-DRIVER RS2N-DRIVER RS2N-LIBRARY-DIRECTORY CERTIFICATES TWIN-DIRECTORY
//! SEEDS
//!            [FIRST-SEED]
//!
//! Runs the scripts of `TWIN-DIRECTORY/scripts`, the generated scripts, and SEEDS random ones.
//! Exits with 1 if there was a difference that `TWIN-DIRECTORY/differences.md` and
//! `verification.md` do not list. `TWIN_ONLY` runs one part: scripts, generated, cross, fleets,
//! psks, moves or random.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

mod cases;
mod certificates;
mod compare;
mod cross;
mod differences;
mod driver;
mod fleets;
mod generate;
mod hellos;
#[path = "../../hex.rs"]
mod hex;
mod matrix;
mod moves;
mod policies;
mod psks;
mod retries;
mod shrink;
#[path = "../../../support/der.rs"]
mod tree;

use compare::{Divergence, RANDOM, Twin};
use cross::Drivers;
use differences::Differences;
use driver::Driver;

/// Maximum number of divergences that are printed.
const MAX_REPORTS: usize = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [reference, rs2n, library, certs, directory, seeds, rest @ ..] = arguments.as_slice()
    else {
        eprintln!("runner: wrong number of arguments, see the usage in its source");
        return ExitCode::from(2);
    };
    let directory = PathBuf::from(directory);
    let seeds: u64 = seeds.parse().expect("a number of seeds");
    let first: u64 = rest
        .first()
        .map_or(1, |first| first.parse().expect("a seed"));
    let page = |name| fs::read_to_string(directory.join(name)).expect("the differences");
    let pages = page("differences.md") + &page("verification.md");

    let new_reference = || Driver::new(reference.as_ref(), certs.as_ref(), None);
    let new_rs2n = || Driver::new(rs2n.as_ref(), certs.as_ref(), Some(library.as_ref()));
    let mut twin = Twin {
        reference: new_reference(),
        rs2n: new_rs2n(),
        differences: Differences::parse(&pages).expect("valid differences"),
    };
    let only = env::var("TWIN_ONLY").ok();
    let runs = |part: &str| only.as_ref().is_none_or(|only| only == part);
    let mut failed = 0;
    if runs("scripts") {
        failed += run_scripts(&mut twin, &directory.join("scripts"));
    }
    if runs("generated") {
        failed += run_generated(&mut twin, certs.as_ref());
    }
    if runs("structures") {
        failed += cases::structures::run(&mut twin, certs.as_ref());
    }
    let mut drivers = Drivers {
        reference: [new_reference(), new_reference()],
        rs2n: [new_rs2n(), new_rs2n()],
    };
    if runs("cross") {
        failed += cross::run(&mut drivers, &twin.differences);
    }
    if runs("fleets") {
        failed += fleets::run(&mut drivers);
    }
    if runs("psks") {
        failed += psks::run(&mut drivers);
    }
    if runs("moves") {
        failed += moves::run(&mut drivers, certs.as_ref());
    }
    if runs("random") {
        failed += run_seeds(&mut twin, first, seeds);
    }
    let is_whole = only.is_none().then_some(seeds > 0 && first == 1);
    failed += report_differences(&twin.differences, is_whole);
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Runs all generated scripts except random ones.
fn run_generated(twin: &mut Twin, certs: &Path) -> usize {
    let mut failed = run_named(twin, "ClientHellos", &hellos::scripts());
    failed += run_named(twin, "ClientHello responses", &retries::scripts());
    failed += run_named(twin, "combinations", &matrix::scripts(certs));
    failed += run_named(twin, "policies", &policies::scripts(certs));
    failed += run_named(twin, "certificate chains", &cases::scripts(certs));
    failed += run_named(twin, "CRLs", &cases::crls::scripts(certs));
    failed += run_named(
        twin,
        "mutated PEM texts and certificates",
        &cases::mutants::scripts(certs),
    );
    failed + cases::product::run(twin, certs)
}

/// Reports how often each difference occurred. `is_whole` is `None` if a part of the scripts was not
/// run, else whether the random scripts were.
fn report_differences(differences: &Differences, is_whole: Option<bool>) -> usize {
    let mut failed = 0;
    for known in differences.iter() {
        println!("accepted {} times: {}", known.occurrences.get(), known.name);
        let Some(has_random) = is_whole else {
            continue;
        };
        // Some occur in random scripts only.
        if known.occurrences.get() == 0 && (!known.applies_to_all_scripts() || has_random) {
            println!("FAILED: the difference does not occur any more");
            failed += 1;
        }
        let missing = known.missing.borrow();
        // Whether it occurs in a random script depends on the seeds.
        for name in missing.iter().filter(|&name| name != RANDOM) {
            println!("FAILED: the difference does not occur in {name}");
            failed += 1;
        }
    }
    failed
}

/// Runs the scripts of a directory, in the order of their names.
fn run_scripts(twin: &mut Twin, directory: &Path) -> usize {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
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

/// Runs generated scripts.
fn run_named(twin: &mut Twin, kind: &str, scripts: &[(String, Vec<String>)]) -> usize {
    let mut failed = 0;
    for (name, script) in scripts {
        let Some(divergence) = twin.run(name, script) else {
            continue;
        };
        failed += 1;
        if failed <= MAX_REPORTS || env::var_os("TWIN_REPORT_ALL").is_some() {
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
        println!("FAILED: seed {seed}, minimized script:");
        let minimized = shrink::shrink(twin, script);
        minimized.iter().for_each(|line| println!("    {line}"));
        match twin.run(RANDOM, &minimized) {
            Some(divergence) => divergence.print(),
            None => println!("the divergence is not deterministic"),
        }
        if failed == MAX_REPORTS {
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
