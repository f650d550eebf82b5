//! Alerts that replace those of rustls, where the RFCs require another.

use super::context::Context;
use crate::base::{Mode, Version};
use crate::error::{Alert, Code, Error};

/// Returns the error that replaces one of a handshake, with the alert that replaces the one of rustls;
/// `None` if that one is right.
pub(super) fn correction(ctx: &Context<'_>, error: &Error) -> Option<Error> {
    match (error.code(), ctx.mode()) {
        // RFC 8446, 4.4.2.4: "If the server supplies an empty Certificate message, the client MUST
        // abort the handshake with a "decode_error" alert."
        (Code::MissingClientCert, Mode::Client) => Some(
            Code::BadMessage
                .rule("the Certificate message of the server has no certificate")
                .and_alert(Alert::DecodeError),
        ),
        // RFC 5246, 7.4.6: "a fatal handshake_failure alert"; TLS 1.2 has no certificate_required.
        (Code::MissingClientCert, Mode::Server) if ctx.version() == Version::Tls12 => {
            Some(error.and_alert(Alert::HandshakeFailure))
        }
        // RFC 5246, E.1: "If the version chosen by the server is not supported by the client (or not
        // acceptable), the client MUST send a "protocol_version" alert message and close the
        // connection."
        (Code::ProtocolVersionUnsupported, Mode::Client) => {
            Some(error.and_alert(Alert::ProtocolVersion))
        }
        _ => None,
    }
}
