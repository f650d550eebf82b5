//! A server's choices. The policy's order decides; the client's says only what is possible.

use rustls::crypto::CipherSuite;
use rustls::crypto::kx::{NamedGroup, SupportedKxGroup};
use rustls::server::{CipherSuiteSelector, KeyExchangeSelector, OfferedKxGroup};
use rustls::{Tls12CipherSuite, Tls13CipherSuite};

use super::table::{Definition, Group};

/// The first suite of the policy that the client has, too.
#[derive(Debug)]
pub(super) struct SuiteOrder;

impl CipherSuiteSelector for SuiteOrder {
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

/// The policy's order, but a client that prefers ChaCha20 gets it: it may have no AES hardware.
///
/// The reference looks at the first suite of the ClientHello, even one that it could not use.
/// Here it is the first of those that both sides have.
#[derive(Debug)]
pub(super) struct ChaCha20First;

impl CipherSuiteSelector for ChaCha20First {
    fn select_tls12_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls12CipherSuite>,
        server: &[&'static Tls12CipherSuite],
    ) -> Option<&'static Tls12CipherSuite> {
        boosting(&client.collect::<Vec<_>>(), server, |s| s.common.suite)
    }

    fn select_tls13_cipher_suite(
        &self,
        client: &mut dyn Iterator<Item = &'static Tls13CipherSuite>,
        server: &[&'static Tls13CipherSuite],
    ) -> Option<&'static Tls13CipherSuite> {
        boosting(&client.collect::<Vec<_>>(), server, |s| s.common.suite)
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

fn boosting<T: PartialEq>(
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

/// The policy's order, weighed against the round trip that a missing key share costs.
#[derive(Debug)]
pub(super) struct GroupOrder {
    insists_on: Option<NamedGroup>,
}

impl GroupOrder {
    pub fn of(definition: &Definition) -> &'static Self {
        match definition.insists_on {
            Some(Group::P384) => &Self::INSISTS_ON_P384,
            _ => &Self::PLAIN,
        }
    }

    const PLAIN: Self = Self { insists_on: None };
    const INSISTS_ON_P384: Self = Self {
        insists_on: Some(NamedGroup::secp384r1),
    };
}

impl KeyExchangeSelector for GroupOrder {
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

        // A client with a post-quantum group is worried about recordings of today being read
        // one day: that is worth a round trip, so classical shares do not count against it.
        let chosen = ready_or_first(&post_quantum)
            .or_else(|| {
                let mut classical = classical.iter();
                classical.find(|offer| Some(offer.group.name()) == self.insists_on)
            })
            .or_else(|| ready_or_first(&classical))?;
        Some(chosen.group)
    }
}

/// The first whose key share is there; if there is none, the first.
fn ready_or_first<'a>(offers: &'a [&'a OfferedKxGroup]) -> Option<&'a &'a OfferedKxGroup> {
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

    fn choose12(policy: &Policy, client: &[u16]) -> Option<u16> {
        let server = &policy.provider().tls12_cipher_suites;
        let find = |wire: &u16| server.iter().copied().find(|s| s.common.suite.0 == *wire);
        let selector = policy.cipher_suite_selector();
        let chosen =
            selector.select_tls12_cipher_suite(&mut client.iter().filter_map(find), server);
        chosen.map(|suite| suite.common.suite.0)
    }

    fn choose13(policy: &Policy, client: &[u16]) -> Option<u16> {
        let server = &policy.provider().tls13_cipher_suites;
        let find = |wire: &u16| server.iter().copied().find(|s| s.common.suite.0 == *wire);
        let selector = policy.cipher_suite_selector();
        let chosen =
            selector.select_tls13_cipher_suite(&mut client.iter().filter_map(find), server);
        chosen.map(|suite| suite.common.suite.0)
    }

    #[test]
    fn the_order_of_the_server_chooses_the_suite() {
        let default = policy("default");
        assert_eq!(choose13(default, &[0x1303, 0x1302, 0x1301]), Some(0x1301));
        assert_eq!(choose13(default, &[0x1303, 0x1302]), Some(0x1302));
        assert_eq!(choose12(default, &[0xc030, 0xc02f, 0xc02c]), Some(0xc02c));
        assert_eq!(choose12(default, &[]), None);
    }

    #[test]
    fn a_boosting_policy_gives_chacha20_to_those_who_want_it_most() {
        let boosting = policy("CloudFront-TLS-1-2-2021-Chacha20-Boosted");
        assert_eq!(choose13(boosting, &[0x1303, 0x1301]), Some(0x1303));
        assert_eq!(choose13(boosting, &[0x1301, 0x1303]), Some(0x1301));
        assert_eq!(choose12(boosting, &[0xcca8, 0xcca9, 0xc02b]), Some(0xcca9));
        assert_eq!(choose12(boosting, &[0xc030, 0xcca8]), Some(0xc030));

        let boosting = usable().into_iter().filter(|(d, _)| d.boosts_chacha20);
        assert_eq!(boosting.count(), 2);
    }

    /// What a server chooses for a client that supports `supported`, of which it sent shares for
    /// `shares`.
    fn choose_group(policy: &Policy, supported: &[Group], shares: &[Group]) -> Option<Group> {
        let server: &[&'static dyn SupportedKxGroup] = &policy.provider().kx_groups;
        let mut client = supported.iter().map(|offer| {
            let mut server = server.iter().copied();
            let group = server.find(|group| group.name().0 == offer.wire()).unwrap();
            OfferedKxGroup::new(group, shares.contains(offer))
        });
        let chosen = policy
            .kx_selector()
            .select_key_exchange(&mut client, server)?;
        Group::from_wire(chosen.name().0)
    }

    #[test]
    fn a_curve_with_a_share_wins_over_a_better_one_without() {
        let policy = policy("default_tls13");
        let supported = [Group::P384, Group::X25519, Group::P256];

        assert_eq!(
            choose_group(policy, &supported, &[Group::P384, Group::X25519]),
            Some(Group::X25519)
        );
        // Without a usable share the client is asked again, for what the server likes best.
        assert_eq!(choose_group(policy, &supported, &[]), Some(Group::P256));
        assert_eq!(choose_group(policy, &[], &[]), None);
    }

    #[test]
    fn a_post_quantum_group_is_worth_a_round_trip() {
        let policy = policy("default_pq");

        assert_eq!(
            choose_group(policy, &[Group::X25519, Group::P256Kem], &[Group::X25519]),
            Some(Group::P256Kem)
        );
        // Two of them: the one that needs no round trip.
        assert_eq!(
            choose_group(
                policy,
                &[Group::X25519Kem, Group::P256Kem],
                &[Group::P256Kem]
            ),
            Some(Group::P256Kem)
        );
    }

    #[test]
    fn a_policy_may_insist_on_p384() {
        let insisting = policy("20251113");
        assert_eq!(
            choose_group(insisting, &[Group::P256, Group::P384], &[Group::P256]),
            Some(Group::P384)
        );
        assert_eq!(
            choose_group(insisting, &[Group::P256], &[Group::P256]),
            Some(Group::P256)
        );
        // A post-quantum group still comes first.
        let insisting = policy("20260722");
        assert_eq!(
            choose_group(insisting, &[Group::Kem1024, Group::P384], &[Group::P384]),
            Some(Group::Kem1024)
        );
    }

    /// The selector is not told the version. In TLS 1.2, where the reference does not insist on
    /// anything, the choice is the same only because of this.
    #[test]
    fn what_a_policy_insists_on_is_its_first_curve() {
        let insisting = POLICIES.iter().filter(|d| d.insists_on.is_some());
        for definition in insisting.clone() {
            let mut curves = definition.groups.iter().filter(|g| !g.is_post_quantum());
            assert_eq!(curves.next().copied(), definition.insists_on);
        }
        assert_eq!(insisting.count(), 6);
    }
}
