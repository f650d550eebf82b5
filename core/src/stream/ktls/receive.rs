//! Receiving with kernel TLS.

use std::io;
use std::sync::Arc;

use super::*;
use crate::error::{Alert, Reason};
use crate::record::{ContentType, MAX_PLAINTEXT, Opened};
use crate::stream::receive::RecvHalf;
use crate::stream::transport::{KernelReader, ReceiveError, classify};

/// Receives the records of a connection with kernel TLS.
pub(in crate::stream) struct KernelRecv {
    /// The descriptor that was last seen with kernel TLS.
    reader: Arc<dyn Reader>,

    tls13: bool,
}

impl KernelRecv {
    pub(super) fn new(reader: Arc<dyn Reader>, tls13: bool) -> Self {
        Self { reader, tls13 }
    }

    pub(in crate::stream) fn is_tls13(&self) -> bool {
        self.tls13
    }

    /// Replaces the keys after a KeyUpdate of the peer.
    pub(in crate::stream) fn replace_key(&self, state: &State) -> Result<()> {
        let keys = KernelKeys::for_receiving(self.tls13, state.next_read_keys()?)?;
        let kernel = self.reader.kernel().ok_or(Code::KtlsManagedIo)?;
        // The peer is not at fault, but none of its later records can be decrypted.
        let failed = |_| Error::with_alert(Code::KtlsSockopt, Alert::InternalError);
        kernel.set_keys(&keys).map_err(failed)
    }

    /// Receives the content of one or more records of one type: returns the type and the length.
    fn receive(&mut self, io: Io<'_>, buf: &mut [u8]) -> Result<(u8, usize)> {
        let kernel = self.kernel(io)?;
        loop {
            match kernel.receive(buf) {
                Ok(Some(received)) => return Ok(received),
                // As without kernel TLS, the end of the stream closes only this direction.
                Ok(None) => {
                    io.state.shared.read_closed.store(true, Release);
                    let reason = Reason::EndOfStream {
                        have: 0,
                        need: 0,
                        header: [0; 5],
                    };
                    return Err(Error::transport(Code::Closed, 0).because(reason));
                }
                Err(error) if is_interrupted(&error) => {}
                Err(error) => return Err(io.blind(convert(&error))),
            }
        }
    }

    /// Returns the kernel TLS of the current descriptor. The application may have set another one,
    /// which must be of a socket with kernel TLS.
    fn kernel(&mut self, io: Io<'_>) -> Result<&dyn KernelReader> {
        let reader = io.transport().required_reader()?;
        if !Arc::ptr_eq(&reader, &self.reader) {
            if !reader.kernel().is_some_and(KernelReader::is_enabled) {
                return Err(Code::KtlsManagedIo)?;
            }
            self.reader = reader;
        }
        Ok(self.reader.kernel().ok_or(Code::KtlsManagedIo)?)
    }
}

fn is_interrupted(error: &ReceiveError) -> bool {
    matches!(error, ReceiveError::Transport(error) if error.kind() == io::ErrorKind::Interrupted)
}

/// Converts an error of the kernel. s2n-tls reports invalid records as an error of the transport
/// too, but sends no alert for them.
fn convert(error: &ReceiveError) -> Error {
    match error {
        ReceiveError::Decrypt(error) => classify(error).and_alert(Alert::BadRecordMac),
        ReceiveError::Overflow(error) => classify(error).and_alert(Alert::RecordOverflow),
        ReceiveError::Header(error) => classify(error).and_alert(Alert::UnexpectedMessage),
        ReceiveError::KeyExpired => {
            Error::with_alert(Code::KtlsKeyupdate, Alert::UnexpectedMessage)
        }
        ReceiveError::RecordType => Error::with_alert(Code::KtlsBadCmsg, Alert::InternalError),
        ReceiveError::Transport(error) => classify(error),
    }
}

impl RecvHalf {
    /// Fails if received bytes are buffered, which the kernel does not have.
    pub(super) fn check_drained(&self) -> Result<()> {
        if self.has_unread() || self.awaits_record && self.input.len() > 0 {
            return Err(Code::RecordStufferNeedsDraining)?;
        }
        // Records that were read ahead.
        match self.input.len() {
            0 => Ok(()),
            _ => Err(Code::KtlsUnsupportedConn)?,
        }
    }

    /// Receives records of one type from the kernel, and sets `self.plain` to their content.
    pub(in crate::stream) fn read_kernel_record(&mut self, io: Io<'_>) -> Result<ContentType> {
        let kernel = self.kernel.as_mut().ok_or(Code::Safety)?;
        // Space for any record: a part of an alert must not be left in the kernel.
        let room = self.input.room(MAX_PLAINTEXT)?;
        let (typ, len) = kernel.receive(io, room)?;
        let tls13 = kernel.is_tls13();
        self.input.commit(len);
        self.record_len = len;
        let opened = ContentType::try_from(typ)
            .map_err(Error::from)
            .and_then(|typ| match typ {
                // RFC 8446, 5: "An implementation [...] which receives a protected
                // change_cipher_spec record MUST abort the handshake with an "unexpected_message"
                // alert."
                ContentType::ChangeCipherSpec if tls13 => Err(Code::BadMessage)?,
                typ => self.check_interleaving(Opened { typ, plain: 0..len }),
            });
        match opened {
            Ok(opened) => {
                self.plain = opened.plain;
                Ok(opened.typ)
            }
            Err(error) => {
                self.drop_record();
                Err(io.blind(error))
            }
        }
    }
}
