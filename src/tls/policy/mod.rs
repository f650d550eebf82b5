//! Security policies: what a name allows, and what of it we can offer.
//!
//! A policy of s2n-tls names versions, cipher suites, groups and signature schemes in order of
//! preference. It is reduced to what rustls and its provider have, keeping the order;
//! `docs/policies.md` lists every result.

use std::ffi::{CStr, CString};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use rustls::crypto::{CryptoProvider, SignatureScheme, WebPkiSupportedAlgorithms};
use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls::server::{CipherSuiteSelector, KeyExchangeSelector};

use super::base::Version;
use super::error::{Code, Result};
use super::process::fork::get_or_make;
use super::process::lasting;

#[cfg(test)]
mod document;
mod key_share;
pub mod names;
mod reduction;
mod rules;
mod selection;
mod table;

use reduction::Reduction;
use selection::{ChaCha20First, GroupOrder, SuiteOrder};
use table::{CertificateKey, DEPRECATED, Definition, POLICIES};

/// A policy, reduced to what we can offer. There is one of each, for the life of the process.
pub struct Policy {
    definition: &'static Definition,
    /// Its first name, for C.
    c_label: CString,
    provider: Arc<CryptoProvider>,
    signature_schemes: Vec<SignatureScheme>,
    certificate_algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
    kx_selector: &'static GroupOrder,
}

static PREFER_TLS13: AtomicBool = AtomicBool::new(false);

/// Makes "default_tls13" the default policy, for the life of the process.
pub fn prefer_tls13() {
    PREFER_TLS13.store(true, Relaxed);
}

/// Whether [`prefer_tls13`] was called.
pub(crate) fn prefers_tls13() -> bool {
    PREFER_TLS13.load(Relaxed)
}

impl Policy {
    /// The policy with this name, whatever the case of its letters.
    ///
    /// A policy of which nothing can be offered is refused here, not when a handshake fails.
    pub fn find(name: &[u8]) -> Result<&'static Self> {
        let index = position(name)?;
        let reduce = || lasting::make(|| Self::reduce(&POLICIES[index]));
        let reduced = get_or_make(&REDUCED[index], reduce);
        Ok(reduced.as_ref().ok_or(Code::CipherNotSupported)?)
    }

    /// What a config has until it is told otherwise.
    pub fn default_policy() -> &'static Self {
        let name: &[u8] = match prefers_tls13() {
            true => b"default_tls13",
            false => b"default",
        };
        Self::find(name).expect("the table has usable default policies")
    }

    /// Whether the policy with this name would have allowed a connection of this version and
    /// suite. Asks the whole policy, not what is left of it.
    pub fn allows(name: &[u8], version: Version, suite: u16) -> Result<bool> {
        let definition = &POLICIES[position(name)?];
        Ok(
            version >= definition.min_version
                && definition.suites.iter().any(|s| s.wire() == suite),
        )
    }

    /// The numbers of the groups on the wire, in the policy's order.
    pub fn groups(&self) -> Vec<u16> {
        let groups = self.provider.kx_groups.iter();
        groups.map(|group| group.name().0).collect()
    }

    /// The numbers of the suites on the wire, those of TLS 1.3 first, each in the policy's order.
    pub fn suites(&self) -> Vec<u16> {
        let tls13 = self.provider.tls13_cipher_suites.iter();
        let tls12 = self.provider.tls12_cipher_suites.iter();
        let suites = tls13.map(|suite| suite.common.suite);
        let suites = suites.chain(tls12.map(|suite| suite.common.suite));
        suites.map(u16::from).collect()
    }

    /// Every name that [`Policy::find`] finds, in the order of the table.
    pub fn usable_names() -> impl Iterator<Item = &'static str> {
        let names = POLICIES.iter().flat_map(|definition| definition.names);
        let names = names.copied();
        names.filter(|name| Self::find(name.as_bytes()).is_ok())
    }

    /// The first of its names.
    pub fn label(&self) -> &'static str {
        self.definition.label()
    }

    /// See [`Policy::label`].
    pub fn c_label(&'static self) -> &'static CStr {
        &self.c_label
    }

    pub fn supports_tls12(&self) -> bool {
        !self.provider.tls12_cipher_suites.is_empty()
    }

    pub fn supports_tls13(&self) -> bool {
        !self.provider.tls13_cipher_suites.is_empty()
    }

    /// Suites and groups in the policy's order.
    pub fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }

    /// Schemes for the signatures of the handshake, in the policy's order.
    pub fn signature_schemes(&self) -> &[SignatureScheme] {
        &self.signature_schemes
    }

    /// How to verify signatures of the handshake: exactly the schemes above.
    pub fn handshake_signatures(&self) -> &WebPkiSupportedAlgorithms {
        &self.provider.signature_verification_algorithms
    }

    /// How to verify the signatures within a certificate chain.
    pub fn certificate_algorithms(&self) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
        self.certificate_algorithms
    }

    /// How a server chooses the cipher suite.
    pub fn cipher_suite_selector(&self) -> &'static dyn CipherSuiteSelector {
        if self.definition.boosts_chacha20 {
            &ChaCha20First
        } else {
            &SuiteOrder
        }
    }

    /// How a server chooses the group, and whether it asks for another key share.
    pub fn kx_selector(&self) -> &'static dyn KeyExchangeSelector {
        self.kx_selector
    }

    /// The default policy with no other group than this one.
    #[cfg(test)]
    pub(crate) fn with_group(group: u16) -> &'static Self {
        let default = POLICIES.iter().find(|p| p.names.contains(&"default"));
        let group = table::Group::from_wire(group).expect("a group of the reference");
        let definition = Definition {
            groups: vec![group].leak(),
            ..*default.expect("it is there")
        };
        let policy = Self::reduce(Box::leak(Box::new(definition)));
        Box::leak(Box::new(policy.expect("something is left")))
    }

    fn reduce(definition: &'static Definition) -> Option<Self> {
        let reduction = Reduction::of(definition)?;
        Some(Self {
            definition,
            c_label: CString::new(definition.label()).unwrap_or_default(),
            signature_schemes: reduction.signature_schemes(),
            certificate_algorithms: reduction.certificate_algorithms,
            provider: Arc::new(reduction.into_provider()),
            kx_selector: GroupOrder::of(definition),
        })
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Policy").field(&self.label()).finish()
    }
}

/// Each row of the table, reduced when it is first asked for; nothing if nothing was left.
static REDUCED: [OnceLock<Option<Policy>>; POLICIES.len()] =
    [const { OnceLock::new() }; POLICIES.len()];

fn position(name: &[u8]) -> Result<usize> {
    let is_meant = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
    let mut rows = POLICIES.iter();

    if let Some(index) = rows.position(|policy| policy.names.iter().any(is_meant)) {
        return Ok(index);
    }
    if DEPRECATED.iter().any(is_meant) {
        Err(Code::DeprecatedSecurityPolicy)?
    }
    Err(Code::InvalidSecurityPolicy)?
}

#[cfg(test)]
mod tests;
