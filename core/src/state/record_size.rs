//! The sizes of sent records and of the send buffer.

use std::sync::atomic::Ordering::*;

use super::Shared;
use crate::base::Version;

/// The space in a configured send buffer that is reserved for a record's header and expansion, in
/// bytes. As in s2n-tls it is the maximum of the version (RFC 8446, 5.2; RFC 5246, 6.2.3).
const EXPANSION_TLS13: usize = 261;
/// See [`EXPANSION_TLS13`].
const EXPANSION_TLS12: usize = 1029;

impl Shared {
    /// Sets the preferred maximum of plaintext bytes in a record.
    pub(crate) fn set_record_size(&self, size: u32) {
        self.record_size.store(size, Relaxed);
        self.enlarge_send_buffer();
    }

    /// Returns the maximum of plaintext bytes in a record.
    pub(crate) fn max_payload(&self) -> usize {
        let preferred = self.record_size.load(Relaxed) as usize;
        match self.send_buffer.load(Relaxed) as usize {
            0 => preferred,
            buffer => preferred
                .min(buffer.saturating_sub(self.expansion()))
                .max(1),
        }
    }

    /// Returns the space that is reserved for a record's header and expansion.
    pub(crate) fn expansion(&self) -> usize {
        match self.has_negotiated_version() && self.version.load(Acquire) >= Version::Tls13 {
            true => EXPANSION_TLS13,
            false => EXPANSION_TLS12,
        }
    }

    /// Returns the size of the send buffer; 0 if none is configured. The size is determined at the
    /// first use, in the handshake.
    pub(crate) fn use_send_buffer(&self) -> usize {
        let configured = self.send_buffer.load(Relaxed) as usize;
        if configured == 0 {
            return 0;
        }
        match self.send_buffer_in_use.load(Relaxed) as usize {
            0 => {
                let size = configured.max(self.max_payload() + self.expansion());
                self.send_buffer_in_use.store(size as u32, Relaxed);
                size
            }
            size => size,
        }
    }

    /// Enlarges a send buffer in use to at least one record of the preferred size.
    fn enlarge_send_buffer(&self) {
        let record = self.record_size.load(Relaxed) + self.expansion() as u32;
        let in_use = self.send_buffer_in_use.load(Relaxed);
        if in_use > 0 && in_use < record {
            self.send_buffer_in_use.store(record, Relaxed);
        }
    }
}
