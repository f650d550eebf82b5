//! Opening of records to another buffer.

use super::*;
use crate::error::Code;

/// What the buffer contains before a record is opened to it.
const BEFORE: u8 = 0xa5;

fn open_to(opener: &mut Opener, record: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
    out.fill(BEFORE);
    opener.open_to(record, out)
}

fn is_untouched(out: &[u8]) -> bool {
    out.iter().all(|&byte| byte == BEFORE)
}

#[test]
fn a_record_is_opened_to_a_buffer_of_the_length_of_its_ciphertext() {
    for suite in suites() {
        let (mut sealer, mut opener) = (sealer(suite, 3), opener(suite, 3));
        let inner_type = usize::from(is_tls13(&suite));
        for size in [1024, 1025, 1400, 8087, 16_383, 16_384] {
            for more in [0, 1, 100] {
                let plain = plaintext(size);
                let record = sealer.data(&plain);
                let mut out = vec![0; size + inner_type + more];
                let opened = open_to(&mut opener, &record, &mut out).unwrap();
                assert_eq!(opened, Some(size), "{suite:?} {size} {more}");
                assert!(out[..size] == plain);
                assert!(is_untouched(&out[size..]), "{suite:?} {size} {more}");
            }
        }
    }
}

#[test]
fn a_record_that_does_not_suit_is_opened_in_place() {
    for suite in suites() {
        let (mut sealer, mut opener) = (sealer(suite, 0), opener(suite, 0));
        let inner_type = usize::from(is_tls13(&suite));
        for (typ, size, out_len) in [
            (ContentType::ApplicationData, 0, 20_000),
            (ContentType::ApplicationData, 500, 20_000),
            (ContentType::ApplicationData, 5000, 0),
            (ContentType::ApplicationData, 5000, 4999 + inner_type),
            (ContentType::Handshake, 5000, 20_000),
            (ContentType::Alert, 5000, 20_000),
        ] {
            let plain = plaintext(size);
            let record = sealer.record(typ, &plain);
            let mut out = vec![0; out_len];
            assert_eq!(open_to(&mut opener, &record, &mut out).unwrap(), None);
            // Nothing of another content remains in the buffer.
            let touched = typ != ContentType::ApplicationData && is_tls13(&suite);
            let (opened, rest) = out.split_at(if touched { size + 1 } else { 0 });
            assert!(opened.iter().all(|&byte| byte == 0));
            assert!(is_untouched(rest));
            assert_eq!(opener.open_copy(&record).unwrap(), (typ, plain));
        }
    }
}

#[test]
fn nothing_of_a_corrupted_record_reaches_the_buffer() {
    for suite in suites() {
        let (mut sealer, mut opener) = (sealer(suite, 0), opener(suite, 0));
        let record = sealer.data(&plaintext(2000));
        for at in [5, 20, 1000, record.len() - 17, record.len() - 1] {
            let mut corrupted = record.clone();
            corrupted[at] ^= 1;
            let mut out = vec![0; 3000];
            let rejected = open_to(&mut opener, &corrupted, &mut out);
            assert_eq!(rejected.unwrap_err().code(), Code::Decrypt);
            let (opened, rest) = out.split_at(2000 + usize::from(is_tls13(&suite)));
            assert!(opened.iter().all(|&byte| byte == 0));
            assert!(is_untouched(rest));
        }
        let mut out = vec![0; 3000];
        let opened = open_to(&mut opener, &record, &mut out).unwrap();
        assert_eq!(opened, Some(2000));
    }
}

#[test]
fn the_buffer_behind_padded_plaintext_is_kept_or_zeroed() {
    for suite in tls13_suites() {
        for zeros in [0, 1, 62, 63, 64, 65, 500, 5000] {
            let plain = plaintext(1100);
            let inner = [&plain[..], &[23], &vec![0; zeros]].concat();
            let (&last, rest) = inner.split_last().unwrap();
            let record = PeerSealer::new(suite).record(last, rest);
            let mut out = vec![0; 8000];
            let opened = open_to(&mut opener(suite, 0), &record, &mut out).unwrap();
            assert_eq!(opened, Some(plain.len()), "{zeros}");
            assert!(out[..1100] == plain);
            let zeroed = (zeros + 1).saturating_sub(64);
            assert!(out[1100..][..zeroed].iter().all(|&byte| byte == 0));
            assert!(is_untouched(&out[1100 + zeroed..]), "{zeros}");
        }
    }
}

/// The errors are those of opening in place, and nothing of the content remains.
#[test]
fn invalid_content_is_rejected_as_in_place() {
    for suite in tls13_suites() {
        let unknown = PeerSealer::new(suite).record(99, &plaintext(2000));
        let change = PeerSealer::new(suite).record(20, &plaintext(2000));
        let empty = PeerSealer::new(suite).record(0, &[0; 2000]);
        let long = PeerSealer::new(suite).record(23, &plaintext(16_385));
        let padded = PeerSealer::new(suite).record(0, &[&plaintext(16_384)[..], &[23]].concat());
        for record in [unknown, change, empty, long, padded] {
            let mut out = vec![0; 17_000];
            let rejected = open_to(&mut opener(suite, 0), &record, &mut out).unwrap_err();
            let in_place = opener(suite, 0).open_copy(&record).unwrap_err();
            assert_eq!(rejected.code(), in_place.code());
            let (opened, rest) = out.split_at(record.len() - Header::LEN - 16);
            assert!(opened.iter().all(|&byte| byte == 0));
            assert!(is_untouched(rest));
        }
    }
    for suite in tls12_suites() {
        let record = PeerSealer::new(suite).record(23, &plaintext(16_385));
        let mut out = vec![0; 17_000];
        let rejected = open_to(&mut opener(suite, 0), &record, &mut out);
        assert_eq!(rejected.unwrap_err().code(), Code::MaxInnerPlaintextSize);
        assert!(out[..16_385].iter().all(|&byte| byte == 0));
    }
}
