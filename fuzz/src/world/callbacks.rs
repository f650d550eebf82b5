//! Callbacks, whose behavior is the next answer of the case.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use super::operations::Pending;
use super::setup::{read, read_bytes};
use super::{Answer, MAX_DEPTH, SUCCESS, World, with};
use crate::c::*;

const CALLBACK_BLOCKED: c_int = -2;

impl World {
    /// Returns the answer of a callback, after the call of the API that is part of it.
    fn next_answer(&self) -> &Answer {
        let answer = self.answers.borrow_mut().pop_front();
        // SAFETY: the case that owns the answer is still running.
        let answer = unsafe { answer.and_then(|answer| answer.as_ref()) };
        let answer = answer.unwrap_or(&Answer::Normal);
        if let Answer::Call(call) = answer
            && self.depth.get() < MAX_DEPTH
        {
            self.depth.set(self.depth.get() + 1);
            self.run(call);
            self.depth.set(self.depth.get() - 1);
        }
        if matches!(answer, Answer::Fail | Answer::Bytes(_)) {
            self.may_fail.set(true);
        }
        answer
    }

    /// Returns the number of a connection, and the answer of a callback for it. `None` if the call
    /// that is part of the answer has freed or wiped the connection: objects that it owned are not
    /// valid any more.
    fn answer_for(&self, conn: *mut s2n_connection) -> Option<(u8, &Answer)> {
        let find = || (0..3).find(|&number| self.conn(number) == conn);
        let number = find()?;
        let life = self.slot(number).life.get();
        let answer = self.next_answer();
        (find() == Some(number) && self.slot(number).life.get() == life).then_some((number, answer))
    }
}

fn result(answer: &Answer) -> c_int {
    match answer {
        Answer::Fail => -1,
        _ => SUCCESS,
    }
}

pub unsafe extern "C" fn on_clock(_: *mut c_void, now: *mut u64) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        world.now.set(world.now.get() + 1000);
        // SAFETY: the library passes an output for the time.
        unsafe { now.write(world.now.get()) };
        SUCCESS
    })
}

/// A clock that fails, or jumps.
pub unsafe extern "C" fn on_wrong_clock(_: *mut c_void, now: *mut u64) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let answer = world.next_answer();
        if let Answer::Bytes(bytes) = answer {
            let jump = bytes
                .get()
                .iter()
                .take(8)
                .fold(0, |time, &byte| time << 8 | u64::from(byte));
            // SAFETY: the library passes an output for the time.
            unsafe { now.write(jump) };
        }
        result(answer)
    })
}

pub unsafe extern "C" fn on_private_key(
    conn: *mut s2n_connection,
    op: *mut s2n_async_pkey_op,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        // The application owns the operation, whatever becomes of the connection.
        let number = (0..3).find(|&number| world.conn(number) == conn);
        world
            .pending
            .borrow_mut()
            .push(Pending::PrivateKey(op, number.unwrap_or_default()));
        let Some((number, answer)) = world.answer_for(conn) else {
            return SUCCESS;
        };
        match answer {
            Answer::Normal => world.complete_signature(op, number),
            Answer::Bytes(bytes) => world.set_signature(op, number, &bytes.get()),
            _ => {}
        }
        result(answer)
    })
}

pub unsafe extern "C" fn on_offload(
    conn: *mut s2n_connection,
    op: *mut s2n_async_offload_op,
    _: *mut c_void,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let Some((number, answer)) = world.answer_for(conn) else {
            return SUCCESS;
        };
        world
            .pending
            .borrow_mut()
            .push(Pending::Offload(op, number));
        if matches!(answer, Answer::Normal) {
            // SAFETY: the operation is live as long as its connection.
            world.status(unsafe { s2n_async_offload_op_perform(op) });
        }
        result(answer)
    })
}

pub unsafe extern "C" fn on_validation(
    conn: *mut s2n_connection,
    info: *mut s2n_cert_validation_info,
    _: *mut c_void,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let Some((number, answer)) = world.answer_for(conn) else {
            return SUCCESS;
        };
        world
            .pending
            .borrow_mut()
            .push(Pending::Validation(info, number));
        // SAFETY: the object is live as long as its connection.
        match answer {
            Answer::Normal => drop(world.status(unsafe { s2n_cert_validation_accept(info) })),
            Answer::Bytes(_) => drop(world.status(unsafe { s2n_cert_validation_reject(info) })),
            _ => {}
        }
        result(answer)
    })
}

pub unsafe extern "C" fn on_crl_lookup(lookup: *mut s2n_crl_lookup, _: *mut c_void) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let (mut hash, mut other) = (0, 0);
        // SAFETY: the lookup is live during the callback.
        world.status(unsafe { s2n_crl_lookup_get_cert_issuer_hash(lookup, &mut hash) });
        let Some(conn) = world.negotiating.get().map(|number| world.conn(number)) else {
            return SUCCESS;
        };
        let Some((number, answer)) = world.answer_for(conn) else {
            return SUCCESS;
        };
        world
            .pending
            .borrow_mut()
            .push(Pending::Lookup(lookup, number));
        if !matches!(answer, Answer::Later) {
            let fits = |crl: &*mut s2n_crl| {
                // SAFETY: the list is live.
                let known =
                    !crl.is_null() && unsafe { s2n_crl_get_issuer_hash(*crl, &mut other) } == 0;
                known && other == hash
            };
            let crl = [0, 1]
                .map(|number| world.crls.of(number))
                .into_iter()
                .find(fits);
            // SAFETY: the lookup and the list are live.
            world.status(unsafe {
                match crl {
                    Some(crl) => s2n_crl_lookup_set(lookup, crl),
                    None => s2n_crl_lookup_ignore(lookup),
                }
            });
        }
        result(answer)
    })
}

pub unsafe extern "C" fn on_hello(conn: *mut s2n_connection, _: *mut c_void) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let Some((number, answer)) = world.answer_for(conn) else {
            return SUCCESS;
        };
        world.pending.borrow_mut().push(Pending::Hello(number));
        match answer {
            Answer::Normal => {
                // SAFETY: the connection is live.
                world.status(unsafe { s2n_client_hello_cb_done(conn) });
                SUCCESS
            }
            // The server name is used.
            Answer::Bytes(_) => 1,
            answer => result(answer),
        }
    })
}

pub unsafe extern "C" fn on_certificate_request(
    conn: *mut s2n_connection,
    _: *mut c_void,
    request: *mut s2n_certificate_request,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let Some((_, answer)) = world.answer_for(conn) else {
            return SUCCESS;
        };
        // SAFETY: the request is live during the callback, and its list with it.
        unsafe {
            let list = s2n_certificate_request_get_ca_list(request);
            assert!(!list.is_null());
            for _ in 0..2 {
                while s2n_certificate_authority_list_has_next(list) {
                    let (mut name, mut len) = (ptr::null_mut(), 0);
                    assert!(world.status(s2n_certificate_authority_list_next(
                        list, &mut name, &mut len
                    )));
                    read_bytes(name, len.into());
                }
                assert_eq!(s2n_certificate_authority_list_reread(list), 0);
            }
            match answer {
                Answer::Later => {}
                Answer::Bytes(_) => {
                    world.status(s2n_certificate_request_set_certificate(
                        request,
                        world.chains.of(1),
                    ));
                }
                _ => {
                    world.status(s2n_certificate_request_set_certificate(
                        request,
                        world.chains.of(0),
                    ));
                }
            }
        }
        if matches!(answer, Answer::Later) {
            world.may_fail.set(true);
        }
        result(answer)
    })
}

pub unsafe extern "C" fn on_tiebreak(
    first: *mut s2n_cert_chain_and_key,
    second: *mut s2n_cert_chain_and_key,
    name: *mut u8,
    len: u32,
) -> *mut s2n_cert_chain_and_key {
    let _outside = Outside::new();
    with(|world| {
        // SAFETY: the library passes a name of this length.
        unsafe { read_bytes(name, len as usize) };
        match world.next_answer() {
            Answer::Normal => first,
            Answer::Later => second,
            _ => ptr::null_mut(),
        }
    })
}

pub unsafe extern "C" fn on_host(name: *const c_char, len: usize, _: *mut c_void) -> u8 {
    let _outside = Outside::new();
    with(|world| {
        // SAFETY: the library passes a string of this length.
        let name = unsafe { CStr::from_ptr(name) };
        assert!(name.to_bytes().len() <= len);
        u8::from(!matches!(world.next_answer(), Answer::Fail))
    })
}

pub unsafe extern "C" fn on_ticket(
    conn: *mut s2n_connection,
    _: *mut c_void,
    ticket: *mut s2n_session_ticket,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let (mut len, mut lifetime) = (0, 0);
        // SAFETY: the ticket is live during the callback; the buffer has the size passed.
        unsafe {
            assert!(world.status(s2n_session_ticket_get_data_len(ticket, &mut len)));
            assert!(world.status(s2n_session_ticket_get_lifetime(ticket, &mut lifetime)));
            let mut data = vec![0; len];
            assert!(world.status(s2n_session_ticket_get_data(ticket, len, data.as_mut_ptr())));
            assert!(
                len == 0
                    || !world.status(s2n_session_ticket_get_data(
                        ticket,
                        len - 1,
                        data.as_mut_ptr()
                    ))
            );
            *world.ticket.borrow_mut() = data;
        }
        let _ = conn;
        result(world.next_answer())
    })
}

/// # Safety
///
/// `bytes` is readable for `len` bytes.
unsafe fn copy(bytes: *const c_void, len: u64) -> Vec<u8> {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), len as usize) }.to_vec()
}

pub unsafe extern "C" fn on_store(
    _: *mut s2n_connection,
    _: *mut c_void,
    _: u64,
    key: *const c_void,
    key_len: u64,
    value: *const c_void,
    value_len: u64,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        // SAFETY: the library passes a key and a value of these lengths.
        let entry = unsafe { (copy(key, key_len), copy(value, value_len)) };
        world.cache.borrow_mut().push(entry);
        result(world.next_answer())
    })
}

pub unsafe extern "C" fn on_retrieve(
    _: *mut s2n_connection,
    _: *mut c_void,
    key: *const c_void,
    key_len: u64,
    value: *mut c_void,
    value_len: *mut u64,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        // SAFETY: the library passes a key of this length.
        let key = unsafe { copy(key, key_len) };
        // SAFETY: the library passes the room for a value, and its length.
        let room = unsafe { *value_len } as usize;
        let found = match world.next_answer() {
            Answer::Later => return CALLBACK_BLOCKED,
            Answer::Fail => return -1,
            Answer::Bytes(bytes) => bytes.get().into_owned(),
            _ => {
                let cache = world.cache.borrow();
                let Some((_, value)) = cache.iter().rev().find(|(other, _)| *other == key) else {
                    return -1;
                };
                value.clone()
            }
        };
        let count = found.len().min(room);
        // SAFETY: as above.
        unsafe {
            ptr::copy_nonoverlapping(found.as_ptr(), value.cast::<u8>(), count);
            // Now and then more than there is room for.
            *value_len = found.len() as u64;
        }
        SUCCESS
    })
}

pub unsafe extern "C" fn on_delete(
    _: *mut s2n_connection,
    _: *mut c_void,
    key: *const c_void,
    key_len: u64,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        // SAFETY: the library passes a key of this length.
        let key = unsafe { copy(key, key_len) };
        world.cache.borrow_mut().retain(|(other, _)| *other != key);
        result(world.next_answer())
    })
}

pub unsafe extern "C" fn on_key_log(
    _: *mut c_void,
    _: *mut s2n_connection,
    line: *mut u8,
    len: usize,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        // SAFETY: the library passes a line of this length.
        let line = unsafe { std::slice::from_raw_parts(line, len) };
        assert!(line.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')));
        // SAFETY: a failure of the log is ignored.
        match world.next_answer() {
            Answer::Fail => -1,
            _ => SUCCESS,
        }
    })
}

pub unsafe extern "C" fn on_secret(
    _: *mut c_void,
    conn: *mut s2n_connection,
    kind: c_int,
    secret: *mut u8,
    len: u8,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        assert!((1..=5).contains(&kind) && matches!(len, 32 | 48));
        // SAFETY: the library passes a secret of this length.
        unsafe { read_bytes(secret, len.into()) };
        let Some((number, answer)) = world.answer_for(conn) else {
            return SUCCESS;
        };
        let (mut parameters, mut count) = (ptr::null(), 0);
        // SAFETY: the connection is live.
        unsafe {
            let got =
                s2n_connection_get_quic_transport_parameters(conn, &mut parameters, &mut count);
            if world.status(got) {
                read_bytes(parameters, count.into());
            }
            if let (1, Answer::Bytes(bytes)) = (number, answer) {
                let bytes = bytes.short(0xffff);
                let len = bytes.len() as u16;
                world.status(s2n_connection_set_quic_transport_parameters(
                    conn,
                    bytes.as_ptr(),
                    len,
                ));
            }
        }
        result(answer)
    })
}

pub unsafe extern "C" fn on_renegotiation(
    _: *mut s2n_connection,
    _: *mut c_void,
    response: *mut c_int,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let answer = world.next_answer();
        // SAFETY: the library passes an output for the response.
        unsafe { response.write(c_int::from(matches!(answer, Answer::Normal)) * 2) };
        result(answer)
    })
}

/// `struct s2n_event_handshake`.
#[repr(C)]
struct HandshakeEvent {
    version: c_int,
    texts: [*const c_char; 3],
    times: [u64; 3],
    error: c_int,
}

pub unsafe extern "C" fn on_event(
    _: *mut s2n_connection,
    _: *mut c_void,
    event: *mut s2n_event_handshake,
) {
    let _outside = Outside::new();
    with(|world| {
        // SAFETY: the library passes an event, whose texts are valid during the callback.
        unsafe {
            let event = &*event.cast::<HandshakeEvent>();
            for text in event.texts {
                read(text);
            }
            std::hint::black_box((event.version, event.times, event.error));
        }
        world.next_answer();
    });
}

/// `struct s2n_timing_checkpoint`.
#[repr(C)]
struct TimingCheckpoint {
    name: *const c_char,
    role: u8,
    time: u64,
}

pub unsafe extern "C" fn on_timing(
    _: *mut s2n_connection,
    _: *mut c_void,
    checkpoint: *mut s2n_timing_checkpoint,
) {
    let _outside = Outside::new();
    with(|world| {
        // SAFETY: the library passes a checkpoint, whose name is valid during the callback.
        unsafe {
            let checkpoint = &*checkpoint.cast::<TimingCheckpoint>();
            read(checkpoint.name);
            assert!(checkpoint.role <= 1);
            std::hint::black_box(checkpoint.time);
        }
        world.next_answer();
    });
}

/// Reads a message of the log, which is one line of printable characters.
pub unsafe extern "C" fn on_log(
    level: c_int,
    _: *mut s2n_connection,
    message: *const c_char,
    _: *mut c_void,
) {
    let _outside = Outside::new();
    assert!((1..=3).contains(&level));
    // SAFETY: the library passes a NUL-terminated string.
    let message = unsafe { CStr::from_ptr(message) };
    assert!(
        message
            .to_bytes()
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~')),
        "{message:?}"
    );
}

pub unsafe extern "C" fn on_passphrase(
    _: *mut c_void,
    buf: *mut u8,
    size: u32,
    len: *mut u32,
) -> c_int {
    let _outside = Outside::new();
    with(|world| {
        let answer = world.next_answer();
        let passphrase = match answer {
            Answer::Bytes(bytes) => bytes.get().into_owned(),
            _ => b"secret".to_vec(),
        };
        let count = passphrase.len().min(size as usize);
        // SAFETY: the library passes room for `size` bytes, and an output for the length.
        unsafe {
            ptr::copy_nonoverlapping(passphrase.as_ptr(), buf, count);
            // Now and then more than there is room for.
            len.write(passphrase.len() as u32);
        }
        result(answer)
    })
}
