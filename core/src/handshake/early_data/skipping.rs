//! Skipping of rejected early data (RFC 8446, 4.2.10).

use rustls::SupportedCipherSuite;

use super::find_suite;
use crate::base::memory;
use crate::credentials::secret::Secret;
use crate::crypto::HeapSecret;
use crate::error::{Alert, Code, Error, Reason, Result};
use crate::handshake::Handshake;
use crate::handshake::context::Context;
use crate::record::{ContentType, Header, Opener};
use crate::state::traffic_secret::TrafficSecret;

/// Early data that a server rejects.
pub(super) struct Skipped {
    /// The number of bytes that may still be skipped.
    left: u64,
    /// The traffic secret of the client's next messages, by which these are recognized. Empty after
    /// a HelloRetryRequest: the next message is not encrypted.
    next_secret: HeapSecret,
    opener: Option<Opener>,
}

/// The maximum of early data that a server without a limit skips, in bytes: the client's ticket may
/// be of a time when the server had one.
const DEFAULT_SKIPPED: u32 = 65_536;

/// The minimum difference between the length of a record and that of its content, in bytes: the
/// content type and the tag.
const EXPANSION: usize = 1 + 16;

impl Handshake {
    /// Begins to skip early data (RFC 8446, 4.2.10: "up to the configured max_early_data_size").
    pub(super) fn begin_skipping(&mut self, ctx: &Context<'_>) -> Result<()> {
        let own = ctx.state.server_max_early_data(&ctx.config);
        let of_psk = ctx.state.used_early_data();
        let of_psk = of_psk.map_or(0, |early_data| early_data.max_len);
        let left = match own.max(of_psk) {
            0 => DEFAULT_SKIPPED,
            max => max,
        };
        self.early_data().skipped = Some(Skipped {
            left: left.into(),
            next_secret: HeapSecret::default(),
            opener: None,
        });
        Ok(())
    }

    /// Stores the secret of the client's next messages, when rustls has derived it.
    pub(super) fn use_next_secret(&mut self, secrets: &[Secret]) {
        if let Some(skipped) = self.skipped()
            && let Some(secret) = secrets.iter().find(|secret| secret.protects_messages())
        {
            skipped.next_secret = secret.bytes.clone();
        }
    }

    /// Stops skipping early data, which ends before the second ClientHello.
    pub(in crate::handshake) fn end_skipping(&mut self) {
        if let Some(early_data) = &mut self.early_data {
            early_data.skipped = None;
        }
    }

    fn skipped(&mut self) -> Option<&mut Skipped> {
        self.early_data.as_mut()?.skipped.as_mut()
    }

    /// Skips a record that is rejected early data, and returns whether it was.
    pub(in crate::handshake) fn skip_early_data(
        &mut self,
        ctx: &mut Context<'_>,
        header: &Header,
    ) -> Result<bool> {
        let Some(skipped) = self.skipped() else {
            return Ok(false);
        };
        if header.typ != ContentType::ApplicationData as u8 {
            return Ok(false);
        }
        if skipped.recognizes_end(ctx, header)? {
            self.end_skipping();
            return Ok(false);
        }
        let len = header.len.saturating_sub(EXPANSION) as u64;
        let left = skipped.left.checked_sub(len);
        skipped.left = left.unwrap_or(0);
        ctx.recv.skip_record(ctx.io, header, len == 0)?;
        match left {
            Some(_) => Ok(true),
            None => {
                let error = Error::with_alert(Code::MaxEarlyDataSize, Alert::UnexpectedMessage);
                let error = error.because(Reason::Rule(
                    "the client has sent more early data, which is rejected, than the maximum",
                ));
                Err(self.fail(ctx, error.without_blinding()))
            }
        }
    }
}

impl Skipped {
    /// Returns whether a record is the client's next message: it can be decrypted.
    fn recognizes_end(&mut self, ctx: &Context<'_>, header: &Header) -> Result<bool> {
        if self.next_secret.is_empty() {
            return Ok(false);
        }
        if self.opener.is_none() {
            let suite = find_suite(ctx.state.suite()).ok_or(Code::HandshakeState)?;
            let secret = TrafficSecret::new(suite, self.next_secret.clone())?;
            let suite = SupportedCipherSuite::Tls13(suite);
            self.opener = Some(Opener::new(suite, (0, secret.keys()?))?);
        }
        let len = Header::LEN + header.len;
        let mut copy = memory::copy(&ctx.recv.input.buffered()[..len])?;
        let opener = self.opener.as_mut();
        Ok(opener.is_some_and(|opener| opener.open(&mut copy).is_ok()))
    }
}
