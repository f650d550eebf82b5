//! Signing keys of handshakes: local, verified after signing, or asynchronous.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::{Credentials, SignatureScheme, Signer, SigningKey};
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
    /// Returns the signing key of a chain; `None` if its private key is not loaded, and signing is
    /// not asynchronous.
    pub(super) fn key(&self, chain: &Arc<Loaded>, policy: &'static Policy) -> Option<PolicyKey> {
        Some(PolicyKey {
            chain: chain.clone(),
            policy,
            mode: self.mode(chain)?,
        })
    }

    fn mode(&self, chain: &Loaded) -> Option<SigningMode> {
        if self.is_asynchronous {
            return Some(SigningMode::Asynchronous);
        }
        let key = chain.key.clone()?;
        Some(match self.verifies {
            true => SigningMode::Verified(key),
            false => SigningMode::Local(key),
        })
    }
}

/// A signing key that selects schemes in the order of a policy, not its own.
#[derive(Clone, Debug)]
pub(super) struct PolicyKey {
    chain: Arc<Loaded>,
    policy: &'static Policy,
    mode: SigningMode,
}

impl PolicyKey {
    /// Returns the chain with this key, for rustls.
    pub(super) fn credentials(self) -> Credentials {
        Credentials::new_unchecked(self.chain.identity.clone(), Box::new(self))
    }

    /// Binds a signer of this key to the context of a step.
    pub(super) fn within(&self, context: &StepContext, signer: Box<dyn Signer>) -> Box<dyn Signer> {
        let signer = match context {
            StepContext::Thread => signer,
            StepContext::Coroutine(_) => self.signer(signer.scheme(), context).unwrap_or(signer),
        };
        match context.is_timed() {
            true => Box::new(TimedSigner {
                signer,
                context: context.clone(),
            }),
            false => signer,
        }
    }

    fn signer(&self, scheme: SignatureScheme, context: &StepContext) -> Option<Box<dyn Signer>> {
        let own = |key: &Arc<dyn SigningKey>| key.choose_scheme(&[scheme]);
        let chain = &self.chain;
        let mut known = self.policy.handshake_signatures().mapping().iter();
        let known = known.find_map(|&(of, by)| (of == scheme).then_some(by));
        let algorithms = rsa_pss::algorithms(scheme).or(known)?;
        match &self.mode {
            SigningMode::Local(key) => own(key),
            SigningMode::Verified(key) => Some(Box::new(VerifyingSigner {
                chain: chain.clone(),
                algorithms,
                signer: own(key)?,
            })),
            SigningMode::Asynchronous => chain.schemes.contains(&scheme).then(|| {
                Box::new(AsyncSigner {
                    chain: chain.clone(),
                    scheme,
                    algorithms,
                    context: context.clone(),
                }) as Box<dyn Signer>
            }),
        }
    }
}

impl SigningKey for PolicyKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.policy
            .signature_schemes()
            .iter()
            .filter(|scheme| offered.contains(scheme))
            .find_map(|&scheme| self.signer(scheme, &StepContext::Thread))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.chain.key.as_ref()?.public_key()
    }
}

/// The signing mode of a chain's key.
#[derive(Clone)]
enum SigningMode {
    Local(Arc<dyn SigningKey>),
    Verified(Arc<dyn SigningKey>),
    Asynchronous,
}

impl fmt::Debug for SigningMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningMode")
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
