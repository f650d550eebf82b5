//! Security policies: the definitions of s2n-tls, and the supported part of each.
//!
//! A policy of s2n-tls lists versions, cipher suites, groups and signature schemes in order of
//! preference. Those that rustls and its provider do not support are removed, and the order is
//! preserved; `docs/policies.md` lists every result.

use std::ffi::{CStr, CString};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use rustls::SupportedCipherSuite;
use rustls::crypto::kx::NamedGroup;
use rustls::crypto::{CryptoProvider, SignatureScheme, WebPkiSupportedAlgorithms};
use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls::server::{CipherSuiteSelector, KeyExchangeSelector, OfferedKxGroup};

use super::base::Version;
use super::crypto::tls13;
use super::error::{Code, Result};
use super::process::fork::get_or_init;
use super::process::permanent;

mod certificates;
pub mod custom;
#[cfg(test)]
mod document;
mod key_share;
pub mod names;
mod selection;
mod supported;
mod table;

use custom::REGISTRY;
use selection::{ChaCha20Boosting, GroupSelector, ServerPreference, WithHash};
use supported::Supported;
use table::{CertificateKey, DEPRECATED, Definition, POLICIES, Suite};

/// The supported part of a security policy. Each is a singleton for the life of the process.
pub struct Policy {
    definition: &'static Definition,
    /// Its first name, as a C string.
    c_label: CString,
    provider: Arc<CryptoProvider>,
    signature_schemes: Vec<SignatureScheme>,
    certificate_algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
    kx_selector: &'static GroupSelector,
}

/// The suite of a resumed session, and how a server selects it.
pub(crate) struct PskSuite {
    pub(crate) number: u16,
    pub(crate) selector: &'static dyn CipherSuiteSelector,
}

/// Returns the implementation of a suite for a version.
pub(crate) fn supported_suite(number: u16, version: Version) -> Option<SupportedCipherSuite> {
    let suite = Suite::from_wire(number)?;
    match version {
        Version::Tls12 => suite.supported_in_tls12().map(SupportedCipherSuite::Tls12),
        Version::Tls13 => suite.supported_in_tls13().map(SupportedCipherSuite::Tls13),
        _ => None,
    }
}

static PREFER_TLS13: AtomicBool = AtomicBool::new(false);

/// Makes "default_tls13" the default policy, for the life of the process.
pub fn prefer_tls13() {
    PREFER_TLS13.store(true, Relaxed);
}

/// Returns whether [`prefer_tls13`] was called.
pub(crate) fn prefers_tls13() -> bool {
    PREFER_TLS13.load(Relaxed)
}

impl Policy {
    /// Looks up a policy by name, ignoring case.
    ///
    /// A policy without any supported parameters is rejected here, before any handshake.
    pub fn find(name: &[u8]) -> Result<&'static Self> {
        if let Some(policy) = REGISTRY.replacement(name) {
            return Ok(policy);
        }
        if let Some(policy) = REGISTRY.find(name) {
            return Ok(policy);
        }
        Self::find_in_table(name)
    }

    /// [`Policy::find`], for a policy of s2n-tls that nothing replaces.
    fn find_in_table(name: &[u8]) -> Result<&'static Self> {
        let index = position(name)?;
        let build = || permanent::allocate(|| Self::build(&POLICIES[index]));
        let policy = get_or_init(&SUPPORTED[index], build);
        Ok(policy.as_ref().ok_or(Code::CipherNotSupported)?)
    }

    /// Returns the default policy of a config.
    pub fn default_policy() -> &'static Self {
        let name: &[u8] = match prefers_tls13() {
            true => b"default_tls13",
            false => b"default",
        };
        Self::find(name).expect("the default policies are supported")
    }

    /// Returns whether the policy with this name permits a version and a suite. This includes
    /// unsupported ones.
    pub fn allows(name: &[u8], version: Version, suite: u16) -> Result<bool> {
        let own = REGISTRY.replacement(name).or_else(|| REGISTRY.find(name));
        let definition = match own {
            Some(policy) => policy.definition,
            None => &POLICIES[position(name)?],
        };
        Ok(
            version >= definition.min_version
                && definition.suites.iter().any(|s| s.wire() == suite),
        )
    }

    /// Returns the code points of the groups, in the policy's order.
    pub fn groups(&self) -> Vec<u16> {
        let groups = self.provider.kx_groups.iter();
        groups.map(|group| group.name().0).collect()
    }

    /// Returns the code points of the suites, those of TLS 1.3 first, each in the policy's order.
    pub fn suites(&self) -> Vec<u16> {
        let tls13 = self.provider.tls13_cipher_suites.iter();
        let tls12 = self.provider.tls12_cipher_suites.iter();
        let suites = tls13.map(|suite| suite.common.suite);
        let suites = suites.chain(tls12.map(|suite| suite.common.suite));
        suites.map(u16::from).collect()
    }

    /// Returns every name of s2n-tls that [`Policy::find`] accepts, in the order of the table.
    pub fn usable_names() -> impl Iterator<Item = &'static str> {
        let names = POLICIES.iter().flat_map(|definition| definition.names);
        let names = names.copied();
        names.filter(|name| Self::find(name.as_bytes()).is_ok())
    }

    /// Returns the first of its names.
    pub fn label(&self) -> &'static str {
        self.definition.label()
    }

    /// Returns [`Policy::label`] as a C string.
    pub fn c_label(&'static self) -> &'static CStr {
        &self.c_label
    }

    pub fn supports_tls12(&self) -> bool {
        !self.provider.tls12_cipher_suites.is_empty()
    }

    pub fn supports_tls13(&self) -> bool {
        !self.provider.tls13_cipher_suites.is_empty()
    }

    /// Returns the crypto provider, with suites and groups in the policy's order.
    pub fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }

    /// Returns the schemes for handshake signatures, in the policy's order.
    pub fn signature_schemes(&self) -> &[SignatureScheme] {
        &self.signature_schemes
    }

    /// Returns the verification algorithms for handshake signatures: those of
    /// [`Policy::signature_schemes`].
    pub fn handshake_signatures(&self) -> &WebPkiSupportedAlgorithms {
        &self.provider.signature_verification_algorithms
    }

    /// Returns the verification algorithms for signatures within a certificate chain.
    pub fn certificate_algorithms(&self) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
        self.certificate_algorithms
    }

    /// Returns how a server selects the cipher suite.
    pub fn cipher_suite_selector(&self) -> &'static dyn CipherSuiteSelector {
        if self.definition.boosts_chacha20 {
            &ChaCha20Boosting
        } else {
            &ServerPreference
        }
    }

    /// Selects the suite of a server that uses a pre-shared key with the hash of the suite `session`,
    /// from the suites of a ClientHello; `None` if there is none with that hash.
    pub(crate) fn psk_suite(
        &self,
        session: u16,
        client: impl Iterator<Item = u16>,
    ) -> Option<PskSuite> {
        let mut known = tls13::SUITES.iter();
        let known = known.find(|suite| suite.common.suite.0 == session)?;
        let hash = known.common.hash_provider.algorithm();
        let selector = WithHash::of(self.definition.boosts_chacha20, hash)?;
        let suites = &self.provider.tls13_cipher_suites;
        let find = |number| suites.iter().find(|suite| suite.common.suite.0 == number);
        let mut client = client.filter_map(|number| find(number).copied());
        let suite = selector.select_tls13_cipher_suite(&mut client, suites)?;
        Some(PskSuite {
            number: suite.common.suite.0,
            selector,
        })
    }

    /// Returns whether the policy has a suite of TLS 1.3.
    pub(crate) fn has_tls13_suite(&self, number: u16) -> bool {
        let mut suites = self.provider.tls13_cipher_suites.iter();
        suites.any(|suite| suite.common.suite.0 == number)
    }

    /// Returns whether a server answers a ClientHello of TLS 1.3 with a HelloRetryRequest, for a key
    /// share of another group. Each group of the client comes with whether it has a key share.
    pub(crate) fn requires_retry(&self, client: impl Iterator<Item = (u16, bool)> + Clone) -> bool {
        let own = &self.provider.kx_groups;
        let has_share = |group: NamedGroup| {
            let mut client = client.clone();
            client.find_map(|(number, has_share)| (number == group.0).then_some(has_share))
        };
        let mut offered = own.iter().filter_map(|&group| {
            let has_share = has_share(group.name())?;
            Some(OfferedKxGroup::new(group, has_share))
        });
        let selected = self.kx_selector.select_key_exchange(&mut offered, own);
        selected.is_some_and(|group| has_share(group.name()) == Some(false))
    }

    /// Returns how a server selects the group, and whether it sends a HelloRetryRequest.
    pub fn kx_selector(&self) -> &'static dyn KeyExchangeSelector {
        self.kx_selector
    }

    /// Returns the default policy, restricted to one group.
    #[cfg(any(test, feature = "internal-test"))]
    pub fn restricted_to_group(group: u16) -> &'static Self {
        let default = POLICIES.iter().find(|p| p.names.contains(&"default"));
        let group = table::Group::from_wire(group).expect("a group of s2n-tls");
        let definition = Definition {
            groups: vec![group].leak(),
            ..*default.expect("the table has it")
        };
        let policy = Self::build(Box::leak(Box::new(definition)));
        Box::leak(Box::new(policy.expect("the group is supported")))
    }

    fn build(definition: &'static Definition) -> Option<Self> {
        let supported = Supported::of(definition)?;
        Some(Self {
            definition,
            c_label: CString::new(definition.label()).unwrap_or_default(),
            signature_schemes: supported.signature_schemes(),
            certificate_algorithms: supported.certificate_algorithms,
            provider: Arc::new(supported.into_provider()),
            kx_selector: GroupSelector::of(definition),
        })
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Policy").field(&self.label()).finish()
    }
}

/// The supported part of each row of the table, built on first use; `None` if nothing is supported.
static SUPPORTED: [OnceLock<Option<Policy>>; POLICIES.len()] =
    [const { OnceLock::new() }; POLICIES.len()];

/// Returns the index of the row with a name.
fn position(name: &[u8]) -> Result<usize> {
    let matches = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
    let mut rows = POLICIES.iter();

    if let Some(index) = rows.position(|policy| policy.names.iter().any(matches)) {
        return Ok(index);
    }
    if DEPRECATED.iter().any(matches) {
        Err(Code::DeprecatedSecurityPolicy)?
    }
    Err(Code::InvalidSecurityPolicy)?
}

#[cfg(test)]
mod tests;
