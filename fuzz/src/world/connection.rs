//! Functions of connections.

use std::ffi::c_int;
use std::ptr;

use super::arguments::with_names;
use super::setup::{read, read_bytes};
use super::{Args, World, callbacks};
use crate::c::*;

impl World {
    pub fn connection_call(&self, args: &Args) {
        self.status(match args.function % 8 {
            0 => self.connection_lifecycle(args).into(),
            1 => self.set_connection(args).into(),
            2 => self.set_descriptor(args).into(),
            3 => self.connection_transfer(args),
            4 => self.resume(args).into(),
            5 => self.serialize(args).into(),
            6 => self.get_negotiated(args),
            _ => self.get_session(args),
        });
    }

    fn connection_lifecycle(&self, args: &Args) -> c_int {
        let (number, conn) = (args.object, self.conn(args.object));
        // SAFETY: the connection is live or NULL.
        unsafe {
            match args.other % 4 {
                0 => {
                    self.free_conn(number);
                    self.new_conn(number, number % 3 != 1);
                    s2n_connection_set_config(self.conn(number), self.configs.of(args.number as u8))
                }
                1 => {
                    let wiped = s2n_connection_wipe(conn);
                    if wiped == 0 {
                        self.end_life(number);
                        self.set_transport(number);
                    }
                    if args.flag() {
                        self.clear_in_transit();
                    }
                    wiped
                }
                2 => {
                    self.free_conn(number);
                    0
                }
                _ => s2n_connection_free_handshake(conn),
            }
        }
    }

    fn set_connection(&self, args: &Args) -> c_int {
        let conn = self.conn(args.object);
        let (bytes, short) = (args.bytes.get(), args.bytes.short(0xffff));
        // SAFETY: the connection is live or NULL; every buffer has the size passed, every string is
        // NUL-terminated.
        unsafe {
            match args.other % 15 {
                0 => s2n_connection_enable_quic(conn),
                1 => {
                    let len = short.len() as u16;
                    s2n_connection_set_quic_transport_parameters(conn, short.as_ptr(), len)
                }
                2 => s2n_connection_set_secret_callback(
                    conn,
                    Some(callbacks::on_secret),
                    ptr::null_mut(),
                ),
                3 => with_names(&args.bytes, args.member(8) - 1, |names, count| {
                    s2n_connection_set_protocol_preferences(conn, names, count)
                }),
                4 => s2n_connection_set_server_keying_material_lifetime(conn, args.number),
                5 => s2n_connection_add_new_tickets_to_send(conn, args.number as u8),
                6 => rs2n_connection_set_ech_config_list(conn, bytes.as_ptr(), bytes.len()),
                7 => s2n_connection_ktls_enable_send(conn),
                8 => s2n_connection_ktls_enable_recv(conn),
                9 => {
                    s2n_connection_is_valid_for_cipher_preferences(conn, args.bytes.text().as_ptr())
                }
                10 => s2n_connection_set_cipher_preferences(conn, args.bytes.text().as_ptr()),
                11 => s2n_connection_set_client_auth_type(conn, args.member(3)),
                12 => s2n_connection_set_verify_host_callback(
                    conn,
                    Some(callbacks::on_host),
                    ptr::null_mut(),
                ),
                13 => s2n_set_server_name(conn, args.bytes.text().as_ptr()),
                _ => s2n_client_hello_cb_done(conn),
            }
        }
    }

    fn set_descriptor(&self, args: &Args) -> c_int {
        let (conn, mut current) = (self.conn(args.object), 0);
        let descriptor = match args.number % 4 {
            0 => -1,
            number => self.socket(number as u8),
        };
        // SAFETY: the connection is live or NULL; the descriptor is open until the end of the case,
        // or none.
        unsafe {
            match args.other % 7 {
                0 => s2n_connection_set_fd(conn, descriptor),
                1 => s2n_connection_set_read_fd(conn, descriptor),
                2 => s2n_connection_set_write_fd(conn, descriptor),
                3 => s2n_connection_get_read_fd(conn, &mut current),
                4 => s2n_connection_get_write_fd(conn, &mut current),
                5 => s2n_connection_use_corked_io(conn),
                _ => {
                    self.set_transport(args.object);
                    0
                }
            }
        }
    }

    fn connection_transfer(&self, args: &Args) -> i64 {
        let conn = self.conn(args.object);
        let (mut blocked, mut count, mut written) = (-1, 0, 0);
        let mut room = vec![0; args.size().min(1 << 12)];
        // SAFETY: the connection is live or NULL; every buffer has the size passed. The descriptor
        // is read only, if kernel TLS is enabled, which it is not for these sockets.
        unsafe {
            match args.other % 9 {
                0 => s2n_flush(conn, &mut blocked).into(),
                1 => s2n_recv_quic_post_handshake_message(conn, &mut blocked).into(),
                2 => s2n_renegotiate_wipe(conn).into(),
                3 => {
                    let (out, capacity) = (room.as_mut_ptr(), room.len() as isize);
                    s2n_renegotiate(conn, out, capacity, &mut count, &mut blocked).into()
                }
                4 => s2n_sendfile(conn, self.socket(0), 0, 10, &mut written, &mut blocked).into(),
                5 => {
                    self.forget_position(args.object);
                    s2n_shutdown(conn, &mut blocked).into()
                }
                6 => s2n_shutdown_send(conn, &mut blocked).into(),
                7 => self.send(args.object, args.size().min(40_000)) as i64,
                _ => self.receive(args.object, args.size().min(40_000)) as i64,
            }
        }
    }

    /// Offers a session: the last ticket, that of the other connection, or bytes.
    fn resume(&self, args: &Args) -> c_int {
        let conn = self.conn(args.object);
        let session = match args.other % 3 {
            0 => self.ticket.borrow().clone(),
            1 => {
                let mut session = vec![0; 1 << 12];
                let room = session.len();
                // SAFETY: the connection is live or NULL; the buffer has the size passed.
                let len = unsafe {
                    s2n_connection_get_session(
                        self.conn(args.number as u8),
                        session.as_mut_ptr(),
                        room,
                    )
                };
                session.truncate(len.max(0) as usize);
                session
            }
            _ => args.bytes.get().into_owned(),
        };
        // SAFETY: as above.
        unsafe { s2n_connection_set_session(conn, session.as_ptr(), session.len()) }
    }

    /// Serializes a connection; or restores one, with its peer unchanged.
    fn serialize(&self, args: &Args) -> c_int {
        let (number, conn) = (args.object, self.conn(args.object));
        // SAFETY: the connection is live or NULL; every buffer has the size passed.
        unsafe {
            if args.other % 3 == 0 {
                let mut bytes = match args.number % 2 {
                    0 => args.bytes.get().into_owned(),
                    _ => self.serialized.take(),
                };
                self.free_conn(number);
                self.new_conn(number, number % 3 != 1);
                self.forget_position(number);
                let restored = self.conn(number);
                return s2n_connection_deserialize(
                    restored,
                    bytes.as_mut_ptr(),
                    bytes.len() as u32,
                );
            }
            let mut len = 0;
            let known = s2n_connection_serialization_length(conn, &mut len);
            if !self.status(known) {
                return known;
            }
            let mut bytes = vec![0; len as usize];
            let serialized = s2n_connection_serialize(conn, bytes.as_mut_ptr(), len);
            if serialized == 0 {
                *self.serialized.borrow_mut() = bytes;
            }
            serialized
        }
    }

    fn get_negotiated(&self, args: &Args) -> i64 {
        let (conn, mut number, mut alert) = (self.conn(args.object), 0, 0);
        let mut room = vec![0; args.size().min(1 << 10)];
        let (mut len, mut parameters, mut count) = (room.len() as u32, ptr::null(), 0);
        // SAFETY: the connection is live or NULL; every buffer has the size passed.
        unsafe {
            match args.other % 15 {
                0 => s2n_connection_get_client_hello_version(conn).into(),
                1 => read(s2n_connection_get_kem_name(conn)).max(0),
                2 => s2n_connection_get_selected_client_cert_signature_algorithm(conn, &mut number)
                    .into(),
                3 => s2n_connection_get_selected_digest_algorithm(conn, &mut number).into(),
                4 => s2n_connection_server_name_extension_used(conn).into(),
                5 => s2n_connection_is_quic_enabled(conn).into(),
                6 => {
                    let got = s2n_connection_get_quic_transport_parameters(
                        conn,
                        &mut parameters,
                        &mut count,
                    );
                    if got == 0 {
                        read_bytes(parameters, count.into());
                    }
                    got.into()
                }
                7 => rs2n_connection_get_ech_status(conn, &mut number).into(),
                8 => rs2n_connection_get_ech_retry_configs(conn, room.as_mut_ptr(), room.len())
                    .into(),
                9 => rs2n_connection_get_peer_public_key(conn, room.as_mut_ptr(), &mut len).into(),
                10 => s2n_connection_get_certificate_match(conn, &mut number).into(),
                11 => s2n_connection_get_selected_signature_algorithm(conn, &mut number).into(),
                12 => read_bytes(
                    s2n_connection_get_ocsp_response(conn, &mut len),
                    len as usize,
                ),
                13 => rs2n_connection_get_error_alert(conn, &mut alert).into(),
                _ => read_bytes(s2n_connection_get_sct_list(conn, &mut len), len as usize),
            }
        }
    }

    fn get_session(&self, args: &Args) -> i64 {
        let (conn, mut short) = (self.conn(args.object), 0);
        let mut room = vec![0; args.size().min(1 << 10)];
        // SAFETY: the connection is live or NULL; every buffer has the size passed.
        unsafe {
            match args.other % 9 {
                0 => s2n_connection_are_session_tickets_enabled(conn).into(),
                1 => s2n_connection_get_session_id(conn, room.as_mut_ptr(), room.len()).into(),
                2 => s2n_connection_get_session_id_length(conn).into(),
                3 => s2n_connection_get_session_ticket_lifetime_hint(conn).into(),
                4 => s2n_connection_get_tickets_sent(conn, &mut short).into(),
                5 => s2n_connection_get_session_length(conn).into(),
                6 => s2n_connection_is_session_resumed(conn).into(),
                7 => s2n_connection_get_peer_cert_chain(conn, self.chains.of(args.number as u8))
                    .into(),
                _ => {
                    let selected = s2n_connection_get_selected_cert(conn);
                    i64::from(selected.is_null())
                }
            }
        }
    }
}
