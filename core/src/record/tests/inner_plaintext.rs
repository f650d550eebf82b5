//! The inner plaintext of TLS 1.3: padding and the content type (RFC 8446, 5.2 and 5.4).

use super::*;
use crate::error::{Code, Limit, Reason};

/// Seals a record with this inner plaintext. For the provider the last byte is the content type.
fn with_inner(suite: SupportedCipherSuite, inner: &[u8]) -> Vec<u8> {
    let (&typ, plain) = inner.split_last().unwrap();
    PeerSealer::new(suite).record(typ, plain)
}

fn padded(plain: &[u8], typ: u8, zeros: usize) -> Vec<u8> {
    [plain, &[typ], &vec![0; zeros]].concat()
}

#[test]
fn padding_is_removed() {
    for suite in tls13_suites() {
        for size in [0, 1, 100, 16_000] {
            for zeros in [0, 1, 2, 15, 16, 255, 384] {
                let plain = plaintext(size);
                let record = with_inner(suite, &padded(&plain, 23, zeros));
                let (typ, opened) = opener(suite, 0).open_copy(&record).unwrap();
                assert_eq!((typ, opened), (ContentType::ApplicationData, plain));
            }
        }
    }
}

#[test]
fn trailing_zeros_of_the_plaintext_remain() {
    for suite in tls13_suites() {
        let record = with_inner(suite, &padded(&[0; 20], 22, 30));
        let (typ, opened) = opener(suite, 0).open_copy(&record).unwrap();
        assert_eq!((typ, opened), (ContentType::Handshake, vec![0; 20]));
    }
}

#[test]
fn padding_without_a_content_type_is_rejected() {
    for suite in tls13_suites() {
        for zeros in [1, 2, 100, 16_385] {
            let record = with_inner(suite, &vec![0; zeros]);
            let rejected = opener(suite, 0).open_copy(&record);
            assert_eq!(rejected.unwrap_err().code(), Code::BadMessage, "{zeros}");
        }
    }
}

#[test]
fn an_unknown_inner_type_is_rejected() {
    for suite in tls13_suites() {
        for typ in (1..=255).filter(|typ| !(21..24).contains(typ)) {
            let record = with_inner(suite, &padded(b"content", typ, 3));
            let rejected = opener(suite, 0).open_copy(&record);
            assert_eq!(rejected.unwrap_err().code(), Code::BadMessage, "{typ}");
        }
    }
}

#[test]
fn an_inner_plaintext_of_maximum_length_is_accepted_with_and_without_padding() {
    for suite in tls13_suites() {
        for size in [0, 1, 16_383, 16_384] {
            let plain = plaintext(size);
            let record = with_inner(suite, &padded(&plain, 23, 16_384 - size));
            let (_, opened) = opener(suite, 0).open_copy(&record).unwrap();
            assert_eq!(opened, plain);
        }
    }
}

#[test]
fn a_longer_inner_plaintext_is_rejected() {
    for suite in tls13_suites() {
        for (size, zeros, code) in [
            (16_385, 0, Code::MaxInnerPlaintextSize),
            (16_384, 1, Code::MaxInnerPlaintextSize),
            (0, 16_385, Code::MaxInnerPlaintextSize),
            (16_384 + 239, 0, Code::MaxInnerPlaintextSize),
            (16_384 + 240, 0, Code::RecordLimit),
            (20_000, 0, Code::RecordLimit),
            (65_000, 100, Code::RecordLimit),
        ] {
            let record = with_inner(suite, &padded(&plaintext(size), 23, zeros));
            let rejected = opener(suite, 0).open_copy(&record).unwrap_err();
            assert_eq!(rejected.code(), code, "{size} {zeros}");
            let Reason::Length { len, limit, .. } = rejected.reason() else {
                panic!("another reason");
            };
            // With the content type and the tag.
            let expected = match code {
                Code::RecordLimit => (size + zeros + 1 + 16, 16_384 + 256),
                _ => (size + zeros, 16_384),
            };
            assert_eq!(
                (len as usize, limit),
                (expected.0, Limit::AtMost(expected.1))
            );
        }
    }
}

#[test]
fn a_longer_plaintext_is_rejected_in_tls12() {
    for suite in tls12_suites() {
        let record = PeerSealer::new(suite).record(23, &plaintext(16_385));
        let rejected = opener(suite, 0).open_copy(&record);
        assert_eq!(rejected.unwrap_err().code(), Code::MaxInnerPlaintextSize);
    }
}
