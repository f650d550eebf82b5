//! The format of serialized connections, S2N_SERIALIZED_CONN_V1 of s2n-tls: version, suite, sequence
//! numbers and secrets of a connection after its handshake, which another process continues.

use rustls::{SupportedCipherSuite, Tls13CipherSuite};

use crate::base::{Version, memory};
use crate::crypto::HeapSecret;
use crate::crypto::MASTER_SECRET_LEN;
use crate::error::{Code, Error, Result};
use crate::messages::{RANDOM_LEN, Reader};
use crate::policy::supported_suite;
use crate::record::MAX_PLAINTEXT;
use crate::state::Tls12Secrets;

/// The number of the format.
const FORMAT: u64 = 1;

/// The length of the part before the secrets, in bytes.
const FIXED_LEN: usize = 8 + 2 + 2 + 8 + 8 + 2;

/// A serialized connection.
pub(crate) struct Serialized {
    /// The number of the next record that each side sends.
    pub(crate) client_sequence: u64,
    pub(crate) server_sequence: u64,
    /// The preferred maximum of plaintext bytes per record.
    pub(crate) record_size: u16,
    pub(crate) secrets: Secrets,
}

/// The suite of a serialized connection, and its secrets.
pub(crate) enum Secrets {
    Tls12(SupportedCipherSuite, Box<Tls12Secrets>),
    Tls13(&'static Tls13CipherSuite, Tls13Secrets),
}

/// The secrets of TLS 1.3 (RFC 8446, 7.1), of the length of the suite's hash.
pub(crate) struct Tls13Secrets {
    pub(crate) client: HeapSecret,
    pub(crate) server: HeapSecret,
    pub(crate) resumption: HeapSecret,
}

/// Returns the length of a serialized connection in bytes, for a suite.
pub(crate) fn serialized_len(suite: SupportedCipherSuite) -> usize {
    FIXED_LEN
        + match suite {
            SupportedCipherSuite::Tls13(suite) => 3 * suite.common.hash_provider.output_len(),
            _ => TLS12_SECRETS_LEN,
        }
}

const TLS12_SECRETS_LEN: usize = MASTER_SECRET_LEN + 2 * RANDOM_LEN;

/// The length that s2n-tls reports before the negotiation: in TLS 1.3 there is no hash yet.
pub(crate) fn initial_len(version: Version) -> usize {
    match version >= Version::Tls13 {
        true => FIXED_LEN,
        false => FIXED_LEN + TLS12_SECRETS_LEN,
    }
}

impl Serialized {
    /// Encodes the connection. The result is secret.
    pub(crate) fn encode(&self) -> Result<HeapSecret> {
        let suite = self.suite();
        let mut bytes = HeapSecret::default();
        memory::reserve_exact(&mut bytes, serialized_len(suite))?;
        bytes.extend(FORMAT.to_be_bytes());
        bytes.extend(self.version().wire());
        bytes.extend(u16::from(suite.suite()).to_be_bytes());
        bytes.extend(self.client_sequence.to_be_bytes());
        bytes.extend(self.server_sequence.to_be_bytes());
        bytes.extend(self.record_size.to_be_bytes());
        match &self.secrets {
            Secrets::Tls12(_, secrets) => {
                bytes.extend_from_slice(&*secrets.master_secret);
                bytes.extend(secrets.client_random);
                bytes.extend(secrets.server_random);
            }
            Secrets::Tls13(_, secrets) => {
                for secret in [&secrets.client, &secrets.server, &secrets.resumption] {
                    bytes.extend_from_slice(secret);
                }
            }
        }
        Ok(bytes)
    }

    /// Parses a serialized connection; more bytes may follow. It is not authenticated: the
    /// application must protect it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        Self::read(bytes).map_err(|error| match error.code() {
            Code::Alloc => error,
            _ => Code::InvalidSerializedConnection.into(),
        })
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let mut bytes = Reader(bytes);
        if bytes.u64()? != FORMAT {
            return Err(Code::BadMessage)?;
        }
        let version = Version::from_wire(bytes.u16()?);
        let suite = supported_suite(bytes.u16()?, version).ok_or(Code::BadMessage)?;
        Ok(Self {
            client_sequence: bytes.u64()?,
            server_sequence: bytes.u64()?,
            record_size: read_record_size(&mut bytes)?,
            secrets: match suite {
                SupportedCipherSuite::Tls13(suite) => {
                    Secrets::Tls13(suite, Tls13Secrets::read(&mut bytes, suite)?)
                }
                suite => Secrets::Tls12(suite, read_tls12_secrets(&mut bytes)?),
            },
        })
    }

    pub(crate) fn suite(&self) -> SupportedCipherSuite {
        match &self.secrets {
            Secrets::Tls12(suite, _) => *suite,
            Secrets::Tls13(suite, _) => SupportedCipherSuite::Tls13(suite),
        }
    }

    pub(crate) fn version(&self) -> Version {
        match &self.secrets {
            Secrets::Tls12(..) => Version::Tls12,
            Secrets::Tls13(..) => Version::Tls13,
        }
    }
}

impl Tls13Secrets {
    fn read(bytes: &mut Reader<'_>, suite: &Tls13CipherSuite) -> Result<Self> {
        let len = suite.common.hash_provider.output_len();
        let mut secret = || Ok::<_, Error>(memory::copy(bytes.take(len)?)?.into());
        Ok(Self {
            client: secret()?,
            server: secret()?,
            resumption: secret()?,
        })
    }
}

/// A record has at least one byte, or sending could not end.
fn read_record_size(bytes: &mut Reader<'_>) -> Result<u16> {
    match bytes.u16()? {
        size @ 1.. if usize::from(size) <= MAX_PLAINTEXT => Ok(size),
        _ => Err(Code::BadMessage)?,
    }
}

fn read_tls12_secrets(bytes: &mut Reader<'_>) -> Result<Box<Tls12Secrets>> {
    let master_secret = bytes.take(MASTER_SECRET_LEN)?;
    let mut random = || -> Result<&[u8; RANDOM_LEN]> {
        Ok(bytes
            .take(RANDOM_LEN)?
            .first_chunk()
            .ok_or(Code::BadMessage)?)
    };
    let (client, server) = (*random()?, *random()?);
    Ok(Tls12Secrets::new(master_secret, client, server).ok_or(Code::BadMessage)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Mode;
    use crate::record::ContentType;

    /// A blob with secrets of a pattern.
    fn blob(version: Version, suite: u16, client: u64, server: u64) -> Vec<u8> {
        let found = supported_suite(suite, version).expect("a supported suite");
        let mut bytes = 1_u64.to_be_bytes().to_vec();
        bytes.extend(version.wire());
        bytes.extend(suite.to_be_bytes());
        bytes.extend(client.to_be_bytes());
        bytes.extend(server.to_be_bytes());
        bytes.extend(8087_u16.to_be_bytes());
        bytes.extend(
            (0..)
                .take(serialized_len(found) - FIXED_LEN)
                .map(|at: usize| at as u8),
        );
        bytes
    }

    fn suites() -> impl Iterator<Item = (Version, u16)> {
        let versions = [Version::Tls12, Version::Tls13].into_iter();
        let all = versions.flat_map(|version| (0..=u16::MAX).map(move |suite| (version, suite)));
        all.filter(|&(version, suite)| supported_suite(suite, version).is_some())
    }

    #[test]
    fn a_blob_is_encoded_as_it_was_parsed() {
        assert_eq!(suites().count(), 9);
        for (version, suite) in suites() {
            let bytes = blob(version, suite, 1 << 40, 7);
            let serialized = Serialized::parse(&bytes).expect("valid");
            assert_eq!(*serialized.encode().expect("enough memory"), bytes);
        }
    }

    #[test]
    fn both_sides_continue_with_every_suite() {
        for (version, suite) in suites() {
            let bytes = blob(version, suite, 5, 1 << 20);
            let halves = |mode| {
                let serialized = Serialized::parse(&bytes).expect("valid");
                serialized.halves(mode).expect("valid secrets")
            };
            let (mut client, mut server) = (halves(Mode::Client), halves(Mode::Server));
            for (sealer, opener) in [
                (&mut client.0, &mut server.1),
                (&mut server.0, &mut client.1),
            ] {
                for text in [&b"first"[..], b"second"] {
                    let mut record = vec![0; text.len() + sealer.overhead()];
                    let typ = ContentType::ApplicationData;
                    let len = sealer
                        .seal(typ, &[text], &mut record)
                        .expect("enough space");
                    let opened = opener.open(&mut record[..len]).expect("authentic");
                    assert_eq!(&record[opened.plain], text, "{version:?} {suite:x}");
                }
            }
        }
    }

    #[test]
    fn a_blob_that_is_cut_is_rejected() {
        for (version, suite) in suites() {
            let bytes = blob(version, suite, 0, 0);
            for len in 0..bytes.len() {
                assert!(Serialized::parse(&bytes[..len]).is_err(), "{len} bytes");
            }
        }
    }

    #[test]
    fn other_formats_versions_suites_and_record_sizes_are_rejected() {
        let valid = blob(Version::Tls13, 0x1301, 0, 0);
        let rejected = [
            (7, vec![0]),
            (7, vec![2]),
            (8, vec![3, 3]),
            (8, vec![3, 2]),
            (8, vec![3, 5]),
            (10, vec![0xc0, 0x2b]),
            (10, vec![0, 0]),
            (28, vec![0, 0]),
            (28, vec![0x40, 0x01]),
        ];
        for (at, change) in rejected {
            let mut bytes = valid.clone();
            bytes[at..][..change.len()].copy_from_slice(&change);
            assert!(Serialized::parse(&bytes).is_err(), "{change:?} at {at}");
        }
        assert!(Serialized::parse(&[&valid[..], b"more"].concat()).is_ok());
    }
}
