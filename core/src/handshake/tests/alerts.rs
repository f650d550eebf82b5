//! Alerts of failed and aborted handshakes, as they are on the wire: plaintext before the sending side
//! has keys, and sealed with its present keys behind that (RFC 8446, 5.1 and 6; RFC 5246, 7.1).

use super::requirements::faulty;
use super::resumption::{self, session};
use super::*;
use crate::credentials::compression::Fault;

const ALERT: u8 = 21;
/// The outer type of a sealed record of TLS 1.3.
const APPLICATION_DATA: u8 = 23;
/// The length of a record with a sealed alert: header, nonce in TLS 1.2, content, type in TLS 1.3, tag.
const SEALED_TLS12: usize = 5 + 8 + 2 + 16;
const SEALED_TLS13: usize = 5 + 2 + 1 + 16;

/// Shuts the failed side down, and returns its alert as a record.
fn alert_record(conn: &Connection, output: &Pipe) -> Vec<u8> {
    let before = output.state().bytes.len();
    shutdown(conn).0.expect("sent");
    output.state().bytes.iter().skip(before).copied().collect()
}

/// Expects that the alert of the failed side is sealed, and the `expected` one once the peer has opened
/// it.
fn check_sealed(pair: &Pair, failed: Mode, expected: u8) {
    let (conn, output, peer) = match failed {
        Mode::Client => (&pair.client, &pair.to_server, &pair.server),
        Mode::Server => (&pair.server, &pair.to_client, &pair.client),
    };
    let record = alert_record(conn, output);
    let (typ, len) = match conn.version() {
        Version::Tls12 => (ALERT, SEALED_TLS12),
        _ => (APPLICATION_DATA, SEALED_TLS13),
    };
    assert_eq!((record[0], record.len()), (typ, len), "{record:?}");
    let outcome = match negotiate(peer).0 {
        Ok(()) => recv(peer, 1).0.map(|_| ()),
        failed => failed,
    };
    let expected_outcome = match expected {
        0 if !peer.is_handshake_complete() => Err(Code::Closed),
        0 => Ok(()),
        _ => Err(Code::Alert),
    };
    assert_eq!(outcome, expected_outcome);
    assert_eq!(peer.alert().expect("received"), expected);
}

/// Makes the certificate of the server one for another name than that of the client.
fn rename(pair: &Pair) {
    let name = c"another.example";
    pair.client.set_server_name(name).expect("short");
    pair.client_config.set_max_blinding_delay(0);
}

#[test]
fn a_client_of_tls13_seals_alerts_behind_the_server_hello() {
    let corrected = faulty(None, Some(Fault::UnknownExtension));
    assert_eq!(corrected.negotiate().0, Err(Code::BadMessage));
    check_sealed(&corrected, Mode::Client, 110);

    let renamed = Pair::new(TLS13_POLICY);
    rename(&renamed);
    assert_eq!(renamed.negotiate().0, Err(Code::CertInvalidHostname));
    check_sealed(&renamed, Mode::Client, 42);
}

#[test]
fn a_server_of_tls13_seals_alerts_behind_its_flight() {
    let corrected = faulty(Some(Fault::UnknownExtension), None);
    assert_eq!(corrected.negotiate().1, Err(Code::BadMessage));
    check_sealed(&corrected, Mode::Server, 110);

    let missing = Pair::new(TLS13_POLICY);
    missing.server_config.set_client_auth(ClientAuth::Required);
    assert_eq!(missing.negotiate().1, Err(Code::MissingClientCert));
    check_sealed(&missing, Mode::Server, 116);
}

#[test]
fn alerts_of_tls12_before_change_cipher_spec_are_plaintext() {
    let client = Pair::new(TLS12_POLICY);
    rename(&client);
    assert_eq!(client.negotiate().0, Err(Code::CertInvalidHostname));
    let record = alert_record(&client.client, &client.to_server);
    assert_eq!(record, [ALERT, 3, 3, 0, 2, 2, 42]);
    assert_eq!(negotiate(&client.server).0, Err(Code::Alert));

    let server = Pair::new(TLS12_POLICY);
    server.server_config.set_client_auth(ClientAuth::Required);
    assert_eq!(server.negotiate().1, Err(Code::MissingClientCert));
    let record = alert_record(&server.server, &server.to_client);
    assert_eq!(record, [ALERT, 3, 3, 0, 2, 2, 40]);
    assert_eq!(negotiate(&server.client).0, Err(Code::Alert));
}

#[test]
fn a_server_tells_a_client_why_its_certificate_is_rejected() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        let own = chain(&pki().client);
        pair.client_config.add_chain(&own).expect("fits");
        pair.server_config.set_client_auth(ClientAuth::Required);
        pair.server_config.wipe_trust();
        pair.server_config.set_max_blinding_delay(0);
        assert_eq!(pair.negotiate().1, Err(Code::CertUntrusted));
        if policy == TLS13_POLICY {
            check_sealed(&pair, Mode::Server, 48);
            continue;
        }
        let record = alert_record(&pair.server, &pair.to_client);
        assert_eq!(record, [ALERT, 3, 3, 0, 2, 2, 48]);
        assert_eq!(negotiate(&pair.client).0, Err(Code::Alert));
    }
}

/// Changes the last byte that a side has sent: one of the tag of its Finished.
fn corrupt_last(output: &Pipe) {
    *output.state().bytes.back_mut().expect("a flight") ^= 1;
}

#[test]
fn alerts_of_tls12_behind_change_cipher_spec_are_sealed() {
    let pair = Pair::new(TLS12_POLICY);
    pair.client_config.set_max_blinding_delay(0);
    for conn in [&pair.client, &pair.server, &pair.client] {
        assert_eq!(negotiate(conn).0, Err(Code::IoBlocked));
    }
    assert_eq!(negotiate(&pair.server).0, Ok(()));
    corrupt_last(&pair.to_client);
    assert_eq!(negotiate(&pair.client).0, Err(Code::Decrypt));
    check_sealed(&pair, Mode::Client, 20);
}

/// A pair whose server of TLS 1.2 has sent its Finished before it receives that of the client.
fn resuming(policy: &[u8]) -> Pair {
    let first = resumption::pair(policy);
    resumption::establish(&first);
    let pair = resumption::pair(policy);
    pair.client.set_session(&session(&first)).expect("valid");
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    pair
}

#[test]
fn alerts_of_a_resuming_server_are_sealed() {
    for policy in POLICIES {
        let closing = resuming(policy);
        check_sealed(&closing, Mode::Server, 0);

        let failing = resuming(policy);
        failing.server_config.set_max_blinding_delay(0);
        assert_eq!(negotiate(&failing.client).0, Ok(()));
        corrupt_last(&failing.to_server);
        assert_eq!(negotiate(&failing.server).0, Err(Code::Decrypt));
        check_sealed(&failing, Mode::Server, 20);
    }
}

#[test]
fn alerts_at_the_end_of_a_handshake_are_sealed() {
    for policy in POLICIES {
        let full = Pair::new(policy);
        full.client_config.set_client_auth(ClientAuth::Required);
        assert_eq!(full.negotiate().0, Err(Code::MissingCertRequest));
        check_sealed(&full, Mode::Client, 0);
    }
}

#[test]
fn a_client_that_rejects_a_resumed_session_of_tls12_has_no_keys() {
    // Its ChangeCipherSpec and Finished are not sent.
    let pair = resuming(TLS12_POLICY);
    pair.client.set_client_auth(ClientAuth::Required);
    assert_eq!(negotiate(&pair.client).0, Err(Code::MissingCertRequest));
    let record = alert_record(&pair.client, &pair.to_server);
    assert_eq!(record, [ALERT, 3, 3, 0, 2, 1, 0]);
    assert_eq!(negotiate(&pair.server).0, Err(Code::Closed));
}
