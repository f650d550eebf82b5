//! The key schedule of TLS 1.3 after the handshake.

use rustls::{ConnectionTrafficSecrets, Tls13CipherSuite};
use zeroize::Zeroizing;

use super::State;
use super::traffic_secret::{expand_label, expand_label_into, next_secret, traffic_keys};
use crate::crypto::HeapSecret;
use crate::error::{Code, Result};

/// The secrets of a connection whose records the record layer seals and opens.
///
/// They are in one allocation: an idle connection has them as long as it exists.
pub(crate) struct KeySchedule {
    suite: &'static Tls13CipherSuite,
    /// Each secret has the length of the suite's hash. In this order: of the write direction, of the
    /// read direction, and the others as far as they are known.
    secrets: Zeroizing<Box<[u8]>>,
    /// The secret from which other secrets are exported (RFC 8446, 7.5).
    exporter: Option<Place>,
    /// The secret from which the keys of tickets are derived, if there may be tickets.
    resumption: Option<Place>,
}

/// The number of a secret.
type Place = u8;

/// The secrets of a handshake.
pub(crate) struct Secrets<'a> {
    pub(crate) write: &'a [u8],
    pub(crate) read: &'a [u8],
    pub(crate) exporter: Option<&'a [u8]>,
    pub(crate) resumption: Option<&'a [u8]>,
}

/// A direction of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Write,
    Read,
}

/// Traffic keys, and the sequence number of their first record.
type Keys = (u64, ConnectionTrafficSecrets);

impl KeySchedule {
    /// Fails if a secret does not have the length of the suite's hash.
    pub(crate) fn new(suite: &'static Tls13CipherSuite, secrets: &Secrets<'_>) -> Result<Self> {
        let len = suite.common.hash_provider.output_len();
        let all = [
            Some(secrets.write),
            Some(secrets.read),
            secrets.exporter,
            secrets.resumption,
        ];
        let known = all.iter().flatten();
        if known.clone().any(|secret| secret.len() != len) {
            return Err(Code::KeyInit)?;
        }
        // All of it at once: a list that grows leaves secrets behind.
        let mut block = Zeroizing::new(vec![0; len * known.clone().count()].into_boxed_slice());
        for (place, secret) in block.chunks_exact_mut(len).zip(known) {
            place.copy_from_slice(secret);
        }
        let exporter = secrets.exporter.map(|_| Direction::COUNT);
        let first_rest = exporter.map_or(Direction::COUNT, |place| place + 1);
        Ok(Self {
            suite,
            secrets: block,
            exporter,
            resumption: secrets.resumption.map(|_| first_rest),
        })
    }

    fn secret(&self, place: Place) -> Result<&[u8]> {
        let len = self.suite.common.hash_provider.output_len();
        let mut secrets = self.secrets.chunks_exact(len);
        Ok(secrets.nth(place.into()).ok_or(Code::InvalidState)?)
    }

    /// Exports keying material for a label and a context (RFC 8446, 7.5).
    pub(crate) fn export(&self, label: &[u8], context: &[u8], output: &mut [u8]) -> Result<()> {
        let secret = self.secret(self.exporter.ok_or(Code::InvalidState)?)?;
        // s2n-tls rejects an empty output.
        if output.is_empty() {
            return Err(Code::HkdfOutputSize)?;
        }
        let hash = self.suite.common.hash_provider;
        let (none, context) = (hash.hash(&[]), hash.hash(context));
        let derived = expand_label(self.suite, secret, label, none.as_ref(), secret.len())?;
        let context = context.as_ref();
        let exported = expand_label_into(self.suite, &derived, b"exporter", context, output);
        exported.map_err(|_| Code::HkdfOutputSize.into())
    }

    /// Derives the pre-shared key of the session in a NewSessionTicket (RFC 8446, 4.6.1).
    pub(crate) fn ticket_secret(&self, nonce: &[u8]) -> Result<HeapSecret> {
        let secret = self.resumption_secret()?;
        expand_label(self.suite, secret, b"resumption", nonce, secret.len())
    }

    /// Returns whether the secret of tickets is known.
    pub(crate) fn may_have_tickets(&self) -> bool {
        self.resumption.is_some()
    }

    /// Returns the suite's number.
    pub(crate) fn suite(&self) -> u16 {
        self.suite.common.suite.into()
    }

    /// Returns the traffic secret of a direction.
    pub(super) fn traffic_secret(&self, direction: Direction) -> Result<&[u8]> {
        self.secret(direction.place())
    }

    /// Returns the resumption master secret. Fails if it is not known.
    pub(super) fn resumption_secret(&self) -> Result<&[u8]> {
        self.secret(self.resumption.ok_or(Code::InvalidState)?)
    }

    /// Derives the current keys of a direction.
    pub(crate) fn keys(&self, direction: Direction) -> Result<ConnectionTrafficSecrets> {
        traffic_keys(self.suite, self.traffic_secret(direction)?)
    }

    /// Derives the next keys of a direction, for a KeyUpdate of its sender (RFC 8446, 7.2).
    fn next_keys(&mut self, direction: Direction) -> Result<Keys> {
        let next = next_secret(self.suite, self.traffic_secret(direction)?)?;
        let start = usize::from(direction.place()) * next.len();
        self.secrets[start..][..next.len()].copy_from_slice(&next);
        Ok((0, self.keys(direction)?))
    }
}

impl Direction {
    const COUNT: Place = 2;

    fn place(self) -> Place {
        match self {
            Self::Write => 0,
            Self::Read => 1,
        }
    }
}

impl State {
    /// Derives the next write keys, for a KeyUpdate of this side.
    pub(crate) fn next_write_keys(&self) -> Result<Keys> {
        self.with_key_schedule(|schedule| {
            schedule
                .ok_or(Code::HandshakeNotComplete)?
                .next_keys(Direction::Write)
        })
    }

    /// Derives the next read keys, for a KeyUpdate of the peer.
    pub(crate) fn next_read_keys(&self) -> Result<Keys> {
        self.with_key_schedule(|schedule| {
            schedule.ok_or(Code::BadMessage)?.next_keys(Direction::Read)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn suite() -> &'static Tls13CipherSuite {
        Policy::default_policy().provider().tls13_cipher_suites[0]
    }

    fn secrets<'a>(exporter: Option<&'a [u8]>, resumption: Option<&'a [u8]>) -> Secrets<'a> {
        Secrets {
            write: &[1; 64],
            read: &[2; 64],
            exporter,
            resumption,
        }
    }

    fn schedule(exporter: Option<u8>, resumption: Option<u8>) -> KeySchedule {
        let suite = suite();
        let len = suite.common.hash_provider.output_len();
        let secret = |byte: Option<u8>| byte.map(|byte| [byte; 64]);
        let (exporter, resumption) = (secret(exporter), secret(resumption));
        let all = secrets(
            exporter.as_ref().map(|secret| &secret[..len]),
            resumption.as_ref().map(|secret| &secret[..len]),
        );
        let all = Secrets {
            write: &all.write[..len],
            read: &all.read[..len],
            ..all
        };
        KeySchedule::new(suite, &all).expect("secrets of this length")
    }

    #[test]
    fn each_secret_has_its_place() {
        for (exporter, resumption) in [
            (None, None),
            (Some(3), None),
            (None, Some(4)),
            (Some(3), Some(4)),
        ] {
            let schedule = schedule(exporter, resumption);
            let byte = |secret: Result<&[u8]>| secret.ok().map(|secret| secret[0]);
            assert_eq!(byte(schedule.traffic_secret(Direction::Write)), Some(1));
            assert_eq!(byte(schedule.traffic_secret(Direction::Read)), Some(2));
            assert_eq!(byte(schedule.resumption_secret()), resumption);
            assert_eq!(schedule.may_have_tickets(), resumption.is_some());
            let exported = schedule.export(b"label", b"", &mut [0; 16]);
            assert_eq!(exported.is_ok(), exporter.is_some());
        }
    }

    #[test]
    fn a_key_update_changes_the_secret_of_one_direction() {
        let mut schedule = schedule(Some(3), Some(4));
        let before = schedule.secrets.to_vec();
        schedule.next_keys(Direction::Read).expect("keys");
        let len = before.len() / 4;
        assert_eq!(schedule.secrets[..len], before[..len]);
        assert_ne!(schedule.secrets[len..2 * len], before[len..2 * len]);
        assert_eq!(schedule.secrets[2 * len..], before[2 * len..]);
    }

    #[test]
    fn a_secret_of_another_length_is_rejected() {
        let all = secrets(None, None);
        let refused = KeySchedule::new(suite(), &all).err().expect("64 bytes");
        assert_eq!(refused.code(), Code::KeyInit);
    }

    #[test]
    fn the_length_of_an_export_is_limited() {
        let schedule = schedule(Some(3), None);
        let len = schedule.suite.common.hash_provider.output_len();
        let export = |len: usize| schedule.export(b"label", b"", &mut vec![0; len]);
        assert!(export(255 * len).is_ok());
        for wrong in [0, 255 * len + 1] {
            let refused = export(wrong).unwrap_err();
            assert_eq!(refused.code(), Code::HkdfOutputSize);
        }
    }
}
