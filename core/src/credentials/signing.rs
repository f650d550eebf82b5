//! Signing keys of handshakes: local, verified after signing, or asynchronous.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::{SignatureScheme, Signer, SigningKey};
use rustls::error::{CertificateError, Error};
use rustls::pki_types::SubjectPublicKeyInfoDer;

use super::step_context::{Milestone, StepContext};
use super::{Loaded, ToSign};
use crate::crypto::rsa_pss;
use crate::crypto::signature::Algorithms;
use crate::policy::Policy;

/// Signing settings of a config.
pub(crate) struct Signing {
    pub(crate) is_asynchronous: bool,
    pub(crate) verifies: bool,
}

impl Signing {
    /// Returns whether there can be signatures by the key of a chain: its private key is loaded, or
    /// signing is asynchronous.
    pub(super) fn can_use(&self, chain: &Loaded) -> bool {
        self.is_asynchronous || chain.key.is_some()
    }
}

/// The signing key of a chain. Schemes are selected in the order of a policy, not its own.
pub(super) struct PolicyKey<'a> {
    pub(super) chain: &'a Arc<Loaded>,
    pub(super) policy: &'static Policy,
    pub(super) signing: &'a Signing,
    pub(super) context: &'a StepContext,
}

impl PolicyKey<'_> {
    /// Returns the signer with the policy's most preferred scheme among those that the peer offers;
    /// `None` if the key supports none, or is not available.
    pub(super) fn select(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.policy
            .signature_schemes()
            .iter()
            .filter(|scheme| offered.contains(scheme))
            .find_map(|&scheme| self.signer(scheme))
    }

    fn signer(&self, scheme: SignatureScheme) -> Option<Box<dyn Signer>> {
        let chain = self.chain;
        let mut known = self.policy.handshake_signatures().mapping().iter();
        let known = known.find_map(|&(of, by)| (of == scheme).then_some(by));
        let algorithms = rsa_pss::algorithms(scheme).or(known)?;
        if self.signing.is_asynchronous {
            return chain.schemes.contains(&scheme).then(|| {
                Box::new(AsyncSigner {
                    chain: chain.clone(),
                    scheme,
                    algorithms,
                    context: self.context.clone(),
                }) as Box<dyn Signer>
            });
        }
        let signer = chain.key.as_ref()?.choose_scheme(&[scheme])?;
        Some(match self.signing.verifies {
            true => Box::new(VerifyingSigner {
                chain: chain.clone(),
                algorithms,
                signer,
            }),
            false => signer,
        })
    }
}

/// Makes a signer record when it signs, if there is a callback for that.
pub(super) fn timed(signer: Box<dyn Signer>, context: &StepContext) -> Box<dyn Signer> {
    match context.is_timed() {
        true => Box::new(TimedSigner {
            signer,
            context: context.clone(),
        }),
        false => signer,
    }
}

/// A key that cannot sign, where rustls requires one and uses none.
#[derive(Debug)]
pub(crate) struct NoKey;

impl SigningKey for NoKey {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(Self))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        None
    }
}

impl Signer for NoKey {
    fn sign(self: Box<Self>, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::NoSuitableCertificate)
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

/// Records when it signs.
#[derive(Debug)]
struct TimedSigner {
    signer: Box<dyn Signer>,
    context: StepContext,
}

impl Signer for TimedSigner {
    fn sign(self: Box<Self>, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.context.reach(Milestone::Signing);
        let outcome = self.signer.sign(message);
        outcome.inspect(|_| self.context.reach(Milestone::Signed))
    }

    fn scheme(&self) -> SignatureScheme {
        self.signer.scheme()
    }
}

/// Verifies its signatures before they are sent: a computation fault could reveal an RSA key.
#[derive(Debug)]
struct VerifyingSigner {
    chain: Arc<Loaded>,
    algorithms: Algorithms,
    signer: Box<dyn Signer>,
}

impl Signer for VerifyingSigner {
    fn sign(self: Box<Self>, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.signer.sign(message)?;
        match self.chain.has_signed(message, &signature, self.algorithms) {
            true => Ok(signature),
            false => Err(CertificateError::BadSignature.into()),
        }
    }

    fn scheme(&self) -> SignatureScheme {
        self.signer.scheme()
    }
}

/// Suspends the handshake until the application has signed.
struct AsyncSigner {
    chain: Arc<Loaded>,
    scheme: SignatureScheme,
    algorithms: Algorithms,
    context: StepContext,
}

impl Signer for AsyncSigner {
    fn sign(self: Box<Self>, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.context.sign(ToSign {
            message: message.to_vec(),
            scheme: self.scheme,
            chain: self.chain,
            algorithms: self.algorithms,
        });
        signature.ok_or(Error::HandshakeNotComplete)
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

impl fmt::Debug for AsyncSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncSigner").field(&self.scheme).finish()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::credentials::CertChain;

    #[derive(Debug)]
    struct FaultySigner(Box<dyn Signer>);

    impl Signer for FaultySigner {
        fn sign(self: Box<Self>, message: &[u8]) -> Result<Vec<u8>, Error> {
            let mut signature = self.0.sign(message)?;
            *signature.last_mut().expect("not empty") ^= 1;
            Ok(signature)
        }

        fn scheme(&self) -> SignatureScheme {
            self.0.scheme()
        }
    }

    #[test]
    fn a_faulty_signature_is_not_sent() {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["example".to_owned()]).expect("a name");
        let cert = params.self_signed(&key).expect("a certificate").pem();
        let pem = CertChain::default();
        pem.load(cert.as_bytes(), key.serialize_pem().as_bytes())
            .expect("a chain and its key");
        let chain = pem.loaded().expect("a chain");
        let signer = || {
            let key = chain.key.as_ref().expect("a key");
            key.choose_scheme(chain.schemes).expect("a scheme")
        };
        let mut known = rustls_aws_lc_rs::SUPPORTED_SIG_ALGS.mapping().iter();
        let (_, algorithms) = known
            .find(|(scheme, _)| chain.schemes.contains(scheme))
            .expect("a scheme");
        let verifying = |signer| {
            let chain = chain.clone();
            Box::new(VerifyingSigner {
                chain,
                algorithms,
                signer,
            })
        };
        assert!(verifying(signer()).sign(b"message").is_ok());
        let outcome = verifying(Box::new(FaultySigner(signer()))).sign(b"message");
        assert_eq!(outcome, Err(CertificateError::BadSignature.into()));
    }
}
