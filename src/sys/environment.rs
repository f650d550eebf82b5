//! Environment variables of administrators, and the files that they name.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Returns the value of an environment variable; `None` if the process has privileges that the user
/// who has set the variable may lack.
pub fn trusted_variable(name: &str) -> Option<OsString> {
    if_unprivileged(is_privileged(), env::var_os(name))
}

fn if_unprivileged(is_privileged: bool, value: Option<OsString>) -> Option<OsString> {
    value.filter(|_| !is_privileged)
}

/// Returns whether the program runs with other privileges than its user: set-user-ID, set-group-ID
/// or file capabilities.
fn is_privileged() -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: getauxval reads a value of the process, and has no other requirements.
    return unsafe { libc::getauxval(libc::AT_SECURE) } != 0;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    // SAFETY: issetugid reads a flag of the process, and has no requirements.
    return unsafe { libc::issetugid() } != 0;
}

/// Reads a regular file of at most `limit` bytes. It fails with `FileTooLarge` for a longer one, and
/// waits neither for a pipe nor for a device.
pub fn read_regular_file(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut options = File::options();
    let file = options
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    let mut content = Vec::new();
    let limit = limit as u64;
    if file.take(limit + 1).read_to_end(&mut content)? as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("longer than {limit} bytes"),
        ));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn variables_are_ignored_in_programs_with_privileges() {
        let value = || Some(OsString::from("/etc/policies"));
        assert_eq!(if_unprivileged(false, value()), value());
        assert_eq!(if_unprivileged(true, value()), None);
        assert_eq!(if_unprivileged(false, None), None);
        assert!(!is_privileged());
    }

    #[test]
    fn only_regular_files_of_limited_length_are_read() {
        let dir = env::temp_dir().join(format!("rs2n-environment-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("file");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read_regular_file(&path, 5).unwrap(), b"12345");
        let kind = |path: &Path, limit| read_regular_file(path, limit).unwrap_err().kind();
        assert_eq!(kind(&path, 4), io::ErrorKind::FileTooLarge);
        assert_eq!(kind(&dir, 4), io::ErrorKind::InvalidInput);
        assert_eq!(kind(Path::new("/dev/zero"), 4), io::ErrorKind::InvalidInput);
        assert_eq!(kind(&dir.join("none"), 4), io::ErrorKind::NotFound);
        let pipe = dir.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert_eq!(kind(&pipe, 4), io::ErrorKind::InvalidInput);
        fs::remove_dir_all(&dir).unwrap();
    }
}
