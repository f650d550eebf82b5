//! Key updates (RFC 8446, 4.6.3).

use std::ffi::c_int;

use crate::ffi::abi::arguments::s2n_peer_key_update_arg;
use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_connection;
use rs2n_core::error::Code;

/// Asks for new sending keys (RFC 8446, 4.6.3). The next send that has data brings them into use;
/// before TLS 1.3 nothing ever happens. Keys also change by themselves, before they have sealed
/// more records than is safe.
///
/// @param conn A connection, before or after its handshake
/// @param peer_request `S2N_KEY_UPDATE_NOT_REQUESTED`: the peer keeps its own keys
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for any other
/// `peer_request`
///
/// May be called from any thread.
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_request_key_update(
    conn: *mut s2n_connection,
    peer_request: s2n_peer_key_update_arg,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        if peer_request.0 != 0 {
            return Err(Code::InvalidArgument)?;
        }
        conn.core.request_key_update();
        Ok(())
    })
}
