//! Test certificates: one set, which all test programs share.
#![allow(dead_code)] // Each test binary uses a part.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{build_dir, root, run};

/// The folder of the certificates that `tests/certs/make.sh` generates. Tests only read it.
pub fn certs() -> &'static Path {
    static CERTS: OnceLock<PathBuf> = OnceLock::new();
    CERTS.get_or_init(|| generate().expect("the build folder is writable"))
}

/// The path of a file in [`certs`].
pub fn cert(name: &str) -> String {
    certs().join(name).display().to_string()
}

/// The paths of a certificate chain and of its private key.
pub fn chain_and_key(name: &str) -> (String, String) {
    (cert(&format!("{name}.pem")), cert(&format!("{name}.key")))
}

/// Copies all certificates and keys to a folder, for a test that modifies them.
pub fn copy_certs(to: &Path) {
    fs::create_dir(to).expect("the folder of the test is writable");
    for entry in fs::read_dir(certs()).expect("the certificates are readable") {
        let entry = entry.expect("the certificates are readable");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("the folder is writable");
    }
}

/// Generates the set of today and of this script, unless it exists. A running test program keeps
/// the set with which it began: a set is complete before it gets its name, and is never changed.
fn generate() -> io::Result<PathBuf> {
    let script = root().join("tests/certs/make.sh");
    let mut hash = DefaultHasher::new();
    fs::read(&script)?.hash(&mut hash);
    let today = today();
    let folder = build_dir().join("tests-certs");
    let set = folder.join(format!("{today}-{:016x}", hash.finish()));

    fs::create_dir_all(&folder)?;
    // One test program generates, and those that run at the same time wait for it.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    if !set.exists() {
        remove_sets_before(&folder, today.saturating_sub(1))?;
        let incomplete = folder.join("incomplete");
        if incomplete.exists() {
            fs::remove_dir_all(&incomplete)?;
        }
        run(Command::new("sh").arg(&script).arg(&incomplete));
        fs::rename(&incomplete, &set)?;
    }
    Ok(set)
}

/// Days since 1970, so that certificates are at most one day old.
fn today() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("the clock is after 1970").as_secs() / (24 * 60 * 60)
}

/// Removes the sets of the days before `first`. The set of yesterday may still be in use.
fn remove_sets_before(folder: &Path, first: u64) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let day = name.split_once('-').and_then(|(day, _)| day.parse().ok());
        if day.is_some_and(|day: u64| day < first) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
