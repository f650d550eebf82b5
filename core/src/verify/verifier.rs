//! Signature verification in handshakes (CertificateVerify, ServerKeyExchange), for rustls.

use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use rustls::client::danger::{
    HandshakeSignatureValid, ServerIdentity, ServerVerifier, SignatureVerificationInput,
};
use rustls::crypto::{SignatureScheme, VerifiedIdentity};
use rustls::enums::CertificateType;
use rustls::error::{CertificateError, Error, PeerMisbehaved};
use rustls::server::danger::{ClientIdentity, ClientVerifier};
use rustls::{DistinguishedName, SignerPublicKey};

use super::ClientAuth;
use crate::credentials::ToVerify;
use crate::credentials::cert_types::CertTypes;
use crate::credentials::step_context::{Milestone, StepContext};
use crate::crypto::rsa_pss;
use crate::crypto::signature::{self, Algorithms, Unverified};
use crate::policy::Policy;
use crate::x509;

/// Verifies signatures as a policy allows. Certificates are verified in a separate step of the
/// handshake, by [`super::Verifier`].
pub(crate) struct SignatureVerifier {
    pub(crate) policy: &'static Policy,
    pub(crate) client_auth: ClientAuth,
    /// The certificate types that are accepted of the peer.
    pub(crate) types: CertTypes,
    /// Client: request an OCSP response for the server's certificate.
    pub(crate) requests_ocsp: bool,
    /// Server: certificate authorities of a CertificateRequest; if empty, the client may send any
    /// certificate.
    pub(crate) authorities: Arc<[DistinguishedName]>,
    /// Signatures are verified by the application, asynchronously.
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

type Outcome = Result<HandshakeSignatureValid, Error>;

impl SignatureVerifier {
    fn tls12(&self, input: &SignatureVerificationInput<'_>) -> Outcome {
        self.note(input);
        self.verify(input, self.tls12_algorithms(input.signature.scheme))
    }

    fn tls13(&self, input: &SignatureVerificationInput<'_>) -> Outcome {
        self.note(input);
        self.verify(input, self.tls13_algorithms(input.signature.scheme))
    }

    fn tls12_algorithms(&self, scheme: SignatureScheme) -> Algorithms {
        match may_sign_tls12(scheme) {
            true => self.algorithms(scheme),
            false => &[],
        }
    }

    /// RFC 8446, 4.2.3: PKCS #1 signatures are allowed in certificates only, and an ECDSA scheme fixes
    /// its curve.
    fn tls13_algorithms(&self, scheme: SignatureScheme) -> Algorithms {
        match scheme {
            SignatureScheme::RSA_PKCS1_SHA256
            | SignatureScheme::RSA_PKCS1_SHA384
            | SignatureScheme::RSA_PKCS1_SHA512 => &[],
            _ if rsa_pss::algorithms(scheme).is_some() => self.algorithms(scheme),
            _ => match self.algorithms(scheme) {
                [] => &[],
                [first, ..] => std::slice::from_ref(first),
            },
        }
    }

    /// Returns the algorithms of a scheme; none if the policy does not allow it.
    fn algorithms(&self, scheme: SignatureScheme) -> Algorithms {
        let mut known = self.policy.handshake_signatures().mapping().iter();
        let found = known.find_map(|&(one, algorithms)| (one == scheme).then_some(algorithms));
        found.unwrap_or_default()
    }

    /// Verifies a signature with the public key of the peer's certificate, or suspends until the
    /// application has verified it.
    fn verify(&self, input: &SignatureVerificationInput<'_>, algorithms: Algorithms) -> Outcome {
        if algorithms.is_empty() {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        if let Some(outcome) = self.offload(input, algorithms) {
            return outcome;
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

    /// Suspends until the application has verified a signature, if it has set a callback for that.
    fn offload(
        &self,
        input: &SignatureVerificationInput<'_>,
        algorithms: Algorithms,
    ) -> Option<Outcome> {
        if !self.is_offloaded {
            return None;
        }
        let is_valid = self.context.verify(ToVerify {
            message: input.message.to_vec(),
            signature: input.signature.signature().to_vec(),
            spki: public_key(input).unwrap_or_default().to_vec(),
            algorithms,
        });
        Some(match is_valid {
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

    fn timed(&self, outcome: Outcome) -> Outcome {
        outcome.inspect(|_| self.context.reach(Milestone::SignatureVerified))
    }
}

/// Returns whether a scheme is allowed in TLS 1.2: those of RFC 5246, 7.4.1.4.1, and RSA-PSS (RFC
/// 8446, 4.2.3).
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

/// Returns the public key of the peer's certificate. The certificate itself was verified before.
fn public_key<'a>(input: &SignatureVerificationInput<'a>) -> Result<&'a [u8], Error> {
    match input.signer {
        SignerPublicKey::X509(leaf) => {
            x509::public_key(leaf).ok_or_else(|| CertificateError::BadEncoding.into())
        }
        SignerPublicKey::RawPublicKey(key) => Ok(key.as_ref()),
        _ => Err(CertificateError::BadEncoding.into()),
    }
}

/// rustls must never verify a certificate.
const NOT_VERIFIED_HERE: Error = Error::Unreachable("certificates are verified by the handshake");

impl ServerVerifier for SignatureVerifier {
    fn verify_identity<'a>(
        &self,
        _: &ServerIdentity<'a, '_>,
    ) -> Result<VerifiedIdentity<'a>, Error> {
        Err(NOT_VERIFIED_HERE)
    }

    fn verify_tls12_signature(&self, input: &SignatureVerificationInput<'_>) -> Outcome {
        self.timed(self.tls12(input))
    }

    fn verify_tls13_signature(&self, input: &SignatureVerificationInput<'_>) -> Outcome {
        self.timed(self.tls13(input))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }

    fn request_ocsp_response(&self) -> bool {
        self.requests_ocsp
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        self.types.of_client(self.context.hello_types())
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
        Err(NOT_VERIFIED_HERE)
    }

    fn verify_tls12_signature(&self, input: &SignatureVerificationInput<'_>) -> Outcome {
        self.timed(self.tls12(input))
    }

    fn verify_tls13_signature(&self, input: &SignatureVerificationInput<'_>) -> Outcome {
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

    /// rustls ends the handshake with a client whose types are not among these, even if it requests
    /// no certificate. Types that are not accepted are rejected with the certificate.
    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        match self.types {
            _ if self.client_auth == ClientAuth::None => CertTypes::Both.list(),
            CertTypes::RawPublicKey if !self.context.hello_types().client_has_raw_key => {
                CertTypes::Both.list()
            }
            types => types.list(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hasher};

    use super::*;
    use crate::credentials::cert_types::HelloTypes;

    fn verifier(policy: &[u8]) -> SignatureVerifier {
        SignatureVerifier {
            policy: Policy::find(policy).expect("a policy"),
            client_auth: ClientAuth::Required,
            types: CertTypes::X509,
            requests_ocsp: false,
            authorities: Arc::default(),
            is_offloaded: false,
            context: StepContext::new_coroutine(),
        }
    }

    /// The numbers of algorithms that verify the signatures of each scheme, in TLS 1.2 and 1.3.
    #[test]
    fn a_scheme_is_verified_in_the_versions_that_allow_it() {
        let verifier = verifier(b"default_pq");
        for (scheme, expected) in [
            (SignatureScheme::RSA_PKCS1_SHA256, [1, 0]),
            (SignatureScheme::RSA_PKCS1_SHA384, [1, 0]),
            (SignatureScheme::RSA_PKCS1_SHA512, [1, 0]),
            (SignatureScheme::RSA_PSS_SHA256, [1, 1]),
            (SignatureScheme::RSA_PSS_SHA384, [1, 1]),
            (SignatureScheme::RSA_PSS_SHA512, [1, 1]),
            // rsa_pss_pss_*: keys with and without parameters.
            (SignatureScheme(0x0809), [0, 3]),
            (SignatureScheme(0x080a), [0, 3]),
            (SignatureScheme(0x080b), [0, 3]),
            (SignatureScheme::ECDSA_NISTP256_SHA256, [3, 1]),
            (SignatureScheme::ECDSA_NISTP384_SHA384, [3, 1]),
            (SignatureScheme::ECDSA_NISTP521_SHA512, [3, 1]),
            (SignatureScheme::ML_DSA_65, [0, 1]),
            (SignatureScheme::ED25519, [0, 0]),
            (SignatureScheme::RSA_PKCS1_SHA1, [0, 0]),
        ] {
            let algorithms = [
                verifier.tls12_algorithms(scheme),
                verifier.tls13_algorithms(scheme),
            ];
            assert_eq!(algorithms.map(<[_]>::len), expected, "{scheme:?}");
        }
    }

    #[test]
    fn certificate_types_of_clients_are_accepted_until_the_certificate_is_checked() {
        let mut verifier = verifier(b"default");
        for (client_auth, types, client_has_raw_key, expected) in [
            (ClientAuth::None, CertTypes::X509, false, CertTypes::Both),
            (
                ClientAuth::None,
                CertTypes::RawPublicKey,
                true,
                CertTypes::Both,
            ),
            (
                ClientAuth::Required,
                CertTypes::X509,
                false,
                CertTypes::X509,
            ),
            (ClientAuth::Optional, CertTypes::X509, true, CertTypes::X509),
            (
                ClientAuth::Required,
                CertTypes::RawPublicKey,
                false,
                CertTypes::Both,
            ),
            (
                ClientAuth::Required,
                CertTypes::RawPublicKey,
                true,
                CertTypes::RawPublicKey,
            ),
            (
                ClientAuth::Required,
                CertTypes::Both,
                false,
                CertTypes::Both,
            ),
        ] {
            verifier.client_auth = client_auth;
            verifier.types = types;
            verifier.context.set_hello_types(HelloTypes {
                is_tls13: true,
                client_has_raw_key,
            });
            let supported = ClientVerifier::supported_certificate_types(&verifier);
            assert_eq!(supported, expected.list(), "{client_auth:?} {types:?}");
        }
    }

    #[test]
    fn the_settings_are_those_of_the_config() {
        let hash = |verifier: &SignatureVerifier| {
            let mut hasher = DefaultHasher::new();
            verifier.hash_config(&mut hasher);
            hasher.finish()
        };
        let mut verifiers = [verifier(b"default"), verifier(b"default_tls13")];
        assert_ne!(hash(&verifiers[0]), hash(&verifiers[1]));
        assert!(!verifiers[0].request_ocsp_response());
        verifiers[0].requests_ocsp = true;
        assert!(verifiers[0].request_ocsp_response());
    }
}
