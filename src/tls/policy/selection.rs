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
