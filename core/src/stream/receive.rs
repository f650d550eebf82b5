//! Receiving: deframing and decryption of records, and the application data in them.

use std::ops::Range;
use std::sync::atomic::Ordering::*;

use super::buffers::InBuffer;
use super::ktls::KernelRecv;
use super::transport::Cached;
use super::{Io, Reader, Stream};
use crate::base::log::log;
use crate::base::probe::{self, Event};
use crate::base::{Blocked, StackDepth, Version, lock_direction, with_cleared_stack};
use crate::config::{Config, RenegotiationResponse};
use crate::error::{Alert, AlertName, Code, Error, Reason, Result};
use crate::record::{
    AlertEvent, ContentType, FloodGuard, Header, Opened, Opener, PostHandshakeMessage,
    PostHandshakeReassembler,
};
use crate::state::{Shared, State};

mod quic;

/// The receiving direction of a connection.
#[derive(Default)]
pub(crate) struct RecvHalf {
    /// `None` before the handshake is complete, and with kernel TLS.
    pub(crate) opener: Option<Opener>,

    /// Kernel TLS, once it is enabled. The input buffer has the content of records then.
    pub(super) kernel: Option<KernelRecv>,

    reader: Cached<dyn Reader>,

    pub(crate) input: InBuffer,

    /// The decrypted bytes of the current record that the application has not read, as a range
    /// of the buffered input.
    ///
    /// Invariant: lies within `input.buffered()`; empty if there is no current record.
    pub(super) plain: Range<usize>,

    /// The length of the current record in bytes, with header and tag; without them with kernel
    /// TLS.
    pub(super) record_len: usize,

    /// The next record is incomplete, and all buffered bytes belong to it.
    pub(super) awaits_record: bool,

    reassembler: PostHandshakeReassembler,
    flood: FloodGuard,

    /// An error after bytes that a call has returned; the next call reports it.
    deferred: Option<Error>,
}

impl Stream {
    /// Receives at most `buf.len()` bytes; 0 after a close_notify.
    pub(crate) fn recv(
        &self,
        state: &State,
        buf: &mut [u8],
        blocked: &mut Blocked,
    ) -> Result<usize> {
        let mut half = lock_direction(&self.recv)?;
        *blocked = Blocked::Read;
        let io = self.io(state);
        let ended = half.end(io);
        let has_ended = ended.is_some();
        if !has_ended && state.is_quic() {
            return Err(Code::UnsupportedWithQuic.rule(NO_DATA_IN_QUIC));
        }
        let outcome = ended.unwrap_or_else(|| match state.check_early_recv()? {
            true => half.receive_early(io, buf),
            false => half.receive(io, buf),
        });
        // Old applications rely on this status: it reports that no part of a record is buffered.
        if outcome.is_ok() && !half.has_unread() && !half.has_partial_record() {
            *blocked = Blocked::Not;
        }
        half.end_of_call(&state.shared);
        // A call after the end, as after a shutdown of this side, is no failure of the session.
        if let Err(error) = &outcome
            && error.code() != Code::IoBlocked
            && !has_ended
        {
            state.delete_cached_session();
        }
        outcome
    }
}

impl RecvHalf {
    /// Returns the outcome of a call that reads nothing, because the connection is closed.
    fn end(&self, io: Io<'_>) -> Option<Result<usize>> {
        if self.deferred.is_some() || io.state.shared.can_read() {
            return None;
        }
        Some(match io.state.shared.close_notify_received.load(Acquire) {
            true => Ok(0),
            false => Err(Code::Closed.rule("the connection is closed for receiving")),
        })
    }

    fn receive(&mut self, io: Io<'_>, buf: &mut [u8]) -> Result<usize> {
        if let Some(error) = self.deferred.take() {
            return Err(error);
        }
        let mut received = 0;
        while received < buf.len() && io.state.shared.can_read() {
            match self.receive_next(io, &mut buf[received..]) {
                Ok(count) => received += count,
                Err(error) if received == 0 => return Err(error),
                Err(error) => {
                    // The bytes are returned first. The next call meets a blocked or closed
                    // transport again, and a failed allocation too, unless it has closed the
                    // connection.
                    let recurs = match error.code() {
                        Code::IoBlocked | Code::Closed => true,
                        Code::Alloc => io.state.shared.can_read(),
                        _ => false,
                    };
                    if !recurs {
                        self.deferred = Some(error);
                    }
                    break;
                }
            }
            if received > 0 && !receives_more_records(io.state) {
                break;
            }
        }
        Ok(received)
    }

    /// Receives early data of the current record, or of the next one. EndOfEarlyData is left to the
    /// handshake.
    fn receive_early(&mut self, io: Io<'_>, buf: &mut [u8]) -> Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if self.plain.is_empty() {
            return Err(Code::EarlyDataNotAllowed)?;
        }
        // Bytes beyond the limit are not returned, and end the connection.
        let len = buf.len().min(self.plain.len());
        if let Err(error) = io.state.count_early_data(len) {
            self.drop_record();
            return Err(io.blind(error.without_blinding()));
        }
        Ok(self.take(buf))
    }

    /// Receives application data of the current record, or of the next one, or processes one record
    /// of another type, which is no data. Returns the number of bytes.
    fn receive_next(&mut self, io: Io<'_>, buf: &mut [u8]) -> Result<usize> {
        if !self.plain.is_empty() {
            return Ok(self.take(buf));
        }
        if self.kernel.is_some() {
            let typ = self.read_kernel_record(io)?;
            return self.process(io, typ, buf);
        }
        let header = self.fill_record(io)?;
        if let Some(received) = self.open_to(io, &header, buf)? {
            return Ok(received);
        }
        let typ = self.open_record(io, &header)?;
        self.process(io, typ, buf)
    }

    /// Takes application data from the current record, or processes other content of it.
    fn process(&mut self, io: Io<'_>, typ: ContentType, buf: &mut [u8]) -> Result<usize> {
        match typ {
            ContentType::ApplicationData => {
                self.application_data(io)?;
                return Ok(self.take(buf));
            }
            ContentType::Alert => self.alert(io)?,
            ContentType::Handshake => self.handshake(io, false)?,
            ContentType::ChangeCipherSpec => {
                self.drop_record();
                self.flood
                    .control_record()
                    .map_err(|error| io.blind(error))?;
            }
        }
        Ok(0)
    }

    /// Decrypts application data of a complete record to the caller's buffer, without a copy, if
    /// the record permits that: see [`Opener::open_to`].
    fn open_to(&mut self, io: Io<'_>, header: &Header, buf: &mut [u8]) -> Result<Option<usize>> {
        let Some(opener) = &mut self.opener else {
            return Ok(None);
        };
        // Application data is an error between the fragments of a message.
        if self.reassembler.is_mid_message() {
            return Ok(None);
        }
        let len = Header::LEN + header.len;
        let opened = opener.open_to(&self.input.buffered()[..len], buf);
        if let Ok(None) = opened {
            return Ok(None);
        }
        self.input.consume(len);
        let received = opened.map_err(|error| io.blind(error))?;
        match received {
            Some(0) => self.flood.empty_record().map_err(|error| io.blind(error))?,
            _ => self.flood.reset(),
        }
        Ok(received)
    }

    /// Reads and decrypts one record, and sets `self.plain` to its plaintext.
    pub(crate) fn read_record(&mut self, io: Io<'_>) -> Result<ContentType> {
        if self.kernel.is_some() {
            return self.read_kernel_record(io);
        }
        let header = self.fill_record(io)?;
        self.open_record(io, &header)
    }

    /// Decrypts a complete record in place, and sets `self.plain` to its plaintext.
    fn open_record(&mut self, io: Io<'_>, header: &Header) -> Result<ContentType> {
        self.record_len = Header::LEN + header.len;
        let record = &mut self.input.buffered_mut()[..self.record_len];
        let opened = match &mut self.opener {
            Some(opener) => opener.open(record),
            // rustls has the keys, and only the rest of the handshake is allowed.
            None if header.typ == ContentType::ApplicationData as u8
                && io.state.shared.has_negotiated_version()
                && io.state.shared.supports_half_close() =>
            {
                Err(Code::BadMessage.rule("application data before the handshake is complete"))
            }
            None => header.validate_plaintext(),
        };
        match opened.and_then(|opened| self.check_interleaving(opened)) {
            Ok(opened) => {
                self.plain = opened.plain;
                Ok(opened.typ)
            }
            Err(error) => {
                self.drop_record();
                Err(io.blind(error))
            }
        }
    }

    /// Rejects other records between the fragments of a handshake message (RFC 8446, 5.1: "there
    /// MUST NOT be any other records between them").
    pub(super) fn check_interleaving(&self, opened: Opened) -> Result<Opened> {
        match opened.typ {
            ContentType::Handshake => Ok(opened),
            _ if self.reassembler.is_mid_message() => {
                Err(Code::BadMessage.because(Reason::RecordType {
                    typ: opened.typ as u8,
                    allowed: "the next part of a message",
                }))
            }
            _ => Ok(opened),
        }
    }

    /// Deframes the next record: reads until it is complete. The bytes that a blocked call has read
    /// stay buffered.
    pub(crate) fn fill_record(&mut self, io: Io<'_>) -> Result<Header> {
        if let Some(opener) = &mut self.opener {
            opener.prepare()?;
        }
        self.awaits_record = true;
        let ahead = io.state.shared.recv_buffering.load(Relaxed);
        let mut source = io.source(&mut self.reader);
        let filled = self.input.fill(Header::LEN, ahead, &mut source);
        filled.map_err(|error| self.in_record(error))?;
        let header = Header::read(self.input.buffered());
        let checked = match &self.opener {
            Some(opener) => opener.check(&header),
            None => header.reject_sslv2(),
        };
        if let Err(error) = checked {
            // The start of the next record cannot be determined.
            self.input.consume(Header::LEN);
            self.awaits_record = false;
            return Err(io.blind(error));
        }
        let mut source = io.source(&mut self.reader);
        let filled = self
            .input
            .fill(Header::LEN + header.len, ahead, &mut source);
        filled.map_err(|error| self.in_record(error))?;
        self.awaits_record = false;
        Ok(header)
    }

    /// Adds the received part of the next record to the error of a transport that has ended.
    #[cold]
    fn in_record(&self, error: Error) -> Error {
        if error.code() != Code::Closed {
            return error;
        }
        let buffered = self.input.buffered();
        let mut header = [0; Header::LEN];
        let len = buffered.len().min(header.len());
        header[..len].copy_from_slice(&buffered[..len]);
        error.because(Reason::EndOfStream {
            have: buffered.len() as u32,
            need: (Header::LEN + Header::read(&header).len) as u32,
            header,
        })
    }

    /// Skips a complete record that is ignored.
    pub(crate) fn ignore_record(&mut self, io: Io<'_>, header: &Header) -> Result<()> {
        self.input.consume(Header::LEN + header.len);
        self.flood.control_record().map_err(|error| io.blind(error))
    }

    /// Skips a complete record of early data that is rejected.
    pub(crate) fn skip_record(&mut self, io: Io<'_>, header: &Header, empty: bool) -> Result<()> {
        self.input.consume(Header::LEN + header.len);
        match empty {
            true => self.flood.empty_record().map_err(|error| io.blind(error)),
            false => Ok(()),
        }
    }

    /// Returns the decrypted bytes of the current record that are not read.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.input.buffered()[self.plain.clone()]
    }

    /// Removes a complete record from the input, and passes it to `take`, for the handshake.
    pub(crate) fn take_record<R>(&mut self, header: &Header, take: impl FnOnce(&[u8]) -> R) -> R {
        let len = Header::LEN + header.len;
        let taken = take(&self.input.buffered()[..len]);
        self.input.consume(len);
        taken
    }

    /// Copies decrypted bytes to the caller's buffer.
    fn take(&mut self, buf: &mut [u8]) -> usize {
        let len = buf.len().min(self.plain.len());
        let from = self.plain.start;
        buf[..len].copy_from_slice(&self.input.buffered()[from..from + len]);
        self.plain.start += len;
        if self.plain.is_empty() {
            self.drop_record();
        }
        len
    }

    pub(crate) fn drop_record(&mut self) {
        self.input.consume(self.record_len);
        self.record_len = 0;
        self.plain = 0..0;
    }

    pub(crate) fn application_data(&mut self, io: Io<'_>) -> Result<()> {
        if !self.plain.is_empty() {
            self.flood.reset();
            return Ok(());
        }
        self.drop_record();
        self.flood.empty_record().map_err(|error| io.blind(error))
    }

    /// Processes the alert in the current record (RFC 8446, 6; RFC 5246, 7.2).
    pub(crate) fn alert(&mut self, io: Io<'_>) -> Result<()> {
        let tls13 = io.state.shared.version.load(Acquire) >= Version::Tls13;
        let event = io.state.config().and_then(|config| {
            let plain = &self.input.buffered()[self.plain.clone()];
            AlertEvent::read(plain, tls13, config.ignores_warnings())
        });
        self.drop_record();
        let event = event
            .and_then(|event| self.flood.control_record().map(|()| event))
            .map_err(|error| io.blind(error))?;
        match event {
            AlertEvent::None => Ok(()),
            AlertEvent::CloseNotify => {
                log_alert(io.state, Alert::CloseNotify as u8);
                io.state.shared.receive_close_notify();
                Ok(())
            }
            AlertEvent::Fatal(code) => {
                log_alert(io.state, code);
                io.state.shared.receive_error_alert(code);
                Err(Code::Alert.because(Reason::AlertReceived(code)))
            }
        }
    }

    /// Processes the post-handshake messages in the current record. In a shutdown, the application
    /// receives no tickets.
    pub(crate) fn handshake(&mut self, io: Io<'_>, in_shutdown: bool) -> Result<()> {
        let outcome = self.post_handshake(io, in_shutdown);
        self.drop_record();
        outcome.map_err(|error| io.blind(error))
    }

    fn post_handshake(&mut self, io: Io<'_>, in_shutdown: bool) -> Result<()> {
        let mut keys = match (&self.kernel, &mut self.opener) {
            (Some(kernel), _) => ReadKeys::Kernel(kernel),
            (None, Some(opener)) => ReadKeys::Opener(opener),
            (None, None) => {
                return Err(Code::BadMessage.rule("a handshake message without traffic keys"));
            }
        };
        let plain = &self.input.buffered()[self.plain.clone()];
        if plain.is_empty() {
            self.flood.empty_record()?;
        }
        let (flood, tls13) = (&mut self.flood, keys.are_tls13());
        self.reassembler
            .push(plain, io.state.mode(), tls13, |message| {
                flood.post_handshake_message(&message)?;
                match message {
                    PostHandshakeMessage::KeyUpdate { requested } => {
                        keys.update(io.state, requested)
                    }
                    PostHandshakeMessage::NewSessionTicket(_) if in_shutdown => Ok(()),
                    PostHandshakeMessage::NewSessionTicket(ticket) => {
                        with_cleared_stack(StackDepth::Keys, || io.state.receive_ticket(ticket))
                    }
                    PostHandshakeMessage::HelloRequest => receive_hello_request(io.state),
                }
            })
    }

    /// Updates the counters of the getters, and frees the input under dynamic buffers.
    pub(crate) fn end_of_call(&mut self, shared: &Shared) {
        let beyond = match self.awaits_record {
            true => 0,
            false => self.input.len() - self.record_len,
        };
        shared.peek.store(self.plain.len() as u32, Release);
        shared.peek_buffered.store(beyond as u32, Release);
        if shared.dynamic_buffers.load(Relaxed) {
            self.release_input();
        }
    }

    pub(crate) fn release_input(&mut self) {
        self.input.release(self.awaits_record);
    }

    pub(crate) fn has_unread(&self) -> bool {
        !self.plain.is_empty()
    }

    /// Returns whether a part of a record's body is buffered.
    pub(crate) fn has_partial_record(&self) -> bool {
        self.awaits_record && self.input.len() > Header::LEN
    }

    pub(super) fn has_deferred_error(&self) -> bool {
        self.deferred.is_some()
    }

    pub(crate) fn is_mid_message(&self) -> bool {
        self.reassembler.is_mid_message()
    }
}

/// Records of application data do not exist in QUIC (RFC 9001, 4).
pub(super) const NO_DATA_IN_QUIC: &str =
    "a QUIC connection has no records: the application transfers its data in QUIC";

/// Logs an alert of the peer.
pub(crate) fn log_alert(state: &State, alert: u8) {
    log!(
        Info,
        state.name(),
        "the alert {} is received",
        AlertName(alert)
    );
}

/// Returns whether a call receives the data of further records that are available.
fn receives_more_records(state: &State) -> bool {
    Config::uses_multi_record() && state.own_config_is(Config::recv_multi_record)
}

/// Processes a HelloRequest: without a callback for it, it is ignored (RFC 5246, 7.4.1.1). A server
/// without secure renegotiation is refused, without a call of the callback (RFC 5746, 4.2).
fn receive_hello_request(state: &State) -> Result<()> {
    let config = state.own_config();
    let Some(callback) = config.and_then(|config| config.renegotiation_callback()) else {
        return Ok(());
    };
    let response = match state.shared.secure_renegotiation.load(Acquire) {
        true => callback.decide(state.name()).ok_or(Code::Cancelled)?,
        false => RenegotiationResponse::Reject,
    };
    if response == RenegotiationResponse::Reject {
        let pending = &state.shared.no_renegotiation_pending;
        pending.store(true, Release);
    }
    Ok(())
}

/// The keys of the peer's records.
enum ReadKeys<'a> {
    Opener(&'a mut Opener),
    Kernel(&'a KernelRecv),
}

impl ReadKeys<'_> {
    fn are_tls13(&self) -> bool {
        match self {
            Self::Opener(opener) => opener.is_tls13(),
            Self::Kernel(kernel) => kernel.is_tls13(),
        }
    }

    /// Replaces the keys after a KeyUpdate of the peer, which may request one of this side.
    fn update(&mut self, state: &State, requested: bool) -> Result<()> {
        with_cleared_stack(StackDepth::Keys, || match self {
            Self::Opener(opener) => opener.rekey(state.next_read_keys()?),
            Self::Kernel(kernel) => kernel.replace_key(state),
        })?;
        Shared::count_key_update(&state.shared.key_updates_received);
        probe::fire(state.name(), Event::KeyUpdate { is_sent: false });
        log!(
            Debug,
            state.name(),
            "a KeyUpdate is received; requests another one: {requested}"
        );
        if requested {
            state.shared.key_update_pending.store(true, Release);
        }
        Ok(())
    }
}
