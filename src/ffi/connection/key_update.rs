//! Key updates (RFC 8446, 4.6.3).

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::arguments::s2n_peer_key_update_arg;
use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_connection;

/// Requests an update of the sending keys (KeyUpdate; RFC 8446, 4.6.3). The KeyUpdate is sent with
/// the next send that has data; before TLS 1.3 the request has no effect. Keys are also updated
/// automatically, before the number of records sealed with them exceeds the safe limit.
///
/// May be called from any thread.
///
/// @param conn The connection, before or after its handshake
/// @param peer_request `S2N_KEY_UPDATE_NOT_REQUESTED`: the peer is not requested to update its own
/// keys
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_UNSUPPORTED_WITH_QUIC` for a QUIC connection, or
/// `S2N_ERR_INVALID_ARGUMENT` for any other value of `peer_request`
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
        conn.core.request_key_update()
    })
}
