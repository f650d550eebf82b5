//! Functions of ClientHello messages and their fingerprints.

use std::ptr;

use super::{Args, World};
use crate::c::*;

impl World {
    pub fn hello_call(&self, args: &Args) {
        // Messages that the application has parsed, or that of a connection.
        let hello = match args.object % 4 {
            number @ 0..2 => self.hellos.of(number),
            // SAFETY: the connection is live or NULL.
            number => unsafe { s2n_connection_get_client_hello(self.conn(number)) },
        };
        self.status(match args.function % 4 {
            0 => self.hello_lifecycle(args),
            1 => self.hello_lengths(args, hello),
            2 => self.hello_fields(args, hello),
            _ => self.fingerprint_call(args, hello).into(),
        });
    }

    fn hello_lifecycle(&self, args: &Args) -> i64 {
        let slot = self.hellos.slot(args.object);
        let (mut hello, bytes) = (slot.get(), args.bytes.get());
        // SAFETY: the message is live or NULL; the buffer has the size passed.
        unsafe {
            if hello.is_null() {
                slot.set(s2n_client_hello_parse_message(
                    bytes.as_ptr(),
                    bytes.len() as u32,
                ));
                return i64::from(self.pointer(slot.get())) - 1;
            }
            slot.set(ptr::null_mut());
            let freed = s2n_client_hello_free(&mut hello);
            assert!(hello.is_null());
            freed.into()
        }
    }

    fn hello_lengths(&self, args: &Args, hello: *mut s2n_client_hello) -> i64 {
        let (mut len, mut short, mut is_present) = (0, 0, false);
        // SAFETY: the message is live or NULL; every output is writable.
        unsafe {
            match args.other % 9 {
                0 => s2n_client_hello_get_cipher_suites_length(hello) as i64,
                1 => s2n_client_hello_get_compression_methods_length(hello, &mut len).into(),
                2 => s2n_client_hello_get_extension_length(hello, args.member(52)) as i64,
                3 => s2n_client_hello_get_extensions_length(hello) as i64,
                4 => s2n_client_hello_get_raw_message_length(hello) as i64,
                5 => s2n_client_hello_get_server_name_length(hello, &mut short).into(),
                6 => s2n_client_hello_get_session_id_length(hello, &mut len).into(),
                7 => s2n_client_hello_has_extension(hello, args.number as u16, &mut is_present)
                    .into(),
                _ => s2n_client_hello_has_extension(hello, 10, &mut is_present).into(),
            }
        }
    }

    fn hello_fields(&self, args: &Args, hello: *mut s2n_client_hello) -> i64 {
        let mut room = vec![0; args.size().min(1 << 12)];
        let (out, capacity) = (room.as_mut_ptr(), room.len() as u32);
        let mut groups = vec![0; args.size().min(100)];
        let (mut len, mut short, mut size) = (0, 0, 0);
        // SAFETY: the message is live or NULL; every buffer has the size passed.
        unsafe {
            match args.other % 13 {
                0 => s2n_client_hello_get_cipher_suites(hello, out, capacity) as i64,
                1 => {
                    s2n_client_hello_get_compression_methods(hello, out, capacity, &mut len).into()
                }
                2 => s2n_client_hello_get_extension_by_id(hello, args.member(52), out, capacity)
                    as i64,
                3 => s2n_client_hello_get_extensions(hello, out, capacity) as i64,
                4 => s2n_client_hello_get_raw_message(hello, out, capacity) as i64,
                5 => {
                    let capacity = capacity as u16;
                    s2n_client_hello_get_server_name(hello, out, capacity, &mut short).into()
                }
                6 => s2n_client_hello_get_session_id(hello, out, &mut len, capacity).into(),
                7 => s2n_client_hello_get_random(hello, out, capacity).into(),
                8 => s2n_client_hello_get_legacy_protocol_version(hello, (&raw mut short).cast())
                    .into(),
                9 => s2n_client_hello_get_legacy_record_version(hello, (&raw mut short).cast())
                    .into(),
                10 => {
                    let (out, count) = (groups.as_mut_ptr(), groups.len() as u16);
                    s2n_client_hello_get_supported_groups(hello, out, count, &mut short).into()
                }
                11 => {
                    let kind = args.member(2);
                    s2n_client_hello_get_fingerprint_hash(
                        hello, kind, capacity, out, &mut len, &mut size,
                    )
                    .into()
                }
                _ => {
                    let kind = args.member(2);
                    s2n_client_hello_get_fingerprint_string(hello, kind, capacity, out, &mut len)
                        .into()
                }
            }
        }
    }

    fn fingerprint_call(&self, args: &Args, hello: *mut s2n_client_hello) -> i32 {
        let slot = self.fingerprints.slot(args.number as u8);
        let mut fingerprint = slot.get();
        let mut room = vec![0; args.size().min(1 << 12)];
        let (out, capacity, mut len) = (room.as_mut_ptr(), room.len() as u32, 0);
        // SAFETY: the objects are live or NULL; every buffer has the size passed.
        unsafe {
            match args.other % 8 {
                0 if fingerprint.is_null() => {
                    slot.set(s2n_fingerprint_new(args.member(2)));
                    i32::from(self.pointer(slot.get())) - 1
                }
                0 => {
                    slot.set(ptr::null_mut());
                    let freed = s2n_fingerprint_free(&mut fingerprint);
                    assert!(fingerprint.is_null());
                    freed
                }
                1 => s2n_fingerprint_wipe(fingerprint),
                2 | 3 => s2n_fingerprint_set_client_hello(fingerprint, hello),
                4 => s2n_fingerprint_get_hash_size(fingerprint, &mut len),
                5 => s2n_fingerprint_get_hash(fingerprint, capacity, out, &mut len),
                6 => s2n_fingerprint_get_raw(fingerprint, capacity, out, &mut len),
                _ => s2n_fingerprint_get_raw_size(fingerprint, &mut len),
            }
        }
    }

    pub fn free_hellos(&self) {
        for fingerprint in &self.fingerprints.0 {
            let mut fingerprint = fingerprint.replace(ptr::null_mut());
            // SAFETY: the fingerprint is live or NULL, and not used again.
            assert_eq!(unsafe { s2n_fingerprint_free(&mut fingerprint) }, 0);
        }
        for hello in &self.hellos.0 {
            let mut hello = hello.replace(ptr::null_mut());
            // SAFETY: the message is live or NULL, and not used again.
            assert_eq!(unsafe { s2n_client_hello_free(&mut hello) }, 0);
        }
    }
}
