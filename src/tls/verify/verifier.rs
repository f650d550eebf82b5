//! Verification of handshake signatures, for rustls.

use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use rustls::client::danger::{
    HandshakeSignatureValid, ServerIdentity, ServerVerifier, SignatureVerificationInput,
};
use rustls::crypto::{SignatureScheme, VerifiedIdentity};
use rustls::error::{CertificateError, Error, PeerMisbehaved};
use rustls::pki_types::CertificateDer;
use rustls::server::danger::{ClientIdentity, ClientVerifier};
use rustls::{DistinguishedName, SignerPublicKey};

use super::ClientAuth;
use crate::tls::credentials::ToVerify;
use crate::tls::credentials::step_context::{Milestone, StepContext};
use crate::tls::crypto::rsa_pss;
use crate::tls::crypto::signature::{self, Algorithms, Unverified};
use crate::tls::policy::Policy;
use crate::tls::x509;

/// Verifies signatures as a policy allows. Certificates are verified in a separate step of the handshake, by
/// [`super::Verifier`].
pub(crate) struct SignatureVerifier {
    pub(crate) policy: &'static Policy,
    pub(crate) client_auth: ClientAuth,
    /// Client: ask for the status of the server's certificate.
    pub(crate) wants_ocsp: bool,
    /// Server: whom to name when it asks for a certificate; if nobody, the client may show any.
    pub(crate) authorities: Arc<[DistinguishedName]>,
    /// The application verifies signatures.
    pub(crate) is_offloaded: bool,
    pub(crate) context: StepContext,
}

impl fmt::Debug for SignatureVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignatureVerifier")
            .field(&self.policy)
            .finish()
    }
}

type Verdict = Result<HandshakeSignatureValid, Error>;

impl SignatureVerifier {
    fn tls12(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        self.note(input);
        let scheme = input.signature.scheme;
        let algorithms = match may_sign_tls12(scheme) {
            true => self.algorithms(scheme),
            false => &[],
        };
        self.verify(input, algorithms)
    }

    fn tls13(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        self.note(input);
        let scheme = input.signature.scheme;
        // RFC 8446, 4.2.3: PKCS #1 is for certificates alone, and a scheme names its curve.
        let algorithms = match scheme {
            SignatureScheme::RSA_PKCS1_SHA256
            | SignatureScheme::RSA_PKCS1_SHA384
            | SignatureScheme::RSA_PKCS1_SHA512 => &[],
            _ if rsa_pss::algorithms(scheme).is_some() => self.algorithms(scheme),
            _ => match self.algorithms(scheme) {
                [] => &[],
                [first, ..] => std::slice::from_ref(first),
            },
        };
        self.verify(input, algorithms)
    }

    /// The algorithms of a scheme, none if the policy does not have it.
    fn algorithms(&self, scheme: SignatureScheme) -> Algorithms {
        let mut known = self.policy.handshake_signatures().mapping().iter();
        let found = known.find_map(|&(one, algorithms)| (one == scheme).then_some(algorithms));
        found.unwrap_or_default()
    }

    /// Verifies a signature with the public key of the peer's certificate, or has the application do so.
    fn verify(&self, input: &SignatureVerificationInput<'_>, algorithms: Algorithms) -> Verdict {
        if algorithms.is_empty() {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        if let Some(verdict) = self.ask(input, algorithms) {
            return verdict;
        }
        let signature = input.signature.signature();
        match signature::verify(public_key(input)?, algorithms, input.message, signature) {
            Ok(()) => Ok(HandshakeSignatureValid::assertion()),
            Err(Unverified::BadKey) => Err(CertificateError::BadEncoding.into()),
            Err(Unverified::WrongSignature) => Err(CertificateError::BadSignature.into()),
            Err(Unverified::WrongKind) => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
        }
    }

    /// Has the application verify a signature, if it has a callback for that.
    fn ask(
        &self,
        input: &SignatureVerificationInput<'_>,
        algorithms: Algorithms,
    ) -> Option<Verdict> {
        if !self.is_offloaded {
            return None;
        }
        let SignerPublicKey::X509(leaf) = input.signer else {
            return None;
        };
        let is_right = self.context.verify(ToVerify {
            message: input.message.to_vec(),
            signature: input.signature.signature().to_vec(),
            leaf: CertificateDer::clone(leaf).into_owned(),
            algorithms,
        });
        Some(match is_right {
            true => Ok(HandshakeSignatureValid::assertion()),
            false => Err(Error::HandshakeNotComplete),
        })
    }

    fn schemes(&self) -> Vec<SignatureScheme> {
        self.policy.handshake_signatures().supported_schemes()
    }

    fn note(&self, input: &SignatureVerificationInput<'_>) {
        let scheme = input.signature.scheme.0;
        self.context
            .select(|selection| selection.peer_scheme = Some(scheme));
    }

    fn timed(&self, verdict: Verdict) -> Verdict {
        verdict.inspect(|_| self.context.reach(Milestone::SignatureVerified))
    }
}

/// Whether a scheme is for TLS 1.2: what RFC 5246, 7.4.1.4.1, has, and RSA-PSS (RFC 8446, 4.2.3).
fn may_sign_tls12(scheme: SignatureScheme) -> bool {
    matches!(
        scheme,
        SignatureScheme::RSA_PKCS1_SHA256
            | SignatureScheme::RSA_PKCS1_SHA384
            | SignatureScheme::RSA_PKCS1_SHA512
            | SignatureScheme::RSA_PSS_SHA256
            | SignatureScheme::RSA_PSS_SHA384
            | SignatureScheme::RSA_PSS_SHA512
            | SignatureScheme::ECDSA_NISTP256_SHA256
            | SignatureScheme::ECDSA_NISTP384_SHA384
            | SignatureScheme::ECDSA_NISTP521_SHA512
    )
}

/// The public key of the peer's certificate. Nothing else of it is needed for a signature, and what is
/// accepted of that was decided before.
fn public_key<'a>(input: &SignatureVerificationInput<'a>) -> Result<&'a [u8], Error> {
    match input.signer {
        SignerPublicKey::X509(leaf) => {
            x509::public_key(leaf).ok_or_else(|| CertificateError::BadEncoding.into())
        }
        SignerPublicKey::RawPublicKey(key) => Ok(key.as_ref()),
        _ => Err(CertificateError::BadEncoding.into()),
    }
}

/// rustls must never decide about a certificate.
const NOT_ASKED: Error = Error::Unreachable("certificates are verified by the handshake");

impl ServerVerifier for SignatureVerifier {
    fn verify_identity<'a>(
        &self,
        _: &ServerIdentity<'a, '_>,
    ) -> Result<VerifiedIdentity<'a>, Error> {
        Err(NOT_ASKED)
    }

    fn verify_tls12_signature(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        self.timed(self.tls12(input))
    }

    fn verify_tls13_signature(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        self.timed(self.tls13(input))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }

    fn request_ocsp_response(&self) -> bool {
        self.wants_ocsp
    }

    fn hash_config(&self, h: &mut dyn Hasher) {
        h.write(self.policy.label().as_bytes());
    }
}

impl ClientVerifier for SignatureVerifier {
    fn verify_identity<'a>(
        &self,
        _: &ClientIdentity<'a, '_>,
    ) -> Result<VerifiedIdentity<'a>, Error> {
        Err(NOT_ASKED)
    }

    fn verify_tls12_signature(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        self.timed(self.tls12(input))
    }

    fn verify_tls13_signature(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        self.timed(self.tls13(input))
    }

    fn root_hint_subjects(&self) -> Arc<[DistinguishedName]> {
        self.authorities.clone()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.client_auth == ClientAuth::Required
    }

    fn offer_client_auth(&self) -> bool {
        self.client_auth != ClientAuth::None
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}
