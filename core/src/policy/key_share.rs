//! The two key shares of a client: for its first post-quantum group and for its first curve.
//!
//! rustls sends one key share, and that of the curve of a hybrid group as a second. s2n-tls sends
//! that of the policy's most preferred curve, so that a server without post-quantum groups requires
//! no HelloRetryRequest. rustls permits a group to provide a second key share, as this one does.

use rustls::crypto::kx::{
    ActiveKeyExchange, CompletedKeyExchange, HybridKeyExchange, NamedGroup, SharedSecret,
    StartedKeyExchange, SupportedKxGroup,
};
use rustls::error::Error;

/// A group that also provides a key share of `curve` when a client offers it.
#[derive(Debug)]
pub(super) struct DualShareGroup {
    pub group: &'static dyn SupportedKxGroup,
    pub curve: &'static dyn SupportedKxGroup,
}

impl SupportedKxGroup for DualShareGroup {
    fn start(&self) -> Result<StartedKeyExchange, Error> {
        let group = match self.group.start()? {
            // The hybrid group already includes this curve, at a lower cost.
            StartedKeyExchange::Hybrid(group) if group.component().0 == self.curve.name() => {
                return Ok(StartedKeyExchange::Hybrid(group));
            }
            started => started.into_single(),
        };
        let curve = self.curve.start()?.into_single();
        Ok(StartedKeyExchange::Hybrid(Box::new(DualKeyExchange {
            group,
            curve,
        })))
    }

    fn start_and_complete(&self, client_share: &[u8]) -> Result<CompletedKeyExchange, Error> {
        self.group.start_and_complete(client_share)
    }

    fn name(&self) -> NamedGroup {
        self.group.name()
    }
}

/// A key exchange with both key shares; the ServerHello selects one of them.
struct DualKeyExchange {
    group: Box<dyn ActiveKeyExchange>,
    curve: Box<dyn ActiveKeyExchange>,
}

impl ActiveKeyExchange for DualKeyExchange {
    fn complete(self: Box<Self>, peer_pub_key: &[u8]) -> Result<SharedSecret, Error> {
        self.group.complete(peer_pub_key)
    }

    fn pub_key(&self) -> &[u8] {
        self.group.pub_key()
    }

    fn group(&self) -> NamedGroup {
        self.group.group()
    }
}

impl HybridKeyExchange for DualKeyExchange {
    fn component(&self) -> (NamedGroup, &[u8]) {
        (self.curve.group(), self.curve.pub_key())
    }

    fn complete_component(self: Box<Self>, peer_pub_key: &[u8]) -> Result<SharedSecret, Error> {
        self.curve.complete(peer_pub_key)
    }

    fn as_key_exchange(&self) -> &(dyn ActiveKeyExchange + 'static) {
        self
    }

    fn into_key_exchange(self: Box<Self>) -> Box<dyn ActiveKeyExchange> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::Group;
    use super::super::tests::{client_hello, groups, policy, usable};
    use super::*;

    #[test]
    fn a_client_sends_shares_of_its_first_post_quantum_group_and_its_first_curve() {
        for (definition, policy) in usable().into_iter().filter(|(_, p)| p.supports_tls13()) {
            let (post_quantum, curves): (Vec<_>, Vec<_>) = groups(policy)
                .into_iter()
                .partition(|g| Group::from_wire(g.0).unwrap().is_post_quantum());
            let expected: Vec<_> = post_quantum
                .first()
                .into_iter()
                .chain(curves.first())
                .collect();

            let sent = key_shares(&client_hello(policy));
            assert_eq!(
                sent.iter().collect::<Vec<_>>(),
                expected,
                "{}",
                definition.label()
            );
        }
    }

    #[test]
    fn both_key_shares_of_a_client_can_be_completed() {
        let provider = policy("default").provider();
        let [dual, curve] = [0, 3].map(|i| provider.kx_groups[i]);
        assert_eq!(curve.name(), NamedGroup::secp256r1);

        let client = dual.start().unwrap().into_single();
        let reply = dual.start_and_complete(client.pub_key()).unwrap();
        assert_eq!(reply.group, NamedGroup::X25519MLKEM768);
        let secret = client.complete(&reply.pub_key).unwrap();
        assert_eq!(secret.secret_bytes(), reply.secret.secret_bytes());

        let StartedKeyExchange::Hybrid(client) = dual.start().unwrap() else {
            panic!("the first group provides two key shares");
        };
        assert_eq!(client.component().0, NamedGroup::secp256r1);
        let reply = curve.start_and_complete(client.component().1).unwrap();
        let secret = client.complete_component(&reply.pub_key).unwrap();
        assert_eq!(secret.secret_bytes(), reply.secret.secret_bytes());
    }

    /// Returns the groups in the key_share extension of a ClientHello.
    fn key_shares(record: &[u8]) -> Vec<NamedGroup> {
        let u16_at =
            |bytes: &[u8], at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));

        // Record header, handshake header, legacy_version and random; then legacy_session_id,
        // cipher_suites and legacy_compression_methods.
        let mut at = 5 + 4 + 2 + 32;
        at += 1 + usize::from(record[at]);
        at += 2 + u16_at(record, at);
        at += 1 + usize::from(record[at]) + 2;
        while u16_at(record, at) != 51 {
            at += 4 + u16_at(record, at + 2);
        }

        let mut shares = &record[at + 6..][..u16_at(record, at + 4)];
        let mut groups = Vec::new();
        while !shares.is_empty() {
            groups.push(NamedGroup(u16_at(shares, 0) as u16));
            shares = &shares[4 + u16_at(shares, 2)..];
        }
        groups
    }
}
