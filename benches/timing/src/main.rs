//! Times of the library for two classes of inputs, which differ in one respect that depends on a secret.
//!
//! usage: timing FOLDER-OF-CERTIFICATES SAMPLES [PATH]
//!
//! The paths are those of `paths.c`. Each sample is of a random class, and its input is prepared just before it,
//! so that both classes meet the same load of the machine.

use std::ffi::{CStr, CString, c_char, c_int};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{env, io};

use dudect_bencher::ctbench::{BenchFn, BenchMetadata, BenchName, BenchOpts, run_benches_console};
use dudect_bencher::rand::RngExt;
use dudect_bencher::{BenchRng, Class, CtRunner};

unsafe extern "C" {
    fn begin(count: c_int, arguments: *const *const c_char);
    /// Returns the name of a path; null behind the last one.
    fn path_name(path: usize) -> *const c_char;
    fn path_begin(path: usize);
    fn path_prepare(class: c_int);
    fn path_run() -> c_int;
    fn path_check();
}

static SAMPLES: AtomicUsize = AtomicUsize::new(0);

/// Samples before those that count: caches, branch predictors and allocators adapt to the path.
const WARM_UP: usize = 500;

fn measure<const PATH: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    // SAFETY: one thread, and a path that `main` has found.
    unsafe { path_begin(PATH) };
    let mut unused = CtRunner::default();
    for sample in 0..WARM_UP + SAMPLES.load(Relaxed) {
        let is_right: bool = rng.random();
        // SAFETY: the path has begun.
        unsafe { path_prepare(is_right.into()) };
        let class = if is_right { Class::Right } else { Class::Left };
        let runner = if sample < WARM_UP {
            &mut unused
        } else {
            &mut *runner
        };
        // SAFETY: the input is prepared.
        runner.run_one(class, || unsafe { path_run() });
        // SAFETY: the path has run.
        unsafe { path_check() };
    }
}

/// A function for each path: the crate calls functions without arguments of ours.
const MEASURES: &[BenchFn] = &[
    measure::<0>,
    measure::<1>,
    measure::<2>,
    measure::<3>,
    measure::<4>,
    measure::<5>,
    measure::<6>,
    measure::<7>,
    measure::<8>,
    measure::<9>,
    measure::<10>,
    measure::<11>,
    measure::<12>,
    measure::<13>,
    measure::<14>,
    measure::<15>,
    measure::<16>,
    measure::<17>,
    measure::<18>,
    measure::<19>,
];

fn main() -> io::Result<()> {
    let usage = "usage: timing FOLDER-OF-CERTIFICATES SAMPLES [PATH]";
    let mut arguments = env::args().skip(1);
    let folder = CString::new(arguments.next().expect(usage)).expect("no NUL");
    SAMPLES.store(
        arguments
            .next()
            .and_then(|it| it.parse().ok())
            .expect(usage),
        Relaxed,
    );
    let filter = arguments.next();
    let program = [c"timing".as_ptr(), folder.as_ptr()];
    // SAFETY: two NUL-terminated strings that live as long as the program.
    unsafe { begin(2, program.as_ptr()) };
    let mut benches = Vec::new();
    for (path, &benchfn) in MEASURES.iter().enumerate() {
        // SAFETY: any number is allowed.
        let name = unsafe { path_name(path) };
        if name.is_null() {
            break;
        }
        // SAFETY: a static string.
        let name = unsafe { CStr::from_ptr(name) }.to_str().expect("ASCII");
        benches.push(BenchMetadata {
            name: BenchName(name),
            seed: None,
            benchfn,
        });
    }
    run_benches_console(
        BenchOpts {
            filter,
            ..BenchOpts::default()
        },
        benches,
    )
}
