//! Compiles the paths, and links the library in the folder `RS2N_LIBRARY`.

fn main() {
    let library = std::env::var("RS2N_LIBRARY").expect("run.sh sets RS2N_LIBRARY");
    let sources = ["paths.c", "../../tests/timing/timing.c"];
    cc::Build::new()
        .files(sources)
        .include("../../include")
        .include("../../tests/c")
        .include("../../tests/timing")
        .std("gnu99")
        .opt_level(2)
        .warnings_into_errors(true)
        .compile("paths");
    println!("cargo::rustc-link-search=native={library}");
    println!("cargo::rustc-link-lib=dylib=s2n");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{library}");
    println!("cargo::rerun-if-env-changed=RS2N_LIBRARY");
    for source in sources {
        println!("cargo::rerun-if-changed={source}");
    }
}
