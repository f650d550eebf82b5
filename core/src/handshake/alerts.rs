//! Alerts that replace those of rustls, where the RFCs require another.

use rustls::error::{InvalidMessage, PeerMisbehaved};

use super::context::Context;
use crate::base::{Mode, Version};
use crate::error::{Alert, Code, Error, Reason};

/// Returns the error that replaces one of a handshake, with the alert that replaces the one of rustls;
/// `None` if that one is right.
pub(super) fn correction(ctx: &Context<'_>, error: &Error) -> Option<Error> {
    // RFC 8446, 4.2: "Upon receiving such an extension, an endpoint MUST abort the handshake with an
    // "unsupported_extension" alert", for one in a Certificate message that was not requested.
    if let Reason::Malformed(InvalidMessage::UnknownCertificateExtension)
    | Reason::Misbehaved(PeerMisbehaved::UnsolicitedCertExtension) = error.reason()
    {
        return Some(error.and_alert(Alert::UnsupportedExtension));
    }
    match (error.code(), ctx.mode()) {
        // The same, for an OCSP response.
        (Code::UnsupportedExtension, Mode::Client) => {
            Some(error.and_alert(Alert::UnsupportedExtension))
        }
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
