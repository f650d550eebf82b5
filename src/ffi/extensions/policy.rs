//! Security policies of the application and of the administrator.

use std::ffi::{c_char, c_int};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rs2n_core::error::{Code, Error, Escaped, Result};
use rs2n_core::policy::custom;

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::{errno, input};
use crate::ffi::library::init;
use crate::sys::environment;

/// Defines a security policy for the life of the process. Its name can then be passed to every function
/// that takes the name of a policy, such as `s2n_config_set_cipher_preferences()`.
///
/// The text has statements, which end with a line or a semicolon; a `#` begins a comment. `base NAME`
/// comes first, and takes over another policy. `min TLS1.2` or `min TLS1.3` sets the oldest version.
/// `suites`, `groups`, `signatures`, `certificate-signatures` and `certificate-keys` are followed by a
/// whole list, in order of preference, or by changes of that of the base, as `-NAME` and `+NAME`. The
/// names are those that the API reports. The guide has the other statements. A policy can have only
/// what the library supports, and at least one version with a cipher suite, a group and a signature
/// scheme.
///
/// A policy cannot be changed or removed. To define it again with the same parameters has no effect.
///
/// @param name A name that consists of "custom:" and letters, digits, '-', '_' and '.', of at most 64
/// bytes, as a NUL-terminated string; not retained. Names are not case-sensitive
/// @param text The definition, of at most 16 KiB, as a NUL-terminated string; not retained
/// @returns 0, or -1 with `S2N_ERR_NULL`; `S2N_ERR_NOT_INITIALIZED` before `s2n_init()`; or
/// `RS2N_ERR_POLICY_TEXT` if the name or the text is not valid, if the name has been defined with other
/// parameters, or if 64 policies have been defined: `rs2n_error_detail()` returns the line, the word
/// and the reason
///
/// It may be called at any time, in any thread.
///
/// # Safety
///
/// `name` and `text` are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_security_policy_define(
    name: *const c_char,
    text: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `name` is null or a string for the whole call.
        let name = unsafe { input::str(name) }?;
        // SAFETY: `text` is null or a string for the whole call.
        let text = unsafe { input::str(text) }?;
        init::check()?;
        let defined = custom::define(name.to_bytes(), text.to_bytes());
        defined.map_err(|problem| explained(&problem))
    })
}

/// The environment variable with the path of a file of policies.
const FILE: &str = "RS2N_SECURITY_POLICIES";

/// Defines the policies of the administrator's file, if there is one.
pub(crate) fn load() -> Result<()> {
    let Some(path) = environment::trusted_variable(FILE) else {
        custom::clear_replacements();
        return Ok(());
    };
    let path = Path::new(&path);
    let loaded = read(path).and_then(|content| {
        let loaded = custom::load(&content);
        loaded.map_err(|problem| problem.to_string())
    });
    loaded.map_err(|problem| {
        let name = path.as_os_str().as_bytes();
        let problem = format!("{FILE}: {}: {problem}", Escaped(name));
        custom::log_failure(&problem);
        explained(&problem)
    })
}

/// Reads a file. The path must not depend on the directory in which a program is started.
fn read(path: &Path) -> std::result::Result<Vec<u8>, String> {
    if !path.is_absolute() {
        return Err("the path is not absolute".to_owned());
    }
    let content = environment::read_regular_file(path, custom::MAX_FILE);
    content.map_err(|error| format!("the file cannot be read: {error}"))
}

/// Returns the error of a definition, with its particulars.
#[track_caller]
fn explained(problem: &impl fmt::Display) -> Error {
    errno::explained(Code::PolicyText.into(), problem)
}
