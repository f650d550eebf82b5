//! Alerts (RFC 8446, 6), and the alert for every error.

use super::{Code, ErrorType};

/// The descriptions of alerts that the library sends or handles (RFC 8446, 6; RFC 7507, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Alert {
    CloseNotify = 0,
    UnexpectedMessage = 10,
    BadRecordMac = 20,
    RecordOverflow = 22,
    HandshakeFailure = 40,
    BadCertificate = 42,
    UnsupportedCertificate = 43,
    CertificateRevoked = 44,
    CertificateExpired = 45,
    CertificateUnknown = 46,
    IllegalParameter = 47,
    AccessDenied = 49,
    DecodeError = 50,
    DecryptError = 51,
    ProtocolVersion = 70,
    InternalError = 80,
    InappropriateFallback = 86,
    UserCanceled = 90,
    NoRenegotiation = 100,
    MissingExtension = 109,
    UnsupportedExtension = 110,
    CertificateRequired = 116,
    EchRequired = 121,
}

impl Alert {
    /// Returns the name of an alert of any number (the IANA registry of TLS alerts).
    pub fn name(number: u8) -> &'static str {
        match number {
            0 => "close_notify",
            10 => "unexpected_message",
            20 => "bad_record_mac",
            21 => "decryption_failed",
            22 => "record_overflow",
            30 => "decompression_failure",
            40 => "handshake_failure",
            41 => "no_certificate",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            60 => "export_restriction",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            90 => "user_canceled",
            100 => "no_renegotiation",
            109 => "missing_extension",
            110 => "unsupported_extension",
            111 => "certificate_unobtainable",
            112 => "unrecognized_name",
            113 => "bad_certificate_status_response",
            114 => "bad_certificate_hash_value",
            115 => "unknown_psk_identity",
            116 => "certificate_required",
            117 => "general_error",
            120 => "no_application_protocol",
            121 => "ech_required",
            _ => "unknown",
        }
    }
}

impl Code {
    /// Returns the description of the alert that reports this error to a peer (RFC 8446, 6.2), if
    /// there is one.
    pub fn alert(self) -> Option<u8> {
        let alert = match self.kind() {
            ErrorType::Io | ErrorType::Internal => Alert::InternalError,
            ErrorType::Proto => self.protocol_alert()?,
            _ => return None,
        };
        Some(alert as u8)
    }

    /// Returns the alert for an error in a record of the peer; `None` if the peer cannot cause this
    /// error.
    pub(super) fn received_alert(self) -> Option<Alert> {
        self.record_alert().or(match self.kind() {
            ErrorType::Internal | ErrorType::Proto => Some(Alert::InternalError),
            _ => None,
        })
    }

    /// Returns the alert for an error that has no other: that of a record, or of the code.
    pub(super) fn peer_alert(self) -> Option<u8> {
        let of_record = self.record_alert().map(|alert| alert as u8);
        of_record.or_else(|| self.alert())
    }

    fn record_alert(self) -> Option<Alert> {
        Some(match self {
            Code::BadMessage => Alert::UnexpectedMessage,
            Code::Decrypt => Alert::BadRecordMac,
            // The record is too short for a tag.
            Code::Safety => Alert::BadRecordMac,
            Code::MaxInnerPlaintextSize | Code::RecordLimit => Alert::RecordOverflow,
            _ => return None,
        })
    }

    fn protocol_alert(self) -> Option<Alert> {
        Some(match self {
            Code::BadMessage
            | Code::UnexpectedCertRequest
            | Code::MissingCertRequest
            | Code::KtlsKeyupdate => Alert::UnexpectedMessage,
            Code::NoValidSignatureScheme | Code::NoRenegotiation => Alert::HandshakeFailure,
            Code::DecodeCertificate | Code::CertInvalid | Code::CertMaxChainDepthExceeded => {
                Alert::BadCertificate
            }
            Code::CertTypeUnsupported => Alert::UnsupportedCertificate,
            Code::CertRevoked => Alert::CertificateRevoked,
            Code::CertExpired | Code::CertNotYetValid => Alert::CertificateExpired,
            Code::CertUntrusted
            | Code::CertInvalidHostname
            | Code::CertUnhandledCriticalExtension => Alert::CertificateUnknown,
            Code::CertRejected => Alert::AccessDenied,
            Code::BadFinished | Code::BadPskBinder => Alert::DecryptError,
            Code::MissingExtension => Alert::MissingExtension,
            Code::MissingClientCert => Alert::CertificateRequired,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::of_s2n_tls;

    /// The list has the name of each error in s2n-tls and its alert, if any.
    #[test]
    fn alerts_equal_those_of_s2n_tls() {
        let list = include_str!("../../../tests/abi/alerts.tsv");
        let mut count = 0;
        for line in list.lines().skip(1) {
            let (name, alert) = line.split_once('\t').expect("two columns");
            let code = of_s2n_tls().find(|code| code.name().to_bytes() == name.as_bytes());
            let code = code.expect("a listed error is in the table");
            assert_eq!(code.alert(), alert.parse().ok(), "{name}");
            count += 1;
        }
        assert_eq!(count, of_s2n_tls().count());
    }
}
