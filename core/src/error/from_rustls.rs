//! Conversion of rustls errors to codes of the API, and of certificate errors to those of rustls,
//! which chooses the alert.

use std::num::NonZeroU8;

use rustls::enums::ContentType;
use rustls::error::{
    AlertDescription, CertificateError, Error as Tls, InvalidMessage, PeerIncompatible,
    PeerMisbehaved,
};

use super::{Code, Error, Parameter, Reason};

impl From<Tls> for Error {
    #[track_caller]
    fn from(error: Tls) -> Self {
        let mut converted = Self::new(code(&error)).because(reason(&error));
        converted.tls_alert = alert(&error).and_then(NonZeroU8::new);
        match skips_blinding(&error) {
            true => converted.without_blinding(),
            false => converted,
        }
    }
}

/// Returns the alert that rustls sends for an error, if any.
fn alert(error: &Tls) -> Option<u8> {
    AlertDescription::try_from(error).ok().map(u8::from)
}

/// Returns the alert that rustls sends for the rejection of a certificate.
pub(super) fn alert_of_certificate(error: &Error) -> Option<u8> {
    alert(&Tls::from(error))
}

/// Returns whether a message was rejected as unexpected or for its length, before its content was
/// processed.
fn skips_blinding(error: &Tls) -> bool {
    match error {
        Tls::InappropriateMessage { got_type, .. } => *got_type != ContentType::ApplicationData,
        Tls::InappropriateHandshakeMessage { .. }
        | Tls::InvalidMessage(
            InvalidMessage::InvalidEmptyPayload | InvalidMessage::HandshakePayloadTooLarge,
        )
        | Tls::PeerMisbehaved(PeerMisbehaved::IllegalMiddleboxChangeCipherSpec) => true,
        _ => false,
    }
}

/// Returns the particulars of an error.
fn reason(error: &Tls) -> Reason {
    match error {
        Tls::AlertReceived(description) => Reason::AlertReceived((*description).into()),
        Tls::DecryptError => Reason::Rule(
            "a record of the handshake cannot be authenticated: it was modified, or the secrets \
             differ",
        ),
        Tls::PeerSentOversizedRecord => Reason::Rule("a record has more than 16384 bytes"),
        Tls::PeerIncompatible(reason) => match reason {
            PeerIncompatible::NoCipherSuitesInCommon => {
                Reason::NothingInCommon(Parameter::CipherSuite)
            }
            PeerIncompatible::NoKxGroupsInCommon => Reason::NothingInCommon(Parameter::Group),
            PeerIncompatible::NoSignatureSchemesInCommon
            | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
                Reason::NothingInCommon(Parameter::SignatureScheme)
            }
            PeerIncompatible::IncorrectCertificateTypeExtension => Reason::Rule(
                "no certificate type in common (RFC 7250): X.509 certificates, or raw public keys",
            ),
            _ if incompatible(reason) == Code::ProtocolVersionUnsupported => {
                Reason::NothingInCommon(Parameter::Version)
            }
            reason => Reason::Incompatible(*reason),
        },
        Tls::PeerMisbehaved(reason) => Reason::Misbehaved(*reason),
        Tls::InvalidMessage(reason) => Reason::Malformed(*reason),
        Tls::InappropriateMessage {
            got_type: ContentType::ApplicationData,
            ..
        } => Reason::Rule("application data before there are traffic keys"),
        Tls::InappropriateMessage { got_type, .. } => Reason::RecordType {
            typ: (*got_type).into(),
            allowed: "a message of the handshake",
        },
        Tls::InappropriateHandshakeMessage {
            expect_types,
            got_type,
        } => Reason::MessageType {
            got: (*got_type).into(),
            expected: expect_types
                .first()
                .and_then(|&typ| NonZeroU8::new(typ.into())),
        },
        Tls::NoApplicationProtocol => Reason::NothingInCommon(Parameter::Protocol),
        Tls::NoSuitableCertificate => Reason::NothingInCommon(Parameter::SignatureScheme),
        Tls::InvalidCertificate(CertificateError::BadSignature) => Reason::Rule(
            "the signature over the handshake does not fit the key in the peer's certificate",
        ),
        Tls::FailedToGetCurrentTime => Reason::Rule("the clock of the application has failed"),
        Tls::FailedToGetRandomBytes => Reason::Rule("the system provides no random bytes"),
        _ => Reason::Unknown,
    }
}

fn code(error: &Tls) -> Code {
    match error {
        Tls::AlertReceived(_) => Code::Alert,
        Tls::DecryptError => Code::Decrypt,
        Tls::EncryptError => Code::Encrypt,
        Tls::PeerSentOversizedRecord => Code::MaxInnerPlaintextSize,
        Tls::PeerIncompatible(reason) => incompatible(reason),
        Tls::PeerMisbehaved(reason) => misbehaved(reason),
        Tls::InvalidMessage(InvalidMessage::DuplicateExtension(_)) => Code::DuplicateExtension,
        Tls::InvalidMessage(_) => Code::BadMessage,
        // As in s2n-tls, application data before there are traffic keys is a decryption failure.
        Tls::InappropriateMessage {
            got_type: ContentType::ApplicationData,
            ..
        } => Code::Decrypt,
        Tls::InappropriateMessage { .. } | Tls::InappropriateHandshakeMessage { .. } => {
            Code::BadMessage
        }
        Tls::InvalidCertificate(reason) => certificate(reason),
        Tls::NoApplicationProtocol => Code::NoApplicationProtocol,
        Tls::NoSuitableCertificate => Code::NoValidSignatureScheme,
        Tls::FailedToGetCurrentTime => Code::Cancelled,
        Tls::FailedToGetRandomBytes => Code::Random,
        Tls::InconsistentKeys(_) => Code::KeyMismatch,
        Tls::UnsupportedNameType => Code::InvalidArgument,
        Tls::HandshakeNotComplete => Code::HandshakeNotComplete,
        Tls::RejectedEch(_) => Code::EchRejected,
        // Other errors are the result of a bug, in this library or in rustls.
        _ => Code::Safety,
    }
}

fn incompatible(reason: &PeerIncompatible) -> Code {
    match reason {
        // Without a common curve no TLS 1.2 suite has a key exchange.
        PeerIncompatible::NoCipherSuitesInCommon | PeerIncompatible::NoKxGroupsInCommon => {
            Code::CipherNotSupported
        }
        PeerIncompatible::SupportedVersionsExtensionRequired
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::Tls13RequiredForQuic
        | PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
            Code::ProtocolVersionUnsupported
        }
        PeerIncompatible::NamedGroupsExtensionRequired
        | PeerIncompatible::NoEcPointFormatsInCommon => Code::EcdheUnsupportedCurve,
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            Code::NoValidSignatureScheme
        }
        PeerIncompatible::ExtendedMainSecretExtensionRequired
        | PeerIncompatible::KeyShareExtensionRequired => Code::MissingExtension,
        PeerIncompatible::IncorrectCertificateTypeExtension => Code::CertTypeUnsupported,
        _ => Code::BadMessage,
    }
}

fn misbehaved(reason: &PeerMisbehaved) -> Code {
    match reason {
        PeerMisbehaved::NoCertificatesPresented => Code::MissingClientCert,
        PeerMisbehaved::IncorrectFinished => Code::BadFinished,
        PeerMisbehaved::InvalidCertCompression
        | PeerMisbehaved::SelectedUnofferedCertCompression => Code::DecodeCertificate,
        PeerMisbehaved::MissingQuicTransportParameters => Code::MissingExtension,
        PeerMisbehaved::IncorrectBinder => Code::BadPskBinder,
        PeerMisbehaved::OfferedEarlyDataWithOldProtocolVersion => Code::ProtocolVersionUnsupported,
        PeerMisbehaved::InvalidKeyShare | PeerMisbehaved::WrongGroupForKeyShare => {
            Code::BadKeyShare
        }
        PeerMisbehaved::IllegalHelloRetryRequestWithNoChanges
        | PeerMisbehaved::IllegalHelloRetryRequestWithOfferedGroup => Code::InvalidHelloRetry,
        PeerMisbehaved::IllegalHelloRetryRequestWithUnofferedNamedGroup
        | PeerMisbehaved::SelectedUnofferedKxGroup => Code::EcdheUnsupportedCurve,
        PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme
        | PeerMisbehaved::SignedKxWithWrongAlgorithm => Code::InvalidSignatureScheme,
        PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported => {
            Code::ProtocolDowngradeDetected
        }
        _ => Code::BadMessage,
    }
}

fn certificate(reason: &CertificateError) -> Code {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Code::CertExpired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Code::CertNotYetValid
        }
        CertificateError::Revoked => Code::CertRevoked,
        CertificateError::UnhandledCriticalExtension => Code::CertUnhandledCriticalExtension,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Code::CertInvalidHostname
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            Code::CertIntentInvalid
        }
        CertificateError::BadEncoding => Code::DecodeCertificate,
        CertificateError::BadSignature => Code::VerifySignature,
        _ => Code::CertUntrusted,
    }
}

/// Converts the rejection of a certificate, so that rustls chooses the alert (RFC 8446, 6.2).
impl From<&Error> for Tls {
    fn from(error: &Error) -> Self {
        if error.code() == Code::CertTypeUnsupported {
            // The one with the alert unsupported_certificate; its number is not reported.
            return PeerIncompatible::UnknownCertificateType(0).into();
        }
        Self::InvalidCertificate(match error.code() {
            Code::CertExpired => CertificateError::Expired,
            Code::CertNotYetValid => CertificateError::NotValidYet,
            Code::CertRevoked => CertificateError::Revoked,
            Code::CertInvalidHostname => CertificateError::NotValidForName,
            Code::CertIntentInvalid => CertificateError::InvalidPurpose,
            Code::CertUnhandledCriticalExtension => CertificateError::UnhandledCriticalExtension,
            Code::CertUntrusted | Code::CertMaxChainDepthExceeded => {
                CertificateError::UnknownIssuer
            }
            Code::DecodeCertificate | Code::CertInvalid => CertificateError::BadEncoding,
            _ => CertificateError::ApplicationVerificationFailure,
        })
    }
}
