//! Flags and counters that are read and written without a lock.

use std::sync::atomic::{AtomicBool, AtomicI16, AtomicU8, AtomicU32, AtomicU64, Ordering::*};

use super::message::HandshakeMessage;
use crate::base::{AtomicVersion, Mode, Version};

/// Declares [`Shared`]: each field with its value in a new connection, so that wiping a connection
/// resets all of them.
macro_rules! shared {
    (|$mode:ident| $($(#[$doc:meta])* $field:ident: $kind:ty = $initial:expr,)*) => {
        /// Flags and counters that are read and written without either direction's lock.
        ///
        /// The sender and the receiver of a connection may run in two threads: this is all that they
        /// share, besides the key schedule.
        #[derive(Debug)]
        pub(crate) struct Shared {
            $($(#[$doc])* pub(crate) $field: $kind,)*
        }

        impl Shared {
            pub(crate) fn new($mode: Mode) -> Self {
                Self { $($field: <$kind>::new($initial),)* }
            }

            /// Resets everything to the values of a new connection.
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
    /// The peer is owed a KeyUpdate, which the next send seals.
    key_update_pending: AtomicBool = false,
    key_updates_sent: AtomicU8 = 0,
    key_updates_received: AtomicU8 = 0,
    /// A write met EPIPE. Further writes fail without a call of the transport.
    write_broken: AtomicBool = false,
    /// The alert that ended reading, or -1.
    alert: AtomicI16 = -1,
    /// The alert that the peer gets for an error in what it sent, or -1.
    pending_alert: AtomicI16 = -1,

    wire_in: AtomicU64 = 0,
    wire_out: AtomicU64 = 0,
    /// Decrypted bytes that the application has not taken.
    peek: AtomicU32 = 0,
    /// Bytes read beyond the current record.
    peek_buffered: AtomicU32 = 0,

    /// The negotiated version; before that what the API reports.
    version: AtomicVersion = best_of(mode, Mode::Client),
    client_version: AtomicVersion = best_of(mode, Mode::Client),
    server_version: AtomicVersion = best_of(mode, Mode::Server),
    handshake_done: AtomicBool = false,
    /// The message of the handshake that comes next, a [`HandshakeMessage`].
    next_message: AtomicU8 = HandshakeMessage::ClientHello as u8,

    /// Server: the application's callback has received the ClientHello, or there is none.
    client_hello_callback_called: AtomicBool = false,
    /// Server: the application has ended its asynchronous ClientHello callback.
    client_hello_callback_done: AtomicBool = false,
    /// Server: the ClientHello is being answered, or was. Client: it was made.
    client_hello_processed: AtomicBool = false,

    /// Plaintext bytes per record, as the application prefers.
    record_size: AtomicU32 = DEFAULT_RECORD_SIZE,
    /// How many bytes are sent in small records at first; 0 turns the small records off.
    small_record_threshold: AtomicU32 = 0,
    /// After how many idle seconds records are small again; 0 is never.
    small_record_timeout: AtomicU32 = 0,
    /// Size of the buffer in which the records of one send are collected, as the config has it; 0
    /// for none.
    send_buffer: AtomicU32 = 0,
    /// Size of that buffer in use: a larger record preference makes it grow. 0 until it is used.
    send_buffer_in_use: AtomicU32 = 0,
    recv_buffering: AtomicBool = false,
    dynamic_buffers: AtomicBool = false,
}

/// Plaintext bytes per record unless the application prefers otherwise.
const DEFAULT_RECORD_SIZE: u32 = 8087;

/// The version that a new connection reports for one of its ends: the best one for its own.
fn best_of(mode: Mode, end: Mode) -> Version {
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

    /// Counts a KeyUpdate; called only by the one direction that sends or receives it.
    pub(crate) fn count_key_update(count: &AtomicU8) {
        count.store(count.load(Relaxed).saturating_add(1), Relaxed);
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

    /// Whether the version is negotiated.
    pub(crate) fn has_negotiated_version(&self) -> bool {
        self.version.load(Acquire) != Version::Unknown
            && self.server_version.load(Acquire) != Version::Unknown
    }

    /// RFC 8446, 6.1: since TLS 1.3 one direction may end before the other; before, a close_notify
    /// ends both.
    pub(crate) fn supports_half_close(&self) -> bool {
        match self.version.load(Acquire) {
            // A server that has not received a ClientHello assumes the best version.
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
