//! Kernel TLS (kTLS): the kernel seals the records of a direction, or opens them, once it has the
//! traffic keys.
//!
//! [`KernelSend`] replaces the sealer of the sending direction, and [`KernelRecv`] the opener of
//! the receiving one. Everything above the records stays as it is: fragments of messages, alerts,
//! tickets, key updates.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use super::{Io, Reader, Stream, Writer};
use crate::base::{Blocked, Mode, StackDepth, Version, lock_direction, with_cleared_stack};
use crate::error::{Code, Error, Result};
use crate::record::{KernelKeys, has_kernel_keys};
use crate::state::{Direction, State};

mod receive;
mod send;

pub(super) use self::receive::KernelRecv;
pub(super) use self::send::KernelSend;

impl Stream {
    /// Enables kernel TLS for sending. After a failure records are sealed as before.
    pub(crate) fn enable_kernel_send(&self, state: &State) -> Result<()> {
        if state.shared.kernel_sends.load(Acquire) {
            return Ok(());
        }
        validate(state)?;
        let mut half = lock_direction(&self.send)?;
        if half.kernel.is_some() {
            // Another thread has enabled it meanwhile.
            return Ok(());
        }
        let writer = self.managed_writer()?;
        if half.has_pending() {
            return Err(Code::RecordStufferNeedsDraining)?;
        }
        let sealer = half.sealer.as_ref().ok_or(Code::HandshakeNotComplete)?;
        let (tls13, limit) = (sealer.is_tls13(), sealer.limit());
        // Without it the kernel could repeat a nonce: see `KernelKeys::for_sending()`.
        let sequence = sealer.transferable_sequence();
        let sequence = sequence.ok_or(Code::KtlsUnsupportedConn)?;
        let kernel = writer.kernel().ok_or(Code::KtlsEnable)?;
        with_cleared_stack(StackDepth::Keys, || {
            let secrets = state.traffic_keys(Direction::Write)?;
            let keys = KernelKeys::for_sending(tls13, (sequence, secrets))?;
            kernel
                .set_keys(&keys)
                .map_err(|_| Error::new(Code::KtlsEnable))
        })?;
        // The kernel has the keys: nothing may fail from here on.
        half.sealer = None;
        half.kernel = Some(KernelSend::new(writer.clone(), tls13, sequence, limit));
        state.shared.kernel_sends.store(true, Release);
        Ok(())
    }

    /// Enables kernel TLS for receiving. After a failure records are opened as before.
    pub(crate) fn enable_kernel_recv(&self, state: &State) -> Result<()> {
        if state.shared.kernel_receives.load(Acquire) {
            return Ok(());
        }
        validate(state)?;
        let mut half = lock_direction(&self.recv)?;
        if half.kernel.is_some() {
            return Ok(());
        }
        let reader = self.managed_reader()?;
        half.check_drained()?;
        let opener = half.opener.as_ref().ok_or(Code::HandshakeNotComplete)?;
        let (tls13, sequence) = (opener.is_tls13(), opener.sequence());
        let kernel = reader.kernel().ok_or(Code::KtlsEnable)?;
        with_cleared_stack(StackDepth::Keys, || {
            let secrets = state.traffic_keys(Direction::Read)?;
            let keys = KernelKeys::for_receiving(tls13, (sequence, secrets))?;
            kernel
                .set_keys(&keys)
                .map_err(|_| Error::new(Code::KtlsEnable))
        })?;
        // The kernel has the keys: nothing may fail from here on.
        half.opener = None;
        half.kernel = Some(KernelRecv::new(reader.clone(), tls13));
        state.shared.kernel_receives.store(true, Release);
        Ok(())
    }

    /// Sends a part of a file, which is given by the number of its descriptor, an offset and a
    /// length.
    pub(crate) fn send_file(
        &self,
        state: &State,
        part: (i32, i64, usize),
        blocked: &mut Blocked,
    ) -> Result<usize> {
        *blocked = Blocked::Write;
        if !state.shared.kernel_sends.load(Acquire) {
            return Err(Code::KtlsUnsupportedConn)?;
        }
        let mut half = lock_direction(&self.send)?;
        let outcome = half.send_file(self.io(state), part);
        half.release_if_dynamic(&state.shared);
        let sent = outcome?;
        *blocked = Blocked::Not;
        Ok(sent)
    }

    /// Returns the sending side of the transport, which must be a descriptor.
    fn managed_writer(&self) -> Result<Arc<dyn Writer>> {
        let writer = self
            .transport
            .writer()
            .filter(|it| it.descriptor().is_some());
        Ok(writer.ok_or(Code::KtlsManagedIo)?)
    }

    /// Returns the receiving side of the transport, which must be a descriptor.
    fn managed_reader(&self) -> Result<Arc<dyn Reader>> {
        let reader = self
            .transport
            .reader()
            .filter(|it| it.descriptor().is_some());
        Ok(reader.ok_or(Code::KtlsManagedIo)?)
    }
}

/// Validates a connection for kernel TLS, in the order of s2n-tls.
fn validate(state: &State) -> Result<()> {
    let config = state.config()?;
    if !cfg!(target_os = "linux") {
        return Err(Code::KtlsUnsupportedPlatform)?;
    }
    // As in s2n-tls, a connection that was serialized has no handshake of its own.
    let is_restored = state.shared.restored.load(Acquire);
    if is_restored || !state.shared.handshake_done.load(Acquire) {
        return Err(Code::HandshakeNotComplete)?;
    }
    if state.shared.handshake_freed.load(Acquire) {
        return Err(Code::InvalidState)?;
    }
    let is_supported = match state.version() {
        Version::Tls12 => true,
        Version::Tls13 => config.allows_kernel_tls13(),
        _ => false,
    };
    let suite = state.negotiated().map(|negotiated| negotiated.suite);
    if !is_supported || state.is_quic() || !suite.is_some_and(has_kernel_keys) {
        return Err(Code::KtlsUnsupportedConn)?;
    }
    // The answer to a HelloRequest is left to the application's callback.
    let may_renegotiate = state.mode() == Mode::Client && state.version() < Version::Tls13;
    if may_renegotiate && config.has_renegotiation_callback() {
        return Err(Code::KtlsReneg)?;
    }
    // The sequence numbers are in the kernel, so that the connection could not be serialized.
    if config.is_serializable() {
        return Err(Code::KtlsUnsupportedConn)?;
    }
    Ok(())
}
