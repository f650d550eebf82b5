//! The two key shares of a client: its first post-quantum group and its first curve.
//!
//! rustls sends one share, and the curve inside a hybrid group as a second. s2n-tls sends the
//! curve that the policy likes best, so a server without post-quantum groups is met in one round
//! trip. rustls lets a group bring a second share: this is such a group.

use rustls::crypto::kx::{
    ActiveKeyExchange, CompletedKeyExchange, HybridKeyExchange, NamedGroup, SharedSecret,
    StartedKeyExchange, SupportedKxGroup,
};
use rustls::error::Error;

/// A group that brings a share of `curve` along when a client offers it.
#[derive(Debug)]
pub(super) struct WithCurve {
    pub group: &'static dyn SupportedKxGroup,
    pub curve: &'static dyn SupportedKxGroup,
}

impl SupportedKxGroup for WithCurve {
    fn start(&self) -> Result<StartedKeyExchange, Error> {
        let group = match self.group.start()? {
            // The group brings the right curve by itself, and for less work.
            StartedKeyExchange::Hybrid(group) if group.component().0 == self.curve.name() => {
                return Ok(StartedKeyExchange::Hybrid(group));
            }
            started => started.into_single(),
        };
        let curve = self.curve.start()?.into_single();
        Ok(StartedKeyExchange::Hybrid(Box::new(TwoShares {
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

/// Both shares on their way; the server's answer says which one goes on.
struct TwoShares {
    group: Box<dyn ActiveKeyExchange>,
    curve: Box<dyn ActiveKeyExchange>,
}

impl ActiveKeyExchange for TwoShares {
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

impl HybridKeyExchange for TwoShares {
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
    fn either_share_of_a_client_can_be_answered() {
        let provider = policy("default").provider();
        let [both, curve] = [0, 3].map(|i| provider.kx_groups[i]);
        assert_eq!(curve.name(), NamedGroup::secp256r1);

        let client = both.start().unwrap().into_single();
        let answer = both.start_and_complete(client.pub_key()).unwrap();
        assert_eq!(answer.group, NamedGroup::X25519MLKEM768);
        let secret = client.complete(&answer.pub_key).unwrap();
        assert_eq!(secret.secret_bytes(), answer.secret.secret_bytes());

        let StartedKeyExchange::Hybrid(client) = both.start().unwrap() else {
            panic!("the first group brings a curve along");
        };
        assert_eq!(client.component().0, NamedGroup::secp256r1);
        let answer = curve.start_and_complete(client.component().1).unwrap();
        let secret = client.complete_component(&answer.pub_key).unwrap();
        assert_eq!(secret.secret_bytes(), answer.secret.secret_bytes());
    }

    /// The groups in the key_share extension of a ClientHello.
    fn key_shares(record: &[u8]) -> Vec<NamedGroup> {
        let u16_at =
            |bytes: &[u8], at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));

        // The headers of record and message, version, random, session identifier.
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
