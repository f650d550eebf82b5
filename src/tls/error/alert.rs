//! Which alert an error stands for.

use super::{Code, ErrorType};

/// The description of an alert for an error in a protected record (RFC 8446, 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Alert {
    UnexpectedMessage = 10,
    BadRecordMac = 20,
    RecordOverflow = 22,
    IllegalParameter = 47,
    DecodeError = 50,
    InternalError = 80,
}

impl Code {
    /// The description of the alert that tells a peer of this error (RFC 8446, 6.2), if there is one.
    pub fn alert(self) -> Option<u8> {
        Some(match self.kind() {
            ErrorType::Io | ErrorType::Internal => INTERNAL_ERROR,
            ErrorType::Proto => self.protocol_alert()?,
            _ => return None,
        })
    }

    /// The alert for an error in a record of the peer's, if it is one.
    pub(super) fn received_alert(self) -> Option<Alert> {
        Some(match self {
            Code::BadMessage => Alert::UnexpectedMessage,
            Code::Decrypt => Alert::BadRecordMac,
            // Too short to have a tag.
            Code::Safety => Alert::BadRecordMac,
            Code::MaxInnerPlaintextSize | Code::RecordLimit => Alert::RecordOverflow,
            _ => match self.kind() {
                ErrorType::Internal | ErrorType::Proto => Alert::InternalError,
                _ => return None,
            },
        })
    }

    fn protocol_alert(self) -> Option<u8> {
        Some(match self {
            Code::BadMessage
            | Code::UnexpectedCertRequest
            | Code::MissingCertRequest
            | Code::KtlsKeyupdate => UNEXPECTED_MESSAGE,
            Code::NoValidSignatureScheme | Code::NoRenegotiation => HANDSHAKE_FAILURE,
            Code::DecodeCertificate | Code::CertInvalid | Code::CertMaxChainDepthExceeded => {
                BAD_CERTIFICATE
            }
            Code::CertTypeUnsupported => UNSUPPORTED_CERTIFICATE,
            Code::CertRevoked => CERTIFICATE_REVOKED,
            Code::CertExpired | Code::CertNotYetValid => CERTIFICATE_EXPIRED,
            Code::CertUntrusted
            | Code::CertInvalidHostname
            | Code::CertUnhandledCriticalExtension => CERTIFICATE_UNKNOWN,
            Code::CertRejected => ACCESS_DENIED,
            Code::MissingExtension => MISSING_EXTENSION,
            Code::MissingClientCert => CERTIFICATE_REQUIRED,
            _ => return None,
        })
    }
}

const UNEXPECTED_MESSAGE: u8 = 10;
const HANDSHAKE_FAILURE: u8 = 40;
const BAD_CERTIFICATE: u8 = 42;
const UNSUPPORTED_CERTIFICATE: u8 = 43;
const CERTIFICATE_REVOKED: u8 = 44;
const CERTIFICATE_EXPIRED: u8 = 45;
const CERTIFICATE_UNKNOWN: u8 = 46;
const ACCESS_DENIED: u8 = 49;
const INTERNAL_ERROR: u8 = 80;
const MISSING_EXTENSION: u8 = 109;
const CERTIFICATE_REQUIRED: u8 = 116;

#[cfg(test)]
mod tests {
    use super::super::table::ALL;

    /// The list of the reference: name, alert or nothing.
    #[test]
    fn alerts_are_those_of_the_reference() {
        let list = include_str!("../../../tests/abi/alerts.tsv");
        let mut count = 0;
        for line in list.lines().skip(1) {
            let (name, alert) = line.split_once('\t').expect("two columns");
            let code = ALL
                .iter()
                .find(|code| code.name().to_bytes() == name.as_bytes());
            let code = code.expect("it is an error of ours");
            assert_eq!(code.alert(), alert.parse().ok(), "{name}");
            count += 1;
        }
        assert_eq!(count, ALL.len());
    }
}
