//! Accessors of a ClientHello and its fingerprints, with buffers of every length: `make miri` checks that they stay
//! within them.

use std::ffi::c_int;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::Acquire;
use std::{ptr, thread};

use libc::ssize_t;
use rs2n_core::error::Code;

use super::extensions::*;
use super::fields::*;
use super::message::*;
use crate::ffi::abi::arguments::{s2n_fingerprint_type_arg, s2n_tls_extension_type_arg};
use crate::ffi::abi::errno;
use crate::ffi::abi::types::{s2n_client_hello, s2n_fingerprint};
use crate::ffi::unstable::fingerprint::*;

const SUITES: &[u8] = &[0x13, 0x01, 0xc0, 0x2f];
const SESSION_ID: &[u8] = b"session";
const NAME: &[u8] = b"a.example";
const GROUPS: &[u16] = &[0x001d, 0x0017, 0x11ec];
const SERVER_NAME: u32 = 0;

fn vector(len_size: usize, content: &[u8]) -> Vec<u8> {
    let len = (content.len() as u32).to_be_bytes();
    [&len[4 - len_size..], content].concat()
}

fn extension(typ: u8, data: &[u8]) -> Vec<u8> {
    [&[0, typ], &*vector(2, data)].concat()
}

fn server_name() -> Vec<u8> {
    vector(2, &[&[0], &*vector(2, NAME)].concat())
}

fn extensions() -> Vec<u8> {
    let groups: Vec<u8> = GROUPS
        .iter()
        .flat_map(|group| group.to_be_bytes())
        .collect();
    let versions = [4, 3, 4, 3, 3];
    [
        extension(0, &server_name()),
        extension(10, &vector(2, &groups)),
        extension(43, &versions),
    ]
    .concat()
}

fn message() -> Vec<u8> {
    let parts = [
        &[3, 3][..],
        &[9; 32],
        &vector(1, SESSION_ID),
        &vector(2, SUITES),
        &[1, 0],
        &vector(2, &extensions()),
    ];
    [&[1], &*vector(3, &parts.concat())].concat()
}

fn parse(message: &[u8]) -> *mut s2n_client_hello {
    // SAFETY: the message is readable for its length.
    unsafe { s2n_client_hello_parse_message(message.as_ptr(), message.len() as u32) }
}

fn free(mut hello: *mut s2n_client_hello) {
    // SAFETY: the ClientHello is live, and not used again.
    assert_eq!(unsafe { s2n_client_hello_free(&mut hello) }, 0);
    assert!(hello.is_null());
    // SAFETY: a null pointer has no effect.
    assert_eq!(unsafe { s2n_client_hello_free(&mut hello) }, 0);
}

/// Calls `copy` with a buffer of each length up to one byte more than `expected`, which it fills.
fn check_rooms(expected: &[u8], mut copy: impl FnMut(*mut u8, u32) -> usize) {
    for room in 0..=expected.len() + 1 {
        let mut buffer = vec![0xee; room];
        let copied = copy(buffer.as_mut_ptr(), room as u32);
        assert_eq!(copied, expected.len().min(room));
        assert_eq!(buffer[..copied], expected[..copied]);
        assert!(buffer[copied..].iter().all(|&byte| byte == 0xee));
    }
}

#[test]
fn fields_are_copied_into_any_room() {
    type CopyField = unsafe extern "C" fn(*mut s2n_client_hello, *mut u8, u32) -> ssize_t;

    let hello = parse(&message());
    let fields: [(CopyField, &[u8]); 3] = [
        (s2n_client_hello_get_cipher_suites, SUITES),
        (s2n_client_hello_get_extensions, &extensions()),
        (s2n_client_hello_get_raw_message, &{
            let mut message = message()[4..].to_vec();
            message[2..34].fill(0);
            message
        }),
    ];
    for (function, expected) in fields {
        check_rooms(expected, |out, room| {
            // SAFETY: the ClientHello is live, and the buffer has this size.
            unsafe { function(hello, out, room) as usize }
        });
    }
    check_rooms(&server_name(), |out, room| {
        let typ = s2n_tls_extension_type_arg(SERVER_NAME);
        // SAFETY: as above.
        unsafe { s2n_client_hello_get_extension_by_id(hello, typ, out, room) as usize }
    });
    free(hello);
}

#[test]
fn lengths_are_stored() {
    let hello = parse(&message());
    check_rooms(SESSION_ID, |out, room| {
        let mut copied = u32::MAX;
        // SAFETY: the ClientHello is live, and the buffer has this size.
        let status = unsafe { s2n_client_hello_get_session_id(hello, out, &mut copied, room) };
        assert_eq!(status, 0);
        copied as usize
    });
    for room in 0..=NAME.len() + 1 {
        let mut name = vec![0xee; room];
        let mut len = u16::MAX;
        let at = name.as_mut_ptr();
        // SAFETY: as above.
        let status = unsafe { s2n_client_hello_get_server_name(hello, at, room as u16, &mut len) };
        let fits = room >= NAME.len();
        assert_eq!(status, if fits { 0 } else { -1 });
        let stored = if fits { NAME } else { &[] };
        assert_eq!(&name[..len.into()], stored);
    }
    for room in 0..=GROUPS.len() + 1 {
        let mut groups = vec![0; room];
        let mut count = u16::MAX;
        let at = groups.as_mut_ptr();
        // SAFETY: as above.
        let status =
            unsafe { s2n_client_hello_get_supported_groups(hello, at, room as u16, &mut count) };
        let fits = room >= GROUPS.len();
        assert_eq!(status, if fits { 0 } else { -1 });
        let stored = if fits { GROUPS } else { &[] };
        assert_eq!(&groups[..count.into()], stored);
    }
    free(hello);
}

#[test]
fn a_truncated_message_is_rejected() {
    let whole = message();
    for len in 0..whole.len() {
        // A buffer of its own, behind which no byte can be read.
        let bytes: Box<[u8]> = whole[..len].into();
        let hello = parse(&bytes);
        assert!(hello.is_null());
        let size_mismatch = Code::SizeMismatch.number();
        let codes = [size_mismatch, Code::BadMessage.number()];
        assert!(codes.contains(&errno::last()), "{len} bytes");
    }
}

type Fetch = unsafe extern "C" fn(*mut s2n_fingerprint, u32, *mut u8, *mut u32) -> c_int;

fn fetched(fetch: Fetch, fingerprint: *mut s2n_fingerprint, room: usize) -> Option<Vec<u8>> {
    let mut buffer = vec![0xee; room];
    let mut len = 0;
    // SAFETY: the fingerprint is live, and the buffer has this size.
    let status = unsafe { fetch(fingerprint, room as u32, buffer.as_mut_ptr(), &mut len) };
    buffer.truncate(len as usize);
    (status == 0).then_some(buffer)
}

/// A fingerprint refers to the ClientHello, which may be freed before it.
#[test]
fn a_fingerprint_needs_its_room_and_keeps_its_client_hello() {
    // The hash of JA4 is AWS-LC's, which Miri cannot call.
    const JA3: u32 = 0;

    let hello = parse(&message());
    let mut fingerprint = s2n_fingerprint_new(s2n_fingerprint_type_arg(JA3));
    // SAFETY: both are live.
    let status = unsafe { s2n_fingerprint_set_client_hello(fingerprint, hello) };
    assert_eq!(status, 0);
    free(hello);
    for fetch in [s2n_fingerprint_get_hash as Fetch, s2n_fingerprint_get_raw] {
        let most = fetched(fetch, fingerprint, 500).expect("enough room");
        for room in [0, most.len() - 1] {
            assert_eq!(fetched(fetch, fingerprint, room), None);
            assert_eq!(errno::last(), Code::InsufficientMemSize.number());
        }
        assert_eq!(fetched(fetch, fingerprint, most.len()), Some(most));
    }
    // SAFETY: the fingerprint is live, and not used again.
    assert_eq!(unsafe { s2n_fingerprint_free(&mut fingerprint) }, 0);
    assert_eq!(fingerprint, ptr::null_mut());
}

#[test]
fn threads_read_one_client_hello() {
    let hello = AtomicPtr::new(parse(&message()));
    let read = || {
        let mut name = [0; NAME.len()];
        let mut len = 0;
        let (at, room) = (name.as_mut_ptr(), name.len() as u16);
        // SAFETY: the ClientHello is live, and the buffer has this size.
        unsafe { s2n_client_hello_get_server_name(hello.load(Acquire), at, room, &mut len) };
        assert_eq!(&name, NAME);
    };
    thread::scope(|scope| {
        scope.spawn(read);
        scope.spawn(read);
    });
    free(hello.into_inner());
}
