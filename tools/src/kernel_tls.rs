//! Kernel TLS of a TCP connection, with `--ktls`.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering::*;

use nix::errno::Errno;
use nix::sys::socket::sockopt::{TcpTlsRx, TcpTlsTx, TcpUlp, TlsCryptoInfo};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, TlsGetRecordType, recvmsg, setsockopt};
use nix::{cmsg_space, libc};
use rs2n_core::stream::{KernelKeys, KernelReader, KernelWriter, ReceiveError};
use socket2::{MsgHdr, SockRef};
use zeroize::Zeroize;

use crate::stream::Stream;

impl KernelWriter for Stream {
    fn set_keys(&self, keys: &KernelKeys) -> io::Result<()> {
        let tcp = self.tcp();
        set_keys(tcp, keys, |info| setsockopt(tcp, TcpTlsTx, info))?;
        self.kernel_sends.store(true, Release);
        Ok(())
    }

    fn is_enabled(&self) -> bool {
        self.kernel_sends.load(Acquire)
    }

    fn can_replace_keys(&self) -> bool {
        // A kernel without this feature fails with EBUSY before it reads the value. Others compare
        // the version, which is invalid here, with that of the current keys.
        let invalid = TlsCryptoInfo::Aes128Gcm(libc::tls12_crypto_info_aes_gcm_128 {
            info: libc::tls_crypto_info {
                version: 0,
                cipher_type: 0,
            },
            iv: [0; 8],
            key: [0; 16],
            salt: [0; 4],
            rec_seq: [0; 8],
        });
        setsockopt(self.tcp(), TcpTlsTx, &invalid) == Err(Errno::EINVAL)
    }

    fn send(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.run_write(|tcp| {
            let message = MsgHdr::new().with_buffers(buffers);
            SockRef::from(tcp).sendmsg(&message, libc::MSG_NOSIGNAL)
        })
    }

    fn send_record(&self, typ: u8, content: &[u8]) -> io::Result<usize> {
        self.run_write(|tcp| {
            let control = encode(typ);
            let buffers = [IoSlice::new(content)];
            let message = MsgHdr::new().with_buffers(&buffers).with_control(&control);
            SockRef::from(tcp).sendmsg(&message, libc::MSG_NOSIGNAL)
        })
    }
}

impl KernelReader for Stream {
    fn set_keys(&self, keys: &KernelKeys) -> io::Result<()> {
        let tcp = self.tcp();
        set_keys(tcp, keys, |info| setsockopt(tcp, TcpTlsRx, info))?;
        self.kernel_receives.store(true, Release);
        Ok(())
    }

    fn is_enabled(&self) -> bool {
        self.kernel_receives.load(Acquire)
    }

    fn receive(&self, buf: &mut [u8]) -> Result<Option<(u8, usize)>, ReceiveError> {
        let mut received = None;
        let outcome = self.run_read(|tcp| {
            received = receive(tcp, buf)?;
            Ok(received.map_or(0, |(_, len)| len))
        });
        outcome.map_err(|error| classify(self.tcp(), error))?;
        if let Some((APPLICATION_DATA, len)) = received {
            self.kernel_data.fetch_add(len as u64, Relaxed);
        }
        Ok(received)
    }
}

/// The content type of application data (RFC 8446, 5.1).
const APPLICATION_DATA: u8 = 23;

fn set_keys(
    tcp: &TcpStream,
    keys: &KernelKeys,
    set: impl FnOnce(&TlsCryptoInfo) -> nix::Result<()>,
) -> io::Result<()> {
    // Fails if the other direction has enabled it. If it fails for another reason, the next call
    // fails.
    let _ = setsockopt(tcp, TcpUlp::default(), b"tls");
    let mut info = crypto_info(keys).ok_or(Errno::EINVAL)?;
    let outcome = set(&info);
    match &mut info {
        TlsCryptoInfo::Aes128Gcm(info) => info.key.zeroize(),
        TlsCryptoInfo::Aes256Gcm(info) => info.key.zeroize(),
        TlsCryptoInfo::Chacha20Poly1305(info) => info.key.zeroize(),
    }
    Ok(outcome?)
}

fn crypto_info(keys: &KernelKeys) -> Option<TlsCryptoInfo> {
    let version = match keys.is_tls13() {
        true => libc::TLS_1_3_VERSION,
        false => libc::TLS_1_2_VERSION,
    };
    let info = |cipher_type| libc::tls_crypto_info {
        version,
        cipher_type,
    };
    let (iv, salt, rec_seq) = (keys.iv(), keys.salt(), keys.sequence().to_be_bytes());
    if let Ok(key) = keys.key().try_into() {
        let info = info(libc::TLS_CIPHER_AES_GCM_128);
        return Some(TlsCryptoInfo::Aes128Gcm(
            libc::tls12_crypto_info_aes_gcm_128 {
                info,
                iv,
                key,
                salt,
                rec_seq,
            },
        ));
    }
    let key = keys.key().try_into().ok()?;
    let info = info(libc::TLS_CIPHER_AES_GCM_256);
    Some(TlsCryptoInfo::Aes256Gcm(
        libc::tls12_crypto_info_aes_gcm_256 {
            info,
            iv,
            key,
            salt,
            rec_seq,
        },
    ))
}

/// The length of a `cmsghdr` in bytes: a length, a level and a type.
const HEADER: usize = size_of::<usize>() + 2 * size_of::<i32>();

/// The space of a control message with one byte: its end is aligned.
const SPACE: usize = HEADER + size_of::<usize>();

/// Encodes the control message with the type of a record.
fn encode(typ: u8) -> [u8; SPACE] {
    let mut control = [0; SPACE];
    let parts: [&[u8]; 4] = [
        &(HEADER + 1).to_ne_bytes(),
        &libc::SOL_TLS.to_ne_bytes(),
        &libc::TLS_SET_RECORD_TYPE.to_ne_bytes(),
        &[typ],
    ];
    let mut at = 0;
    for part in parts {
        control[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    control
}

/// Receives records of one type: returns the length of their content, and the type; `None` at the
/// end of the stream.
fn receive(tcp: &TcpStream, buf: &mut [u8]) -> io::Result<Option<(u8, usize)>> {
    let mut control = cmsg_space!(u8);
    let mut buffers = [IoSliceMut::new(buf)];
    let flags = MsgFlags::empty();
    let message = recvmsg::<()>(tcp.as_raw_fd(), &mut buffers, Some(&mut control), flags)?;
    let typ = match message.cmsgs().map(|mut messages| messages.next()) {
        Ok(Some(ControlMessageOwned::TlsGetRecordType(typ))) => typ,
        // The end of the stream has no type, unlike an empty record.
        Ok(None) if message.bytes == 0 => return Ok(None),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let typ = match typ {
        TlsGetRecordType::ChangeCipherSpec => 20,
        TlsGetRecordType::Alert => 21,
        TlsGetRecordType::Handshake => 22,
        TlsGetRecordType::ApplicationData => APPLICATION_DATA,
        TlsGetRecordType::Unknown(typ) => typ,
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    Ok(Some((typ, message.bytes)))
}

fn classify(tcp: &TcpStream, error: io::Error) -> ReceiveError {
    let classify = match error.raw_os_error() {
        Some(libc::EBADMSG) => ReceiveError::Decrypt,
        Some(libc::EMSGSIZE) => ReceiveError::Overflow,
        Some(libc::EINVAL) => ReceiveError::Header,
        Some(libc::EKEYEXPIRED) => return ReceiveError::KeyExpired,
        None if error.kind() == io::ErrorKind::InvalidData => return ReceiveError::RecordType,
        _ => return ReceiveError::Transport(error),
    };
    // The kernel also sets the error of the socket, with which the alert would fail.
    let _ = tcp.take_error();
    classify(error)
}
