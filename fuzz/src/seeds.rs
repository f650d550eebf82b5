//! Initial corpus, generated when a target starts.

use std::fs;
use std::path::Path;

/// Writes seed inputs to the directory that `run.sh` creates. Without that directory they are not
/// needed.
pub fn write(target: &str, seeds: Vec<(String, Vec<u8>)>) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target);
    if !dir.is_dir() {
        return;
    }
    for (name, bytes) in seeds {
        fs::write(dir.join(name), bytes).expect("the directory is writable");
    }
}

/// Returns random inputs, long enough for many calls: the engine would be slow to grow inputs to
/// that length.
pub fn noise() -> Vec<(String, Vec<u8>)> {
    // xorshift64 (Marsaglia, 2003), with a fixed seed.
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..FILES)
        .map(|file| {
            let words = (0..MIN_WORDS + file).flat_map(|_| next().to_le_bytes());
            (format!("noise-{file}"), words.collect())
        })
        .collect()
}

const FILES: usize = 200;
const MIN_WORDS: usize = 10;
