//! Validation of record headers before decryption.

use super::*;
use crate::error::Code;

#[test]
fn a_header_is_read_from_the_start() {
    let header = Header::read(&[22, 3, 1, 0x12, 0x34, 99]);
    let expected = Header {
        typ: 22,
        version: [3, 1],
        len: 0x1234,
    };
    assert_eq!(header, expected);
}

#[test]
fn another_version_is_rejected() {
    for suite in suites() {
        let record = sealer(suite, 0).data(b"content");
        for version in [[3, 4], [3, 2], [3, 1], [3, 0], [2, 3], [0xfe, 0xfd]] {
            let mut record = record.clone();
            record[1..3].copy_from_slice(&version);
            let mut opener = opener(suite, 0);
            let rejected = opener.check(&Header::read(&record));
            assert_eq!(rejected.unwrap_err().code(), Code::BadMessage);
            let rejected = opener.open_copy(&record);
            assert_eq!(rejected.unwrap_err().code(), Code::BadMessage);
        }
    }
}

#[test]
fn an_unknown_type_is_rejected() {
    for suite in suites() {
        for typ in (0..=255).filter(|typ| !(20..24).contains(typ)) {
            let header = Header {
                typ,
                version: [3, 3],
                len: 100,
            };
            let rejected = opener(suite, 0).check(&header);
            assert_eq!(rejected.unwrap_err().code(), Code::BadMessage);
            let rejected = header.validate_plaintext();
            assert_eq!(rejected.unwrap_err().code(), Code::BadMessage);
        }
    }
}

/// RFC 8446, 5: plaintext records are valid only before the end of the handshake.
#[test]
fn tls13_rejects_plaintext_records() {
    for suite in tls13_suites() {
        let mut opener = opener(suite, 0);
        for record in [
            &[20, 3, 3, 0, 1, 1][..],
            &[21, 3, 3, 0, 2, 1, 0],
            &[22, 3, 3, 0, 5, 24, 0, 0, 1, 0],
        ] {
            let rejected = opener.open_copy(record);
            assert_eq!(rejected.unwrap_err().code(), Code::BadMessage);
        }
    }
}

#[test]
fn tls12_decrypts_records_of_every_type() {
    for suite in tls12_suites() {
        let mut peer = PeerSealer::new(suite);
        let mut opener = opener(suite, 0);
        let record = peer.record(20, &[1]);
        let expected = (ContentType::ChangeCipherSpec, vec![1]);
        assert_eq!(opener.open_copy(&record).unwrap(), expected);

        let rejected = opener.open_copy(&[21, 3, 3, 0, 2, 1, 0]);
        assert_eq!(rejected.unwrap_err().code(), Code::Safety);
    }
}

#[test]
fn plaintext_application_data_is_rejected() {
    let header = |typ| Header::read(&[typ, 3, 3, 0, 2]);
    let rejected = header(23).validate_plaintext();
    assert_eq!(rejected.unwrap_err().code(), Code::Decrypt);
    let expected = Opened {
        typ: ContentType::Alert,
        plain: 5..7,
    };
    assert_eq!(header(21).validate_plaintext().unwrap(), expected);
}
