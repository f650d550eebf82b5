//! The records that rustls has been given and has not finished with.

use rustls::TlsInputBuffer;

/// Handshake records, one appended at a time, so that no byte beyond the handshake gets here.
#[derive(Debug, Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    used: usize,
    close_notify: bool,
}

impl Input {
    /// Where the next record goes.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.used == self.bytes.len()
    }

    pub(super) fn close_notify(&self) -> bool {
        self.close_notify
    }
}

impl TlsInputBuffer for Input {
    fn slice_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.used..]
    }

    fn discard(&mut self, num_bytes: usize) {
        self.used += num_bytes;
        if self.is_empty() {
            self.bytes.clear();
            self.used = 0;
        }
    }

    fn received_close_notify(&mut self) {
        self.close_notify = true;
    }

    fn has_seen_eof(&self) -> bool {
        // The transport's end is noticed before rustls is asked again.
        false
    }
}
