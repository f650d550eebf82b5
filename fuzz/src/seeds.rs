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

/// Bytes without a meaning, long enough for many calls. The engine would take its time to get from
/// nothing to inputs of that length.
pub fn noise() -> Vec<(String, Vec<u8>)> {
    // xorshift64 (Marsaglia, 2003): the same noise every time.
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..FILES)
        .map(|file| {
            let words = (0..FEWEST_WORDS + file).flat_map(|_| next().to_le_bytes());
            (format!("noise-{file}"), words.collect())
        })
        .collect()
}

const FILES: usize = 200;
const FEWEST_WORDS: usize = 10;
