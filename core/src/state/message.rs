//! Handshake messages, with their names in the API.

use std::ffi::CStr;

use crate::base::{Mode, Version};

/// A handshake message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum HandshakeMessage {
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
    ServerNewSessionTicket,
    EndOfEarlyData,
    ApplicationData,
}

impl HandshakeMessage {
    const ALL: [(Self, &CStr); 20] = [
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
        (Self::ServerNewSessionTicket, c"SERVER_NEW_SESSION_TICKET"),
        (Self::EndOfEarlyData, c"END_OF_EARLY_DATA"),
        (Self::ApplicationData, c"APPLICATION_DATA"),
    ];

    /// Returns the name of the message with a number.
    pub(crate) fn name(number: u8) -> &'static CStr {
        let known = Self::ALL
            .iter()
            .find(|(message, _)| *message as u8 == number);
        known.map_or(c"CLIENT_HELLO", |(_, name)| name)
    }

    /// Returns the message that contains the signature of a side.
    pub(crate) fn signature_of(side: Mode, version: Version) -> Self {
        match side {
            Mode::Client => Self::ClientCertVerify,
            Mode::Server if version == Version::Tls13 => Self::ServerCertVerify,
            Mode::Server => Self::ServerKey,
        }
    }
}
