//! Getters of a connection in any state, and functions of unsupported features. Results are not
//! checked, but every failure must set an error, and no byte beyond the capacity may be written.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use super::ffi::*;

/// Reads a message of the log, which is one line of printable characters.
unsafe extern "C" fn read_message(
    level: c_int,
    conn: Conn,
    message: *const c_char,
    _: *mut c_void,
) {
    assert!((1..=3).contains(&level) && !conn.is_null());
    // SAFETY: the library passes a NUL-terminated string.
    let message = unsafe { CStr::from_ptr(message) };
    assert!(is_printable(message.to_bytes()), "{message:?}");
}

fn is_printable(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Calls one getter with a buffer of this capacity, and with these bytes as arguments. Returns -1
/// for a failure.
pub fn call_getter(conn: Conn, getter: u8, bytes: &[u8], capacity: usize) -> i64 {
    let mut space = vec![0_u8; capacity];
    let (out, short) = (space.as_mut_ptr(), capacity as u32);
    let mut alert = 0;
    let (mut len, mut number, mut name, mut config) = (0, 0, ptr::null(), ptr::null_mut());
    let (mut parameters, mut parameters_len) = (ptr::null(), 0);
    // SAFETY: the connection is live or NULL, every output can be written to, and every size is
    // that of its buffer.
    unsafe {
        let hello = s2n_connection_get_client_hello(conn);
        match getter % 31 {
            0 => s2n_client_hello_get_raw_message(hello, out, short) as i64,
            1 => s2n_client_hello_get_extensions(hello, out, short) as i64,
            2 => {
                let id = bytes.first().copied().unwrap_or_default().into();
                s2n_client_hello_get_extension_by_id(hello, id, out, short) as i64
            }
            3 => s2n_client_hello_get_cipher_suites(hello, out, short) as i64,
            4 => s2n_client_hello_get_session_id(hello, out, &mut len, short).into(),
            5 => s2n_client_hello_get_fingerprint_string(hello, 1, short, out, &mut len).into(),
            6 => failed(s2n_connection_get_handshake_type_name(conn).is_null()),
            7 => failed(s2n_connection_get_last_message_name(conn).is_null()),
            8 => i64::from(s2n_connection_get_selected_cert(conn).is_null()),
            9 => readable(s2n_connection_get_ocsp_response(conn, &mut len), len),
            10 => readable(s2n_connection_get_sct_list(conn, &mut len), len),
            11 => s2n_connection_is_ocsp_stapled(conn).into(),
            12 => s2n_connection_get_certificate_match(conn, &mut number).into(),
            13 => s2n_connection_get_signature_scheme(conn, &mut name).into(),
            14 => s2n_connection_get_selected_signature_algorithm(conn, &mut number).into(),
            15 => {
                s2n_connection_get_selected_client_cert_digest_algorithm(conn, &mut number).into()
            }
            16 => s2n_connection_get_master_secret(conn, out, capacity).into(),
            17 => {
                let (label, context) = bytes.split_at(bytes.len() / 2);
                s2n_connection_tls_exporter(
                    conn,
                    label.as_ptr(),
                    label.len() as u32,
                    context.as_ptr(),
                    context.len() as u32,
                    out,
                    short,
                )
                .into()
            }
            18 => {
                let chain = s2n_cert_chain_and_key_new();
                let copied = s2n_connection_get_peer_cert_chain(conn, chain);
                assert_eq!(s2n_cert_chain_and_key_free(chain), 0);
                copied.into()
            }
            19 => s2n_connection_get_config(conn, &mut config).into(),
            20 => {
                let mut error = [0; 4];
                let known = bytes.len().min(4);
                error[..known].copy_from_slice(&bytes[..known]);
                s2n_error_get_alert(i32::from_le_bytes(error), &mut alert).into()
            }
            21 => s2n_connection_get_session(conn, out, capacity).into(),
            22 => s2n_connection_set_session(conn, bytes.as_ptr(), bytes.len()).into(),
            23 => s2n_connection_get_session_length(conn).into(),
            24 => s2n_connection_serialize(conn, out, short).into(),
            25 => s2n_connection_deserialize(conn, out, short).into(),
            26 => s2n_connection_handshake_complete(conn).into(),
            27 => {
                let mode = bytes.first().copied().unwrap_or_default().into();
                len = short;
                s2n_conn_get_signature_public_key_type(conn, mode, out.cast(), &mut len).into()
            }
            28 => {
                let whole = rs2n_connection_error_detail(conn, out.cast(), capacity);
                let text = space.split(|&byte| byte == 0).next().unwrap_or_default();
                assert!(is_printable(text), "{text:?}");
                assert!(
                    text.len() < capacity.max(1) && text.len() as i64 <= i64::from(whole).max(0)
                );
                whole.into()
            }
            29 => {
                let level = c_int::from(bytes.first().copied().unwrap_or_default() % 5);
                rs2n_set_log_callback(level, Some(read_message), ptr::null_mut()).into()
            }
            _ => match bytes.len() % 2 {
                0 => s2n_connection_ktls_enable_send(conn).into(),
                _ => s2n_connection_get_quic_transport_parameters(
                    conn,
                    &mut parameters,
                    &mut parameters_len,
                )
                .into(),
            },
        }
    }
}

fn failed(failed: bool) -> i64 {
    -i64::from(failed)
}

/// Reads bytes that the library returned.
///
/// # Safety
///
/// `bytes` is NULL, or holds `len` bytes.
unsafe fn readable(bytes: *const u8, len: u32) -> i64 {
    if bytes.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, len as usize) };
    bytes.iter().map(|&byte| i64::from(byte)).sum()
}
