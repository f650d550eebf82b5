//! Early data of a client.

use zeroize::Zeroizing;

use super::{END_OF_EARLY_DATA, End};
use crate::base::{Mode, memory, uptime};
use crate::config::EarlyDataProgress;
use crate::credentials::secret::Secret;
use crate::error::{Alert, Code, Error, Reason, Result};
use crate::handshake::Handshake;
use crate::handshake::context::Context;
use crate::handshake::stage::Stage;
use crate::record::{ContentType, Header, Sealer, fatal_alert};
use crate::resumption::Tls13State;
use crate::state::HandshakeMessage;

impl Handshake {
    /// Returns whether the client requests early data with a pre-shared key.
    pub(in crate::handshake) fn may_request_early_data(
        ctx: &Context<'_>,
        psk: &Tls13State,
    ) -> bool {
        let Some(early_data) = &psk.early_data else {
            return false;
        };
        // Not implemented.
        if ctx.is_quic {
            return false;
        }
        let alpn = &early_data.alpn;
        let supports_alpn = || {
            let own = ctx.state.overrides().alpn;
            let protocols = if own.is_empty() {
                ctx.settings.alpn()
            } else {
                &own
            };
            protocols.iter().any(|protocol| protocol == alpn)
        };
        ctx.state.expects_early_data()
            && ctx.policy().has_tls13_suite(psk.suite)
            && (alpn.is_empty() || supports_alpn())
    }

    /// Begins to send early data, behind the ClientHello. `psk_suite` is that of the pre-shared key.
    pub(in crate::handshake) fn begin_early_data(
        &mut self,
        ctx: &mut Context<'_>,
        psk_suite: u16,
        secrets: &[Secret],
    ) -> Result<()> {
        ctx.send.sealer = Some(self.early_data().begin_sending(psk_suite, secrets)?);
        Ok(())
    }

    /// Stops sending early data if the server has rejected it.
    pub(in crate::handshake) fn stop_rejected_early_data(&self, ctx: &mut Context<'_>) {
        if ctx.state.early_data_progress() == EarlyDataProgress::Rejected {
            ctx.send.drop_early_data();
        }
    }

    /// Holds the records behind EndOfEarlyData at the end of the handshake, until the application
    /// has sent its early data.
    pub(in crate::handshake) fn hold_end(
        &mut self,
        ctx: &mut Context<'_>,
        sealer: Sealer,
    ) -> Result<()> {
        // Wiped: this record has the number, and so the nonce, of one with early data.
        let output = Zeroizing::new(std::mem::take(&mut ctx.output));
        let header = output.get(..Header::LEN).map(Header::read);
        let len = header.map_or(0, |header| Header::LEN + header.len);
        let (end, rest) = output.split_at_checked(len).ok_or(Code::HandshakeState)?;
        let mut end = Zeroizing::new(memory::copy(end)?);
        let opened = self.early_data().opener()?.open(&mut end)?;
        if opened.typ != ContentType::Handshake || end[opened.plain] != END_OF_EARLY_DATA[..] {
            return Err(Code::HandshakeState)?;
        }
        self.early_data().end = Some(End {
            records: memory::copy(rest)?,
            sealer,
        });
        Ok(())
    }

    /// Returns what to send after a failure, in place of the output of rustls, if early data was
    /// sent. rustls numbers its records from 0, as it does not know of those with early data: its
    /// alert would have the number, and so the nonce, of one of them.
    pub(in crate::handshake) fn seal_alert(
        &mut self,
        ctx: &mut Context<'_>,
        output: Vec<u8>,
        error: &Error,
    ) -> Result<Vec<u8>> {
        if ctx.mode() == Mode::Server || self.early_data.is_none() {
            return Ok(output);
        }
        let Some(sealer) = ctx.send.sealer.as_mut() else {
            return Ok(output);
        };
        let mut record = Zeroizing::new(memory::copy(&output)?);
        let header = record.get(..Header::LEN).map(Header::read);
        let len = header.map_or(0, |header| Header::LEN + header.len);
        let Some(record) = record.get_mut(..len).filter(|record| !record.is_empty()) else {
            return Ok(output);
        };
        let Ok(opened) = self.early_data().opener()?.open(record) else {
            // With the keys of the handshake: the server has rejected early data.
            return Ok(output);
        };
        // The rest of the output is for a peer that has received EndOfEarlyData.
        let own = fatal_alert(error.received_alert().unwrap_or(Alert::InternalError) as u8);
        let alert = match opened.typ {
            ContentType::Alert => &record[opened.plain],
            _ => &own,
        };
        let mut sealed = memory::zeroed(alert.len() + sealer.overhead())?;
        let len = sealer.seal(ContentType::Alert, &[alert], &mut sealed)?;
        sealed.truncate(len);
        Ok(sealed)
    }

    /// Fails if the server has accepted early data for another application protocol.
    pub(in crate::handshake) fn check_accepted(
        ctx: &Context<'_>,
        alpn: Option<&[u8]>,
    ) -> Result<()> {
        let early_data = ctx
            .state
            .used_early_data()
            .ok_or(Code::EarlyDataNotAllowed)?;
        let expected = early_data.alpn.as_slice();
        let expected = expected.strip_suffix(&[0]).unwrap_or(expected);
        match expected == alpn.unwrap_or_default() {
            true => Ok(()),
            false => {
                let error = Error::with_alert(Code::EarlyDataNotAllowed, Alert::IllegalParameter);
                Err(error.because(Reason::Rule(
                    "the server accepts early data with another application protocol than that of the session",
                )))
            }
        }
    }

    /// Sends EndOfEarlyData, and the end of the handshake. Fails with `EarlyDataBlocked` while the
    /// application may send more early data.
    pub(in crate::handshake) fn end_early_data(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        if ctx.state.expects_early_data() {
            return Err(Code::EarlyDataBlocked)?;
        }
        ctx.shared().use_send_buffer();
        let sealer = ctx.send.sealer.as_mut().ok_or(Code::HandshakeState)?;
        let end = self.early_data().end.as_ref().ok_or(Code::HandshakeState)?;
        let len = END_OF_EARLY_DATA.len() + sealer.overhead();
        let room = ctx.send.out.room(len + end.records.len())?;
        let sealed = sealer.seal(ContentType::Handshake, &[&END_OF_EARLY_DATA], room)?;
        room[sealed..][..end.records.len()].copy_from_slice(&end.records);
        ctx.send.out.commit(sealed + end.records.len());
        ctx.send.sealer = self.early_data().end.take().map(|end| end.sealer);
        // Of a blocked call that the application has not repeated: the first bytes of the next call
        // are application data, which must not be taken for those.
        ctx.send.unreported = 0;
        ctx.state.set_early_data_progress(EarlyDataProgress::Ended);
        self.stage = Stage::Complete;
        let last = HandshakeMessage::ClientFinished;
        self.checkpoints.reach(ctx, last, uptime());
        Ok(())
    }
}
