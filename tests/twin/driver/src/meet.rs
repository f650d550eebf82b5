//! One end of a conversation whose other end another process has, with whichever library.

use std::ffi::{CStr, CString, c_int};
use std::path::Path;
use std::ptr;

use s2n_tls_sys::*;

use crate::calls::failure;
use crate::world::pattern;

/// The socket to the other end.
const SOCKET: c_int = 0;

/// How many bytes go each way.
const AMOUNT: usize = 100_000;

/// Talks, and says what was agreed on or what has failed. The arguments are `client` or `server`, a
/// security policy, and the name of a certificate: of the root that a client trusts, or of the chain
/// that a server shows.
pub fn meet(certs: &Path, arguments: &[String]) -> String {
    let [role, policy, name] = arguments else {
        return "not the arguments of a conversation".into();
    };
    let mode = match role.as_str() {
        "client" => s2n_mode::CLIENT,
        _ => s2n_mode::SERVER,
    };
    match talk(certs, mode, policy, name) {
        Ok(agreed) => agreed,
        Err(call) => format!("{call}: {}", failure()),
    }
}

fn talk(
    certs: &Path,
    mode: s2n_mode::Type,
    policy: &str,
    name: &str,
) -> Result<String, &'static str> {
    let text = |name: String| {
        let bytes = std::fs::read(certs.join(name)).expect("the certificates were made");
        CString::new(bytes).expect("text")
    };
    let policy = CString::new(policy).expect("text");
    let pem = text(format!("{name}.pem"));
    // SAFETY: the library was initialized.
    let (config, conn) = unsafe { (s2n_config_new_minimal(), s2n_connection_new(mode)) };
    // SAFETY: config and connection are live, and so are the texts.
    check("policy", unsafe {
        s2n_config_set_cipher_preferences(config, policy.as_ptr())
    })?;
    if mode == s2n_mode::CLIENT {
        // SAFETY: as above.
        check("trust", unsafe {
            s2n_config_add_pem_to_trust_store(config, pem.as_ptr())
        })?;
        // SAFETY: as above.
        check("name", unsafe {
            s2n_set_server_name(conn, c"localhost".as_ptr())
        })?;
    } else {
        let key = text(format!("{name}.key"));
        // SAFETY: as above.
        check("chain", unsafe {
            s2n_config_add_cert_chain_and_key(config, pem.as_ptr(), key.as_ptr())
        })?;
    }
    // SAFETY: as above.
    check("config", unsafe { s2n_connection_set_config(conn, config) })?;
    // SAFETY: as above.
    check("blinding", unsafe {
        s2n_connection_set_blinding(conn, s2n_blinding::SELF_SERVICE_BLINDING)
    })?;
    // SAFETY: as above; the socket stays open.
    check("socket", unsafe { s2n_connection_set_fd(conn, SOCKET) })?;

    let mut blocked = s2n_blocked_status::NOT_BLOCKED;
    // SAFETY: as above.
    check("negotiate", unsafe { s2n_negotiate(conn, &mut blocked) })?;
    if mode == s2n_mode::CLIENT {
        send(conn)?;
        receive(conn)?;
    } else {
        receive(conn)?;
        send(conn)?;
    }
    Ok(agreed(conn))
}

fn check(call: &'static str, status: c_int) -> Result<(), &'static str> {
    match status {
        0 => Ok(()),
        _ => Err(call),
    }
}

fn send(conn: *mut s2n_connection) -> Result<(), &'static str> {
    let bytes: Vec<u8> = (0..AMOUNT as u64).map(|place| pattern(0, place)).collect();
    let mut sent = 0;
    while sent < AMOUNT {
        let rest = &bytes[sent..];
        let mut blocked = s2n_blocked_status::NOT_BLOCKED;
        // SAFETY: the connection is live, and so are the bytes.
        let len = unsafe {
            s2n_send(
                conn,
                rest.as_ptr().cast(),
                rest.len() as isize,
                &mut blocked,
            )
        };
        sent += usize::try_from(len).map_err(|_| "send")?;
    }
    Ok(())
}

fn receive(conn: *mut s2n_connection) -> Result<(), &'static str> {
    let mut bytes = vec![0u8; AMOUNT];
    let mut received = 0;
    while received < AMOUNT {
        let room = &mut bytes[received..];
        let mut blocked = s2n_blocked_status::NOT_BLOCKED;
        // SAFETY: the connection is live, and so is the room.
        let len = unsafe {
            s2n_recv(
                conn,
                room.as_mut_ptr().cast(),
                room.len() as isize,
                &mut blocked,
            )
        };
        match usize::try_from(len) {
            Ok(0) => return Err("end"),
            Ok(len) => received += len,
            Err(_) => return Err("receive"),
        }
    }
    let is_right = |(place, &byte): (usize, &u8)| byte == pattern(0, place as u64);
    match bytes.iter().enumerate().all(is_right) {
        true => Ok(()),
        false => Err("compare"),
    }
}

fn agreed(conn: *mut s2n_connection) -> String {
    let mut group = ptr::null();
    // SAFETY: the connection is live; the names are constants.
    let (version, cipher, group) = unsafe {
        s2n_connection_get_key_exchange_group(conn, &mut group);
        let version = s2n_connection_get_actual_protocol_version(conn);
        let cipher = CStr::from_ptr(s2n_connection_get_cipher(conn));
        (version, cipher, CStr::from_ptr(group))
    };
    let (cipher, group) = (cipher.to_string_lossy(), group.to_string_lossy());
    format!("agreed: version {version}, {cipher}, {group}")
}
