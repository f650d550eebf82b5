//! Kernel TLS over a transport in memory.

use super::kernel::{KernelIn, KernelOut};
use super::*;
use crate::config::SerializationVersion;
use crate::error::Alert;
use crate::testing::{Pair, TLS12_POLICY, TLS13_POLICY};

/// A client whose transport has kernel TLS, and a server.
struct Kernel {
    pair: Pair,
    reader: Arc<KernelIn>,
    writer: Arc<KernelOut>,
}

impl Kernel {
    /// Completes a handshake. Kernel TLS is not enabled.
    fn new(policy: &[u8]) -> Self {
        let pair = Pair::new(policy);
        let reader = KernelIn::new(&pair.to_client);
        let writer = KernelOut::new(&pair.to_server);
        pair.client.set_reader(Some(reader.clone()));
        pair.client.set_writer(Some(writer.clone()), true);
        pair.client_config.allow_kernel_tls13();
        pair.establish();
        Self {
            pair,
            reader,
            writer,
        }
    }

    /// Completes a handshake, and enables kernel TLS in both directions.
    fn enabled(policy: &[u8]) -> Self {
        let kernel = Self::new(policy);
        kernel.client().enable_kernel_send().expect("enabled");
        kernel.client().enable_kernel_recv().expect("enabled");
        kernel
    }

    fn client(&self) -> &Connection {
        &self.pair.client
    }

    fn server(&self) -> &Connection {
        &self.pair.server
    }

    fn replace_keys(&self) {
        self.reader.replaces_keys.store(true, Relaxed);
        self.writer.replaces_keys.store(true, Relaxed);
    }

    /// Lowers the number of records that the client may seal with its key.
    fn lower_limit(&self, records: u64) {
        let mut half = self.client().stream.send.lock().expect("free");
        half.sealer
            .as_mut()
            .expect("not enabled")
            .lower_limit(records);
    }

    fn transfer(&self) {
        assert_eq!(send(self.client(), b"there"), (Ok(5), Blocked::Not));
        assert_eq!(recv(self.server(), 100).0, Ok(b"there".to_vec()));
        assert_eq!(send(self.server(), b"back"), (Ok(4), Blocked::Not));
        assert_eq!(recv(self.client(), 100).0, Ok(b"back".to_vec()));
    }
}

const POLICIES: [&[u8]; 2] = [TLS12_POLICY, TLS13_POLICY];

fn refused(outcome: Result<()>) -> Code {
    outcome.unwrap_err().code()
}

#[test]
fn data_is_sent_and_received_by_the_kernel() {
    for policy in POLICIES {
        let kernel = Kernel::new(policy);
        kernel.transfer();
        assert_ne!(kernel.client().wire_bytes_in(), 0);
        kernel.client().enable_kernel_send().expect("enabled");
        kernel.transfer();
        assert_ne!(kernel.client().wire_bytes_in(), 0);
        kernel.client().enable_kernel_recv().expect("enabled");
        kernel.transfer();
        assert_eq!(kernel.client().wire_bytes_in(), 0);
        assert_eq!(kernel.client().wire_bytes_out(), 0);

        let large = pattern(100_000);
        assert_eq!(send(kernel.client(), &large), (Ok(100_000), Blocked::Not));
        assert_eq!(received(kernel.server()), large);
        assert_eq!(send(kernel.server(), &large), (Ok(100_000), Blocked::Not));
        assert_eq!(received(kernel.client()), large);

        assert_eq!(shutdown(kernel.client()).0, Err(Code::IoBlocked));
        assert_eq!(recv(kernel.server(), 1).0, Ok(Vec::new()));
        assert_eq!(shutdown(kernel.server()).0, Ok(()));
        assert_eq!(shutdown(kernel.client()).0, Ok(()));
    }
}

/// In TLS 1.2 the kernel counts explicit nonces from the IV on. The records before have had the
/// sequence numbers below.
#[test]
fn nonces_do_not_repeat() {
    let kernel = Kernel::new(TLS12_POLICY);
    let mut explicit = Vec::new();
    for _ in 0..3 {
        assert_eq!(send(kernel.client(), b"x").0, Ok(1));
        let bytes = kernel
            .pair
            .to_server
            .state()
            .bytes
            .drain(..)
            .collect::<Vec<_>>();
        explicit.push(bytes[5..13].to_vec());
    }
    assert_eq!(
        explicit,
        [1_u64, 2, 3].map(|number| number.to_be_bytes().to_vec())
    );
    kernel.client().enable_kernel_send().expect("enabled");
    let nonce = *kernel.writer.explicit_nonce.lock().expect("free");
    assert_eq!(nonce, Some((4_u64.to_be_bytes(), 4)));
}

#[test]
fn a_connection_is_validated_in_the_order_of_s2n_tls() {
    let kernel = Kernel::new(TLS13_POLICY);
    let (client, server) = (kernel.client(), kernel.server());
    let fresh = Connection::new(Mode::Client);
    fresh
        .set_config(kernel.pair.client_config.clone())
        .expect("fits");
    assert_eq!(
        refused(fresh.enable_kernel_send()),
        Code::HandshakeNotComplete
    );
    assert_eq!(
        refused(fresh.enable_kernel_recv()),
        Code::HandshakeNotComplete
    );

    // The server's config does not allow TLS 1.3, and its transport is none of descriptors.
    assert_eq!(
        refused(server.enable_kernel_send()),
        Code::KtlsUnsupportedConn
    );
    kernel.pair.server_config.allow_kernel_tls13();
    assert_eq!(refused(server.enable_kernel_send()), Code::KtlsManagedIo);
    assert_eq!(refused(server.enable_kernel_recv()), Code::KtlsManagedIo);

    let config = &kernel.pair.client_config;
    config
        .set_serialization_version(Ok(SerializationVersion::V1))
        .expect("set");
    assert_eq!(
        refused(client.enable_kernel_send()),
        Code::KtlsUnsupportedConn
    );

    client.free_handshake().expect("freed");
    assert_eq!(refused(client.enable_kernel_send()), Code::InvalidState);
    assert_eq!(refused(client.enable_kernel_recv()), Code::InvalidState);
    kernel.transfer();
}

#[test]
fn a_client_that_may_renegotiate_is_rejected() {
    for (policy, expected) in [(TLS12_POLICY, Err(Code::KtlsReneg)), (TLS13_POLICY, Ok(()))] {
        let kernel = Kernel::new(policy);
        let config = &kernel.pair.client_config;
        let callback = Arc::new(receiving::NeverCalled);
        config
            .set_renegotiation_callback(Some(callback))
            .expect("not serializable");
        let outcome = kernel.client().enable_kernel_send();
        assert_eq!(outcome.map_err(|error| error.code()), expected);
    }
}

#[test]
fn a_kernel_without_tls_leaves_the_connection_as_it_is() {
    for policy in POLICIES {
        let kernel = Kernel::new(policy);
        kernel.writer.is_missing.store(true, Relaxed);
        assert_eq!(
            refused(kernel.client().enable_kernel_send()),
            Code::KtlsEnable
        );
        assert!(!kernel.client().sends_by_kernel());
        kernel.transfer();
    }
}

#[test]
fn data_that_is_not_written_is_not_left_behind() {
    let kernel = Kernel::new(TLS13_POLICY);
    let client = kernel.client();
    let draining = Code::RecordStufferNeedsDraining;
    kernel.pair.to_server.state().room = Some(10);
    assert_eq!(send(client, b"data").0, Err(Code::IoBlocked));
    assert_eq!(refused(client.enable_kernel_send()), draining);
    kernel.pair.to_server.state().room = None;
    client.flush(&mut Blocked::Not).expect("written");
    // Written, but the application passes the data again: the next call would send it twice.
    assert_eq!(refused(client.enable_kernel_send()), draining);
    assert_eq!(send(client, b"data").0, Ok(4));
    client.enable_kernel_send().expect("enabled");
    assert_eq!(recv(kernel.server(), 100).0, Ok(b"data".to_vec()));
}

#[test]
fn data_that_is_not_read_is_not_left_behind() {
    let kernel = Kernel::new(TLS13_POLICY);
    let client = kernel.client();
    let draining = Code::RecordStufferNeedsDraining;
    assert_eq!(send(kernel.server(), b"data").0, Ok(4));
    assert_eq!(recv(client, 1).0, Ok(b"d".to_vec()));
    assert_eq!(refused(client.enable_kernel_recv()), draining);
    assert_eq!(recv(client, 3).0, Ok(b"ata".to_vec()));

    // A part of a header, and a part of a body.
    for len in [3, 12] {
        assert_eq!(send(kernel.server(), b"data").0, Ok(4));
        let rest = kernel.pair.to_client.state().bytes.split_off(len);
        assert_eq!(recv(client, 10).0, Err(Code::IoBlocked));
        assert_eq!(refused(client.enable_kernel_recv()), draining);
        kernel.pair.to_client.state().bytes.extend(rest);
        assert_eq!(recv(client, 10).0, Ok(b"data".to_vec()));
    }

    // Another record that was read ahead.
    client.set_recv_buffering(true).expect("not QUIC");
    for _ in 0..2 {
        assert_eq!(send(kernel.server(), b"data").0, Ok(4));
    }
    assert_eq!(recv(client, 10).0, Ok(b"data".to_vec()));
    assert_eq!(
        refused(client.enable_kernel_recv()),
        Code::KtlsUnsupportedConn
    );
    assert_eq!(recv(client, 10).0, Ok(b"data".to_vec()));
    client.enable_kernel_recv().expect("enabled");
    kernel.transfer();
}

#[test]
fn a_partial_send_is_reported() {
    for policy in POLICIES {
        let kernel = Kernel::enabled(policy);
        let data = pattern(50_000);
        kernel.pair.to_server.state().room = Some(40_000);
        assert_eq!(send(kernel.client(), &data), (Ok(32_768), Blocked::Write));
        assert_eq!(
            send(kernel.client(), &data[32_768..]),
            (Err(Code::IoBlocked), Blocked::Write)
        );
        kernel.pair.to_server.state().room = None;
        assert_eq!(
            send(kernel.client(), &data[32_768..]),
            (Ok(17_232), Blocked::Not)
        );
        assert_eq!(received(kernel.server()), data);
    }
}

#[test]
fn an_alert_that_blocks_is_sent_later() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    kernel.pair.to_server.state().room = Some(0);
    for _ in 0..2 {
        let mut blocked = Blocked::Not;
        let outcome = kernel.client().shutdown_send(&mut blocked);
        assert_eq!(refused(outcome), Code::IoBlocked);
        assert_eq!(blocked, Blocked::Write);
    }
    kernel.pair.to_server.state().room = None;
    kernel.client().flush(&mut Blocked::Not).expect("sent");
    assert_eq!(recv(kernel.server(), 1).0, Ok(Vec::new()));
}

#[test]
fn a_file_is_sent() {
    let kernel = Kernel::new(TLS13_POLICY);
    let mut blocked = Blocked::Not;
    let outcome = kernel.client().send_file(1000, 0, 10, &mut blocked);
    assert_eq!(outcome.unwrap_err().code(), Code::KtlsUnsupportedConn);
    assert_eq!(blocked, Blocked::Write);
    kernel.client().enable_kernel_send().expect("enabled");
    let sent = kernel.client().send_file(1000, 10, 5000, &mut blocked);
    assert_eq!((sent.expect("sent"), blocked), (990, Blocked::Not));
    assert_eq!(received(kernel.server()), &pattern(1000)[10..]);

    kernel.client().shutdown_send(&mut blocked).expect("sent");
    let outcome = kernel.client().send_file(1000, 0, 10, &mut blocked);
    assert_eq!(outcome.unwrap_err().code(), Code::Closed);
}

#[test]
fn keys_are_updated_by_a_kernel_that_can_replace_them() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    kernel.replace_keys();
    for count in 1..4 {
        kernel.client().request_key_update().expect("not QUIC");
        kernel.server().request_key_update().expect("not QUIC");
        kernel.transfer();
        assert_eq!(kernel.client().key_updates_sent(), count);
        assert_eq!(kernel.client().key_updates_received(), count);
        assert_eq!(kernel.server().key_updates_received(), count);
    }
}

/// The peer receives no KeyUpdate that the kernel cannot follow, and can decrypt the close_notify.
#[test]
fn no_key_update_is_sent_by_a_kernel_that_cannot_replace_keys() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    kernel.client().request_key_update().expect("not QUIC");
    for _ in 0..2 {
        assert_eq!(send(kernel.client(), b"x").0, Err(Code::KtlsSockopt));
    }
    let outcome = kernel.client().send_file(10, 0, 10, &mut Blocked::Not);
    assert_eq!(outcome.unwrap_err().code(), Code::KtlsSockopt);
    assert_eq!(kernel.client().key_updates_sent(), 0);
    assert!(kernel.pair.to_server.state().bytes.is_empty());
    kernel
        .client()
        .shutdown_send(&mut Blocked::Not)
        .expect("sent");
    assert_eq!(recv(kernel.server(), 1).0, Ok(Vec::new()));

    let kernel = Kernel::enabled(TLS12_POLICY);
    kernel.client().request_key_update().expect("not QUIC");
    kernel.transfer();
}

#[test]
fn a_key_update_of_the_peer_ends_the_connection_if_the_kernel_cannot_replace_keys() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    kernel.server().request_key_update().expect("not QUIC");
    assert_eq!(send(kernel.server(), b"data").0, Ok(4));
    assert_eq!(recv(kernel.client(), 10).0, Err(Code::KtlsSockopt));
    assert_eq!(recv(kernel.client(), 10).0, Err(Code::Closed));
    assert_eq!(send(kernel.client(), b"x").0, Err(Code::Closed));
    assert_eq!(pending_alert(kernel.client()), Alert::InternalError as i16);
}

fn pending_alert(conn: &Connection) -> i16 {
    conn.state.shared.pending_alert.load(Acquire)
}

/// Linux recognizes a KeyUpdate by the first byte of a record, and requires new keys before the
/// next one.
#[test]
fn a_fragmented_key_update_is_rejected() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    kernel.replace_keys();
    {
        let mut half = kernel.server().stream.send.lock().expect("free");
        for fragment in [&[24, 0][..], &[0, 1, 0]] {
            let record = sealed(&mut half, ContentType::Handshake, fragment);
            kernel.pair.to_client.state().bytes.extend(record);
        }
    }
    assert_eq!(recv(kernel.client(), 10).0, Err(Code::KtlsKeyupdate));
    assert_eq!(recv(kernel.client(), 10).0, Err(Code::Closed));
    assert_eq!(
        pending_alert(kernel.client()),
        Alert::UnexpectedMessage as i16
    );
}

#[test]
fn a_key_that_is_used_up_is_replaced() {
    let kernel = Kernel::new(TLS13_POLICY);
    kernel.lower_limit(6);
    kernel.client().enable_kernel_send().expect("enabled");
    kernel.replace_keys();
    for _ in 0..12 {
        assert_eq!(send(kernel.client(), b"data").0, Ok(4));
        assert_eq!(recv(kernel.server(), 10).0, Ok(b"data".to_vec()));
    }
    assert_eq!(kernel.client().key_updates_sent(), 2);
}

#[test]
fn a_key_that_is_used_up_and_not_replaced_sends_no_more_data() {
    for policy in POLICIES {
        let kernel = Kernel::new(policy);
        kernel.lower_limit(6);
        kernel.client().enable_kernel_send().expect("enabled");
        let count = (0..12)
            .take_while(|_| send(kernel.client(), b"data").0 == Ok(4))
            .count();
        // Finished was a record with the same key in TLS 1.2.
        assert_eq!(count, if policy == TLS12_POLICY { 4 } else { 5 });
        assert_eq!(send(kernel.client(), b"data").0, Err(Code::KtlsKeyLimit));
        assert_eq!(received(kernel.server()).len(), 4 * count);
        // The last record is left for the close_notify.
        kernel
            .client()
            .shutdown_send(&mut Blocked::Not)
            .expect("sent");
        assert_eq!(recv(kernel.server(), 1).0, Ok(Vec::new()));
    }
}

#[test]
fn a_record_of_an_invalid_or_unknown_type_is_rejected() {
    let expectations = [
        (
            TLS13_POLICY,
            Some(ContentType::ChangeCipherSpec),
            Code::BadMessage,
        ),
        (TLS12_POLICY, None, Code::KtlsBadCmsg),
        (TLS13_POLICY, None, Code::KtlsBadCmsg),
    ];
    for (policy, typ, expected) in expectations {
        let kernel = Kernel::enabled(policy);
        kernel.reader.loses_type.store(typ.is_none(), Relaxed);
        let mut half = kernel.server().stream.send.lock().expect("free");
        let typ = typ.unwrap_or(ContentType::ApplicationData);
        let record = sealed(&mut half, typ, &[1]);
        kernel.pair.to_client.state().bytes.extend(record);
        let outcome = recv(kernel.client(), 10).0;
        // The provider's opener does not return a protected ChangeCipherSpec.
        let expected = match typ {
            ContentType::ChangeCipherSpec => Code::Io,
            _ => expected,
        };
        assert_eq!(outcome, Err(expected));
        assert_eq!(recv(kernel.client(), 10).0, Err(Code::Closed));
    }
}

#[test]
fn an_invalid_record_ends_the_connection_with_an_alert() {
    for policy in POLICIES {
        let kernel = Kernel::enabled(policy);
        let record = [&[23, 3, 3, 0, 40][..], &[0; 40]].concat();
        kernel.pair.to_client.state().bytes.extend(record);
        assert_eq!(recv(kernel.client(), 10).0, Err(Code::Io));
        assert_ne!(kernel.client().delay().expect("a clock"), Duration::ZERO);
        assert_eq!(pending_alert(kernel.client()), Alert::BadRecordMac as i16);
        assert_eq!(recv(kernel.client(), 10).0, Err(Code::Closed));
    }
}

#[test]
fn the_end_of_the_stream_closes_one_direction() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    kernel.pair.to_client.state().ended = true;
    assert_eq!(recv(kernel.client(), 10).0, Err(Code::Closed));
    assert_eq!(send(kernel.client(), b"x").0, Ok(1));
    assert_eq!(recv(kernel.server(), 10).0, Ok(b"x".to_vec()));
}

/// The content of records would be sent without encryption.
#[test]
fn no_data_is_sent_to_a_transport_without_kernel_tls() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    let (client, pair) = (kernel.client(), &kernel.pair);
    let other = Arc::new(KernelOut::default());
    let writers = [
        other.clone() as Arc<dyn crate::stream::Writer>,
        pair.to_server.clone(),
    ];
    for writer in writers {
        client.set_writer(Some(writer), true);
        assert_eq!(send(client, b"secret").0, Err(Code::KtlsManagedIo));
    }
    client.set_reader(Some(pair.to_client.clone()));
    assert_eq!(recv(client, 10).0, Err(Code::KtlsManagedIo));
    assert!(other.pipe.state().bytes.is_empty());
    assert!(pair.to_server.state().bytes.is_empty());
    // The connection continues with a socket that has it.
    client.set_writer(Some(kernel.writer.clone()), true);
    client.set_reader(Some(kernel.reader.clone()));
    kernel.transfer();
    client.set_writer(Some(pair.to_server.clone()), true);
    let outcome = client.shutdown_send(&mut Blocked::Not);
    assert_eq!(refused(outcome), Code::KtlsManagedIo);
    assert!(pair.to_server.state().bytes.is_empty());
}

#[test]
fn a_wiped_connection_has_no_kernel_tls() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    kernel.client().wipe().expect("no call is running");
    assert!(!kernel.client().sends_by_kernel());
    assert!(!kernel.client().receives_by_kernel());
    assert_eq!(
        refused(kernel.client().enable_kernel_send()),
        Code::HandshakeNotComplete
    );
}

#[test]
fn many_buffers_are_sent_in_several_calls() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    let data = pattern(20_000);
    let buffers: Vec<_> = data.chunks(10).map(IoSlice::new).collect();
    let send = |buffers: &[IoSlice<'_>]| {
        let mut blocked = Blocked::Not;
        let sent = kernel.client().send(Data::new(buffers, 0), &mut blocked);
        (sent.map_err(|error| error.code()), blocked)
    };
    assert_eq!(send(&buffers), (Ok(20_000), Blocked::Not));
    assert_eq!(received(kernel.server()), data);

    // The first call has 1024 buffers, in one record, and the second is blocked.
    kernel.pair.to_server.state().room = Some(10_240 + 22);
    assert_eq!(send(&buffers), (Ok(10_240), Blocked::Write));
    kernel.pair.to_server.state().room = None;
    assert_eq!(send(&buffers[1024..]), (Ok(9760), Blocked::Not));
    assert_eq!(received(kernel.server()), data);
}

#[test]
fn an_interrupted_receive_is_repeated() {
    let kernel = Kernel::enabled(TLS13_POLICY);
    send(kernel.server(), b"data").0.expect("sent");
    kernel.reader.is_interrupted.store(true, Relaxed);
    assert_eq!(recv(kernel.client(), 9).0, Ok(b"data".to_vec()));
}

/// A call that has received nothing leaves nothing behind.
#[test]
fn a_blocked_receive_does_not_prevent_kernel_tls() {
    let kernel = Kernel::new(TLS13_POLICY);
    assert_eq!(recv(kernel.client(), 9).0, Err(Code::IoBlocked));
    kernel.client().enable_kernel_recv().expect("enabled");
    kernel.transfer();
}

/// RFC 8446, 5: a protected ChangeCipherSpec is an error in TLS 1.3 alone.
#[test]
fn a_change_cipher_spec_is_ignored_in_tls12_alone() {
    for policy in POLICIES {
        let kernel = Kernel::enabled(policy);
        send(kernel.server(), &[1]).0.expect("sent");
        let typ = ContentType::ChangeCipherSpec as u8;
        kernel.reader.other_type.store(typ, Relaxed);
        send(kernel.server(), b"data").0.expect("sent");
        let expected = match policy {
            TLS12_POLICY => Ok(b"data".to_vec()),
            _ => Err(Code::BadMessage),
        };
        assert_eq!(recv(kernel.client(), 9).0, expected);
    }
}
