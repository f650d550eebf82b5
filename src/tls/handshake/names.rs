//! What the API calls a handshake, and the message that it stands at.

use std::ffi::{CStr, CString};

use super::Handshake;
use crate::tls::base::{Mode, Version};
use crate::tls::config::ClientAuth;
use crate::tls::connection::Connection;
use crate::tls::credentials::step_context::Request;

/// The messages of a handshake. It stands at some of them between two calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum At {
    ClientHello,
    HelloRetryRequest,
    ServerHello,
    EncryptedExtensions,
    ServerCert,
    ServerCertStatus,
    ServerCertVerify,
    ServerKey,
    ServerCertReq,
    ServerHelloDone,
    ClientCert,
    ClientCertVerify,
    ClientKey,
    ClientChangeCipherSpec,
    ClientFinished,
    ServerChangeCipherSpec,
    ServerFinished,
    ApplicationData,
}

impl At {
    const ALL: [(Self, &CStr); 18] = [
        (Self::ClientHello, c"CLIENT_HELLO"),
        (Self::HelloRetryRequest, c"HELLO_RETRY_MSG"),
        (Self::ServerHello, c"SERVER_HELLO"),
        (Self::EncryptedExtensions, c"ENCRYPTED_EXTENSIONS"),
        (Self::ServerCert, c"SERVER_CERT"),
        (Self::ServerCertStatus, c"SERVER_CERT_STATUS"),
        (Self::ServerCertVerify, c"SERVER_CERT_VERIFY"),
        (Self::ServerKey, c"SERVER_KEY"),
        (Self::ServerCertReq, c"SERVER_CERT_REQ"),
        (Self::ServerHelloDone, c"SERVER_HELLO_DONE"),
        (Self::ClientCert, c"CLIENT_CERT"),
        (Self::ClientCertVerify, c"CLIENT_CERT_VERIFY"),
        (Self::ClientKey, c"CLIENT_KEY"),
        (Self::ClientChangeCipherSpec, c"CLIENT_CHANGE_CIPHER_SPEC"),
        (Self::ClientFinished, c"CLIENT_FINISHED"),
        (Self::ServerChangeCipherSpec, c"SERVER_CHANGE_CIPHER_SPEC"),
        (Self::ServerFinished, c"SERVER_FINISHED"),
        (Self::ApplicationData, c"APPLICATION_DATA"),
    ];

    pub(crate) fn name(number: u8) -> &'static CStr {
        let known = Self::ALL.iter().find(|(at, _)| *at as u8 == number);
        known.map_or(c"CLIENT_HELLO", |(_, name)| name)
    }

    /// The message with the signature of this side.
    pub(super) fn signature_of(side: Mode, version: Version) -> Self {
        match side {
            Mode::Client => Self::ClientCertVerify,
            Mode::Server if version == Version::Tls13 => Self::ServerCertVerify,
            Mode::Server => Self::ServerKey,
        }
    }
}

impl Handshake {
    /// The message that comes next. rustls keeps to itself which one of an encrypted flight it waits
    /// for, so that is the flight's first.
    pub(super) fn at(&self, conn: &Connection) -> At {
        let is_client = conn.mode == Mode::Client;
        let is_tls13 = conn.version() == Version::Tls13;
        if self.stage.is_complete() {
            return At::ApplicationData;
        }
        if self.stage.is_trial() {
            return match is_client {
                true => At::ServerCert,
                false => At::ClientCert,
            };
        }
        if self.stage.is_start() || self.stage.is_listening() || self.stage.is_greeted() {
            return At::ClientHello;
        }
        match (is_client, is_tls13) {
            (true, _) if self.awaits_hello || self.server_hello_version.is_none() => {
                At::ServerHello
            }
            (false, _) if self.awaits_hello => At::ClientHello,
            (true, true) => At::EncryptedExtensions,
            (true, false) if self.has_answered => At::ServerChangeCipherSpec,
            (true, false) => At::ServerCert,
            (false, _) if asks_for_certificate(conn) => At::ClientCert,
            (false, true) => At::ClientFinished,
            (false, false) => At::ClientKey,
        }
    }
}

pub(super) fn asks_for_certificate(conn: &Connection) -> bool {
    conn.client_auth()
        .is_ok_and(|auth| auth != ClientAuth::None)
}

/// What kind of handshake it was, in the words of s2n-tls.
pub(super) fn kind(
    conn: &Connection,
    version: Version,
    is_resumed: bool,
    was_retried: bool,
    peer_cert: bool,
) -> CString {
    let (asked, shown) = match conn.mode {
        Mode::Server => (asks_for_certificate(conn), peer_cert),
        Mode::Client => {
            let request = conn.choices().request;
            (request != Request::None, request == Request::Answered)
        }
    };
    let is_tls13 = version == Version::Tls13;
    let flags = [
        (true, "NEGOTIATED"),
        (!is_resumed, "FULL_HANDSHAKE"),
        (asked, "CLIENT_AUTH"),
        (asked && !shown, "NO_CLIENT_CERT"),
        (was_retried, "HELLO_RETRY_REQUEST"),
        (is_tls13, "MIDDLEBOX_COMPAT"),
        (!is_tls13 && !is_resumed, "TLS12_PERFECT_FORWARD_SECRECY"),
        (!is_tls13 && conn.is_ocsp_stapled(), "OCSP_STATUS"),
    ];
    let names: Vec<_> = flags
        .iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| *name)
        .collect();
    CString::new(names.join("|")).unwrap_or_default()
}
