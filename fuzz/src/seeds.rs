//! Inputs to begin with, made when a target starts.

use std::fs;
use std::path::Path;

/// Writes them where `run.sh` wants them; without it there is no such folder, and nobody wants
/// them.
pub fn write(target: &str, seeds: Vec<(String, Vec<u8>)>) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target);
    if !dir.is_dir() {
        return;
    }
    for (name, bytes) in seeds {
        fs::write(dir.join(name), bytes).expect("the folder is writable");
    }
}
