//! Kernel TLS of a socket: its socket options, the control messages with the content types of
//! records, and `sendfile()`.

use std::io::{self, IoSlice};
use std::mem::{size_of, zeroed};
use std::os::fd::RawFd;

use libc::{c_int, c_void, socklen_t};
use nix::errno::Errno;
use rs2n_core::stream::{KernelKeys, KernelReader, KernelWriter, ReceiveError};
use zeroize::Zeroizing;

use super::cancellation;
use super::fd::{self, ReadFd, WriteFd};

impl KernelWriter for WriteFd {
    fn set_keys(&self, keys: &KernelKeys) -> io::Result<()> {
        set_keys(self.fd, libc::TLS_TX, keys)
    }

    fn is_enabled(&self) -> bool {
        is_enabled(self.fd, libc::TLS_TX)
    }

    fn can_replace_keys(&self) -> bool {
        // A kernel without this feature fails with EBUSY before it reads the value. Others compare
        // the version, which is invalid here, with that of the current keys.
        let invalid = [0; size_of::<libc::tls_crypto_info>()];
        let outcome = set_option(self.fd, libc::SOL_TLS, libc::TLS_TX, &invalid);
        outcome.is_err_and(|error| error.raw_os_error() == Some(libc::EINVAL))
    }

    fn send(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        send(self.fd, buffers, None)
    }

    fn send_record(&self, typ: u8, content: &[u8]) -> io::Result<usize> {
        send(self.fd, &[IoSlice::new(content)], Some(typ))
    }

    fn send_file(&self, file: i32, offset: i64, count: usize) -> io::Result<usize> {
        Errno::clear();
        cancellation::sendfile(self.fd, file, offset, count)
    }
}

impl KernelReader for ReadFd {
    fn set_keys(&self, keys: &KernelKeys) -> io::Result<()> {
        set_keys(self.fd, libc::TLS_RX, keys)
    }

    fn is_enabled(&self) -> bool {
        is_enabled(self.fd, libc::TLS_RX)
    }

    fn receive(&self, buf: &mut [u8]) -> Result<Option<(u8, usize)>, ReceiveError> {
        let mut control = RecordType::empty();
        let mut buffer = libc::iovec {
            iov_base: buf.as_mut_ptr().cast(),
            iov_len: buf.len(),
        };
        let mut message = control.message();
        message.msg_iov = &raw mut buffer;
        message.msg_iovlen = 1;
        Errno::clear();
        // SAFETY: `buffer` is `buf`, which is writable for its length, and `control` is writable
        // for the length in `message`, for the whole call.
        let received = unsafe { cancellation::recvmsg(self.fd, &mut message) };
        let len = received.map_err(|error| self.classify(error))?;
        let (control_len, flags) = (size(message.msg_controllen), message.msg_flags);
        match control.typ(control_len, flags) {
            Some(typ) => Ok(Some((typ, len))),
            // An empty record has a type, and the end of the stream has none.
            None if len == 0 && control_len == 0 => Ok(None),
            None => Err(ReceiveError::RecordType),
        }
    }
}

impl ReadFd {
    fn classify(&self, error: io::Error) -> ReceiveError {
        let classify = match error.raw_os_error() {
            Some(libc::EBADMSG) => ReceiveError::Decrypt,
            Some(libc::EMSGSIZE) => ReceiveError::Overflow,
            Some(libc::EINVAL) => ReceiveError::Header,
            Some(libc::EKEYEXPIRED) => return ReceiveError::KeyExpired,
            _ => return ReceiveError::Transport(error),
        };
        // The kernel also sets the error of the socket, with which the next call fails, such as
        // that which sends the alert.
        let _ = fd::option(self.fd, libc::SOL_SOCKET, libc::SO_ERROR);
        classify(error)
    }
}

/// Enables kernel TLS for a direction, or replaces its keys.
fn set_keys(fd: RawFd, direction: c_int, keys: &KernelKeys) -> io::Result<()> {
    // This fails if the other direction has enabled it. If it fails for another reason, the next
    // call fails.
    let _ = set_option(fd, libc::SOL_TCP, libc::TCP_ULP, b"tls");
    let (info, len) = crypto_info(keys).ok_or(Errno::EINVAL)?;
    set_option(fd, libc::SOL_TLS, direction, &info[..len])
}

fn is_enabled(fd: RawFd, direction: c_int) -> bool {
    // Only the version and the cipher are read, not the keys.
    let mut head = [0_u8; size_of::<libc::tls_crypto_info>()];
    let mut len = head.len() as socklen_t;
    let out: *mut c_void = head.as_mut_ptr().cast();
    // SAFETY: `head` is writable for `len` bytes, and `len` is writable, for the whole call.
    let status = unsafe { libc::getsockopt(fd, libc::SOL_TLS, direction, out, &mut len) };
    status == 0
}

fn set_option(fd: RawFd, level: c_int, name: c_int, value: &[u8]) -> io::Result<()> {
    let len = value.len() as socklen_t;
    // SAFETY: `value` is readable for `len` bytes for the whole call. A descriptor that is not open
    // makes the call fail.
    let status = unsafe { libc::setsockopt(fd, level, name, value.as_ptr().cast(), len) };
    match status {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The maximum length of the value of `TLS_TX` and `TLS_RX` in bytes.
const MAX_CRYPTO_INFO: usize = size_of::<libc::tls12_crypto_info_aes_gcm_256>();

/// Encodes keys as the value of `TLS_TX` and `TLS_RX`, `tls12_crypto_info_aes_gcm_128` or `_256`:
/// returns the bytes and their number.
fn crypto_info(keys: &KernelKeys) -> Option<(Zeroizing<[u8; MAX_CRYPTO_INFO]>, usize)> {
    let version = match keys.is_tls13() {
        true => libc::TLS_1_3_VERSION,
        false => libc::TLS_1_2_VERSION,
    };
    let cipher = match keys.key().len() {
        libc::TLS_CIPHER_AES_GCM_128_KEY_SIZE => libc::TLS_CIPHER_AES_GCM_128,
        libc::TLS_CIPHER_AES_GCM_256_KEY_SIZE => libc::TLS_CIPHER_AES_GCM_256,
        _ => return None,
    };
    let parts: [&[u8]; 6] = [
        &version.to_ne_bytes(),
        &cipher.to_ne_bytes(),
        &keys.iv(),
        keys.key(),
        &keys.salt(),
        &keys.sequence().to_be_bytes(),
    ];
    let mut bytes = Zeroizing::new([0; MAX_CRYPTO_INFO]);
    let mut len = 0;
    for part in parts {
        bytes[len..len + part.len()].copy_from_slice(part);
        len += part.len();
    }
    Some((bytes, len))
}

/// Sends the buffers; with a type as one record, unless they are empty.
fn send(fd: RawFd, buffers: &[IoSlice<'_>], typ: Option<u8>) -> io::Result<usize> {
    let mut control = RecordType::empty();
    let mut message = match typ {
        Some(typ) => {
            control.set(typ);
            control.message()
        }
        None => no_message(),
    };
    // The type is guaranteed to have the layout of `iovec`, and the call does not write to it.
    message.msg_iov = buffers.as_ptr().cast_mut().cast();
    message.msg_iovlen = buffers.len() as _;
    Errno::clear();
    // SAFETY: `buffers` and `control` are readable for the lengths in `message` for the whole call.
    unsafe { cancellation::sendmsg(fd, &message, libc::MSG_NOSIGNAL) }
}

/// A control message with the content type of a record.
#[repr(C)]
struct RecordType {
    header: libc::cmsghdr,
    typ: u8,
    /// The kernel aligns the end of a control message.
    padding: [u8; size_of::<usize>() - 1],
}

impl RecordType {
    fn empty() -> Self {
        // SAFETY: the fields are integers, for which zero is valid.
        unsafe { zeroed() }
    }

    fn set(&mut self, typ: u8) {
        self.header.cmsg_len = message_len() as _;
        self.header.cmsg_level = libc::SOL_TLS;
        self.header.cmsg_type = libc::TLS_SET_RECORD_TYPE;
        self.typ = typ;
    }

    /// Returns a message with this control message, and without buffers.
    fn message(&mut self) -> libc::msghdr {
        let mut message = no_message();
        message.msg_control = (&raw mut *self).cast();
        message.msg_controllen = message_space() as _;
        message
    }

    /// Returns the type in a received control message of `len` bytes; `None` if it is missing or
    /// truncated.
    fn typ(&self, len: usize, flags: c_int) -> Option<u8> {
        let is_valid = flags & libc::MSG_CTRUNC == 0
            && len >= message_len()
            && size(self.header.cmsg_len) == message_len()
            && self.header.cmsg_level == libc::SOL_TLS
            && self.header.cmsg_type == libc::TLS_GET_RECORD_TYPE;
        is_valid.then_some(self.typ)
    }
}

fn no_message() -> libc::msghdr {
    // SAFETY: the fields are integers and pointers, for which zero is valid.
    unsafe { zeroed() }
}

/// Converts a length whose type depends on the C library.
fn size(len: impl TryInto<usize>) -> usize {
    len.try_into().unwrap_or(usize::MAX)
}

/// Returns the length of a control message with one byte.
fn message_len() -> usize {
    // SAFETY: the function computes a number.
    unsafe { libc::CMSG_LEN(1) as usize }
}

/// Returns the space of a control message with one byte.
fn message_space() -> usize {
    // SAFETY: the function computes a number.
    unsafe { libc::CMSG_SPACE(1) as usize }
}

#[cfg(test)]
mod tests;
