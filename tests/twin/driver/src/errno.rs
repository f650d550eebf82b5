//! Names of errno values.

use std::ffi::c_int;

const NAMES: [(&str, c_int); 10] = [
    ("0", 0),
    ("EAGAIN", libc::EAGAIN),
    ("EINTR", libc::EINTR),
    ("EPIPE", libc::EPIPE),
    ("ECONNRESET", libc::ECONNRESET),
    ("ECONNREFUSED", libc::ECONNREFUSED),
    ("EIO", libc::EIO),
    ("EBADF", libc::EBADF),
    ("ENOTSOCK", libc::ENOTSOCK),
    ("EINVAL", libc::EINVAL),
];

pub fn number(name: &str) -> Option<c_int> {
    // Both names have one value on Linux.
    let name = if name == "EWOULDBLOCK" {
        "EAGAIN"
    } else {
        name
    };
    NAMES.iter().find(|row| row.0 == name).map(|row| row.1)
}

pub fn name(number: c_int) -> String {
    let row = NAMES.iter().find(|row| row.1 == number);
    row.map_or_else(|| number.to_string(), |row| row.0.to_owned())
}

pub fn set(number: c_int) {
    // SAFETY: errno is thread-local.
    unsafe { *libc::__errno_location() = number };
}

pub fn last() -> c_int {
    // SAFETY: errno is thread-local.
    unsafe { *libc::__errno_location() }
}
