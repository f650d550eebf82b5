//! Allocator and random callbacks.

use std::ffi::c_int;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::callbacks::{
    s2n_mem_cleanup_callback, s2n_mem_free_callback, s2n_mem_init_callback,
    s2n_mem_malloc_callback, s2n_rand_cleanup_callback, s2n_rand_init_callback,
    s2n_rand_mix_callback, s2n_rand_seed_callback,
};
use crate::ffi::library::init;
use crate::sys::memory::{self, Callbacks};
use rs2n_core::error::Code;

/// Sets where the library gets its memory, in place of `malloc()`. Call it before any other function of
/// the library, and before `s2n_init()`, which begins to use the callbacks.
///
/// Any thread may call them. What the callback refuses to give, or gives too little of, is refused: calls
/// that need memory fail with `S2N_ERR_ALLOC`. Memory of AWS-LC, which does the cryptography, still comes
/// from `malloc()`, and so does what the library keeps for the life of the process; `s2n_cleanup_final()` gives
/// back all else. Of an object that still lives then, nothing is given back to the callbacks any more. Memory
/// is neither locked nor kept out of core dumps.
///
/// @param mem_init_callback Called by `s2n_init()`, which fails if this gives less than 0
/// @param mem_cleanup_callback Called by `s2n_cleanup_final()`, which fails if this gives less than 0
/// @param mem_malloc_callback Sets a pointer to at least so many bytes, of whatever alignment, and their
/// number; gives less than 0 if it cannot
/// @param mem_free_callback Takes memory back, with the number that came with it
/// @returns 0; or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`, or if the library has used memory
/// before; or with `S2N_ERR_NULL`
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

/// Does nothing, as in s2n-tls: random bytes come from AWS-LC, which gets them from the system.
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
