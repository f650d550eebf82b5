//! One direction of an in-memory transport.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard};

use rs2n_core::stream::{Reader, Writer};

/// `EAGAIN` and `EPIPE` of Linux.
const WOULD_BLOCK: i32 = 11;
const BROKEN_PIPE: i32 = 32;

#[derive(Default)]
pub struct Pipe {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    ended: bool,
    written: u64,
    read: u64,
}

impl Pipe {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a panic ends the process")
    }

    pub fn push(&self, bytes: &[u8]) {
        let mut state = self.state();
        if !state.ended {
            state.bytes.extend(bytes);
        }
    }

    pub fn take_all(&self) -> Vec<u8> {
        self.state().bytes.drain(..).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.state().bytes.is_empty()
    }

    pub fn len(&self) -> usize {
        self.state().bytes.len()
    }

    /// Ends the stream after the bytes in the pipe.
    pub fn end(&self) {
        self.state().ended = true;
    }

    /// Number of bytes written.
    pub fn written(&self) -> u64 {
        self.state().written
    }

    /// Number of bytes read.
    pub fn read_out(&self) -> u64 {
        self.state().read
    }
}

impl Reader for Pipe {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        let len = buf.len().min(state.bytes.len());
        if len == 0 && !state.ended {
            return Err(io::Error::from_raw_os_error(WOULD_BLOCK));
        }
        for (to, from) in buf.iter_mut().zip(state.bytes.drain(..len)) {
            *to = from;
        }
        state.read += len as u64;
        Ok(len)
    }
}

impl Writer for Pipe {
    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        if state.ended {
            return Err(io::Error::from_raw_os_error(BROKEN_PIPE));
        }
        state.bytes.extend(buf);
        state.written += buf.len() as u64;
        Ok(buf.len())
    }
}
