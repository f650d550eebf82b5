//! Functions of the library, without an object.

use std::ffi::c_int;
use std::ptr;
use std::sync::OnceLock;

use super::setup::read;
use super::{Args, World, callbacks};
use crate::c::*;

/// An open stream that discards what is written.
fn null_stream() -> *mut libc::FILE {
    static STREAM: OnceLock<usize> = OnceLock::new();
    // SAFETY: both are strings.
    let open = || unsafe { libc::fopen(c"/dev/null".as_ptr(), c"w".as_ptr()) } as usize;
    *STREAM.get_or_init(open) as *mut libc::FILE
}

impl World {
    pub fn library_call(&self, args: &Args) {
        self.status(match args.function % 3 {
            0 => self.process_call(args),
            1 => self.trace_call(args),
            _ => self.extension_call(args),
        });
    }

    fn process_call(&self, args: &Args) -> c_int {
        let mut mode = -1;
        // SAFETY: the functions have no requirement, or an output that is writable. Objects stay
        // valid after `s2n_cleanup_final()`.
        unsafe {
            match args.other % 11 {
                0 => {
                    let again = s2n_init();
                    assert_eq!(again, -1);
                    again
                }
                1 => s2n_cleanup(),
                2 => s2n_cleanup_thread(),
                3 => s2n_crypto_disable_init(),
                4 => s2n_disable_atexit(),
                5 => s2n_enable_tls13(),
                6 => s2n_rand_set_callbacks(None, None, None, None),
                7 => s2n_mem_set_callbacks(None, None, None, None),
                8 => {
                    let known = s2n_get_fips_mode(&mut mode);
                    assert!(known != 0 || (0..=1).contains(&mode));
                    known
                }
                9 => {
                    assert_ne!(s2n_get_openssl_version(), 0);
                    0
                }
                _ => i32::from(read(rs2n_version()) > 0) - 1,
            }
        }
    }

    fn trace_call(&self, args: &Args) -> c_int {
        let mut trace = [0_u64; 2];
        // SAFETY: the stream is open; the output has the size and alignment of `struct
        // s2n_stacktrace`.
        unsafe {
            match args.other % 6 {
                0 => s2n_calculate_stacktrace(),
                1 => s2n_free_stacktrace(),
                2 => s2n_get_stacktrace(trace.as_mut_ptr().cast()),
                3 => s2n_print_stacktrace(null_stream()),
                4 => {
                    // Recording one is slow: a single one in a case.
                    let set = s2n_stack_traces_enabled_set(args.number % 64 == 1);
                    assert_eq!(s2n_stack_traces_enabled(), args.number % 64 == 1);
                    set
                }
                _ => s2n_stack_traces_enabled_set(false),
            }
        }
    }

    fn extension_call(&self, args: &Args) -> c_int {
        let mut room = vec![0; args.size().min(1 << 10)];
        let (out, capacity) = (room.as_mut_ptr(), room.len());
        let mut alert = 0;
        // SAFETY: every buffer has the size passed, every string is NUL-terminated; the callback is
        // valid for the life of the process.
        unsafe {
            match args.other % 6 {
                0 => rs2n_error_detail(out.cast(), capacity),
                1 => rs2n_connection_error_detail(self.conn(args.object), out.cast(), capacity),
                2 => {
                    rs2n_set_log_callback(args.member(5), Some(callbacks::on_log), ptr::null_mut())
                }
                // A policy is defined for the life of the process: their number is limited.
                3 => rs2n_security_policy_define(
                    args.bytes.text().as_ptr(),
                    args.more.text().as_ptr(),
                ),
                4 => s2n_error_get_alert(args.number as i32, &mut alert),
                _ => s2n_error_get_alert((args.number % 8 * 0x400_0000) as i32, &mut alert),
            }
        }
    }
}
