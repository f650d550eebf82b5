//! A link in memory between two connections, which does what a script tells it to.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::rc::Rc;

use crate::errno;

/// What one side of a pipe does in place of moving bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Fails with this errno; 0 leaves none.
    Errno(c_int),
    /// Returns 0: for a reader the end of the stream, for a writer nothing at all.
    Zero,
}

/// How one side of a pipe behaves.
#[derive(Debug, Default)]
pub struct Side {
    /// How many bytes it moves before it would block; nothing for any number.
    budget: Option<usize>,
    /// How many bytes it moves in one call at most.
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

    /// How many of `len` bytes may be moved, or what happens instead.
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

/// Bytes from one connection to the other.
#[derive(Debug, Default)]
pub struct Pipe {
    pub queue: VecDeque<u8>,
    pub ended: bool,
    pub writer: Side,
    pub reader: Side,
    /// What the reader has taken of the record at the front.
    taken: Vec<u8>,
    /// How many records were written, and what of the next one was.
    pub records_written: u64,
    writing: Vec<u8>,
    /// The first record.
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
        // Behind the end nothing arrives.
        if !self.ended {
            self.queue.extend(&bytes[..len]);
        }
        self.writer.spend(len);
        Ok(len)
    }

    fn read(&mut self, room: &mut [u8]) -> Result<usize, Fault> {
        let len = self.reader.allow(room.len())?;
        if self.queue.is_empty() {
            return match self.ended {
                true => Ok(0),
                false => Err(Fault::Errno(libc::EAGAIN)),
            };
        }
        let len = len.min(self.queue.len());
        for place in &mut room[..len] {
            *place = self.queue.pop_front().expect("counted");
            self.taken.push(*place);
            if record_len(&self.taken) == Some(self.taken.len()) {
                self.taken.clear();
            }
        }
        self.reader.spend(len);
        Ok(len)
    }

    /// The records that wait, as `type:length`; `+n` for the front of one. The first may have been
    /// taken in part.
    pub fn records(&self) -> String {
        let bytes: Vec<u8> = self.taken.iter().chain(&self.queue).copied().collect();
        let mut rest = &bytes[..];
        let mut records = Vec::new();
        while !rest.is_empty() {
            if !looks_like_a_record(rest) {
                // What is read as a length there is as random as any ciphertext.
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

    /// Removes the record at the front; nothing if it is not whole.
    pub fn take_record(&mut self) -> Option<Vec<u8>> {
        self.queue.make_contiguous();
        let bytes = self.queue.as_slices().0;
        let len = record_len(bytes).filter(|_| looks_like_a_record(bytes))?;
        (len <= self.queue.len()).then(|| self.queue.drain(..len).collect())
    }
}

fn looks_like_a_record(bytes: &[u8]) -> bool {
    let header = [20..=23, 3..=3, 3..=3];
    let fits = |(byte, expected): (&u8, &std::ops::RangeInclusive<u8>)| expected.contains(byte);
    bytes.iter().zip(&header).all(fits)
}

fn record_len(bytes: &[u8]) -> Option<usize> {
    let len = bytes.get(3..5)?;
    Some(5 + usize::from(u16::from_be_bytes([len[0], len[1]])))
}

/// What the callbacks of a connection get as their context.
pub struct End {
    pub outgoing: Rc<RefCell<Pipe>>,
    pub incoming: Rc<RefCell<Pipe>>,
    /// Called from within the next callback.
    pub on_write: RefCell<Option<Box<dyn FnOnce()>>>,
    /// See `on_write`.
    pub on_read: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl End {
    pub fn pair() -> (Box<Self>, Box<Self>) {
        let there = Rc::new(RefCell::new(Pipe::default()));
        let back = Rc::new(RefCell::new(Pipe::default()));
        let end = |outgoing: &Rc<_>, incoming: &Rc<_>| {
            Box::new(Self {
                outgoing: Rc::clone(outgoing),
                incoming: Rc::clone(incoming),
                on_write: RefCell::default(),
                on_read: RefCell::default(),
            })
        };
        (end(&there, &back), end(&back, &there))
    }
}

/// # Safety
///
/// `context` is an [`End`] that lives; `bytes` can be read for `len` bytes.
pub unsafe extern "C" fn write(context: *mut c_void, bytes: *const u8, len: u32) -> c_int {
    // SAFETY: the caller's promise.
    let end = unsafe { &*context.cast::<End>() };
    let call = end.on_write.borrow_mut().take();
    if let Some(call) = call {
        call();
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, len as usize) };
    answer(end.outgoing.borrow_mut().write(bytes))
}

/// # Safety
///
/// `context` is an [`End`] that lives; `room` can be written to for `len` bytes.
pub unsafe extern "C" fn read(context: *mut c_void, room: *mut u8, len: u32) -> c_int {
    // SAFETY: the caller's promise.
    let end = unsafe { &*context.cast::<End>() };
    let call = end.on_read.borrow_mut().take();
    if let Some(call) = call {
        call();
    }
    // SAFETY: the caller's promise; the reference writes over what is there, and so do we.
    let room = unsafe {
        room.write_bytes(0, len as usize);
        std::slice::from_raw_parts_mut(room, len as usize)
    };
    answer(end.incoming.borrow_mut().read(room))
}

fn answer(outcome: Result<usize, Fault>) -> c_int {
    match outcome {
        Ok(len) => len as c_int,
        Err(Fault::Zero) => 0,
        Err(Fault::Errno(value)) => {
            errno::set(value);
            -1
        }
    }
}
