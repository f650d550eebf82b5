//! Bytes in transit between the connections, and the streams of application data.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::ffi::{c_int, c_void};

use super::{World, with};
use crate::c::*;

pub struct Transport {
    /// Bytes in transit to the client and to the server.
    in_transit: [RefCell<VecDeque<u8>>; 2],
    /// Every life of a connection.
    lives: RefCell<Vec<Life>>,
    sockets: OnceCell<[c_int; 2]>,
}

pub struct Life {
    owner: u8,
    /// Upper bound of the bytes sent.
    offered: usize,
    sent: usize,
    received: usize,
    /// The position in the stream is unknown, after a shutdown and in a connection that was
    /// restored.
    pub is_unknown: Cell<bool>,
}

impl Transport {
    pub fn new() -> Self {
        Self {
            in_transit: [RefCell::default(), RefCell::default()],
            lives: RefCell::default(),
            sockets: OnceCell::new(),
        }
    }

    pub fn new_life(&self, owner: u8) -> usize {
        let mut lives = self.lives.borrow_mut();
        lives.push(Life {
            owner,
            offered: 0,
            sent: 0,
            received: 0,
            is_unknown: Cell::new(false),
        });
        lives.len() - 1
    }

    pub fn clear(&self) {
        for queue in &self.in_transit {
            queue.borrow_mut().clear();
        }
    }

    /// One of two connected sockets, which are closed at the end of the case.
    pub fn socket(&self, number: u8) -> c_int {
        let sockets = self.sockets.get_or_init(|| {
            let mut pair = [-1; 2];
            let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK;
            // SAFETY: the array has room for two descriptors.
            let made = unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()) };
            assert_eq!(made, 0);
            pair
        });
        sockets[usize::from(number % 2)]
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        for &socket in self.sockets.get().into_iter().flatten() {
            // SAFETY: the connections, which do not own descriptors, are freed.
            unsafe { libc::close(socket) };
        }
    }
}

/// Returns the byte at an offset of the stream of a life.
fn pattern(life: usize, at: usize) -> u8 {
    (at ^ at >> 8 ^ (life * 89)) as u8
}

impl World {
    pub fn set_transport(&self, number: u8) {
        let conn = self.conn(number);
        if conn.is_null() {
            return;
        }
        let index = (usize::from(number) % self.conns.len()) as *mut c_void;
        const SELF_SERVICE: c_int = 1;
        // SAFETY: the connection is live; the callbacks take the number of a connection.
        unsafe {
            self.status(s2n_connection_set_recv_ctx(conn, index));
            self.status(s2n_connection_set_send_ctx(conn, index));
            self.status(s2n_connection_set_recv_cb(conn, Some(on_recv)));
            self.status(s2n_connection_set_send_cb(conn, Some(on_send)));
            // The library would sleep otherwise.
            self.status(s2n_connection_set_blinding(conn, SELF_SERVICE));
        }
    }

    pub fn forget_position(&self, number: u8) {
        let life = self.slot(number).life.get();
        if let Some(life) = self.transport.lives.borrow().get(life) {
            life.is_unknown.set(true);
        }
    }

    pub fn clear_in_transit(&self) {
        self.transport.clear();
    }

    pub fn socket(&self, number: u8) -> c_int {
        self.transport.socket(number)
    }

    pub fn transfer(&self, number: u8, len: usize) {
        self.send(number % 2, len);
        self.receive(1 - number % 2, len + 1);
    }

    /// Sends bytes of the stream, which are passed again if they were not accepted. Returns their
    /// number.
    pub fn send(&self, number: u8, len: usize) -> usize {
        let (conn, life) = (self.conn(number), self.slot(number).life.get());
        if conn.is_null() {
            return 0;
        }
        let (from, len) = {
            let mut lives = self.transport.lives.borrow_mut();
            let life = &mut lives[life];
            let len = len.max(life.offered - life.sent);
            life.offered = life.sent + len;
            (life.sent, len)
        };
        let bytes: Vec<_> = (from..from + len).map(|at| pattern(life, at)).collect();
        let mut blocked = -1;
        let (first, second) = bytes.split_at(len / 2);
        let vector = [first, second].map(|part| libc::iovec {
            iov_base: part.as_ptr().cast_mut().cast(),
            iov_len: part.len(),
        });
        // SAFETY: the connection is live, the buffers have the sizes passed.
        let sent = unsafe {
            match len % 2 {
                0 => s2n_send(conn, bytes.as_ptr().cast(), len as isize, &mut blocked),
                _ => s2n_sendv(conn, vector.as_ptr(), 2, &mut blocked),
            }
        };
        if !self.status(sent as i64) {
            return 0;
        }
        assert!(sent as usize <= len);
        self.transport.lives.borrow_mut()[life].sent += sent as usize;
        sent as usize
    }

    /// Receives at most this number of bytes; checks that they are bytes of the stream of a peer,
    /// once and in order.
    pub fn receive(&self, number: u8, capacity: usize) -> usize {
        let (conn, life) = (self.conn(number), self.slot(number).life.get());
        let mut bytes = vec![0_u8; capacity].into_boxed_slice();
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL, the buffer has the size passed.
        let received = unsafe {
            s2n_recv(
                conn,
                bytes.as_mut_ptr().cast(),
                capacity as isize,
                &mut blocked,
            )
        };
        if !self.status(received as i64) {
            return 0;
        }
        let bytes = &bytes[..received as usize];
        let lives = &mut *self.transport.lives.borrow_mut();
        let (owner, start) = (lives[life].owner, lives[life].received);
        lives[life].received += bytes.len();
        if lives[life].is_unknown.get() || bytes.is_empty() {
            return bytes.len();
        }
        let end = start + bytes.len();
        let is_sender = |(number, other): (usize, &Life)| {
            let expected = (start..end).map(|at| pattern(number, at));
            // A connection that was restored is in the middle of the stream of an earlier life.
            other.is_unknown.get()
                || (other.owner != owner
                    && end <= other.offered
                    && expected.eq(bytes.iter().copied()))
        };
        assert!(
            lives.iter().enumerate().any(is_sender),
            "bytes that were not sent"
        );
        bytes.len()
    }

    /// Checks that both handshakes are complete, and that data is received.
    pub fn check_completion(&self) {
        for number in 0..2 {
            // SAFETY: the connection is live.
            let is_complete = unsafe { s2n_connection_handshake_complete(self.conn(number)) };
            assert!(is_complete, "connection {number} without a fault");
            // SAFETY: as above.
            if unsafe { s2n_connection_is_quic_enabled(self.conn(number)) } {
                return;
            }
        }
        for number in 0..2 {
            let (mut sent, mut received) = (0, 0);
            for _ in 0..20 {
                if sent < DATA {
                    sent += self.send(number, DATA - sent);
                }
                received += self.receive(1 - number, DATA);
            }
            assert!(
                self.may_fail.get() || (sent, received) == (DATA, DATA),
                "{sent} bytes sent and {received} received from connection {number}"
            );
        }
    }
}

/// Bytes of data at the end of a case: more than a record carries.
const DATA: usize = 20_000;

fn fail(errno: c_int) -> c_int {
    // SAFETY: the slot is thread-local.
    unsafe { *libc::__errno_location() = errno };
    -1
}

unsafe extern "C" fn on_recv(number: *mut c_void, buf: *mut u8, len: u32) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let Some(queue) = world.transport.in_transit.get(number as usize) else {
            return fail(libc::EAGAIN);
        };
        let mut queue = queue.borrow_mut();
        let count = queue.len().min(len as usize);
        if count == 0 && len > 0 {
            return fail(libc::EAGAIN);
        }
        for (at, byte) in queue.drain(..count).enumerate() {
            // SAFETY: the library passes room for `len` bytes.
            unsafe { buf.add(at).write(byte) };
        }
        count as c_int
    })
}

unsafe extern "C" fn on_send(number: *mut c_void, buf: *const u8, len: u32) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        // SAFETY: the library passes `len` bytes.
        let bytes = unsafe { std::slice::from_raw_parts(buf, len as usize) };
        if let Some(queue) = world
            .transport
            .in_transit
            .get(1_usize.wrapping_sub(number as usize))
        {
            queue.borrow_mut().extend(bytes);
        }
        len as c_int
    })
}
