//! TLS connections, for the C API and the tools: state, sending and receiving, and handshake.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::Ordering::*;
use std::time::Duration;

use crate::base::{Blocked, Mode, lock_direction};
use crate::config::alpn::Protocols;
use crate::config::{ClientAuth, Config, VerifyHostCallback};
use crate::error::{Alert, Code, Result};
use crate::handshake::Handshake;
use crate::policy::Policy;
use crate::process::sync::Mutex;
use crate::state::State;
use crate::stream::{MAX_SMALL_RECORD_THRESHOLD, Reader, Stream, Writer};

mod detail;
mod early_data;
mod ech;
mod getters;
mod ktls;
mod negotiate;
mod psk;
mod quic;
mod serialization;
mod session;
#[cfg(test)]
pub(crate) mod tests;

pub use crate::state::{EchStatus, Negotiated, ServerNameMatch};
pub use crate::stream::{BlindingMode, Data};

/// A TLS connection.
///
/// Sending and receiving may run in two threads at once: see `Stream`. A callback may call every
/// method, except those of the handshake and of the direction that calls it, which are locked.
pub struct Connection {
    pub(crate) state: State,
    pub(crate) stream: Stream,
    /// Allocated in the first call of the handshake, and freed when it is complete.
    pub(crate) handshake: Mutex<Option<Box<Handshake>>>,
}

impl Connection {
    pub fn new(mode: Mode) -> Self {
        Self {
            state: State::new(mode),
            stream: Stream::new(),
            handshake: Mutex::default(),
        }
    }

    /// Resets the connection to a new one, except for the mode, the name and the config. Fails
    /// while another call is running.
    pub fn wipe(&self) -> Result<()> {
        let Self {
            state,
            stream,
            handshake,
        } = self;
        let mut handshake = lock_direction(handshake)?;
        // No call may use a direction before its state is replaced.
        let _directions = stream.wipe(state.is_corked())?;
        *handshake = None;
        state.wipe()
    }

    /// Sends `data`, after the records of an earlier call are written.
    ///
    /// `data` may be the error of invalid arguments: it is returned once those records are written.
    /// Until then their error, or that of a closed connection, takes precedence.
    ///
    /// Returns the number of bytes in completely written records. If these are not all, `blocked`
    /// is set, and the caller continues with the byte after the last reported one.
    #[inline]
    pub fn send(&self, data: Result<Data<'_>>, blocked: &mut Blocked) -> Result<usize> {
        let outcome = self.stream.send(&self.state, data, blocked);
        self.record("s2n_send", &outcome);
        outcome
    }

    /// Writes the sealed records.
    pub fn flush(&self, blocked: &mut Blocked) -> Result<()> {
        let outcome = self.stream.flush(&self.state, blocked);
        self.record("s2n_flush", &outcome);
        outcome
    }

    /// Receives at most `buf.len()` bytes; 0 after a close_notify.
    pub fn recv(&self, buf: &mut [u8], blocked: &mut Blocked) -> Result<usize> {
        let outcome = self.stream.recv(&self.state, buf, blocked);
        self.record("s2n_recv", &outcome);
        outcome
    }

    /// Closes the sending direction: writes the pending records, then a close_notify, or the alert
    /// of an error. To be repeated if it blocks.
    pub fn shutdown_send(&self, blocked: &mut Blocked) -> Result<()> {
        let outcome = self.stream.shutdown_send(&self.state, blocked);
        self.record("s2n_shutdown_send", &outcome);
        outcome
    }

    /// Selects the alert internal_error for [`Connection::shutdown_send`] instead of a close_notify, which
    /// would confirm that all data was sent (RFC 8446, 6.1). An alert that an error has set stays.
    pub fn abort(&self) {
        let alert = &self.state.shared.pending_alert;
        let internal_error = Alert::InternalError as i16;
        // Fails if there is an alert.
        let _ = alert.compare_exchange(-1, internal_error, AcqRel, Relaxed);
    }

    /// Closes both directions: [`Connection::shutdown_send`], then waits for the peer's
    /// close_notify, which confirms that no data of the peer is lost.
    pub fn shutdown(&self, blocked: &mut Blocked) -> Result<()> {
        let outcome = self.stream.shutdown(&self.state, blocked);
        self.record("s2n_shutdown", &outcome);
        outcome
    }

    pub fn set_name(&self, name: usize) {
        self.state.set_name(name);
    }

    pub fn set_config(&self, config: Arc<Config>) -> Result<()> {
        self.state.set_config(config)
    }

    /// Sets the policy. Fails if a certificate chain of the config violates its requirements.
    pub fn set_policy(&self, policy: &'static Policy) -> Result<()> {
        if let Some(config) = self.state.own_config() {
            config.check_policy(policy)?;
        }
        self.state
            .change_overrides(|overrides| overrides.policy = Some(policy));
        Ok(())
    }

    pub fn set_client_auth(&self, client_auth: ClientAuth) {
        self.state
            .change_overrides(|overrides| overrides.client_auth = Some(client_auth));
    }

    pub fn set_verify_host_callback(&self, verify_host: Option<Arc<dyn VerifyHostCallback>>) {
        self.state
            .change_overrides(|overrides| overrides.verify_host = verify_host);
    }

    pub fn set_alpn(&self, protocols: Protocols) {
        self.state
            .change_overrides(|overrides| overrides.alpn = protocols);
    }

    /// Sets the server_name (SNI) that a client sends.
    pub fn set_server_name(&self, name: &CStr) -> Result<()> {
        self.state.set_server_name(name)
    }

    /// Sets the receiving side of the transport, and returns the old one.
    pub fn set_reader(&self, reader: Option<Arc<dyn Reader>>) -> Option<Arc<dyn Reader>> {
        self.stream.set_reader(reader)
    }

    /// Sets the sending side of the transport, and returns the old one. `clears_failure` resets a
    /// broken pipe of the old one.
    pub fn set_writer(
        &self,
        writer: Option<Arc<dyn Writer>>,
        clears_failure: bool,
    ) -> Option<Arc<dyn Writer>> {
        let old = self.stream.transport.set_writer(writer);
        if clears_failure {
            self.state.shared.write_broken.store(false, Release);
        }
        old
    }

    pub fn set_corked(&self) {
        self.state.set_corked();
    }

    pub fn set_blinding(&self, mode: BlindingMode) {
        self.stream.set_blinding_mode(mode);
    }

    /// Returns the remaining blinding delay, before which the application must not close.
    pub fn delay(&self) -> Result<Duration> {
        self.stream.delay(&self.state)
    }

    /// Sets the preferred maximum of plaintext bytes per record.
    pub fn set_record_size(&self, size: u32) {
        self.state.shared.set_record_size(size);
    }

    /// Sends the first `threshold` bytes in small records, and again after `timeout` idle seconds.
    pub fn set_small_records(&self, threshold: u32, timeout: u16) -> Result<()> {
        if threshold > MAX_SMALL_RECORD_THRESHOLD {
            return Err(Code::InvalidDynamicThreshold)?;
        }
        let shared = &self.state.shared;
        shared.small_record_threshold.store(threshold, Relaxed);
        shared.small_record_timeout.store(timeout.into(), Relaxed);
        Ok(())
    }

    /// Fails for a QUIC connection, whose messages are read exactly.
    pub fn set_recv_buffering(&self, on: bool) -> Result<()> {
        if self.uses_quic() {
            return Err(Code::InvalidState)?;
        }
        self.state.shared.recv_buffering.store(on, Relaxed);
        Ok(())
    }

    pub fn set_dynamic_buffers(&self, on: bool) {
        self.state.shared.dynamic_buffers.store(on, Relaxed);
    }

    /// Frees both buffers. Fails if one of them has data.
    pub fn release_buffers(&self) -> Result<()> {
        self.stream.release_buffers(&self.state)
    }

    /// Frees the memory of the handshake.
    pub fn free_handshake(&self) -> Result<()> {
        if let Some(handshake) = &mut *lock_direction(&self.handshake)? {
            handshake.free();
        }
        self.state.shared.handshake_freed.store(true, Release);
        self.state.free_client_hello();
        self.state.free_ticket();
        self.state.free_transport_parameters();
        self.state.free_alpn();
        Ok(())
    }

    /// Requests a KeyUpdate before the next send. No effect before TLS 1.3. Fails for a QUIC
    /// connection, which has no such message (RFC 9001, 6).
    pub fn request_key_update(&self) -> Result<()> {
        if self.uses_quic() {
            return Err(Code::UnsupportedWithQuic)?;
        }
        self.state.shared.key_update_pending.store(true, Release);
        Ok(())
    }
}
