//! The early data of a connection (RFC 8446, 2.3): limits, counts, and progress.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use super::State;
use crate::base::{Mode, memory};
use crate::config::{Config, EarlyDataProgress};
use crate::error::{Alert, Code, Error, Limit, Reason, Result};
use crate::resumption::OfferedEarlyData;

impl State {
    /// Returns the progress of early data. A decision of the application applies before the
    /// handshake carries it out.
    pub(crate) fn early_data_progress(&self) -> EarlyDataProgress {
        let number = self.shared.early_data_progress.load(Acquire);
        let decision = || self.existing_early_data()?.decision();
        match EarlyDataProgress::from_number(number) {
            EarlyDataProgress::Requested => match decision() {
                Some(true) => EarlyDataProgress::Accepted,
                Some(false) => EarlyDataProgress::Rejected,
                None => EarlyDataProgress::Requested,
            },
            progress => progress,
        }
    }

    pub(crate) fn set_early_data_progress(&self, progress: EarlyDataProgress) {
        let number = progress as u8;
        self.shared.early_data_progress.store(number, Release);
        if progress == EarlyDataProgress::Ended
            && let Some(offered) = self.existing_early_data()
        {
            offered.end();
        }
    }

    /// Rejects the early data that was requested.
    pub(crate) fn reject_early_data(&self) {
        let number = self.shared.early_data_progress.load(Acquire);
        if number == EarlyDataProgress::Requested as u8 {
            self.set_early_data_progress(EarlyDataProgress::Rejected);
        }
    }

    /// Returns whether the application sends or receives early data in its current call.
    pub(crate) fn expects_early_data(&self) -> bool {
        self.shared.early_data_expected.load(Acquire)
    }

    pub(crate) fn set_expects_early_data(&self, expects: bool) {
        self.shared.early_data_expected.store(expects, Release);
    }

    /// Returns the early data that the application decides about.
    pub(crate) fn offered_early_data(&self) -> &Arc<OfferedEarlyData> {
        self.rare().offered_early_data.get_or_init(Arc::default)
    }

    fn existing_early_data(&self) -> Option<&Arc<OfferedEarlyData>> {
        self.rare.get()?.offered_early_data.get()
    }

    pub(crate) fn set_max_early_data(&self, bytes: u32) {
        self.change_psks(|psks| psks.max_early_data = Some(bytes));
    }

    pub(crate) fn set_early_data_context(&self, context: &[u8]) -> Result<()> {
        let context = memory::copy(context)?;
        self.change_psks(|psks| psks.early_data_context = context);
        Ok(())
    }

    pub(super) fn early_data_context(&self) -> Result<Vec<u8>> {
        self.with_psks(|psks| match psks {
            Some(psks) => memory::copy(&psks.early_data_context),
            None => Ok(Vec::new()),
        })
    }

    /// Server: returns the maximum length of early data that new tickets permit, in bytes.
    pub(crate) fn server_max_early_data(&self, config: &Config) -> u32 {
        let own = self.with_psks(|psks| psks?.max_early_data);
        own.unwrap_or_else(|| config.with_resumption(|settings| settings.max_early_data))
    }

    /// Returns the maximum length of early data in this handshake, in bytes.
    pub(crate) fn max_early_data(&self) -> Result<u32> {
        let server_max = self.server_max_early_data(&*self.config()?);
        let Some(first) = self.first_psk() else {
            // Until it has processed the ClientHello, a server does not know the key: it may be a
            // ticket.
            let may_have_key =
                self.mode() == Mode::Server && !self.shared.psk_is_selected.load(Acquire);
            return Ok(if may_have_key { server_max } else { 0 });
        };
        let max = first.early_data.map_or(0, |early_data| early_data.max_len);
        // The ticket may permit more than the server does now.
        match self.mode() == Mode::Server && !first.is_external {
            true => Ok(max.min(server_max)),
            false => Ok(max),
        }
    }

    /// Returns how many bytes of early data can still be sent or received.
    pub(crate) fn remaining_early_data(&self) -> Result<u32> {
        if !self.early_data_progress().is_possible() {
            return Ok(0);
        }
        let max = u64::from(self.max_early_data()?);
        let rest = max.checked_sub(self.shared.early_data_bytes.load(Acquire));
        Ok(rest.ok_or(Code::MaxEarlyDataSize)? as u32)
    }

    /// Counts bytes of early data. Once they exceed the maximum, all later calls fail.
    pub(crate) fn count_early_data(&self, bytes: usize) -> Result<()> {
        let counted = &self.shared.early_data_bytes;
        let sum = counted.fetch_add(bytes as u64, AcqRel) + bytes as u64;
        let max = self.max_early_data()?;
        match sum <= max.into() {
            true => Ok(()),
            false => {
                let error = Error::with_alert(Code::MaxEarlyDataSize, Alert::UnexpectedMessage);
                Err(error.because(too_much(sum, max)))
            }
        }
    }

    /// Returns whether sending or receiving concerns early data. As in s2n-tls it does not before
    /// an application has used early data: its calls fail otherwise.
    fn is_early_data_io(&self) -> bool {
        match self.early_data_progress() {
            EarlyDataProgress::Accepted | EarlyDataProgress::Ended => true,
            EarlyDataProgress::Requested if self.mode() == Mode::Client => true,
            _ => self.expects_early_data(),
        }
    }

    /// Returns whether `bytes` may be sent as early data; false if sending does not concern it.
    #[inline]
    pub(crate) fn check_early_send(&self, bytes: usize) -> Result<bool> {
        match self.shared.handshake_done.load(Acquire) {
            true => Ok(false),
            false => self.check_send_in_handshake(bytes),
        }
    }

    #[cold]
    fn check_send_in_handshake(&self, bytes: usize) -> Result<bool> {
        if !self.is_early_data_io() {
            return Ok(false);
        }
        let progress = self.early_data_progress();
        let is_allowed = self.expects_early_data()
            && self.mode() == Mode::Client
            && matches!(
                progress,
                EarlyDataProgress::Requested | EarlyDataProgress::Accepted
            );
        if !is_allowed {
            return Err(Code::EarlyDataNotAllowed.rule(NOT_ALLOWED));
        }
        let rest = self.remaining_early_data()?;
        match bytes as u64 <= rest.into() {
            true => Ok(true),
            false => Err(Code::MaxEarlyDataSize.because(too_much(bytes as u64, rest))),
        }
    }

    /// Returns whether early data may be received; false if receiving does not concern it.
    #[inline]
    pub(crate) fn check_early_recv(&self) -> Result<bool> {
        match self.shared.handshake_done.load(Acquire) {
            true => Ok(false),
            false => self.check_recv_in_handshake(),
        }
    }

    #[cold]
    fn check_recv_in_handshake(&self) -> Result<bool> {
        if !self.is_early_data_io() {
            return Ok(false);
        }
        let is_allowed = self.expects_early_data()
            && self.mode() == Mode::Server
            && self.early_data_progress() == EarlyDataProgress::Accepted;
        match is_allowed {
            true => Ok(true),
            false => Err(Code::EarlyDataNotAllowed.rule(NOT_ALLOWED)),
        }
    }
}

const NOT_ALLOWED: &str =
    "early data is not in progress: it was not requested, is rejected, or has ended";

fn too_much(len: u64, most: u32) -> Reason {
    Reason::Length {
        of: "the early data",
        len: u32::try_from(len).unwrap_or(u32::MAX),
        limit: Limit::AtMost(most),
    }
}
