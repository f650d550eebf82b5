//! What both directions of a connection, and its getters, know of each other.

use std::sync::atomic::{AtomicBool, AtomicI16, AtomicU8, AtomicU32, AtomicU64, Ordering::*};

use crate::tls::base::{AtomicVersion, Mode, Version};

/// Flags and counters that are read without either half's lock.
///
/// The sender and the receiver of a connection may run in two threads: this is all that they
/// share, besides the key schedule.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) read_closed: AtomicBool,
    pub(crate) write_closed: AtomicBool,
    pub(crate) close_notify_received: AtomicBool,
    pub(crate) error_alert_received: AtomicBool,
    /// We owe the peer a KeyUpdate; the next send pays.
    pub(crate) key_update_due: AtomicBool,
    pub(crate) key_updates_sent: AtomicU8,
    pub(crate) key_updates_received: AtomicU8,
    /// A write met EPIPE. Further writes fail without asking the transport.
    pub(crate) write_broken: AtomicBool,
    /// The alert that ended reading, or -1.
    pub(crate) alert: AtomicI16,
    /// The alert that the peer gets for an error in what it sent, or -1.
    pub(crate) owed_alert: AtomicI16,

    pub(crate) wire_in: AtomicU64,
    pub(crate) wire_out: AtomicU64,
    /// Decrypted bytes that the application has not taken.
    pub(crate) peek: AtomicU32,
    /// Bytes read beyond the current record.
    pub(crate) peek_buffered: AtomicU32,

    /// The negotiated version; before that what the API reports.
    pub(crate) version: AtomicVersion,
    pub(crate) client_version: AtomicVersion,
    pub(crate) server_version: AtomicVersion,
    pub(crate) handshake_done: AtomicBool,
    /// The message of the handshake that comes next.
    pub(crate) at: AtomicU8,

    /// Server: the application's callback has seen the ClientHello, or there is none.
    pub(crate) hello_shown: AtomicBool,
    /// Server: the application is done with the ClientHello.
    pub(crate) hello_released: AtomicBool,
    /// Server: the ClientHello is being answered, or was. Client: it was made.
    pub(crate) hello_answered: AtomicBool,

    /// Plaintext bytes per record, as the application prefers.
    pub(crate) record_size: AtomicU32,
    /// How many bytes go out in small records at first; 0 turns the small records off.
    pub(crate) small_record_threshold: AtomicU32,
    /// After how many idle seconds records are small again; 0 is never.
    pub(crate) small_record_timeout: AtomicU32,
    /// Size of the buffer in which the records of one send are collected, as the config has it; 0
    /// for none.
    pub(crate) send_buffer: AtomicU32,
    /// Size of that buffer as it is: a larger record preference makes it grow. 0 until it is used.
    pub(crate) send_buffer_in_use: AtomicU32,
    pub(crate) recv_buffering: AtomicBool,
    pub(crate) dynamic_buffers: AtomicBool,
}

/// Plaintext bytes per record unless the application prefers otherwise.
pub(crate) const DEFAULT_RECORD_SIZE: u32 = 8087;

impl Shared {
    pub(crate) fn new(mode: Mode) -> Self {
        let (client_version, server_version) = match mode {
            Mode::Client => (Version::Tls13, Version::Unknown),
            Mode::Server => (Version::Unknown, Version::Tls13),
        };
        Self {
            read_closed: AtomicBool::new(false),
            write_closed: AtomicBool::new(false),
            close_notify_received: AtomicBool::new(false),
            error_alert_received: AtomicBool::new(false),
            key_update_due: AtomicBool::new(false),
            key_updates_sent: AtomicU8::new(0),
            key_updates_received: AtomicU8::new(0),
            write_broken: AtomicBool::new(false),
            alert: AtomicI16::new(-1),
            owed_alert: AtomicI16::new(-1),
            wire_in: AtomicU64::new(0),
            wire_out: AtomicU64::new(0),
            peek: AtomicU32::new(0),
            peek_buffered: AtomicU32::new(0),
            version: AtomicVersion::new(client_version),
            client_version: AtomicVersion::new(client_version),
            server_version: AtomicVersion::new(server_version),
            handshake_done: AtomicBool::new(false),
            at: AtomicU8::new(0),
            hello_shown: AtomicBool::new(false),
            hello_released: AtomicBool::new(false),
            hello_answered: AtomicBool::new(false),
            record_size: AtomicU32::new(DEFAULT_RECORD_SIZE),
            small_record_threshold: AtomicU32::new(0),
            small_record_timeout: AtomicU32::new(0),
            send_buffer: AtomicU32::new(0),
            send_buffer_in_use: AtomicU32::new(0),
            recv_buffering: AtomicBool::new(false),
            dynamic_buffers: AtomicBool::new(false),
        }
    }

    /// Copies the state of a new connection over this one.
    pub(crate) fn reset(&self, mode: Mode) {
        let fresh = Self::new(mode);
        macro_rules! copy {
            ($($field:ident)*) => {
                $(self.$field.store(fresh.$field.load(Relaxed), Relaxed);)*
            };
        }
        copy!(read_closed write_closed close_notify_received error_alert_received key_update_due);
        copy!(key_updates_sent key_updates_received);
        copy!(write_broken alert owed_alert wire_in wire_out peek peek_buffered version client_version);
        copy!(server_version handshake_done record_size small_record_threshold);
        copy!(hello_shown hello_released hello_answered at);
        copy!(send_buffer_in_use small_record_timeout send_buffer recv_buffering dynamic_buffers);
    }

    /// Ends both directions: nothing that this connection received can be trusted any more, or
    /// the peer has told us why it gave up.
    pub(crate) fn close(&self) {
        self.read_closed.store(true, Release);
        self.write_closed.store(true, Release);
    }

    /// Counts a KeyUpdate; only the one direction that sends or receives it calls.
    pub(crate) fn count_key_update(count: &AtomicU8) {
        count.store(count.load(Relaxed).saturating_add(1), Relaxed);
    }

    pub(crate) fn can_read(&self) -> bool {
        !self.read_closed.load(Acquire) && (self.closes_by_halves() || self.is_open())
    }

    pub(crate) fn can_write(&self) -> bool {
        !self.write_closed.load(Acquire) && (self.closes_by_halves() || self.is_open())
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.read_closed.load(Acquire) && !self.write_closed.load(Acquire)
    }

    /// Whether the version is more than what we would like it to be.
    pub(crate) fn knows_version(&self) -> bool {
        self.version.load(Acquire) != Version::Unknown
            && self.server_version.load(Acquire) != Version::Unknown
    }

    /// RFC 8446, 6.1: since TLS 1.3 one direction may end before the other; before, a close_notify
    /// ends both.
    pub(crate) fn closes_by_halves(&self) -> bool {
        match self.version.load(Acquire) {
            // A server that has not seen a ClientHello hopes for the best.
            Version::Unknown => true,
            version => version >= Version::Tls13,
        }
    }
}
