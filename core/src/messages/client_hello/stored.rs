//! A stored ClientHello, for queries of the application.

use std::sync::Mutex;

use super::payload::{CLIENT_HELLO, ClientHelloPayload, RANDOM_LEN, host_name};
use crate::base::version::legacy_number;
use crate::base::{Version, lock, memory};
use crate::error::{Code, Result};
use crate::messages::extension_type::{SERVER_NAME, SUPPORTED_GROUPS};
use crate::messages::{Fingerprint, FingerprintMethod, HandshakeHeader, Reader};

/// A ClientHello, stored as bytes and parsed by every query.
///
/// That of a connection has the same address as long as the connection exists: after
/// `s2n_connection_wipe()` it stores the next message.
#[derive(Debug, Default)]
pub struct ClientHello {
    contents: Mutex<Contents>,
    belongs_to_connection: bool,
}

#[derive(Debug, Default)]
struct Contents {
    /// Without the handshake header, and with zeros for the random.
    body: Vec<u8>,
    random: [u8; RANDOM_LEN],
    /// As received, even if it is not a version of TLS.
    legacy_version: Option<[u8; 2]>,
    /// The version in the header of the first record.
    record_version: Option<[u8; 2]>,
}

/// A field that is returned as raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The message, with zeros for the random.
    Message,
    CipherSuites,
    /// All extensions.
    Extensions,
    SessionId,
    CompressionMethods,
}

/// The extensions that s2n-tls supports. The presence of others can be queried, but not their data.
const SUPPORTED_EXTENSIONS: [u16; 21] = [
    0, 1, 5, 10, 11, 13, 16, 18, 23, 35, 41, 42, 43, 44, 45, 47, 51, 57, 13172, 0xfe01, 65281,
];

/// The maximum length of a parsed message, its handshake header included.
const MAX_MESSAGE: usize = 1 << 16;

impl ClientHello {
    /// Creates an empty ClientHello that belongs to a connection.
    pub(crate) fn for_connection() -> Self {
        Self {
            belongs_to_connection: true,
            ..Self::default()
        }
    }

    /// Parses a message that begins with its handshake header and has exactly the length in it.
    pub fn parse(message: &[u8]) -> Result<Self> {
        if message.len() > MAX_MESSAGE {
            return Err(Code::BadMessage)?;
        }
        if message.len() < HandshakeHeader::LEN {
            return Err(Code::SizeMismatch)?;
        }
        let (body, rest) = ClientHelloPayload::split(message)?;
        if !rest.is_empty() {
            return Err(Code::BadMessage)?;
        }
        ClientHelloPayload::parse(body)?.check_extensions(&SUPPORTED_EXTENSIONS)?;
        let hello = Self::default();
        hello.store(memory::copy(message)?, None);
        Ok(hello)
    }

    /// Stores a message that [`ClientHelloPayload::parse`] accepts, its handshake header included.
    pub(crate) fn store(&self, message: Vec<u8>, record_version: Option<[u8; 2]>) {
        let mut contents = Contents {
            record_version,
            ..Contents::default()
        };
        contents.body = message;
        contents.body.drain(..HandshakeHeader::LEN);
        contents.legacy_version = contents.body.first_chunk().copied();
        if let Some(random) = contents.body.get_mut(2..2 + RANDOM_LEN) {
            contents.random.copy_from_slice(random);
            random.fill(0);
        }
        *lock(&self.contents) = contents;
    }

    /// Frees the memory of the message, but not the random and the versions.
    pub(crate) fn free_message(&self) {
        lock(&self.contents).body = Vec::new();
    }

    /// Removes the message, the random and the versions.
    pub(crate) fn clear(&self) {
        *lock(&self.contents) = Contents::default();
    }

    /// Returns whether a message was stored, even if its memory has been freed.
    pub(crate) fn is_received(&self) -> bool {
        lock(&self.contents).legacy_version.is_some()
    }

    /// Returns whether it belongs to a connection, which frees it.
    pub fn belongs_to_connection(&self) -> bool {
        self.belongs_to_connection
    }

    /// Rejects a second message, its header included, that differs from this one where it must not
    /// (RFC 8446, 4.1.2).
    pub(crate) fn check_second(&self, message: &[u8]) -> Result<()> {
        let contents = lock(&self.contents);
        // Fails if the memory of the first message has been freed: there is nothing to compare.
        let mut first = ClientHelloPayload::parse(&contents.body)?;
        first.random = &contents.random;
        let (body, _) = ClientHelloPayload::split(message)?;
        first.check_second(&ClientHelloPayload::parse(body)?)
    }

    /// Returns the message without its last `len` bytes, with its handshake header and its random.
    pub(crate) fn truncated(&self, len: usize) -> Result<Vec<u8>> {
        let contents = lock(&self.contents);
        let body = contents.body.as_slice();
        let end = body.len().checked_sub(len).ok_or(Code::BadMessage)?;
        let head = (body.len() as u32 | u32::from(CLIENT_HELLO) << 24).to_be_bytes();
        let mut message = Vec::new();
        memory::reserve_exact(&mut message, head.len() + end)?;
        message.extend_from_slice(&head);
        message.extend_from_slice(&body[..end]);
        let random = message.get_mut(head.len() + 2..head.len() + 2 + RANDOM_LEN);
        random
            .ok_or(Code::BadMessage)?
            .copy_from_slice(&contents.random);
        Ok(message)
    }

    /// Parses the message, and passes it to `inspect`.
    pub(crate) fn with_payload<R>(
        &self,
        inspect: impl FnOnce(&ClientHelloPayload<'_>) -> Result<R>,
    ) -> Result<R> {
        let contents = lock(&self.contents);
        // The body is empty if the memory of the message has been freed.
        let message = ClientHelloPayload::parse(&contents.body).map_err(|_| Code::Null)?;
        inspect(&message)
    }

    /// Passes the bytes of a field to `inspect`.
    pub fn with_field<R>(&self, field: Field, inspect: impl FnOnce(&[u8]) -> R) -> Result<R> {
        if field == Field::Message {
            return Ok(inspect(&lock(&self.contents).body));
        }
        self.with_payload(|message| {
            Ok(inspect(match field {
                Field::Message | Field::Extensions => message.extensions,
                Field::CipherSuites => message.cipher_suites,
                Field::SessionId => message.session_id,
                Field::CompressionMethods => message.compression_methods,
            }))
        })
    }

    /// Returns the length of a field in bytes; 0 without a message.
    pub fn len(&self, field: Field) -> usize {
        self.with_field(field, <[u8]>::len).unwrap_or(0)
    }

    /// Passes the data of an extension to `inspect`.
    pub fn with_extension<R>(&self, typ: u16, inspect: impl FnOnce(&[u8]) -> R) -> Result<R> {
        if !SUPPORTED_EXTENSIONS.contains(&typ) {
            return Err(Code::UnrecognizedExtension)?;
        }
        self.with_payload(|message| {
            let data = message.extension(typ);
            Ok(inspect(data.ok_or(Code::ExtensionNotReceived)?))
        })
    }

    /// Returns whether there is an extension of a type, supported or not.
    pub fn has_extension(&self, typ: u16) -> bool {
        self.with_payload(|message| Ok(message.extension(typ).is_some()))
            .unwrap_or(false)
    }

    /// Computes a fingerprint of the message.
    pub fn fingerprint(&self, method: FingerprintMethod) -> Result<Fingerprint> {
        self.with_payload(|message| method.apply(message))
    }

    pub fn random(&self) -> [u8; RANDOM_LEN] {
        lock(&self.contents).random
    }

    /// Returns legacy_version as a number of the API: 33 for 0x0303.
    pub fn legacy_version(&self) -> u8 {
        lock(&self.contents).legacy_version.map_or(0, legacy_number)
    }

    /// Returns legacy_version, which is TLS 1.2 at most (RFC 8446, 4.1.2).
    pub(crate) fn version(&self) -> Version {
        let version = lock(&self.contents).legacy_version;
        version.map_or(Version::Unknown, Version::from_legacy)
    }

    /// Returns the version in the header of the record that contained the message, as a number of
    /// the API.
    pub fn record_version(&self) -> Result<u8> {
        let version = lock(&self.contents).record_version;
        Ok(version.map(legacy_number).ok_or(Code::InvalidArgument)?)
    }

    /// Returns the groups of the supported_groups extension, in the client's order.
    pub fn supported_groups(&self) -> Result<Vec<u16>> {
        self.with_extension(SUPPORTED_GROUPS, |data| {
            let groups = Reader(data)
                .vector(2)
                .map_err(|_| Code::InvalidParsedExtensions)?;
            let (pairs, rest) = groups.as_chunks();
            if !rest.is_empty() {
                return Err(Code::InvalidParsedExtensions)?;
            }
            let mut numbers = Vec::new();
            memory::reserve_exact(&mut numbers, pairs.len())?;
            numbers.extend(pairs.iter().copied().map(u16::from_be_bytes));
            Ok(numbers)
        })?
    }

    /// Passes the first name of the server_name extension (SNI) to `inspect`.
    pub fn with_server_name<R>(&self, inspect: impl FnOnce(&[u8]) -> R) -> Result<R> {
        self.with_extension(SERVER_NAME, |data| {
            Ok(inspect(host_name(data).map_err(|_| Code::Safety)?))
        })?
    }
}
