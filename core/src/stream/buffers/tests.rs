//! Exhaustive tests of the buffers: all sequences of a few operations, compared with models. The
//! operations and their sizes are those that differ at the limits of small buffers.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use super::*;
use crate::base::Mode;
use crate::error::Code;
use crate::state::Shared;
use crate::stream::transport::{Cached, Transport};
use crate::stream::{Reader, Writer};
use crate::testing::Choices;

/// A transport that accepts, or delivers, the next bytes in given pieces, and then would block. The
/// bytes that it delivers are counted from 0.
#[derive(Default)]
struct Pieces(Mutex<State>);

#[derive(Default)]
struct State {
    pieces: VecDeque<usize>,
    written: Vec<u8>,
    delivered: usize,
    /// The largest request.
    requested: usize,
}

impl Pieces {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no test panics under it")
    }
}

/// Takes at most `len` bytes from the next piece.
fn piece(state: &mut State, len: usize) -> io::Result<usize> {
    state.requested = state.requested.max(len);
    let next = state.pieces.front_mut().ok_or(io::ErrorKind::WouldBlock)?;
    let taken = len.min(*next);
    *next -= taken;
    if *next == 0 {
        state.pieces.pop_front();
    }
    Ok(taken)
}

impl Writer for Pieces {
    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        let len = piece(&mut state, buf.len())?;
        state.written.extend(&buf[..len]);
        Ok(len)
    }
}

impl Reader for Pieces {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        let len = piece(&mut state, buf.len())?;
        for byte in &mut buf[..len] {
            *byte = state.delivered as u8;
            state.delivered += 1;
        }
        Ok(len)
    }
}

/// A transport with the state that a connection has for it.
struct Ends {
    pieces: Arc<Pieces>,
    transport: Transport,
    shared: Shared,
    reader: Cached<dyn Reader>,
    writer: Cached<dyn Writer>,
}

impl Ends {
    fn new() -> Self {
        let pieces = Arc::<Pieces>::default();
        let transport = Transport::default();
        transport.set_reader(Some(pieces.clone()));
        transport.set_writer(Some(pieces.clone()));
        Self {
            pieces,
            transport,
            shared: Shared::new(Mode::Client),
            reader: Cached::default(),
            writer: Cached::default(),
        }
    }

    fn source(&mut self) -> Source<'_> {
        Source {
            transport: &self.transport,
            shared: &self.shared,
            reader: &mut self.reader,
        }
    }

    fn sink(&mut self) -> Sink<'_> {
        Sink {
            transport: &self.transport,
            shared: &self.shared,
            writer: &mut self.writer,
        }
    }
}

/// An output buffer with its model.
struct Output {
    buffer: OutBuffer,
    pending: VecDeque<u8>,
    written: Vec<u8>,
    next: u8,
    ends: Ends,
}

impl Output {
    /// Returns bytes that occur once.
    fn fresh(&mut self, len: usize) -> Vec<u8> {
        let bytes = (self.next..).take(len).collect();
        self.next += len as u8;
        bytes
    }

    fn step(&mut self, choices: &mut Choices) {
        let len = choices.up_to(2);
        // Only an empty buffer is replaced or released, and only another one is written.
        let operations: &[_] = match self.pending.is_empty() {
            true => &[0, 1, 2, 5],
            false => &[0, 1, 2, 3, 4],
        };
        match choices.one_of(operations) {
            0 => {
                let bytes = self.fresh(len);
                self.buffer.extend(&bytes).expect("memory");
                self.pending.extend(bytes);
            }
            1 => {
                let bytes = self.fresh(len);
                self.buffer.append(bytes.clone()).expect("memory");
                self.pending.extend(bytes);
            }
            // A record that is sealed, of which a part of the space is used.
            2 => {
                let bytes = self.fresh(len);
                let used = choices.up_to(len);
                let room = self.buffer.room(len).expect("memory");
                assert_eq!(room.len(), len);
                room.copy_from_slice(&bytes);
                self.buffer.commit(used);
                self.pending.extend(&bytes[..used]);
            }
            3 => {
                let pieces: VecDeque<_> = (0..len).map(|_| 1 + choices.below(2)).collect();
                self.flush(pieces);
            }
            4 => {
                let len = len.min(self.pending.len());
                self.buffer.consume(len);
                self.written.extend(self.pending.drain(..len));
            }
            _ if len == 0 => {
                self.buffer.release();
                assert_eq!(self.buffer.capacity(), 0);
            }
            _ => {
                let bytes = self.fresh(len);
                let from = choices.up_to(len);
                self.buffer.replace(bytes.clone(), from..len);
                self.pending.extend(&bytes[from..]);
            }
        }
    }

    fn flush(&mut self, pieces: VecDeque<usize>) {
        let accepted = self.pending.len().min(pieces.iter().sum());
        self.ends.pieces.state().pieces = pieces;
        let outcome = self.buffer.flush(&mut self.ends.sink());
        let written = std::mem::take(&mut self.ends.pieces.state().written);
        assert!(written.iter().eq(self.pending.range(..accepted)));
        self.pending.drain(..accepted);
        self.written.extend(written);
        match self.pending.is_empty() {
            true => outcome.expect("everything is written"),
            false => assert_eq!(outcome.unwrap_err().code(), Code::IoBlocked),
        }
    }

    fn check(&self) {
        assert!(self.buffer.pending().iter().eq(&self.pending));
        assert_eq!(self.buffer.is_empty(), self.pending.is_empty());
        assert!(self.buffer.pending.end <= self.buffer.bytes.len());
        if self.buffer.is_empty() {
            assert!(self.buffer.pending.start == self.buffer.pending.end);
        }
        for size in [0, 1, 2, 5, usize::MAX] {
            let free = size.saturating_sub(self.buffer.pending.end);
            assert_eq!(self.buffer.room_in(size), free);
        }
    }
}

/// Scope: all sequences of 4 operations, each with 0 to 2 bytes: appended as a slice, as a vector, or
/// in place; written in all pieces of 1 and 2 bytes, of which each write may block; consumed;
/// replaced; released.
#[test]
fn output_buffers_keep_order_and_content() {
    let runs = Choices::explore(|choices| {
        let mut output = Output {
            buffer: OutBuffer::default(),
            pending: VecDeque::new(),
            written: Vec::new(),
            next: 0,
            ends: Ends::new(),
        };
        for _ in 0..4 {
            output.step(choices);
            output.check();
        }
    });
    println!("{runs} sequences");
    assert!(runs > 10_000);
}

/// An input buffer with its model: the numbers of the bytes that are buffered.
struct Input {
    buffer: InBuffer,
    buffered: Range<usize>,
    ends: Ends,
    runs_ahead: bool,
}

impl Input {
    fn step(&mut self, choices: &mut Choices) {
        match choices.below(3) {
            0 => {
                // A header, or a record with one.
                let len = choices.one_of(&[Header::LEN, Header::LEN + 1, Header::LEN + 4]);
                let pieces = (0..choices.up_to(2)).map(|_| choices.one_of(&[4, 9]));
                let pieces: VecDeque<usize> = pieces.collect();
                self.fill(len, pieces);
            }
            1 => {
                let len = choices.one_of(&[1, Header::LEN, self.buffered.len()]);
                let len = len.min(self.buffered.len());
                self.buffer.consume(len);
                self.buffered.start += len;
            }
            _ => self.buffer.release(choices.flip()),
        }
    }

    fn fill(&mut self, len: usize, pieces: VecDeque<usize>) {
        let available: usize = pieces.iter().sum();
        let missing = len.saturating_sub(self.buffered.len());
        {
            let mut state = self.ends.pieces.state();
            state.requested = 0;
            state.pieces = pieces;
        }
        let before = self.ends.pieces.state().delivered;
        let outcome = self
            .buffer
            .fill(len, self.runs_ahead, &mut self.ends.source());
        let state = self.ends.pieces.state();
        let read = state.delivered - before;
        self.buffered.end += read;
        match outcome {
            Ok(()) => assert!(read >= missing),
            Err(error) => {
                assert_eq!(error.code(), Code::IoBlocked);
                assert_eq!(read, available);
                assert!(read < missing);
            }
        }
        if !self.runs_ahead {
            assert!(read <= missing && state.requested <= missing);
        }
        assert!(state.requested <= self.buffer.window + Header::LEN);
    }

    fn check(&mut self) {
        let expected: Vec<u8> = self.buffered.clone().map(|byte| byte as u8).collect();
        assert_eq!(self.buffer.buffered(), expected);
        assert_eq!(self.buffer.buffered_mut(), expected);
        assert_eq!(self.buffer.len(), expected.len());
        assert!(self.buffer.buffered.end <= self.buffer.bytes.len());
        if expected.is_empty() {
            assert_eq!(self.buffer.buffered, 0..0);
        }
        assert!(self.buffer.outside <= Header::LEN);
    }
}

/// Scope: windows of 1, 6 and 16 bytes, with and without reading ahead; all sequences of 3
/// operations: a header or a record of 1 or 4 bytes is read, from a transport that delivers nothing,
/// or any 1 or 2 pieces of 4 and 9 bytes, and then would block; 1, 5 or all bytes are consumed;
/// the memory is released.
#[test]
fn input_buffers_keep_order_and_content() {
    let runs = Choices::explore(|choices| {
        let window = choices.one_of(&[1, 6, 16]);
        let mut input = Input {
            buffer: InBuffer {
                window,
                ..InBuffer::default()
            },
            buffered: 0..0,
            ends: Ends::new(),
            runs_ahead: choices.flip(),
        };
        for _ in 0..3 {
            input.step(choices);
            input.check();
        }
    });
    println!("{runs} sequences");
    assert!(runs > 10_000);
}

/// Scope: each way to divide a record of up to 6 bytes behind its header into pieces, with and
/// without reading ahead, and with a blocked call behind each piece or none.
#[test]
fn a_record_arrives_in_any_pieces() {
    let runs = Choices::explore(|choices| {
        let ahead = choices.flip();
        let blocks = choices.flip();
        let total = Header::LEN + choices.up_to(6);
        let mut ends = Ends::new();
        let mut buffer = InBuffer::default();
        let mut pieces = vec![1];
        for _ in 1..total {
            match choices.flip() {
                true => pieces.push(1),
                false => *pieces.last_mut().expect("not empty") += 1,
            }
        }
        if !blocks {
            ends.pieces.state().pieces = pieces.drain(..).collect();
        }
        let mut waiting = pieces.into_iter();
        for len in [Header::LEN, total] {
            while buffer.fill(len, ahead, &mut ends.source()).is_err() {
                let next = waiting.next().expect("not all have arrived");
                ends.pieces.state().pieces.push_back(next);
            }
        }
        let expected: Vec<u8> = (0..total as u8).collect();
        assert_eq!(buffer.buffered(), expected);
        assert_eq!(waiting.len(), 0);
    });
    assert_eq!(runs, 4 * ((1 << 11) - (1 << 4)));
}

/// Scope: each size up to 1300 bytes, and within 2 of each power of 2 up to 2^17, for a buffer that
/// is empty, and for those that have each of these sizes less 1, and 0, 1, 255 and 256 bytes.
#[test]
fn input_buffers_grow_by_bounded_steps() {
    let near_powers = (9..=17).flat_map(|power| (1_usize << power) - 2..=(1 << power) + 2);
    for len in (0..=1300_usize).chain(near_powers) {
        for before in [0, 1, 255, 256, len.saturating_sub(1)] {
            let mut buffer = InBuffer {
                bytes: vec![0; before],
                ..InBuffer::default()
            };
            assert_eq!(buffer.room(len).expect("memory").len(), len);
            buffer.commit(len);
            let size = buffer.bytes.len();
            assert!(size >= len);
            let most = (len + GROWTH).max(MIN_CAPACITY).max(before);
            assert!(size <= most, "{size} bytes for {len}");
            assert_eq!(buffer.bytes.capacity(), size);
        }
    }
}

/// Scope: each size of the window up to 20 bytes and the default, each start of the buffered bytes up
/// to 9 and each number of them up to 20, and each number of missing bytes up to 30 and at 65,535.
#[test]
fn windows_cover_what_is_missing() {
    for window in (0..=20).chain([READ_AHEAD]) {
        for origin in 0..=Header::LEN {
            for start in 0..=9 {
                for buffered in 0..=20 {
                    for missing in (1..=30).chain([65_535]) {
                        let mut buffer = InBuffer {
                            buffered: start..start + buffered,
                            window,
                            origin,
                            ..InBuffer::default()
                        };
                        let ahead = buffer.ahead();
                        let most = buffer.widen(missing);
                        assert_eq!(most, missing.max(ahead));
                        let widened = buffer.window - window;
                        assert_eq!(widened > 0, missing > ahead);
                        assert!(widened <= missing.max(GROWTH));
                    }
                }
            }
        }
    }
}

#[test]
fn output_buffers_have_the_memory_that_is_required() {
    let mut buffer = OutBuffer::default();
    for (len, capacity) in [(100, 100), (50, 150), (0, 150), (1, 151)] {
        assert_eq!(buffer.room(len).expect("memory").len(), len);
        buffer.commit(len);
        assert_eq!(buffer.capacity(), capacity, "{len}");
    }
    // The memory of a vector is taken over if it is larger, and only by an empty buffer.
    for (before, pending, len, is_taken) in [
        (10, 0, 11, true),
        (10, 0, 10, false),
        (10, 1, 100, false),
        (0, 0, 1, true),
    ] {
        let mut buffer = OutBuffer {
            bytes: vec![0; before],
            pending: 0..pending,
        };
        let bytes = vec![7; len];
        let address = bytes.as_ptr();
        buffer.append(bytes).expect("memory");
        assert_eq!(buffer.bytes.as_ptr() == address, is_taken, "{before} {len}");
        assert_eq!(buffer.pending()[pending..], vec![7; len]);
    }
}

/// The window for reading ahead stays in its place while it covers what is missing. Then it is moved
/// to the present record, behind the header, which s2n-tls has in another buffer.
#[test]
fn the_window_moves_when_it_is_too_small() {
    let (mut ends, mut buffer) = (Ends::new(), InBuffer::default());
    for (step, (consumed, len, delivered, requested)) in [
        (0, Header::LEN, 100, 16_384),
        (0, 200, 16_234, 16_284),
        // 50 bytes of the window are left, of which 30 are required, and then all.
        (200, 16_134 + 30, 30, 50),
        (0, 16_164 + 20, 20, 20),
        // At its end it is moved behind the header of the record.
        (0, 16_184 + 201, 205, 16_384 + 5 - 16_184),
        // The next header is not in another buffer yet.
        (16_386, Header::LEN, 0, 16_384 - 3),
        (0, Header::LEN, 2, 16_384 - 3),
    ]
    .into_iter()
    .enumerate()
    {
        buffer.consume(consumed);
        {
            let mut state = ends.pieces.state();
            state.requested = 0;
            state.pieces = (delivered > 0).then_some(delivered).into_iter().collect();
        }
        let filled = buffer.fill(len, true, &mut ends.source());
        assert_eq!(filled.is_ok(), delivered > 0, "{step}");
        assert_eq!(ends.pieces.state().requested, requested, "{step}");
    }
}

#[test]
fn memory_is_freed_unless_a_record_is_buffered() {
    for (buffered, is_incomplete, is_freed) in [
        (0, false, true),
        (0, true, true),
        (3, false, false),
        // A part of a header is kept.
        (3, true, true),
        (Header::LEN - 1, true, true),
        (Header::LEN, true, false),
        (20, true, false),
    ] {
        let mut buffer = InBuffer {
            bytes: (0..200).collect(),
            buffered: 7..7 + buffered,
            ..InBuffer::default()
        };
        let expected = buffer.buffered().to_vec();
        buffer.release(is_incomplete);
        assert_eq!(buffer.buffered(), expected);
        let size = if is_freed { buffered } else { 200 };
        assert_eq!(buffer.capacity(), size, "{buffered} {is_incomplete}");
    }
}
