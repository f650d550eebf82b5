//! Sealing and opening of records of every size, type and suite.

use std::mem;

use super::super::MAX_PLAINTEXT;
use super::*;
use crate::error::Code;

const SIZES: [usize; 10] = [0, 1, 63, 64, 65, 1000, 1371, 8087, 16383, 16384];

const TYPES: [ContentType; 3] = [
    ContentType::Alert,
    ContentType::Handshake,
    ContentType::ApplicationData,
];

#[test]
fn a_sealed_record_of_every_size_can_be_opened() {
    for suite in suites() {
        let (mut sealer, mut opener) = (sealer(suite, 0), opener(suite, 0));
        for size in SIZES {
            for typ in TYPES {
                let plain = plaintext(size);
                let record = sealer.record(typ, &plain);
                assert_eq!(
                    opener.open_copy(&record).unwrap(),
                    (typ, plain),
                    "{suite:?}"
                );
            }
        }
    }
}

#[test]
fn pieces_are_sealed_as_one_record() {
    let plain = plaintext(1000);
    for suite in suites() {
        let cuts: [&[usize]; 5] = [&[], &[0], &[1, 1, 999], &[500], &[0, 250, 1000, 1000]];
        for cut in cuts {
            let mut pieces = Vec::new();
            let mut from = 0;
            for &to in cut {
                pieces.push(&plain[from..to]);
                from = to;
            }
            pieces.push(&plain[from..]);

            let mut sealer = sealer(suite, 0);
            let mut out = vec![0; plain.len() + sealer.overhead()];
            let len = sealer
                .seal(ContentType::ApplicationData, &pieces, &mut out)
                .unwrap();
            assert_eq!(len, out.len());
            let (_, opened) = opener(suite, 0).open_copy(&out).unwrap();
            assert_eq!(opened, plain, "{suite:?} {cut:?}");
        }
    }
}

#[test]
fn no_pieces_are_sealed_as_an_empty_record() {
    for suite in suites() {
        let mut sealer = sealer(suite, 0);
        let mut out = vec![0; sealer.overhead()];
        let len = sealer
            .seal(ContentType::ApplicationData, &[], &mut out)
            .unwrap();
        assert_eq!(len, out.len());
        let (_, plain) = opener(suite, 0).open_copy(&out).unwrap();
        assert_eq!(plain, []);
    }
}

/// s2n-tls computes its record sizes from these numbers.
#[test]
fn the_overhead_depends_on_the_version_and_the_cipher() {
    for suite in suites() {
        let expected = match (is_tls13(&suite), is_tls12_gcm(&suite)) {
            (true, _) => 22,
            (false, true) => 29,
            (false, false) => 21,
        };
        assert_eq!(sealer(suite, 0).overhead(), expected, "{suite:?}");
    }
}

#[test]
fn the_outer_type_is_the_content_type_only_in_tls12() {
    for suite in suites() {
        for typ in TYPES {
            let record = sealer(suite, 0).record(typ, b"content");
            let expected = match is_tls13(&suite) {
                true => ContentType::ApplicationData,
                false => typ,
            };
            assert_eq!(record[..3], [expected as u8, 3, 3]);
            assert_eq!(Header::read(&record).len, record.len() - Header::LEN);
        }
    }
}

#[test]
fn the_buffer_after_the_record_is_not_modified() {
    for suite in suites() {
        let mut sealer = sealer(suite, 0);
        let mut out = [0xaa; 200];
        let len = sealer
            .seal(ContentType::ApplicationData, &[b"some bytes"], &mut out)
            .unwrap();
        assert_eq!(len, 10 + sealer.overhead());
        assert!(out[len..].iter().all(|&byte| byte == 0xaa));
    }
}

#[test]
fn sealing_into_a_short_buffer_is_rejected_and_may_be_repeated() {
    for suite in suites() {
        let mut sealer = sealer(suite, 0);
        for capacity in 0..10 + sealer.overhead() {
            let mut out = vec![0; capacity];
            let rejected = sealer.seal(ContentType::ApplicationData, &[b"some bytes"], &mut out);
            assert_eq!(rejected.unwrap_err().code(), Code::RecordStufferSize);
        }
        let record = sealer.data(b"some bytes");
        assert!(opener(suite, 0).open_copy(&record).is_ok());
    }
}

#[test]
fn a_plaintext_above_the_maximum_is_rejected() {
    let plain = plaintext(MAX_PLAINTEXT + 1);
    for suite in suites() {
        let mut out = vec![0; 20_000];
        let rejected = sealer(suite, 0).seal(
            ContentType::ApplicationData,
            &[&plain[..8000], &plain[8000..]],
            &mut out,
        );
        assert_eq!(rejected.unwrap_err().code(), Code::FragmentLengthTooLarge);
    }
}

#[test]
fn records_are_opened_only_with_the_keys_of_their_generation() {
    for suite in suites() {
        let (mut sealer, mut opener) = (sealer(suite, 0), opener(suite, 0));
        for generation in 2..40 {
            for size in 0..generation.into() {
                let record = sealer.data(&plaintext(size));
                assert_eq!(opener.open_copy(&record).unwrap().1, plaintext(size));
            }
            sealer.rekey((0, secrets(suite, generation))).unwrap();
            let record = sealer.data(b"under the next key");
            let rejected = opener.open_copy(&record);
            assert_eq!(rejected.unwrap_err().code(), Code::Decrypt);

            opener.rekey((0, secrets(suite, generation))).unwrap();
            assert!(opener.open_copy(&record).is_ok(), "{suite:?}");
        }
    }
}

#[test]
fn secrets_of_another_suite_are_rejected() {
    for suite in suites() {
        for other in suites() {
            let sealer = Sealer::new(suite, (0, secrets(other, 1)));
            let opener = Opener::new(suite, (0, secrets(other, 1)));
            if mem::discriminant(&secrets(suite, 1)) == mem::discriminant(&secrets(other, 1)) {
                assert!(sealer.is_ok() && opener.is_ok());
                continue;
            }
            assert_eq!(sealer.err().unwrap().code(), Code::KeyInit);
            assert_eq!(opener.err().unwrap().code(), Code::KeyInit);
        }
    }
}

#[test]
fn secrets_with_a_short_iv_are_rejected() {
    for suite in suites() {
        let (key, _) = key_and_iv(suite, 1);
        let iv = Iv::new(&[7; 11]).unwrap();
        let secrets = match key.as_ref().len() {
            16 => ConnectionTrafficSecrets::Aes128Gcm { key, iv },
            _ => ConnectionTrafficSecrets::Aes256Gcm { key, iv },
        };
        let rejected = Sealer::new(suite, (0, secrets));
        assert_eq!(rejected.err().unwrap().code(), Code::KeyInit);
    }
}
