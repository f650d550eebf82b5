//! Early data (0-RTT; RFC 8446, 2.3 and 4.2.10).
//!
//! It does not pass through rustls: its records are sealed and opened with the early traffic
//! secret, of the key log. So a client can send early data after the server's flight, until the
//! application continues the handshake, as with s2n-tls. Only the EndOfEarlyData message, which is
//! part of the transcript, is rustls' own on each side, and is sealed again with the sequence
//! number of this library or of rustls.

use rustls::{SupportedCipherSuite, Tls13CipherSuite};

use super::Handshake;
use super::context::Context;
use super::fatal_record;
use super::stage::Stage;
use crate::base::{Mode, memory, uptime};
use crate::config::EarlyDataProgress;
use crate::credentials::secret::Secret;
use crate::crypto::tls13::{HeapSecret, SUITES, verify_binder};
use crate::error::{Alert, Code, Error, Result};
use crate::messages::{ClientHello, HandshakeHeader};
use crate::record::{ContentType, Header, Opener, Reassembler, Sealer};
use crate::resumption::Tls13State;
use crate::state::HandshakeMessage;
use crate::state::traffic_secret::TrafficSecret;

/// The early data of a handshake.
#[derive(Default)]
pub(super) struct EarlyData {
    /// The suite of the pre-shared key, with which early data is sealed.
    suite: Option<&'static Tls13CipherSuite>,

    /// The traffic secret, if early data is sent or accepted.
    secret: HeapSecret,

    /// Server: the received part of EndOfEarlyData.
    reassembler: Reassembler,

    /// Server: the early data that is rejected, until its end.
    skipped: Option<Skipped>,

    /// Client: the end of the handshake, which follows EndOfEarlyData.
    end: Option<End>,
}

/// Early data that a server rejects.
struct Skipped {
    /// The number of bytes that may still be skipped.
    left: u64,
    /// The traffic secret of the client's next messages, by which these are recognized. Empty after
    /// a HelloRetryRequest: the next message is not encrypted.
    next_secret: HeapSecret,
    opener: Option<Opener>,
}

/// The end of a client's handshake.
struct End {
    /// The records behind EndOfEarlyData.
    records: Vec<u8>,
    /// Seals the application data.
    sealer: Sealer,
}

/// EndOfEarlyData (RFC 8446, 4.5).
const END_OF_EARLY_DATA: [u8; 4] = [5, 0, 0, 0];

/// The minimum of early data that is skipped, in bytes. The limit of the client's ticket may be one
/// that the server has had before.
const MIN_SKIPPED: u32 = 65_536;

/// The minimum difference between the length of a record and that of its content, in bytes: the
/// content type and the tag.
const EXPANSION: usize = 1 + 16;

impl EarlyData {
    /// Client: stores the secret of its early data, and returns the sealer.
    fn begin_sending(&mut self, suite: u16, secrets: &[Secret]) -> Result<Sealer> {
        self.suite = find_suite(suite);
        self.store(secrets);
        self.sealer()
    }

    /// Stores the traffic secret among the secrets of a step.
    fn store(&mut self, secrets: &[Secret]) {
        if let Some(secret) = secrets.iter().find(|secret| secret.protects_early_data()) {
            self.secret = secret.bytes.clone();
        }
    }

    fn sealer(&self) -> Result<Sealer> {
        let (suite, secret) = self.traffic_secret()?;
        Sealer::new(suite, (0, secret.keys()?))
    }

    fn opener(&self) -> Result<Opener> {
        let (suite, secret) = self.traffic_secret()?;
        Opener::new(suite, (0, secret.keys()?))
    }

    fn traffic_secret(&self) -> Result<(SupportedCipherSuite, TrafficSecret)> {
        let suite = self.suite.ok_or(Code::HandshakeState)?;
        let secret = TrafficSecret::new(suite, self.secret.clone())?;
        Ok((SupportedCipherSuite::Tls13(suite), secret))
    }
}

fn find_suite(number: u16) -> Option<&'static Tls13CipherSuite> {
    let mut suites = SUITES.iter().copied();
    suites.find(|suite| suite.common.suite.0 == number)
}

/// A client.
impl Handshake {
    /// Returns whether the client requests early data with a pre-shared key.
    pub(super) fn may_request_early_data(ctx: &Context<'_>, psk: &Tls13State) -> bool {
        let Some(early_data) = &psk.early_data else {
            return false;
        };
        let alpn = &early_data.alpn;
        let supports_alpn = || {
            let own = ctx.state.overrides().alpn;
            let protocols = if own.is_empty() {
                ctx.config.alpn()
            } else {
                own
            };
            protocols.iter().any(|protocol| protocol == alpn)
        };
        ctx.state.expects_early_data()
            && ctx.policy().has_tls13_suite(psk.suite)
            && (alpn.is_empty() || supports_alpn())
    }

    /// Begins to send early data, behind the ClientHello. `psk_suite` is that of the pre-shared key.
    pub(super) fn begin_early_data(
        &mut self,
        ctx: &mut Context<'_>,
        psk_suite: u16,
        secrets: &[Secret],
    ) -> Result<()> {
        ctx.send.sealer = Some(self.early_data.begin_sending(psk_suite, secrets)?);
        Ok(())
    }

    /// Stops sending early data if the server has rejected it.
    pub(super) fn stop_rejected_early_data(&self, ctx: &mut Context<'_>) {
        if ctx.state.early_data_progress() == EarlyDataProgress::Rejected {
            ctx.send.drop_early_data();
        }
    }

    /// Holds the records behind EndOfEarlyData at the end of the handshake, until the application
    /// has sent its early data.
    pub(super) fn hold_end(&mut self, ctx: &mut Context<'_>, sealer: Sealer) -> Result<()> {
        let output = std::mem::take(&mut ctx.output);
        let header = output.get(..Header::LEN).map(Header::read);
        let len = header.map_or(0, |header| Header::LEN + header.len);
        let (end, rest) = output.split_at_checked(len).ok_or(Code::HandshakeState)?;
        // It is sealed again, with the number of a record that is sent later.
        let mut end = memory::copy(end)?;
        let opened = self.early_data.opener()?.open(&mut end)?;
        if opened.typ != ContentType::Handshake || end[opened.plain] != END_OF_EARLY_DATA {
            return Err(Code::HandshakeState)?;
        }
        self.early_data.end = Some(End {
            records: memory::copy(rest)?,
            sealer,
        });
        Ok(())
    }

    /// Fails if the server has accepted early data for another application protocol.
    pub(super) fn check_accepted(ctx: &Context<'_>, alpn: Option<&[u8]>) -> Result<()> {
        let early_data = ctx
            .state
            .used_early_data()
            .ok_or(Code::EarlyDataNotAllowed)?;
        let expected = early_data.alpn.as_slice();
        let expected = expected.strip_suffix(&[0]).unwrap_or(expected);
        match expected == alpn.unwrap_or_default() {
            true => Ok(()),
            false => Err(Code::EarlyDataNotAllowed)?,
        }
    }

    /// Sends EndOfEarlyData, and the end of the handshake. Fails with `EarlyDataBlocked` while the
    /// application may send more early data.
    pub(super) fn end_early_data(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        if ctx.state.expects_early_data() {
            return Err(Code::EarlyDataBlocked)?;
        }
        let sealer = ctx.send.sealer.as_mut().ok_or(Code::HandshakeState)?;
        let end = self.early_data.end.as_ref().ok_or(Code::HandshakeState)?;
        let len = END_OF_EARLY_DATA.len() + sealer.overhead();
        let room = ctx.send.out.room(len + end.records.len())?;
        let sealed = sealer.seal(ContentType::Handshake, &[&END_OF_EARLY_DATA], room)?;
        room[sealed..][..end.records.len()].copy_from_slice(&end.records);
        ctx.send.out.commit(sealed + end.records.len());
        ctx.send.sealer = self.early_data.end.take().map(|end| end.sealer);
        ctx.state.set_early_data_progress(EarlyDataProgress::Ended);
        self.stage = Stage::Complete;
        let last = HandshakeMessage::ClientFinished;
        self.checkpoints.reach(ctx, last, uptime());
        Ok(())
    }
}

/// A server.
impl Handshake {
    /// Decides whether the early data that may follow a ClientHello is accepted, and returns its
    /// limit in bytes then. Fails with `AsyncBlocked` until the application has decided.
    ///
    /// `alpn` is the negotiated application protocol; empty for none.
    pub(super) fn decide_early_data(
        &mut self,
        ctx: &mut Context<'_>,
        hello: &ClientHello,
        alpn: &[u8],
    ) -> Result<Option<u32>> {
        let (is_requested, has_psks) =
            hello.with_payload(|hello| Ok((hello.requests_early_data(), hello.has_psks())))?;
        if !is_requested {
            ctx.state
                .set_early_data_progress(EarlyDataProgress::NotRequested);
            return Ok(None);
        }
        if !has_psks {
            ctx.output.extend(fatal_record(Alert::MissingExtension));
            return Err(Code::UnsupportedExtension)?;
        }
        ctx.state
            .set_early_data_progress(EarlyDataProgress::Requested);
        let accepts = self.accepts_early_data(ctx, hello, alpn)?;
        ctx.state.set_early_data_progress(match accepts {
            true => EarlyDataProgress::Accepted,
            false => EarlyDataProgress::Rejected,
        });
        if !accepts {
            self.begin_skipping(ctx)?;
            return Ok(None);
        }
        let psk = self.selected_psk.as_ref();
        self.early_data.suite = psk.and_then(|selected| find_suite(selected.suite.number));
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
        // Whoever does not have the key must not be able to make the application record a replay.
        // rustls rejects the binder.
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

    /// Begins to skip early data (RFC 8446, 4.2.10: "up to the configured max_early_data_size").
    fn begin_skipping(&mut self, ctx: &Context<'_>) -> Result<()> {
        let own = ctx.state.server_max_early_data(&ctx.config);
        let of_psk = ctx.state.used_early_data();
        let of_psk = of_psk.map_or(0, |early_data| early_data.max_len);
        let left = match own.max(of_psk) {
            0 => MIN_SKIPPED,
            max => max,
        };
        self.early_data.skipped = Some(Skipped {
            left: left.into(),
            next_secret: HeapSecret::default(),
            opener: None,
        });
        Ok(())
    }

    /// Stops skipping early data, which ends before the second ClientHello.
    pub(super) fn end_skipping(&mut self) {
        self.early_data.skipped = None;
    }

    /// Begins to open early data, or to recognize its end, when rustls has derived the secrets.
    pub(super) fn use_early_secrets(
        &mut self,
        ctx: &mut Context<'_>,
        secrets: &[Secret],
    ) -> Result<()> {
        if ctx.mode() == Mode::Client {
            return Ok(());
        }
        if let Some(skipped) = &mut self.early_data.skipped
            && let Some(secret) = secrets.iter().find(|secret| secret.protects_messages())
        {
            skipped.next_secret = secret.bytes.clone();
        }
        if ctx.state.early_data_progress() == EarlyDataProgress::Accepted
            && secrets.iter().any(Secret::protects_early_data)
        {
            self.early_data.store(secrets);
            ctx.recv.opener = Some(self.early_data.opener()?);
        }
        Ok(())
    }

    /// Returns whether the next records are early data.
    pub(super) fn receives_early_data(ctx: &Context<'_>) -> bool {
        ctx.mode() == Mode::Server && ctx.recv.opener.is_some()
    }

    /// Receives a record of early data, or EndOfEarlyData. Fails with `EarlyDataBlocked` if the
    /// application has to read early data first.
    pub(super) fn receive_early_data(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        if ctx.recv.has_unread() {
            // Without early data in the current call, it is not lost: another call reads it.
            return Err(match ctx.state.expects_early_data() {
                true => Code::EarlyDataBlocked.into(),
                false => Error::new(Code::BadMessage),
            });
        }
        let header = ctx.recv.fill_record(ctx.io)?;
        self.reserve_for_record(header.len)?;
        self.checkpoints.report_read(ctx);
        if header.typ == ContentType::ChangeCipherSpec as u8 {
            return self.pass_record(ctx, &header);
        }
        self.peer_is_encrypted = true;
        let read = ctx.recv.read_record(ctx.io);
        match read {
            Ok(ContentType::ApplicationData) if self.is_mid_end() => {
                Err(self.fail(ctx, Code::BadMessage.into()))
            }
            Ok(ContentType::ApplicationData) => {
                let counted = ctx.recv.application_data(ctx.io);
                counted.inspect_err(|_| self.stage = Stage::Failed)
            }
            Ok(ContentType::Alert) => {
                let received = ctx.recv.alert(ctx.io);
                received.inspect_err(|_| self.stage = Stage::Failed)
            }
            Ok(ContentType::Handshake) => match self.read_end(ctx) {
                Ok(true) => self.accept_end(ctx),
                Ok(false) => Ok(()),
                Err(error) => Err(self.fail(ctx, error)),
            },
            Ok(ContentType::ChangeCipherSpec) => Err(self.fail(ctx, Code::BadMessage.into())),
            // It is blinded.
            Err(error) => {
                self.stage = Stage::Failed;
                Err(error)
            }
        }
    }

    fn is_mid_end(&self) -> bool {
        !self.early_data.reassembler.partial().is_empty()
    }

    /// Reads the current record, and returns whether it completes EndOfEarlyData.
    fn read_end(&mut self, ctx: &mut Context<'_>) -> Result<bool> {
        let check = |header: HandshakeHeader| match (header.typ, header.len) {
            (5, None | Some(0)) => Ok(()),
            _ => Err(Error::with_alert(
                Code::BadMessage,
                Alert::UnexpectedMessage,
            )),
        };
        let mut is_complete = false;
        let plain = ctx.recv.unread();
        if plain.is_empty() {
            return Err(Code::BadMessage)?;
        }
        self.early_data.reassembler.push(plain, check, |whole| {
            is_complete = true;
            // RFC 8446, 5.1: "Handshake messages MUST NOT span key changes".
            match whole.rest {
                [] => Ok(()),
                _ => Err(Code::BadMessage)?,
            }
        })?;
        ctx.recv.drop_record();
        Ok(is_complete)
    }

    /// Passes EndOfEarlyData to rustls, as the first record of early data.
    fn accept_end(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        let sealed = self.early_data.sealer().and_then(|mut sealer| {
            let mut record = vec![0; END_OF_EARLY_DATA.len() + sealer.overhead()];
            let message = &[&END_OF_EARLY_DATA[..]];
            let len = sealer.seal(ContentType::Handshake, message, &mut record)?;
            self.input.push(&record[..len])
        });
        sealed.map_err(|error| self.fail(ctx, error))?;
        ctx.recv.opener = None;
        ctx.state.set_early_data_progress(EarlyDataProgress::Ended);
        self.run_steps(ctx)
    }

    /// Skips a record that is rejected early data, and returns whether it was.
    pub(super) fn skip_early_data(
        &mut self,
        ctx: &mut Context<'_>,
        header: &Header,
    ) -> Result<bool> {
        let Some(skipped) = &mut self.early_data.skipped else {
            return Ok(false);
        };
        if header.typ != ContentType::ApplicationData as u8 {
            return Ok(false);
        }
        if skipped.recognizes_end(ctx, header)? {
            self.early_data.skipped = None;
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
