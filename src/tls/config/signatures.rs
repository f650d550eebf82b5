//! How rustls verifies the signatures of a handshake.

use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use rustls::client::danger::{
    HandshakeSignatureValid, ServerIdentity, ServerVerifier, SignatureVerificationInput,
};
use rustls::crypto::{SignatureScheme, VerifiedIdentity};
use rustls::error::Error;
use rustls::pki_types::CertificateDer;
use rustls::server::danger::{ClientIdentity, ClientVerifier};
use rustls::{DistinguishedName, SignerPublicKey, crypto};

use super::choices::{self, Milestone};
use super::{Algorithms, ClientAuth, Offload, Question, ToVerify};
use crate::tls::crypto::rsa_pss;
use crate::tls::policy::Policy;

/// Verifies signatures as a policy allows. The certificates themselves are ours to verify, in a
/// step of their own: see [`super::Config::verify_server`].
pub(super) struct Signatures {
    pub(super) policy: &'static Policy,
    pub(super) client_auth: ClientAuth,
    /// Client: ask for the status of the server's certificate.
    pub(super) wants_ocsp: bool,
    /// Server: whom to name when it asks for a certificate; if nobody, the client may show any.
    pub(super) authorities: Arc<[DistinguishedName]>,
    pub(super) offload: Option<Arc<dyn Offload>>,
}

impl fmt::Debug for Signatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signatures").field(&self.policy).finish()
    }
}

type Verdict = Result<HandshakeSignatureValid, Error>;

impl Signatures {
    fn tls12(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        note(input);
        if let Some(verdict) = self.ask(input, |algorithms| algorithms) {
            return verdict;
        }
        crypto::verify_tls12_signature(input, self.policy.handshake_signatures())
    }

    fn tls13(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        note(input);
        let scheme = input.signature.scheme;
        let own = rsa_pss::algorithms(scheme);
        // RFC 8446, 4.2.3: a scheme names its curve, and PKCS #1 is for certificates alone.
        let may_sign = |algorithms: Algorithms| match scheme {
            SignatureScheme::RSA_PKCS1_SHA256
            | SignatureScheme::RSA_PKCS1_SHA384
            | SignatureScheme::RSA_PKCS1_SHA512 => &[],
            _ if own.is_some() => algorithms,
            _ => &algorithms[..1],
        };
        if let Some(verdict) = self.ask(input, may_sign) {
            return verdict;
        }
        match own {
            Some(algorithms) if self.policy.signature_schemes().contains(&scheme) => {
                rsa_pss::verify(input, algorithms)
            }
            _ => crypto::verify_tls13_signature(input, self.policy.handshake_signatures()),
        }
    }

    /// Has the application verify a signature, if it wants to, and if there is anything to verify: what
    /// nobody could have signed is refused at once, by rustls.
    fn ask(
        &self,
        input: &SignatureVerificationInput<'_>,
        may_sign: impl FnOnce(Algorithms) -> Algorithms,
    ) -> Option<Verdict> {
        let offload = self.offload.as_ref()?;
        let SignerPublicKey::X509(leaf) = input.signer else {
            return None;
        };
        let mut known = self.policy.handshake_signatures().mapping().iter();
        let (_, algorithms) = known.find(|(scheme, _)| *scheme == input.signature.scheme)?;
        let algorithms = may_sign(algorithms);
        if algorithms.is_empty() {
            return None;
        }
        let answer = offload.ask(Question::Verify(ToVerify {
            message: input.message.to_vec(),
            signature: input.signature.signature().to_vec(),
            leaf: CertificateDer::clone(leaf).into_owned(),
            algorithms,
        }));
        Some(match answer {
            Some(_) => Ok(HandshakeSignatureValid::assertion()),
            None => Err(Error::HandshakeNotComplete),
        })
    }

    fn schemes(&self) -> Vec<SignatureScheme> {
        self.policy.handshake_signatures().supported_schemes()
    }
}

fn note(input: &SignatureVerificationInput<'_>) {
    choices::note(|choices| choices.peer_scheme = Some(input.signature.scheme.0));
}

fn timed(verdict: Verdict) -> Verdict {
    verdict.inspect(|_| choices::reach(Milestone::Verified))
}

/// rustls must never decide about a certificate.
const NOT_ASKED: Error = Error::Unreachable("certificates are verified by the handshake");

impl ServerVerifier for Signatures {
    fn verify_identity<'a>(
        &self,
        _: &ServerIdentity<'a, '_>,
    ) -> Result<VerifiedIdentity<'a>, Error> {
        Err(NOT_ASKED)
    }

    fn verify_tls12_signature(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        timed(self.tls12(input))
    }

    fn verify_tls13_signature(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        timed(self.tls13(input))
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

impl ClientVerifier for Signatures {
    fn verify_identity<'a>(
        &self,
        _: &ClientIdentity<'a, '_>,
    ) -> Result<VerifiedIdentity<'a>, Error> {
        Err(NOT_ASKED)
    }

    fn verify_tls12_signature(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        timed(self.tls12(input))
    }

    fn verify_tls13_signature(&self, input: &SignatureVerificationInput<'_>) -> Verdict {
        timed(self.tls13(input))
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
