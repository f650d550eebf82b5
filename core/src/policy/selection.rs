//! Selection of cipher suites and groups by a server, in the policy's order of preference.

use rustls::crypto::kx::{NamedGroup, SupportedKxGroup};
use rustls::crypto::{CipherSuite, HashAlgorithm};
use rustls::server::{CipherSuiteSelector, KeyExchangeSelector, OfferedKxGroup};
use rustls::{Tls12CipherSuite, Tls13CipherSuite};

use super::table::{Definition, Group};

/// Selects the first suite of the policy that the client offers.
#[derive(Debug)]
pub(super) struct ServerPreference;

impl CipherSuiteSelector for ServerPreference {
    fn select_tls12_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls12CipherSuite>,
        server: &[&'static Tls12CipherSuite],
    ) -> Option<&'static Tls12CipherSuite> {
        first_in_common(&client.collect::<Vec<_>>(), server, |_| true)
    }

    fn select_tls13_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls13CipherSuite>,
        server: &[&'static Tls13CipherSuite],
    ) -> Option<&'static Tls13CipherSuite> {
        first_in_common(&client.collect::<Vec<_>>(), server, |_| true)
    }
}

/// Selects in the policy's order, except that it boosts ChaCha20-Poly1305 for clients that prefer
/// it, as they may lack AES hardware.
///
/// s2n-tls examines the first suite of the ClientHello, even if it is unsupported. Here it is the
/// first of those that both sides support.
#[derive(Debug)]
pub(super) struct ChaCha20Boosting;

impl CipherSuiteSelector for ChaCha20Boosting {
    fn select_tls12_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls12CipherSuite>,
        server: &[&'static Tls12CipherSuite],
    ) -> Option<&'static Tls12CipherSuite> {
        first_boosted(&client.collect::<Vec<_>>(), server, |s| s.common.suite)
    }

    fn select_tls13_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls13CipherSuite>,
        server: &[&'static Tls13CipherSuite],
    ) -> Option<&'static Tls13CipherSuite> {
        first_boosted(&client.collect::<Vec<_>>(), server, |s| s.common.suite)
    }
}

/// Selects like another selector, but in TLS 1.3 only suites with the hash of a pre-shared key (RFC
/// 8446, 4.2.11).
#[derive(Debug)]
pub(super) struct WithHash {
    selector: &'static dyn CipherSuiteSelector,
    hash: HashAlgorithm,
}

impl WithHash {
    /// Returns the selector for a hash; `None` if no suite has it.
    pub fn of(boosts_chacha20: bool, hash: HashAlgorithm) -> Option<&'static Self> {
        const fn new(selector: &'static dyn CipherSuiteSelector, hash: HashAlgorithm) -> WithHash {
            WithHash { selector, hash }
        }
        static SHA256: [WithHash; 2] = [
            new(&ServerPreference, HashAlgorithm::SHA256),
            new(&ChaCha20Boosting, HashAlgorithm::SHA256),
        ];
        static SHA384: [WithHash; 2] = [
            new(&ServerPreference, HashAlgorithm::SHA384),
            new(&ChaCha20Boosting, HashAlgorithm::SHA384),
        ];
        match hash {
            HashAlgorithm::SHA256 => Some(&SHA256[usize::from(boosts_chacha20)]),
            HashAlgorithm::SHA384 => Some(&SHA384[usize::from(boosts_chacha20)]),
            _ => None,
        }
    }
}

impl CipherSuiteSelector for WithHash {
    fn select_tls12_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls12CipherSuite>,
        server: &[&'static Tls12CipherSuite],
    ) -> Option<&'static Tls12CipherSuite> {
        self.selector.select_tls12_cipher_suite(client, server)
    }

    fn select_tls13_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls13CipherSuite>,
        server: &[&'static Tls13CipherSuite],
    ) -> Option<&'static Tls13CipherSuite> {
        let has_hash =
            |suite: &&'static Tls13CipherSuite| suite.common.hash_provider.algorithm() == self.hash;
        let server: Vec<_> = server.iter().copied().filter(has_hash).collect();
        self.selector.select_tls13_cipher_suite(client, &server)
    }
}

fn first_in_common<T: PartialEq>(
    client: &[&'static T],
    server: &[&'static T],
    accept: impl Fn(&T) -> bool,
) -> Option<&'static T> {
    let mut server = server.iter().copied();
    server.find(|suite| accept(suite) && client.contains(suite))
}

fn first_boosted<T: PartialEq>(
    client: &[&'static T],
    server: &[&'static T],
    name: impl Fn(&T) -> CipherSuite,
) -> Option<&'static T> {
    let is_chacha20 = |suite: &T| CHACHA20.contains(&name(suite));

    if client.first().is_some_and(|suite| is_chacha20(suite)) {
        first_in_common(client, server, is_chacha20)
    } else {
        first_in_common(client, server, |_| true)
    }
}

const CHACHA20: [CipherSuite; 3] = [
    CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// Selects a group in the policy's order, but avoids the round trip of a HelloRetryRequest for a
/// missing key share.
#[derive(Debug)]
pub(super) struct GroupSelector {
    strongly_preferred: Option<NamedGroup>,
}

impl GroupSelector {
    pub fn of(definition: &Definition) -> &'static Self {
        match definition.strongly_preferred {
            Some(Group::P384) => &Self::PREFERS_P384,
            _ => &Self::DEFAULT,
        }
    }

    const DEFAULT: Self = Self {
        strongly_preferred: None,
    };
    const PREFERS_P384: Self = Self {
        strongly_preferred: Some(NamedGroup::secp384r1),
    };
}

impl KeyExchangeSelector for GroupSelector {
    fn select_key_exchange(
        &self,
        client: &mut dyn Iterator<Item = OfferedKxGroup>,
        server: &[&'static dyn SupportedKxGroup],
    ) -> Option<&'static dyn SupportedKxGroup> {
        let offered: Vec<_> = client.collect();
        let in_common = server.iter().filter_map(|group| {
            offered
                .iter()
                .find(|offer| offer.group.name() == group.name())
        });
        let (post_quantum, classical): (Vec<_>, Vec<_>) =
            in_common.partition(|offer| is_post_quantum(offer.group.name()));

        // A post-quantum group protects recorded traffic against a future decryption. That is worth
        // a round trip, so the key shares of classical groups do not take precedence.
        let selected = with_key_share_or_first(&post_quantum)
            .or_else(|| {
                let mut classical = classical.iter();
                classical.find(|offer| Some(offer.group.name()) == self.strongly_preferred)
            })
            .or_else(|| with_key_share_or_first(&classical))?;
        Some(selected.group)
    }
}

/// Returns the first group with a key share, or else the first group.
fn with_key_share_or_first<'a>(offers: &'a [&'a OfferedKxGroup]) -> Option<&'a &'a OfferedKxGroup> {
    offers
        .iter()
        .find(|offer| offer.has_key_share)
        .or(offers.first())
}

fn is_post_quantum(name: NamedGroup) -> bool {
    Group::from_wire(name.0).is_some_and(Group::is_post_quantum)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{policy, usable};
    use super::super::{POLICIES, Policy};
    use super::*;

    fn select_tls12(policy: &Policy, client: &[u16]) -> Option<u16> {
        let server = &policy.provider().tls12_cipher_suites;
        let find = |wire: &u16| server.iter().copied().find(|s| s.common.suite.0 == *wire);
        let selector = policy.cipher_suite_selector();
        let selected =
            selector.select_tls12_cipher_suite(&mut client.iter().filter_map(find), server);
        selected.map(|suite| suite.common.suite.0)
    }

    fn select_tls13(policy: &Policy, client: &[u16]) -> Option<u16> {
        let server = &policy.provider().tls13_cipher_suites;
        let find = |wire: &u16| server.iter().copied().find(|s| s.common.suite.0 == *wire);
        let selector = policy.cipher_suite_selector();
        let selected =
            selector.select_tls13_cipher_suite(&mut client.iter().filter_map(find), server);
        selected.map(|suite| suite.common.suite.0)
    }

    #[test]
    fn the_suite_is_selected_in_the_order_of_the_server() {
        let default = policy("default");
        assert_eq!(
            select_tls13(default, &[0x1303, 0x1302, 0x1301]),
            Some(0x1301)
        );
        assert_eq!(select_tls13(default, &[0x1303, 0x1302]), Some(0x1302));
        assert_eq!(
            select_tls12(default, &[0xc030, 0xc02f, 0xc02c]),
            Some(0xc02c)
        );
        assert_eq!(select_tls12(default, &[]), None);
    }

    #[test]
    fn chacha20_boosting_applies_to_clients_that_prefer_chacha20() {
        let boosting = policy("CloudFront-TLS-1-2-2021-Chacha20-Boosted");
        assert_eq!(select_tls13(boosting, &[0x1303, 0x1301]), Some(0x1303));
        assert_eq!(select_tls13(boosting, &[0x1301, 0x1303]), Some(0x1301));
        assert_eq!(
            select_tls12(boosting, &[0xcca8, 0xcca9, 0xc02b]),
            Some(0xcca9)
        );
        assert_eq!(select_tls12(boosting, &[0xc030, 0xcca8]), Some(0xc030));

        let boosting = usable().into_iter().filter(|(d, _)| d.boosts_chacha20);
        assert_eq!(boosting.count(), 2);
    }

    /// Selects a group for a client that supports the groups `supported`, with key shares for
    /// `shares`.
    fn select_group(policy: &Policy, supported: &[Group], shares: &[Group]) -> Option<Group> {
        let server: &[&'static dyn SupportedKxGroup] = &policy.provider().kx_groups;
        let mut client = supported.iter().map(|offer| {
            let mut server = server.iter().copied();
            let group = server.find(|group| group.name().0 == offer.wire()).unwrap();
            OfferedKxGroup::new(group, shares.contains(offer))
        });
        let selected = policy
            .kx_selector()
            .select_key_exchange(&mut client, server)?;
        Group::from_wire(selected.name().0)
    }

    #[test]
    fn a_curve_with_a_key_share_takes_precedence_over_a_preferred_one_without() {
        let policy = policy("default_tls13");
        let supported = [Group::P384, Group::X25519, Group::P256];

        assert_eq!(
            select_group(policy, &supported, &[Group::P384, Group::X25519]),
            Some(Group::X25519)
        );
        // Without a usable key share the HelloRetryRequest is for the server's most preferred
        // curve.
        assert_eq!(select_group(policy, &supported, &[]), Some(Group::P256));
        assert_eq!(select_group(policy, &[], &[]), None);
    }

    #[test]
    fn a_post_quantum_group_takes_precedence_over_a_key_share() {
        let policy = policy("default_pq");

        assert_eq!(
            select_group(policy, &[Group::X25519, Group::P256Kem], &[Group::X25519]),
            Some(Group::P256Kem)
        );
        // Of two post-quantum groups, the one with a key share.
        assert_eq!(
            select_group(
                policy,
                &[Group::X25519Kem, Group::P256Kem],
                &[Group::P256Kem]
            ),
            Some(Group::P256Kem)
        );
    }

    #[test]
    fn p384_may_be_strongly_preferred() {
        let preferring = policy("20251113");
        assert_eq!(
            select_group(preferring, &[Group::P256, Group::P384], &[Group::P256]),
            Some(Group::P384)
        );
        assert_eq!(
            select_group(preferring, &[Group::P256], &[Group::P256]),
            Some(Group::P256)
        );
        // A post-quantum group still takes precedence.
        let preferring = policy("20260722");
        assert_eq!(
            select_group(preferring, &[Group::Kem1024, Group::P384], &[Group::P384]),
            Some(Group::Kem1024)
        );
    }

    /// The selector has no access to the version. In TLS 1.2, where s2n-tls has no strongly
    /// preferred groups, the selection is the same only because of this.
    #[test]
    fn the_strongly_preferred_group_is_the_first_curve() {
        let preferring = POLICIES.iter().filter(|d| d.strongly_preferred.is_some());
        for definition in preferring.clone() {
            let mut curves = definition.groups.iter().filter(|g| !g.is_post_quantum());
            assert_eq!(curves.next().copied(), definition.strongly_preferred);
        }
        assert_eq!(preferring.count(), 6);
    }
}
