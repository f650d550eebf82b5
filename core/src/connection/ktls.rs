//! Kernel TLS (kTLS) of a connection.

use std::sync::atomic::Ordering::*;

use super::Connection;
use crate::base::Blocked;
use crate::error::Result;

impl Connection {
    /// Enables kernel TLS for sending. Fails without a change of the connection.
    pub fn enable_kernel_send(&self) -> Result<()> {
        let outcome = self.stream.enable_kernel_send(&self.state);
        self.record("s2n_connection_ktls_enable_send", &outcome);
        outcome
    }

    /// Enables kernel TLS for receiving. Fails without a change of the connection.
    pub fn enable_kernel_recv(&self) -> Result<()> {
        let outcome = self.stream.enable_kernel_recv(&self.state);
        self.record("s2n_connection_ktls_enable_recv", &outcome);
        outcome
    }

    /// Sends a part of a file with kernel TLS, and returns the number of bytes; fewer than `count`
    /// at the end of the file, and if the transport accepts no more. `file` is the number of its
    /// descriptor.
    pub fn send_file(
        &self,
        file: i32,
        offset: i64,
        count: usize,
        blocked: &mut Blocked,
    ) -> Result<usize> {
        let part = (file, offset, count);
        let outcome = self.stream.send_file(&self.state, part, blocked);
        self.record("s2n_sendfile", &outcome);
        outcome
    }

    /// Returns whether the kernel seals the sent records.
    pub fn sends_by_kernel(&self) -> bool {
        self.state.shared.kernel_sends.load(Acquire)
    }

    /// Returns whether the kernel opens the received records.
    pub fn receives_by_kernel(&self) -> bool {
        self.state.shared.kernel_receives.load(Acquire)
    }
}
