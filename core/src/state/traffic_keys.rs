//! The traffic keys of a connection, for another implementation of the record layer: another process
//! or the kernel.

use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite, Tls12CipherSuite};
use zeroize::Zeroizing;

use super::{Direction, State, Tls12Secrets};
use crate::base::{Mode, StackDepth, lock, with_cleared_stack};
use crate::crypto::lazy_aead::aead_key;
use crate::error::{Code, Result};
use crate::policy;

impl State {
    /// Returns the negotiated suite. Fails before the end of the handshake.
    pub(crate) fn negotiated_suite(&self) -> Result<SupportedCipherSuite> {
        let negotiated = self.negotiated().ok_or(Code::HandshakeNotComplete)?;
        let suite = policy::supported_suite(negotiated.suite, self.version());
        Ok(suite.ok_or(Code::CipherNotSupported)?)
    }

    /// Derives the current keys of the records in a direction. Fails before the end of the
    /// handshake, and after the secrets were removed.
    ///
    /// In TLS 1.2 the explicit nonce in the IV is 0: see `Sealer::transferable_sequence()`.
    pub(crate) fn traffic_keys(&self, direction: Direction) -> Result<ConnectionTrafficSecrets> {
        let suite = self.negotiated_suite()?;
        with_cleared_stack(StackDepth::Keys, || match suite {
            SupportedCipherSuite::Tls12(suite) => {
                let results = lock(&self.results);
                let secrets = results.tls12_secrets.as_ref().ok_or(Code::InvalidState)?;
                let sender = match (self.mode(), direction) {
                    (Mode::Client, Direction::Write) | (Mode::Server, Direction::Read) => {
                        Mode::Client
                    }
                    _ => Mode::Server,
                };
                secrets.traffic_keys(suite, sender)
            }
            _ => self
                .with_key_schedule(|schedule| schedule.ok_or(Code::InvalidState)?.keys(direction)),
        })
    }
}

impl Tls12Secrets {
    /// Derives the keys of the records that `sender` sends, from the key block (RFC 5246, 6.3). Its
    /// explicit nonce is not used.
    pub(crate) fn traffic_keys(
        &self,
        suite: &Tls12CipherSuite,
        sender: Mode,
    ) -> Result<ConnectionTrafficSecrets> {
        let shape = suite.aead_alg.key_block_shape();
        let len = 2 * (shape.enc_key_len + shape.fixed_iv_len);
        let mut block = Zeroizing::new(vec![0; len]);
        let seed = [self.server_random, self.client_random].concat();
        let prf = suite.prf_provider.new_secret(&self.master_secret);
        prf.prf(&mut block, b"key expansion", &seed);

        let (client_key, rest) = block.split_at(shape.enc_key_len);
        let (server_key, rest) = rest.split_at(shape.enc_key_len);
        let (client_iv, server_iv) = rest.split_at(shape.fixed_iv_len);
        let (key, iv) = match sender {
            Mode::Client => (client_key, client_iv),
            Mode::Server => (server_key, server_iv),
        };
        let explicit = vec![0; shape.explicit_nonce_len];
        let keys = suite
            .aead_alg
            .extract_keys(aead_key(key).ok_or(Code::KeyInit)?, iv, &explicit);
        Ok(keys.map_err(|_| Code::KeyInit)?)
    }
}
