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

    /// Returns the preferred maximum of plaintext bytes in a record, as it is serialized.
    pub(crate) fn serialized_record_size(&self) -> u16 {
        // The setters accept no more than the maximum of a record.
        self.record_size
            .load(Relaxed)
            .try_into()
            .unwrap_or(u16::MAX)
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

    /// Returns the space that is reserved for a record's header and expansion. As in s2n-tls, a
    /// connection that was restored has negotiated nothing itself.
    pub(crate) fn expansion(&self) -> usize {
        let has_negotiated = self.has_negotiated_version() && !self.restored.load(Relaxed);
        match has_negotiated && self.version.load(Acquire) >= Version::Tls13 {
            true => EXPANSION_TLS13,
            false => EXPANSION_TLS12,
        }
    }

    /// Adopts the size of the send buffer of another config; `None` for none. Records are collected
    /// from the first config with a send buffer on.
    pub(crate) fn set_send_buffer(&self, size: Option<u32>) {
        self.send_buffer.store(size.unwrap_or(0), Relaxed);
        if size.is_some() {
            self.collects_records.store(true, Relaxed);
        }
    }

    /// Returns the size of the send buffer in which records are collected; 0 for none. The size is
    /// determined at the first use, in the handshake.
    pub(crate) fn use_send_buffer(&self) -> usize {
        let size = match self.send_buffer_in_use.load(Relaxed) as usize {
            0 => {
                let configured = self.send_buffer.load(Relaxed) as usize;
                let size = configured.max(self.max_payload() + self.expansion());
                self.send_buffer_in_use.store(size as u32, Relaxed);
                size
            }
            size => size,
        };
        match self.collects_records.load(Relaxed) {
            true => size,
            false => 0,
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
