//! Receiving of accepted early data.

use std::num::NonZeroU8;

use zeroize::Zeroizing;

use super::END_OF_EARLY_DATA;
use crate::base::Mode;
use crate::config::EarlyDataProgress;
use crate::credentials::secret::Secret;
use crate::error::{Alert, Code, Error, Reason, Result};
use crate::handshake::Handshake;
use crate::handshake::context::Context;
use crate::handshake::stage::Stage;
use crate::messages::HandshakeHeader;
use crate::record::ContentType;

impl Handshake {
    /// Begins to open early data, or to recognize its end, when rustls has derived the secrets.
    pub(in crate::handshake) fn use_early_secrets(
        &mut self,
        ctx: &mut Context<'_>,
        secrets: &[Secret],
    ) -> Result<()> {
        if ctx.mode() == Mode::Client {
            return Ok(());
        }
        self.use_next_secret(secrets);
        if ctx.state.early_data_progress() == EarlyDataProgress::Accepted
            && secrets.iter().any(Secret::protects_early_data)
        {
            self.early_data().store(secrets);
            ctx.recv.opener = Some(self.early_data().opener()?);
        }
        Ok(())
    }

    /// Returns whether the next records are early data.
    pub(in crate::handshake) fn receives_early_data(ctx: &Context<'_>) -> bool {
        ctx.mode() == Mode::Server && ctx.recv.opener.is_some()
    }

    /// Receives a record of early data, or EndOfEarlyData. Fails with `EarlyDataBlocked` if the
    /// application has to read early data first.
    pub(in crate::handshake) fn receive_early_data(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        if ctx.recv.has_unread() {
            // Without early data in the current call, it is not lost: another call reads it.
            return Err(match ctx.state.expects_early_data() {
                true => Code::EarlyDataBlocked.into(),
                false => Code::BadMessage.rule("early data that the application does not receive"),
            });
        }
        let header = ctx.recv.fill_record(ctx.io)?;
        self.reserve_for_record(header.len)?;
        self.checkpoints.report_read(ctx);
        // The key that opens early data is in the opener. What follows it uses secrets.
        self.has_used_secrets |= header.typ != ContentType::ApplicationData as u8;
        if header.typ == ContentType::ChangeCipherSpec as u8 {
            return self.pass_record(ctx, &header);
        }
        self.peer_is_encrypted = true;
        let outcome = match ctx.recv.read_record(ctx.io) {
            Ok(typ) => self.process_early_record(ctx, typ),
            Err(error) => Err(error),
        };
        // Blinded by the function that has failed.
        outcome.inspect_err(|_| {
            ctx.recv.drop_record();
            self.stage = Stage::Failed;
        })?;
        match ctx.recv.opener.is_some() {
            true => Ok(()),
            false => {
                self.has_used_secrets = true;
                self.accept_end(ctx)
            }
        }
    }

    /// Processes a record that is opened, and drops the opener at the end of early data.
    fn process_early_record(&mut self, ctx: &mut Context<'_>, typ: ContentType) -> Result<()> {
        match typ {
            ContentType::ApplicationData if !self.is_mid_end() => ctx.recv.application_data(ctx.io),
            ContentType::Alert => ctx.recv.alert(ctx.io),
            ContentType::Handshake => {
                let is_end = self.read_end(ctx).map_err(|error| ctx.blind(error))?;
                ctx.recv.drop_record();
                if is_end {
                    ctx.recv.opener = None;
                }
                Ok(())
            }
            ContentType::ApplicationData | ContentType::ChangeCipherSpec => {
                let allowed = "early data, EndOfEarlyData or an alert";
                let typ = typ as u8;
                Err(ctx.blind(Code::BadMessage.because(Reason::RecordType { typ, allowed })))
            }
        }
    }

    fn is_mid_end(&mut self) -> bool {
        !self.early_data().reassembler.partial().is_empty()
    }

    /// Reads the current record, and returns whether it completes EndOfEarlyData.
    fn read_end(&mut self, ctx: &Context<'_>) -> Result<bool> {
        let check = |header: HandshakeHeader| match (header.typ, header.len) {
            (5, None | Some(0)) => Ok(()),
            _ => {
                let error = Error::with_alert(Code::BadMessage, Alert::UnexpectedMessage);
                Err(error.because(Reason::MessageType {
                    got: header.typ,
                    expected: NonZeroU8::new(5),
                }))
            }
        };
        let mut is_complete = false;
        let plain = ctx.recv.unread();
        if plain.is_empty() {
            return Err(Code::BadMessage.rule("an empty record within early data"));
        }
        self.early_data().reassembler.push(plain, check, |whole| {
            is_complete = true;
            // RFC 8446, 5.1: "Handshake messages MUST NOT span key changes".
            match whole.rest {
                [] => Ok(()),
                _ => Err(Code::BadMessage.rule("a message follows EndOfEarlyData in its record")),
            }
        })?;
        Ok(is_complete)
    }

    /// Passes EndOfEarlyData to rustls, as the first record of early data.
    fn accept_end(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        let sealed = self.early_data().sealer().and_then(|mut sealer| {
            // Wiped: it has the nonce of the client's first record.
            let mut record = Zeroizing::new(vec![0; END_OF_EARLY_DATA.len() + sealer.overhead()]);
            let message = &[&END_OF_EARLY_DATA[..]];
            let len = sealer.seal(ContentType::Handshake, message, &mut record)?;
            self.input.push(&record[..len])
        });
        sealed.map_err(|error| self.fail(ctx, error))?;
        ctx.state.set_early_data_progress(EarlyDataProgress::Ended);
        let outcome = self.run_steps(ctx);
        self.input.wipe_consumed();
        outcome
    }
}
