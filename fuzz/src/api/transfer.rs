//! Sending and receiving, with valid and invalid arguments.

use std::ffi::c_int;
use std::ptr;

use libc::{iovec, ssize_t};

use super::call::{Invalid, Len, Side, Target};
use super::ffi::*;
use super::run::{BLOCKED, NOT_BLOCKED, ON_WRITE, USAGE};
use super::state::State;

impl State {
    pub fn send_one(&self, target: Target, len: usize, invalid: Invalid) {
        let side = target.side().unwrap_or(Side::Client);
        let (conn, lifetime) = (self.of(target), self.lifetime_of(side));
        let sealed = self.sealed_at_most(lifetime);
        let data = self.offer(lifetime, len);
        let buf = match invalid {
            Invalid::NullBuffer => ptr::null(),
            _ => data.as_ptr(),
        };
        let size = match invalid {
            Invalid::NegativeSize => -1 - len as ssize_t,
            _ => len as ssize_t,
        };
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL; the buffer has the size passed, or is
        // rejected.
        let sent = unsafe { s2n_send(conn, buf.cast(), size, &mut blocked) };
        let wrong = conn.is_null() || size < 0 || (buf.is_null() && len > sealed);
        self.check_sent(lifetime, sent, len, wrong, blocked);
    }

    pub fn send_vector(&self, target: Target, pieces: &[Len], offset: usize, invalid: Invalid) {
        let side = target.side().unwrap_or(Side::Client);
        let (conn, lifetime) = (self.of(target), self.lifetime_of(side));
        let pieces = &pieces[..pieces.len().min(40)];
        let total: usize = pieces.iter().map(|piece| piece.0).sum();
        let offset = offset.min(total);
        let sealed = self.sealed_at_most(lifetime);
        let data = self.offer(lifetime, total - offset);

        // Skipped bytes are not read, and may have any value.
        let bytes = [vec![0; offset], data].concat();
        let mut rest = &bytes[..];
        let mut buffers = Vec::new();
        for piece in pieces {
            let (piece, after) = rest.split_at(piece.0);
            // A separate allocation, so that the address sanitizer detects reads beyond its end.
            buffers.push(piece.to_vec().into_boxed_slice());
            rest = after;
        }
        let mut vectors: Vec<_> = buffers
            .iter()
            .map(|buffer| iovec {
                iov_base: buffer.as_ptr().cast_mut().cast(),
                iov_len: buffer.len(),
            })
            .collect();
        let mut wrong = conn.is_null();
        if invalid == Invalid::NullBuffer
            && let Some(last) = vectors.last_mut()
        {
            last.iov_base = ptr::null_mut();
            wrong |= last.iov_len > 0 && total - offset > sealed;
        }
        let count = vectors.len() as ssize_t;
        let (count, offset) = match invalid {
            Invalid::NegativeSize => (-count, offset as ssize_t),
            Invalid::OffsetBeyond => (count, total as ssize_t + 1),
            Invalid::NegativeOffset => (count, -1 - offset as ssize_t),
            _ => (count, offset as ssize_t),
        };
        wrong |= offset < 0 || offset > total as ssize_t || (count < 0 && offset > 0);
        let len = match count {
            0.. => total - offset.clamp(0, total as ssize_t) as usize,
            _ => 0,
        };
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL; the vectors have the lengths passed, or are
        // rejected.
        let sent =
            unsafe { s2n_sendv_with_offset(conn, vectors.as_ptr(), count, offset, &mut blocked) };
        self.check_sent(lifetime, sent, len, wrong, blocked);
    }

    fn check_sent(&self, lifetime: usize, sent: ssize_t, len: usize, wrong: bool, blocked: c_int) {
        if !self.status(sent as i64) {
            return;
        }
        assert!(!wrong, "invalid arguments, but {sent} bytes sent");
        assert!(sent as usize <= len, "{sent} of {len}");
        assert_eq!(blocked == NOT_BLOCKED, sent as usize == len);
        assert!(blocked == NOT_BLOCKED || blocked == ON_WRITE);
        self.lifetime(lifetime, |lifetime| {
            assert!(lifetime.ready || sent == 0, "bytes before the handshake");
            lifetime.sent += sent as usize;
        });
    }

    /// Upper bound of the bytes that are sealed already, which a retried send does not read again.
    fn sealed_at_most(&self, lifetime: usize) -> usize {
        self.lifetime(lifetime, |lifetime| lifetime.offered - lifetime.sent)
    }

    /// Receives once, and returns the number of bytes.
    pub fn receive(&self, target: Target, capacity: usize, invalid: Invalid) -> usize {
        let side = target.side().unwrap_or(Side::Client);
        let (conn, lifetime) = (self.of(target), self.lifetime_of(side));
        let mut bytes = vec![0_u8; capacity].into_boxed_slice();
        let buf = match invalid {
            Invalid::NullBuffer => ptr::null_mut(),
            _ => bytes.as_mut_ptr(),
        };
        let size = match invalid {
            Invalid::NegativeSize => -1 - capacity as ssize_t,
            _ => capacity as ssize_t,
        };
        let wrong = conn.is_null() || size < 0 || (buf.is_null() && size > 0);
        // SAFETY: the connection is live or NULL.
        let peeked = unsafe { s2n_peek(conn) } as usize;
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL; the buffer has the size passed, or is
        // rejected.
        let received = unsafe { s2n_recv(conn, buf.cast(), size, &mut blocked) };
        let before = self.may_fail.get();
        if !self.status(received as i64) {
            if wrong {
                self.may_fail.set(before);
            }
            if !wrong && self.error() == BLOCKED && conn == self.of(target) {
                // SAFETY: as above.
                unsafe {
                    assert_eq!(s2n_peek(conn), 0);
                    assert_eq!(s2n_peek_buffered(conn), 0);
                }
            }
            assert!(wrong || peeked == 0 || self.may_fail.get() || self.error() == USAGE);
            return 0;
        }
        let received = received as usize;
        assert!(!wrong && received <= capacity);
        assert!(received >= peeked.min(capacity) || self.may_fail.get());
        if received == 0 && capacity > 0 {
            self.may_fail.set(true);
        }
        if received > 0 {
            self.check_received(lifetime, &bytes[..received]);
        }
        received
    }
}
