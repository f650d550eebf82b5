//! Buffer for data that was read from one side, and not taken by the other.

/// The rest of a chunk. While it is not empty, nothing more is read, so that it is never longer than
/// [`CHUNK_LEN`]. Its memory is freed when it is empty: an idle connection has none.
#[derive(Debug, Default)]
pub struct Pending {
    bytes: Vec<u8>,
    /// The number of bytes at the start that were taken.
    ///
    /// Invariant: `taken < bytes.len()`, unless both are 0.
    taken: usize,
}

/// The maximum length of a chunk in bytes: two records of the maximum length.
pub const CHUNK_LEN: usize = 32 << 10;

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// Stores bytes in the empty buffer.
    pub fn store(&mut self, bytes: &[u8]) {
        debug_assert!(self.is_empty());
        self.bytes.extend_from_slice(bytes);
    }

    /// Removes the first `len` bytes.
    pub fn take(&mut self, len: usize) {
        self.taken += len;
        if self.taken == self.bytes.len() {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_taken_in_order_and_the_memory_is_freed() {
        let mut pending = Pending::default();
        pending.store(b"abc");
        pending.take(1);
        assert_eq!(pending.bytes(), b"bc");
        pending.take(2);
        assert!(pending.is_empty());
        assert_eq!(pending.bytes.capacity(), 0);
        pending.store(b"d");
        assert_eq!(pending.bytes(), b"d");
    }
}
