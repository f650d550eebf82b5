//! Truncated, extended, corrupted, reordered and replayed records are rejected with a defined
//! error.

use super::*;
use crate::error::{Code, Limit, Reason};

fn open_error(opener: &mut Opener, record: &[u8]) -> Code {
    opener.open_copy(record).unwrap_err().code()
}

/// Sets the length in the header to that of the body.
fn with_actual_length(mut record: Vec<u8>) -> Vec<u8> {
    let len = u16::try_from(record.len() - Header::LEN).unwrap();
    record[3..5].copy_from_slice(&len.to_be_bytes());
    record
}

#[test]
fn a_truncated_record_is_rejected_at_every_length() {
    for suite in suites() {
        let record = sealer(suite, 0).data(&plaintext(100));
        let min_len = sealer(suite, 0).overhead() - usize::from(is_tls13(&suite));
        let mut opener = opener(suite, 0);
        for len in 0..record.len() {
            assert_eq!(open_error(&mut opener, &record[..len]), Code::Safety);
            if len < Header::LEN {
                continue;
            }
            let expected = match len < min_len {
                true => Code::Safety,
                false => Code::Decrypt,
            };
            let truncated = with_actual_length(record[..len].to_vec());
            assert_eq!(
                open_error(&mut opener, &truncated),
                expected,
                "{suite:?} {len}"
            );
        }
        let least = with_actual_length(record[..Header::LEN].to_vec());
        let error = opener.open_copy(&least).unwrap_err();
        let Reason::Length { len, limit, .. } = error.reason() else {
            panic!("another reason");
        };
        let expected = Limit::AtLeast((min_len - Header::LEN) as u32);
        assert_eq!((len, limit), (0, expected));
        assert!(opener.open_copy(&record).is_ok());
    }
}

#[test]
fn an_extended_record_is_rejected() {
    for suite in suites() {
        let record = sealer(suite, 0).data(&plaintext(100));
        let mut opener = opener(suite, 0);
        for more in 1..40 {
            let mut longer = record.clone();
            longer.extend(vec![0; more]);
            assert_eq!(open_error(&mut opener, &longer), Code::Safety);
            let longer = with_actual_length(longer);
            assert_eq!(open_error(&mut opener, &longer), Code::Decrypt);
        }
    }
}

#[test]
fn a_flipped_bit_is_rejected_at_every_position() {
    for suite in suites() {
        let record = sealer(suite, 0).data(&plaintext(40));
        let mut opener = opener(suite, 0);
        for at in 0..record.len() {
            for bit in 0..8 {
                let mut flipped = record.clone();
                flipped[at] ^= 1 << bit;
                let expected = match at {
                    // In TLS 1.2 the tag authenticates a valid type.
                    0 if !is_tls13(&suite) && (20..24).contains(&flipped[0]) => Code::Decrypt,
                    0..3 => Code::BadMessage,
                    // A length above the maximum has a separate error.
                    3 if is_tls13(&suite) && flipped[3] > 0x41 => Code::RecordLimit,
                    3..5 => Code::Safety,
                    _ => Code::Decrypt,
                };
                assert_eq!(
                    open_error(&mut opener, &flipped),
                    expected,
                    "{suite:?} {at}"
                );
            }
        }
        assert!(opener.open_copy(&record).is_ok());
    }
}

#[test]
fn reordered_records_are_rejected() {
    for suite in suites() {
        let mut sealer = sealer(suite, 0);
        let records: Vec<_> = (0..4).map(|n| sealer.data(&plaintext(n))).collect();
        let mut opener = opener(suite, 0);
        assert_eq!(open_error(&mut opener, &records[1]), Code::Decrypt);
        assert!(opener.open_copy(&records[0]).is_ok());
        // Replayed.
        assert_eq!(open_error(&mut opener, &records[0]), Code::Decrypt);
        assert!(opener.open_copy(&records[1]).is_ok());
        // One is lost.
        assert_eq!(open_error(&mut opener, &records[3]), Code::Decrypt);
        assert!(opener.open_copy(&records[2]).is_ok());
        assert!(opener.open_copy(&records[3]).is_ok());
    }
}

#[test]
fn a_reflected_record_is_rejected() {
    for suite in suites() {
        let record = Sealer::new(suite, (0, secrets(suite, 2)))
            .unwrap()
            .data(b"reflected");
        assert_eq!(open_error(&mut opener(suite, 0), &record), Code::Decrypt);
    }
}

#[test]
fn arbitrary_bytes_are_rejected() {
    let mut random = Random::seeded(20_261_120);
    for suite in suites() {
        let mut opener = opener(suite, 0);
        for _ in 0..2000 {
            let len = random.below(200);
            let mut record: Vec<u8> = (0..len).map(|_| random.value() as u8).collect();
            // Half of them have a valid header, so that the decrypter rejects them.
            if len >= Header::LEN && random.below(2) == 0 {
                record[..3].copy_from_slice(&[23, 3, 3]);
                record = with_actual_length(record);
            }
            let code = open_error(&mut opener, &record);
            assert!(
                matches!(code, Code::Safety | Code::BadMessage | Code::Decrypt),
                "{suite:?} {code:?}"
            );
        }
    }
}

/// The maximum length that a header can encode.
#[test]
fn a_record_of_maximum_length_is_rejected() {
    for suite in suites() {
        let mut record = vec![0x5a; Header::LEN + usize::from(u16::MAX)];
        record[..5].copy_from_slice(&[23, 3, 3, 0xff, 0xff]);
        let expected = match is_tls13(&suite) {
            true => Code::RecordLimit,
            false => Code::Decrypt,
        };
        assert_eq!(open_error(&mut opener(suite, 0), &record), expected);
    }
}
