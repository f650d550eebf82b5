//! The decision of a server about early data.

use super::find_suite;
use crate::base::{Version, memory};
use crate::config::EarlyDataProgress;
use crate::crypto::tls13::verify_binder;
use crate::error::{Alert, Code, Result};
use crate::handshake::Handshake;
use crate::handshake::context::Context;
use crate::messages::ClientHello;

impl Handshake {
    /// Records whether early data may follow a ClientHello. Before TLS 1.3 it is rejected: the
    /// client will end the handshake (RFC 8446, D.3).
    pub(in crate::handshake) fn record_early_data_request(
        ctx: &mut Context<'_>,
        hello: &ClientHello,
        version: Version,
    ) -> Result<()> {
        let (is_requested, has_psks) =
            hello.with_payload(|hello| Ok((hello.requests_early_data(), hello.has_psks())))?;
        ctx.state
            .set_early_data_progress(match (is_requested, version) {
                (false, _) => EarlyDataProgress::NotRequested,
                (true, Version::Tls13) => EarlyDataProgress::Requested,
                (true, _) => EarlyDataProgress::Rejected,
            });
        // RFC 8446, 4.2.10: "it MUST supply both the "pre_shared_key" and "early_data" extensions".
        if is_requested && version == Version::Tls13 && !has_psks {
            let error = Code::UnsupportedExtension.into();
            return Err(ctx.refuse(error, Alert::MissingExtension));
        }
        Ok(())
    }

    /// Decides whether the early data behind a ClientHello is accepted, and returns its limit in
    /// bytes then. Fails with `AsyncBlocked` until the application has decided.
    ///
    /// `alpn` is the negotiated application protocol; empty for none.
    pub(in crate::handshake) fn decide_early_data(
        &mut self,
        ctx: &mut Context<'_>,
        hello: &ClientHello,
        alpn: &[u8],
    ) -> Result<Option<u32>> {
        if ctx.state.early_data_progress() == EarlyDataProgress::NotRequested {
            return Ok(None);
        }
        // Not implemented.
        if ctx.is_quic {
            ctx.state.reject_early_data();
            return Ok(None);
        }
        if !self.accepts_early_data(ctx, hello, alpn)? {
            ctx.state.reject_early_data();
            self.begin_skipping(ctx)?;
            return Ok(None);
        }
        ctx.state
            .set_early_data_progress(EarlyDataProgress::Accepted);
        let psk = self.selected_psk.as_ref();
        let suite = psk.and_then(|selected| find_suite(selected.suite.number));
        self.early_data().suite = suite;
        ctx.state.max_early_data().map(Some)
    }

    fn accepts_early_data(
        &self,
        ctx: &Context<'_>,
        hello: &ClientHello,
        alpn: &[u8],
    ) -> Result<bool> {
        let offered = ctx.state.offered_early_data();
        if offered.is_pending() {
            return Ok(offered.decision().ok_or(Code::AsyncBlocked)?);
        }
        let Some(selected) = &self.selected_psk else {
            return Ok(false);
        };
        let (psk, suite) = (&selected.psk, selected.suite.number);
        let Some(early_data) = &psk.state.early_data else {
            return Ok(false);
        };
        // As s2n-tls compares them, with a NUL behind that of the key. Its tickets have none, so
        // that its clients do not expect early data to be accepted with a protocol.
        let is_same_alpn = match (alpn, early_data.alpn.as_slice()) {
            ([], []) => true,
            (alpn, [expected @ .., 0]) if !alpn.is_empty() => alpn == expected,
            _ => false,
        };
        let is_acceptable = psk.index == 0
            && psk.state.suite == suite
            && is_same_alpn
            && ctx.state.max_early_data()? > 0
            && ctx.state.expects_early_data()
            && !hello.with_payload(|hello| Ok(ctx.policy().requires_retry(hello.groups())))?;
        if !is_acceptable {
            return Ok(false);
        }
        let callback = ctx
            .config
            .with_resumption(|settings| settings.early_data_callback.clone());
        let Some(callback) = callback else {
            return Ok(true);
        };
        // A client without the key must not make the application record a replay. rustls rejects
        // the binder.
        if !self.is_binder_valid(hello)? {
            return Ok(false);
        }
        offered.begin(early_data.clone());
        if !callback.decide(ctx.state.name(), offered) {
            return Err(Code::Cancelled)?;
        }
        Ok(offered.decision().ok_or(Code::AsyncBlocked)?)
    }

    /// Verifies the binder of the selected pre-shared key.
    fn is_binder_valid(&self, hello: &ClientHello) -> Result<bool> {
        let Some(selected) = &self.selected_psk else {
            return Ok(false);
        };
        let found = hello.with_payload(|hello| {
            let found = hello.psk_binder(selected.psk.index);
            found
                .map(|(binder, list_len)| Ok((memory::copy(binder)?, list_len)))
                .transpose()
        })?;
        let Some((binder, list_len)) = found else {
            return Ok(false);
        };
        let suite = find_suite(selected.suite.number).ok_or(Code::HandshakeState)?;
        let truncated = hello.truncated(list_len)?;
        Ok(verify_binder(
            suite,
            &selected.psk.state.secret,
            &truncated,
            &binder,
        ))
    }
}
