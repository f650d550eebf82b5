//! Whatever happens to a record on its way, opening it ends in a defined error.

use super::*;
use crate::tls::error::Code;

fn refusal(opener: &mut Opener, record: &[u8]) -> Code {
    opener.open_copy(record).unwrap_err().code()
}

/// Gives the header the length of the body that is there.
fn with_true_length(mut record: Vec<u8>) -> Vec<u8> {
    let len = u16::try_from(record.len() - Header::LEN).unwrap();
    record[3..5].copy_from_slice(&len.to_be_bytes());
    record
}

#[test]
fn a_cut_record_is_refused_at_every_length() {
    for suite in suites() {
        let record = sealer(suite, 0).data(&plaintext(100));
        let needed = sealer(suite, 0).overhead() - usize::from(is_tls13(&suite));
        let mut opener = opener(suite, 0);
        for len in 0..record.len() {
            assert_eq!(refusal(&mut opener, &record[..len]), Code::Safety);
            if len < Header::LEN {
                continue;
            }
            let expected = match len < needed {
                true => Code::Safety,
                false => Code::Decrypt,
            };
            let cut = with_true_length(record[..len].to_vec());
            assert_eq!(refusal(&mut opener, &cut), expected, "{suite:?} {len}");
        }
        assert!(opener.open_copy(&record).is_ok());
    }
}

#[test]
fn a_longer_record_is_refused() {
    for suite in suites() {
        let record = sealer(suite, 0).data(&plaintext(100));
        let mut opener = opener(suite, 0);
        for more in 1..40 {
            let mut longer = record.clone();
            longer.extend(vec![0; more]);
            assert_eq!(refusal(&mut opener, &longer), Code::Safety);
            let longer = with_true_length(longer);
            assert_eq!(refusal(&mut opener, &longer), Code::Decrypt);
        }
    }
}

#[test]
fn a_flipped_bit_is_refused_wherever_it_is() {
    for suite in suites() {
        let record = sealer(suite, 0).data(&plaintext(40));
        let mut opener = opener(suite, 0);
        for at in 0..record.len() {
            for bit in 0..8 {
                let mut flipped = record.clone();
                flipped[at] ^= 1 << bit;
                let expected = match at {
                    // In TLS 1.2 a type that exists is covered by the tag.
                    0 if !is_tls13(&suite) && (20..24).contains(&flipped[0]) => Code::Decrypt,
                    0..3 => Code::BadMessage,
                    // A length beyond the maximum has an error of its own.
                    3 if is_tls13(&suite) && flipped[3] > 0x41 => Code::RecordLimit,
                    3..5 => Code::Safety,
                    _ => Code::Decrypt,
                };
                assert_eq!(refusal(&mut opener, &flipped), expected, "{suite:?} {at}");
            }
        }
        assert!(opener.open_copy(&record).is_ok());
    }
}

#[test]
fn records_out_of_order_are_refused() {
    for suite in suites() {
        let mut sealer = sealer(suite, 0);
        let records: Vec<_> = (0..4).map(|n| sealer.data(&plaintext(n))).collect();
        let mut opener = opener(suite, 0);
        assert_eq!(refusal(&mut opener, &records[1]), Code::Decrypt);
        assert!(opener.open_copy(&records[0]).is_ok());
        // Replayed.
        assert_eq!(refusal(&mut opener, &records[0]), Code::Decrypt);
        assert!(opener.open_copy(&records[1]).is_ok());
        // One is missing.
        assert_eq!(refusal(&mut opener, &records[3]), Code::Decrypt);
        assert!(opener.open_copy(&records[2]).is_ok());
        assert!(opener.open_copy(&records[3]).is_ok());
    }
}

#[test]
fn our_own_records_are_refused() {
    for suite in suites() {
        let record = Sealer::new(suite, (0, secrets(suite, 2)))
            .unwrap()
            .data(b"sent back to us");
        assert_eq!(refusal(&mut opener(suite, 0), &record), Code::Decrypt);
    }
}

#[test]
fn arbitrary_bytes_are_refused() {
    let mut random = Random::seeded(20_261_120);
    for suite in suites() {
        let mut opener = opener(suite, 0);
        for _ in 0..2000 {
            let len = random.below(200);
            let mut record: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
            // Half of them get far enough to be decrypted.
            if len >= Header::LEN && random.below(2) == 0 {
                record[..3].copy_from_slice(&[23, 3, 3]);
                record = with_true_length(record);
            }
            let code = refusal(&mut opener, &record);
            assert!(
                matches!(code, Code::Safety | Code::BadMessage | Code::Decrypt),
                "{suite:?} {code:?}"
            );
        }
    }
}

/// The longest record that a header can announce.
#[test]
fn a_huge_record_is_refused() {
    for suite in suites() {
        let mut record = vec![0x5a; Header::LEN + usize::from(u16::MAX)];
        record[..5].copy_from_slice(&[23, 3, 3, 0xff, 0xff]);
        let expected = match is_tls13(&suite) {
            true => Code::RecordLimit,
            false => Code::Decrypt,
        };
        assert_eq!(refusal(&mut opener(suite, 0), &record), expected);
    }
}
