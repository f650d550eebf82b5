//! An in-memory transport between two connections, with scripted faults and limits.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::rc::Rc;

use crate::errno;

/// A fault of one end of a pipe, in place of moving bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Fails with this errno; 0 leaves errno at zero.
    Errno(c_int),
    /// Returns 0: the end of the stream for a reader, no bytes written for a writer.
    Zero,
}

/// The limits and faults of one end of a pipe.
#[derive(Debug, Default)]
pub struct Side {
    /// Number of bytes that it moves before it would block; `None` for unlimited.
    budget: Option<usize>,
    /// Maximum number of bytes per call.
    chunk: Option<usize>,
    faults: VecDeque<Fault>,
}

impl Side {
    pub fn set_budget(&mut self, budget: Option<usize>) {
        self.budget = budget;
    }

    pub fn set_chunk(&mut self, chunk: Option<usize>) {
        self.chunk = chunk;
    }

    pub fn fail(&mut self, fault: Fault, times: usize) {
        self.faults.extend(std::iter::repeat_n(fault, times));
    }

    /// Returns how many of `len` bytes may be moved, or the fault.
    fn allow(&mut self, len: usize) -> Result<usize, Fault> {
        if let Some(fault) = self.faults.pop_front() {
            return Err(fault);
        }
        let len = len.min(self.chunk.unwrap_or(len));
        match self.budget {
            None => Ok(len),
            Some(0) => Err(Fault::Errno(libc::EAGAIN)),
            Some(budget) => Ok(len.min(budget)),
        }
    }

    fn spend(&mut self, len: usize) {
        if let Some(budget) = &mut self.budget {
            *budget -= len;
        }
    }
}

/// One direction of the transport.
#[derive(Debug, Default)]
pub struct Pipe {
    pub queue: VecDeque<u8>,
    pub ended: bool,
    pub writer: Side,
    pub reader: Side,
    /// The part of the first record that the reader has consumed.
    consumed: Vec<u8>,
    /// Number of records written completely; `writing` holds the part written of the next.
    pub records_written: u64,
    writing: Vec<u8>,
    /// The first record written.
    pub first: Vec<u8>,
}

impl Pipe {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let len = self.writer.allow(bytes.len())?;
        for &byte in &bytes[..len] {
            self.writing.push(byte);
            if record_len(&self.writing) == Some(self.writing.len()) {
                self.records_written += 1;
                let record = std::mem::take(&mut self.writing);
                if self.first.is_empty() {
                    self.first = record;
                }
            }
        }
        // Nothing is delivered after the end.
        if !self.ended {
            self.queue.extend(&bytes[..len]);
        }
        self.writer.spend(len);
        Ok(len)
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Fault> {
        let len = self.reader.allow(buf.len())?;
        if self.queue.is_empty() {
            return match self.ended {
                true => Ok(0),
                false => Err(Fault::Errno(libc::EAGAIN)),
            };
        }
        let len = len.min(self.queue.len());
        for byte in &mut buf[..len] {
            *byte = self.queue.pop_front().expect("counted");
            self.consumed.push(*byte);
            if record_len(&self.consumed) == Some(self.consumed.len()) {
                self.consumed.clear();
            }
        }
        self.reader.spend(len);
        Ok(len)
    }

    /// Formats the pending records as `type:length`, and `+n` for an incomplete one. The first may
    /// have been consumed in part.
    pub fn records(&self) -> String {
        let bytes: Vec<u8> = self.consumed.iter().chain(&self.queue).copied().collect();
        let mut rest = &bytes[..];
        let mut records = Vec::new();
        while !rest.is_empty() {
            if !looks_like_a_record(rest) {
                // A length read from ciphertext is random.
                records.push("garbage".into());
                break;
            }
            let whole = record_len(rest).filter(|&len| len <= rest.len());
            let Some(len) = whole else {
                records.push(format!("+{}", rest.len()));
                break;
            };
            records.push(format!("{}:{len}", rest[0]));
            rest = &rest[len..];
        }
        match records.is_empty() {
            true => "none".into(),
            false => records.join(" "),
        }
    }

    /// Removes the first record; returns `None` if it is incomplete.
    pub fn take_record(&mut self) -> Option<Vec<u8>> {
        self.queue.make_contiguous();
        let bytes = self.queue.as_slices().0;
        let len = record_len(bytes).filter(|_| looks_like_a_record(bytes))?;
        (len <= self.queue.len()).then(|| self.queue.drain(..len).collect())
    }
}

fn looks_like_a_record(bytes: &[u8]) -> bool {
    let header = [20..=23, 3..=3, 3..=3];
    let is_expected =
        |(byte, expected): (&u8, &std::ops::RangeInclusive<u8>)| expected.contains(byte);
    bytes.iter().zip(&header).all(is_expected)
}

fn record_len(bytes: &[u8]) -> Option<usize> {
    let len = bytes.get(3..5)?;
    Some(5 + usize::from(u16::from_be_bytes([len[0], len[1]])))
}

/// One connection's end of the transport: the context of its callbacks.
pub struct Endpoint {
    pub outgoing: Rc<RefCell<Pipe>>,
    pub incoming: Rc<RefCell<Pipe>>,
    /// Runs once, within the next send callback.
    pub on_write: RefCell<Option<Box<dyn FnOnce()>>>,
    /// Runs once, within the next receive callback.
    pub on_read: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl Endpoint {
    pub fn pair() -> (Box<Self>, Box<Self>) {
        let client_to_server = Rc::new(RefCell::new(Pipe::default()));
        let server_to_client = Rc::new(RefCell::new(Pipe::default()));
        let endpoint = |outgoing: &Rc<_>, incoming: &Rc<_>| {
            Box::new(Self {
                outgoing: Rc::clone(outgoing),
                incoming: Rc::clone(incoming),
                on_write: RefCell::default(),
                on_read: RefCell::default(),
            })
        };
        (
            endpoint(&client_to_server, &server_to_client),
            endpoint(&server_to_client, &client_to_server),
        )
    }
}

/// # Safety
///
/// `context` is a live [`Endpoint`]; `bytes` can be read for `len` bytes.
pub unsafe extern "C" fn write(context: *mut c_void, bytes: *const u8, len: u32) -> c_int {
    // SAFETY: the caller's promise.
    let endpoint = unsafe { &*context.cast::<Endpoint>() };
    let call = endpoint.on_write.borrow_mut().take();
    if let Some(call) = call {
        call();
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, len as usize) };
    callback_result(endpoint.outgoing.borrow_mut().write(bytes))
}

/// # Safety
///
/// `context` is a live [`Endpoint`]; `buf` can be written to for `len` bytes.
pub unsafe extern "C" fn read(context: *mut c_void, buf: *mut u8, len: u32) -> c_int {
    // SAFETY: the caller's promise.
    let endpoint = unsafe { &*context.cast::<Endpoint>() };
    let call = endpoint.on_read.borrow_mut().take();
    if let Some(call) = call {
        call();
    }
    // SAFETY: the caller's promise; s2n-tls overwrites the buffer as well.
    let buf = unsafe {
        buf.write_bytes(0, len as usize);
        std::slice::from_raw_parts_mut(buf, len as usize)
    };
    callback_result(endpoint.incoming.borrow_mut().read(buf))
}

fn callback_result(outcome: Result<usize, Fault>) -> c_int {
    match outcome {
        Ok(len) => len as c_int,
        Err(Fault::Zero) => 0,
        Err(Fault::Errno(value)) => {
            errno::set(value);
            -1
        }
    }
}
