//! Kernel TLS in memory: a transport that seals and opens records as the kernel does.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::*};
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use crate::base::Version;
use crate::policy;
use crate::record::{ContentType, Header, KernelKeys, MAX_PLAINTEXT, Opener, Sealer};
use crate::stream::{KernelReader, KernelWriter, Reader, ReceiveError, Writer};
use crate::testing::Pipe;

/// The errno of Linux.
const EAGAIN: i32 = 11;
const EBUSY: i32 = 16;
const EBADMSG: i32 = 74;

fn failed<R>(errno: i32) -> io::Result<R> {
    Err(io::Error::from_raw_os_error(errno))
}

/// Returns the keys as the record layer takes them.
fn suite_and_keys(keys: &KernelKeys) -> (SupportedCipherSuite, (u64, ConnectionTrafficSecrets)) {
    let (number, version) = match (keys.is_tls13(), keys.key().len()) {
        (true, 16) => (0x1301, Version::Tls13),
        (true, _) => (0x1302, Version::Tls13),
        (false, 16) => (0xc02b, Version::Tls12),
        (false, _) => (0xc02c, Version::Tls12),
    };
    let suite = policy::supported_suite(number, version).expect("a suite with AES-GCM");
    let mut iv = [0; 12];
    iv[..4].copy_from_slice(&keys.salt());
    if keys.is_tls13() {
        iv[4..].copy_from_slice(&keys.iv());
    }
    let iv = Iv::from(iv);
    let secrets = match <[u8; 16]>::try_from(keys.key()) {
        Ok(key) => ConnectionTrafficSecrets::Aes128Gcm {
            key: key.into(),
            iv,
        },
        Err(_) => {
            let key = <[u8; 32]>::try_from(keys.key()).expect("16 or 32 bytes");
            ConnectionTrafficSecrets::Aes256Gcm {
                key: AeadKey::from(key),
                iv,
            }
        }
    };
    (suite, (keys.sequence(), secrets))
}

/// The sending side of a socket with kernel TLS.
#[derive(Default)]
pub(super) struct KernelOut {
    pub(super) pipe: Arc<Pipe>,
    sealer: Mutex<Option<Sealer>>,
    /// The kernel can replace keys, as Linux 6.14 does.
    pub(super) replaces_keys: AtomicBool,
    /// The kernel has no TLS.
    pub(super) is_missing: AtomicBool,
    /// The IV of the last keys in TLS 1.2, and their sequence number.
    pub(super) explicit_nonce: Mutex<Option<([u8; 8], u64)>>,
}

impl KernelOut {
    pub(super) fn new(pipe: &Arc<Pipe>) -> Arc<Self> {
        Arc::new(Self {
            pipe: pipe.clone(),
            ..Self::default()
        })
    }

    fn sealer(&self) -> MutexGuard<'_, Option<Sealer>> {
        self.sealer.lock().expect("no test panics under it")
    }

    /// Seals and writes a record, if the pipe has room for it.
    pub(super) fn seal(&self, typ: ContentType, content: &[u8]) -> io::Result<usize> {
        let mut sealer = self.sealer();
        let sealer = sealer.as_mut().expect("kernel TLS is enabled");
        let mut record = vec![0; content.len() + sealer.overhead()];
        if self
            .pipe
            .state()
            .room
            .is_some_and(|room| room < record.len())
        {
            return failed(EAGAIN);
        }
        let len = sealer.seal(typ, &[content], &mut record).expect("sealed");
        assert_eq!(self.pipe.write(&record[..len])?, len);
        Ok(content.len())
    }
}

impl Writer for KernelOut {
    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        assert!(self.sealer().is_none(), "written without a type");
        self.pipe.write(buf)
    }

    fn descriptor(&self) -> Option<i32> {
        Some(7)
    }

    fn kernel(&self) -> Option<&dyn KernelWriter> {
        Some(self)
    }
}

impl KernelWriter for KernelOut {
    fn set_keys(&self, keys: &KernelKeys) -> io::Result<()> {
        let is_later = self.sealer().is_some();
        if self.is_missing.load(Relaxed) || is_later && !self.replaces_keys.load(Relaxed) {
            return failed(EBUSY);
        }
        let (suite, secrets) = suite_and_keys(keys);
        *self.sealer() = Some(Sealer::new(suite, secrets).expect("the keys fit"));
        *self.explicit_nonce.lock().expect("free") = Some((keys.iv(), keys.sequence()));
        Ok(())
    }

    fn is_enabled(&self) -> bool {
        self.sealer().is_some()
    }

    fn can_replace_keys(&self) -> bool {
        self.replaces_keys.load(Relaxed)
    }

    fn send(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(buffers.len() <= crate::stream::MAX_BUFFERS);
        let data: Vec<u8> = buffers.iter().flat_map(|buffer| buffer.to_vec()).collect();
        let mut sent = 0;
        for content in data.chunks(MAX_PLAINTEXT) {
            match self.seal(ContentType::ApplicationData, content) {
                Ok(len) => sent += len,
                Err(error) if sent == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(sent)
    }

    fn send_record(&self, typ: u8, content: &[u8]) -> io::Result<usize> {
        self.seal(ContentType::try_from(typ).expect("a content type"), content)
    }

    /// The "file" is a pattern of this number of bytes.
    fn send_file(&self, file: i32, offset: i64, count: usize) -> io::Result<usize> {
        let data = crate::testing::pattern(file as usize);
        let data = &data[offset as usize..];
        self.send(&[IoSlice::new(&data[..count.min(data.len())])])
    }
}

/// The receiving side of a socket with kernel TLS.
#[derive(Default)]
pub(super) struct KernelIn {
    pub(super) pipe: Arc<Pipe>,
    opener: Mutex<Option<Opener>>,
    received: Mutex<Vec<u8>>,
    pub(super) replaces_keys: AtomicBool,
    /// A KeyUpdate was received, and no new keys are set.
    is_expired: AtomicBool,
    /// The type of the next record is lost.
    pub(super) loses_type: AtomicBool,
    /// The type of the next record, if it is not 0.
    pub(super) other_type: AtomicU8,
    /// A signal interrupts the next call.
    pub(super) is_interrupted: AtomicBool,
}

impl KernelIn {
    pub(super) fn new(pipe: &Arc<Pipe>) -> Arc<Self> {
        Arc::new(Self {
            pipe: pipe.clone(),
            ..Self::default()
        })
    }

    fn opener(&self) -> MutexGuard<'_, Option<Opener>> {
        self.opener.lock().expect("no test panics under it")
    }

    /// Returns the next record; `None` at the end of the stream.
    fn record(&self) -> io::Result<Option<Vec<u8>>> {
        let mut received = self.received.lock().expect("no test panics under it");
        loop {
            let missing = match received.len() {
                len @ 0..Header::LEN => Header::LEN - len,
                len => Header::LEN + Header::read(&received).len - len,
            };
            if missing == 0 {
                return Ok(Some(std::mem::take(&mut *received)));
            }
            let mut more = vec![0; missing];
            match self.pipe.read(&mut more)? {
                0 => return Ok(None),
                len => received.extend(&more[..len]),
            }
        }
    }
}

impl Reader for KernelIn {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        assert!(self.opener().is_none(), "read without a type");
        self.pipe.read(buf)
    }

    fn descriptor(&self) -> Option<i32> {
        Some(7)
    }

    fn kernel(&self) -> Option<&dyn KernelReader> {
        Some(self)
    }
}

impl KernelReader for KernelIn {
    fn set_keys(&self, keys: &KernelKeys) -> io::Result<()> {
        if self.opener().is_some() && !self.replaces_keys.load(Relaxed) {
            return failed(EBUSY);
        }
        let (suite, secrets) = suite_and_keys(keys);
        *self.opener() = Some(Opener::new(suite, secrets).expect("the keys fit"));
        self.is_expired.store(false, Relaxed);
        Ok(())
    }

    fn is_enabled(&self) -> bool {
        self.opener().is_some()
    }

    fn receive(&self, buf: &mut [u8]) -> Result<Option<(u8, usize)>, ReceiveError> {
        if self.is_interrupted.swap(false, Relaxed) {
            return Err(ReceiveError::Transport(io::ErrorKind::Interrupted.into()));
        }
        if self.is_expired.load(Relaxed) {
            return Err(ReceiveError::KeyExpired);
        }
        let Some(mut record) = self.record().map_err(ReceiveError::Transport)? else {
            return Ok(None);
        };
        let mut opener = self.opener();
        let opener = opener.as_mut().expect("kernel TLS is enabled");
        let Ok(opened) = opener.open(&mut record) else {
            let error = io::Error::from_raw_os_error(EBADMSG);
            return Err(ReceiveError::Decrypt(error));
        };
        if self.loses_type.load(Relaxed) {
            return Err(ReceiveError::RecordType);
        }
        let content = &record[opened.plain];
        buf[..content.len()].copy_from_slice(content);
        // As Linux recognizes a KeyUpdate.
        if opened.typ == ContentType::Handshake && content.first() == Some(&24) {
            let is_new = self.replaces_keys.load(Relaxed);
            self.is_expired.store(is_new, Relaxed);
        }
        let typ = match self.other_type.swap(0, Relaxed) {
            0 => opened.typ as u8,
            other => other,
        };
        Ok(Some((typ, content.len())))
    }
}
