use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use super::*;
use rs2n_core::stream::{Reader, Writer};

fn keys(tls13: bool, key_len: usize) -> KernelKeys {
    let key: Vec<u8> = (1..=key_len as u8).collect();
    let iv = [
        0xa0, 0xa1, 0xa2, 0xa3, 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7,
    ];
    KernelKeys::for_test(tls13, &key, iv, 0x0102_0304_0506_0708)
}

/// Reads the value as the C structure.
fn encoded<T: Copy>(keys: &KernelKeys) -> T {
    let (bytes, len) = crypto_info(keys).expect("AES-GCM");
    assert_eq!(len, size_of::<T>());
    // SAFETY: the bytes are as many as the type has, which consists of integers.
    unsafe { std::ptr::read_unaligned(bytes.as_ptr().cast()) }
}

#[test]
fn keys_are_encoded_as_the_structures_of_linux() {
    let info: libc::tls12_crypto_info_aes_gcm_128 = encoded(&keys(true, 16));
    assert_eq!(info.info.version, 0x0304);
    assert_eq!(info.info.cipher_type, 51);
    assert_eq!(info.salt, [0xa0, 0xa1, 0xa2, 0xa3]);
    assert_eq!(info.iv, [0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7]);
    assert_eq!(info.key.to_vec(), (1..=16).collect::<Vec<u8>>());
    assert_eq!(info.rec_seq, [1, 2, 3, 4, 5, 6, 7, 8]);

    let info: libc::tls12_crypto_info_aes_gcm_256 = encoded(&keys(true, 32));
    assert_eq!(info.info.version, 0x0304);
    assert_eq!(info.info.cipher_type, 52);
    assert_eq!(info.salt, [0xa0, 0xa1, 0xa2, 0xa3]);
    assert_eq!(info.iv, [0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7]);
    assert_eq!(info.key.to_vec(), (1..=32).collect::<Vec<u8>>());
    assert_eq!(info.rec_seq, [1, 2, 3, 4, 5, 6, 7, 8]);
}

/// In TLS 1.2 the explicit nonce continues at the sequence number.
#[test]
fn the_explicit_nonce_is_the_sequence_number() {
    for key_len in [16, 32] {
        let keys = keys(false, key_len);
        let (bytes, _) = crypto_info(&keys).expect("AES-GCM");
        assert_eq!(bytes[..2], 0x0303_u16.to_ne_bytes());
        assert_eq!(bytes[4..12], [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}

/// A control message of the kernel.
fn received(level: c_int, typ: c_int, value: u8) -> RecordType {
    let mut control = RecordType::empty();
    control.set(value);
    control.header.cmsg_level = level;
    control.header.cmsg_type = typ;
    control
}

#[test]
fn only_a_complete_control_message_has_a_type() {
    let space = message_space();
    let valid = received(libc::SOL_TLS, libc::TLS_GET_RECORD_TYPE, 21);
    assert_eq!(valid.typ(space, 0), Some(21));
    assert_eq!(valid.typ(message_len(), 0), Some(21));
    assert_eq!(valid.typ(space, libc::MSG_CTRUNC), None);
    assert_eq!(valid.typ(message_len() - 1, 0), None);
    assert_eq!(valid.typ(0, 0), None);
    for other in [
        received(libc::SOL_SOCKET, libc::TLS_GET_RECORD_TYPE, 21),
        received(libc::SOL_TLS, libc::TLS_SET_RECORD_TYPE, 21),
    ] {
        assert_eq!(other.typ(space, 0), None);
    }
    let mut long = received(libc::SOL_TLS, libc::TLS_GET_RECORD_TYPE, 21);
    long.header.cmsg_len += 1;
    assert_eq!(long.typ(space, 0), None);
}

/// A socket pair is not TCP, so that every kernel rejects it.
#[test]
fn a_socket_without_kernel_tls_is_rejected() {
    let (one, other) = UnixStream::pair().expect("a socket pair");
    let writer = WriteFd::new(one.as_raw_fd());
    let reader = ReadFd::new(one.as_raw_fd());
    let (write, read) = (
        writer.kernel().expect("Linux"),
        reader.kernel().expect("Linux"),
    );
    assert!(write.set_keys(&keys(true, 16)).is_err());
    assert!(read.set_keys(&keys(true, 16)).is_err());
    assert!(!write.is_enabled() && !read.is_enabled());
    assert!(!write.can_replace_keys());

    // Data without a type is not taken for a record.
    assert_eq!(
        WriteFd::new(other.as_raw_fd())
            .write(b"data")
            .expect("sent"),
        4
    );
    let outcome = read.receive(&mut [0; 10]);
    assert!(
        matches!(outcome, Err(ReceiveError::RecordType)),
        "{outcome:?}"
    );
    drop(other);
    assert!(matches!(read.receive(&mut [0; 10]), Ok(None)));
}

#[test]
fn a_descriptor_that_is_not_open_is_an_error() {
    let writer = WriteFd::new(-1);
    let write = writer.kernel().expect("Linux");
    let errors = [
        write.set_keys(&keys(false, 32)).unwrap_err(),
        write.send(&[IoSlice::new(b"x")]).unwrap_err(),
        write.send_record(21, b"x").unwrap_err(),
        write.send_file(0, 0, 1).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.raw_os_error(), Some(libc::EBADF));
    }
}

/// The action of SIGPIPE is the default one, which would end the process.
#[test]
fn sendfile_to_a_closed_socket_raises_no_signal() {
    let (one, other) = UnixStream::pair().expect("a socket pair");
    drop(other);
    let file = std::fs::File::open("/proc/self/exe").expect("readable");
    // The runtime of Rust ignores the signal, so that it is unblocked and handled here.
    // SAFETY: the default action is valid, and is replaced below.
    let before = unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let writer = WriteFd::new(one.as_raw_fd());
    let outcome = writer
        .kernel()
        .expect("Linux")
        .send_file(file.as_raw_fd(), 0, 100);
    // SAFETY: `before` was the action.
    unsafe { libc::signal(libc::SIGPIPE, before) };
    assert_eq!(outcome.unwrap_err().raw_os_error(), Some(libc::EPIPE));
}
