//! Allocator and random callbacks.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::callbacks::{
    s2n_mem_cleanup_callback, s2n_mem_free_callback, s2n_mem_init_callback,
    s2n_mem_malloc_callback, s2n_rand_cleanup_callback, s2n_rand_init_callback,
    s2n_rand_mix_callback, s2n_rand_seed_callback,
};
use crate::ffi::library::init;
use crate::sys::memory::{self, Callbacks};

/// Sets the allocator of the library, in place of `malloc()`. It must be called before any other
/// function of the library, and before `s2n_init()`, from which on the callbacks are used.
///
/// The callbacks may be called in any thread. If the callback returns no memory or less than was
/// requested, the allocation fails, and calls that need memory fail with `S2N_ERR_ALLOC`. Memory of
/// AWS-LC, the cryptographic library, is always allocated by `malloc()`, and so is memory for the
/// life of the process; `s2n_cleanup_final()` returns all other memory. The memory of objects that
/// are alive then is not returned to the callbacks any more. Memory is neither locked nor excluded
/// from core dumps.
///
/// @param mem_init_callback Called by `s2n_init()`, which fails if it returns less than 0
/// @param mem_cleanup_callback Called by `s2n_cleanup_final()`, which fails if it returns less than
/// 0
/// @param mem_malloc_callback Allocates memory: stores a pointer to at least the requested number
/// of bytes, with any alignment, and the number of bytes allocated; returns less than 0 for failure
/// @param mem_free_callback Frees memory, given the pointer and its number of bytes allocated
/// @returns 0; or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`, or if the library has allocated
/// memory before; or with `S2N_ERR_NULL`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_mem_set_callbacks(
    mem_init_callback: s2n_mem_init_callback,
    mem_cleanup_callback: s2n_mem_cleanup_callback,
    mem_malloc_callback: s2n_mem_malloc_callback,
    mem_free_callback: s2n_mem_free_callback,
) -> c_int {
    status(|| {
        init::check_not_done()?;
        let callbacks = Callbacks {
            init: mem_init_callback.ok_or(Code::Null)?,
            cleanup: mem_cleanup_callback.ok_or(Code::Null)?,
            malloc: mem_malloc_callback.ok_or(Code::Null)?,
            free: mem_free_callback.ok_or(Code::Null)?,
        };
        match memory::set_callbacks(callbacks) {
            true => Ok(()),
            false => Err(Code::Initialized)?,
        }
    })
}

/// Sets the random number generators. It has no effect, as in s2n-tls: random bytes come from
/// AWS-LC, which obtains them from the operating system.
///
/// @param rand_init_callback Not called
/// @param rand_cleanup_callback Not called
/// @param rand_seed_callback Not called
/// @param rand_mix_callback Not called
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_rand_set_callbacks(
    rand_init_callback: s2n_rand_init_callback,
    rand_cleanup_callback: s2n_rand_cleanup_callback,
    rand_seed_callback: s2n_rand_seed_callback,
    rand_mix_callback: s2n_rand_mix_callback,
) -> c_int {
    let _ = (rand_init_callback, rand_cleanup_callback);
    let _ = (rand_seed_callback, rand_mix_callback);
    0
}
