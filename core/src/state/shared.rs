//! Flags and counters that are accessed without a lock.

use std::sync::atomic::Ordering::*;

use super::message::HandshakeMessage;
use crate::base::{AtomicVersion, Mode, Version};
use crate::process::sync::{AtomicBool, AtomicI16, AtomicU8, AtomicU32, AtomicU64};
use crate::resumption::MAX_TICKET_LIFETIME;

/// Declares [`Shared`]: each field with its value in a new connection, so that wiping a connection
/// resets all of them.
macro_rules! shared {
    (|$mode:ident| $($(#[$doc:meta])* $field:ident: $kind:ty = $initial:expr,)*) => {
        /// Flags and counters that are accessed without the lock of a direction.
        ///
        /// Sending and receiving may run in two threads: they share only these, and the key
        /// schedule.
        #[derive(Debug)]
        pub(crate) struct Shared {
            $($(#[$doc])* pub(crate) $field: $kind,)*
        }

        impl Shared {
            pub(crate) fn new($mode: Mode) -> Self {
                Self { $($field: <$kind>::new($initial),)* }
            }

            /// Resets all values to those of a new connection.
            pub(super) fn reset(&self, $mode: Mode) {
                $(self.$field.store($initial, Relaxed);)*
            }
        }
    };
}

shared! {
    |mode|

    read_closed: AtomicBool = false,
    write_closed: AtomicBool = false,
    close_notify_received: AtomicBool = false,
    error_alert_received: AtomicBool = false,
    /// The next send starts with a KeyUpdate.
    key_update_pending: AtomicBool = false,
    /// Client: the server supports secure renegotiation (RFC 5746).
    secure_renegotiation: AtomicBool = false,
    /// The next call that sends starts with an alert no_renegotiation.
    no_renegotiation_pending: AtomicBool = false,
    key_updates_sent: AtomicU8 = 0,
    key_updates_received: AtomicU8 = 0,
    /// A write has failed with EPIPE. Further writes fail without a call of the transport.
    write_broken: AtomicBool = false,
    /// The received close_notify or error alert, or -1.
    alert: AtomicI16 = -1,
    /// The alert for an error of the peer, sent by `s2n_shutdown()`, or -1.
    pending_alert: AtomicI16 = -1,

    wire_in: AtomicU64 = 0,
    wire_out: AtomicU64 = 0,
    /// The number of decrypted bytes that the application has not read.
    peek: AtomicU32 = 0,
    /// The number of buffered bytes behind the current record.
    peek_buffered: AtomicU32 = 0,

    /// The negotiated version; before the negotiation, the version that the API reports.
    version: AtomicVersion = initial_version(mode, Mode::Client),
    client_version: AtomicVersion = initial_version(mode, Mode::Client),
    server_version: AtomicVersion = initial_version(mode, Mode::Server),
    handshake_done: AtomicBool = false,
    /// The connection was serialized: another process continues it.
    transferred: AtomicBool = false,
    /// The connection continues a serialized one, which has performed the handshake.
    restored: AtomicBool = false,
    /// The application has freed the memory of the handshake.
    handshake_freed: AtomicBool = false,
    /// The next message of the handshake, a [`HandshakeMessage`].
    next_message: AtomicU8 = HandshakeMessage::ClientHello as u8,

    /// Server: the ClientHello callback was called, or there is none.
    client_hello_callback_called: AtomicBool = false,
    /// Server: the application has completed its asynchronous ClientHello callback.
    client_hello_callback_done: AtomicBool = false,
    /// Server: the processing of the ClientHello has begun. Client: the ClientHello was created.
    client_hello_processed: AtomicBool = false,

    /// Server: the pre-shared key of the ClientHello is selected, or there is none.
    psk_is_selected: AtomicBool = false,

    /// Server: the client can use the tickets of TLS 1.3.
    client_resumes: AtomicBool = true,
    /// Server: the number of tickets of the connection, and how many of them are sent.
    tickets_to_send: AtomicU32 = 0,
    tickets_sent: AtomicU32 = 0,
    /// TLS 1.3 server: how long sessions may use the keying material of a full handshake, in
    /// seconds.
    keying_material_lifetime: AtomicU32 = MAX_TICKET_LIFETIME,

    /// Client: the progress of Encrypted ClientHello, a number of `EchStatus`.
    ech_status: AtomicU8 = 0,

    /// The progress of early data, a number of `EarlyDataProgress`.
    early_data_progress: AtomicU8 = 0,
    /// The application sends or receives early data in its current call.
    early_data_expected: AtomicBool = false,
    /// The number of bytes of early data that were sent or received.
    early_data_bytes: AtomicU64 = 0,

    /// The preferred maximum of plaintext bytes per record.
    record_size: AtomicU32 = DEFAULT_RECORD_SIZE,
    /// The number of bytes that are sent in small records at first; 0 for none.
    small_record_threshold: AtomicU32 = 0,
    /// The idle time after which records are small again, in seconds; 0 for never.
    small_record_timeout: AtomicU32 = 0,
    /// The size of the send buffer in the config, in bytes; 0 for none.
    send_buffer: AtomicU32 = 0,
    /// The records of one send are collected in the send buffer: a config had one.
    collects_records: AtomicBool = false,
    /// The actual size of the send buffer, which grows with the preferred record size; 0 until it
    /// is used.
    send_buffer_in_use: AtomicU32 = 0,
    /// The kernel seals, or opens, the records.
    kernel_sends: AtomicBool = false,
    kernel_receives: AtomicBool = false,
    recv_buffering: AtomicBool = false,
    /// A QUIC connection: handshake messages without records, and no application data.
    quic: AtomicBool = false,
    dynamic_buffers: AtomicBool = false,
}

/// The default number of plaintext bytes per record.
const DEFAULT_RECORD_SIZE: u32 = 8087;

/// Returns the version that a new connection reports for a mode: the highest one for its own.
fn initial_version(mode: Mode, end: Mode) -> Version {
    match mode == end {
        true => Version::Tls13,
        false => Version::Unknown,
    }
}

impl Shared {
    /// Closes both directions, after an error or a fatal alert.
    pub(crate) fn close(&self) {
        self.read_closed.store(true, Release);
        self.write_closed.store(true, Release);
    }

    /// Counts a KeyUpdate. Only the direction that sends or receives it calls this.
    pub(crate) fn count_key_update(count: &AtomicU8) {
        count.store(count.load(Relaxed).saturating_add(1), Relaxed);
    }

    /// Counts bytes of the transport. Only the direction that reads or writes them calls this.
    pub(crate) fn count_bytes(count: &AtomicU64, bytes: usize) {
        count.store(count.load(Relaxed) + bytes as u64, Relaxed);
    }

    pub(crate) fn can_read(&self) -> bool {
        !self.read_closed.load(Acquire) && (self.supports_half_close() || self.is_open())
    }

    pub(crate) fn can_write(&self) -> bool {
        !self.write_closed.load(Acquire) && (self.supports_half_close() || self.is_open())
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.read_closed.load(Acquire) && !self.write_closed.load(Acquire)
    }

    /// Returns whether the version is negotiated.
    pub(crate) fn has_negotiated_version(&self) -> bool {
        self.version.load(Acquire) != Version::Unknown
            && self.server_version.load(Acquire) != Version::Unknown
    }

    /// Returns whether each direction is closed on its own (RFC 8446, 6.1). Before TLS 1.3, a
    /// close_notify closes both.
    pub(crate) fn supports_half_close(&self) -> bool {
        match self.version.load(Acquire) {
            // A server that has not received a ClientHello assumes its highest version.
            Version::Unknown => true,
            version => version >= Version::Tls13,
        }
    }

    pub(crate) fn receive_close_notify(&self) {
        self.alert.store(0, Release);
        self.close_notify_received.store(true, Release);
        self.read_closed.store(true, Release);
    }

    pub(crate) fn receive_error_alert(&self, code: u8) {
        self.alert.store(code.into(), Release);
        self.error_alert_received.store(true, Release);
        self.close();
    }
}
