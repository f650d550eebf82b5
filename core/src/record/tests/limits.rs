//! Limits on the number of records that a key may seal.

use super::*;
use crate::error::Code;

/// Seals a record, and returns the error code if that fails.
fn seal_code(sealer: &mut Sealer, typ: ContentType) -> Option<Code> {
    let mut out = [0; 64];
    sealer
        .seal(typ, &[b"content"], &mut out)
        .err()
        .map(|error| error.code())
}

/// Seals records of application data, none of which requires a KeyUpdate before.
fn seal_data(sealer: &mut Sealer, records: u64) {
    for _ in 0..records {
        assert!(!sealer.requires_key_update());
        assert_eq!(seal_code(sealer, ContentType::ApplicationData), None);
    }
}

#[test]
fn tls13_requires_a_key_update_before_the_limit() {
    for suite in tls13_suites() {
        let mut sealer = sealer(suite, 0);
        sealer.lower_limit(10);
        seal_data(&mut sealer, 9);
        assert!(sealer.requires_key_update());
        let rejected = seal_code(&mut sealer, ContentType::ApplicationData);
        assert_eq!(rejected, Some(Code::RecordLimit));

        // The last record under the key is reserved for the KeyUpdate.
        assert_eq!(seal_code(&mut sealer, ContentType::Handshake), None);
        let rejected = seal_code(&mut sealer, ContentType::Handshake);
        assert_eq!(rejected, Some(Code::RecordLimit));

        sealer.rekey((0, secrets(suite, 2))).unwrap();
        seal_data(&mut sealer, 9);
        assert!(sealer.requires_key_update());
    }
}

#[test]
fn tls12_reserves_the_last_record_for_an_alert() {
    for suite in tls12_suites() {
        let mut sealer = sealer(suite, 1);
        sealer.lower_limit(10);
        seal_data(&mut sealer, 8);
        let rejected = seal_code(&mut sealer, ContentType::ApplicationData);
        assert_eq!(rejected, Some(Code::RecordLimit));
        assert!(!sealer.requires_key_update());

        assert_eq!(seal_code(&mut sealer, ContentType::Alert), None);
        let rejected = seal_code(&mut sealer, ContentType::Alert);
        assert_eq!(rejected, Some(Code::RecordLimit));
    }
}

#[test]
fn aes_gcm_is_limited_to_2_pow_24_records() {
    for suite in suites() {
        let limit = 1 << 24;
        let is_gcm = format!("{suite:?}").contains("GCM");
        let mut before = sealer(suite, limit - 2);
        assert_eq!(seal_code(&mut before, ContentType::ApplicationData), None);
        let expected = is_gcm.then_some(Code::RecordLimit);
        let at_limit = seal_code(&mut before, ContentType::ApplicationData);
        assert_eq!(at_limit, expected, "{suite:?}");
    }
}

#[test]
fn a_lowered_limit_cannot_be_raised() {
    let suite = suites()[0];
    let mut sealer = sealer(suite, 0);
    sealer.lower_limit(1);
    sealer.lower_limit(100);
    let rejected = seal_code(&mut sealer, ContentType::ApplicationData);
    assert_eq!(rejected, Some(Code::RecordLimit));
}

#[test]
fn sequence_numbers_do_not_wrap_around() {
    for suite in suites() {
        let rejected = opener(suite, u64::MAX).open_copy(&sealer(suite, 0).data(b"content"));
        assert_eq!(rejected.unwrap_err().code(), Code::RecordLimit);
        for typ in [ContentType::ApplicationData, ContentType::Alert] {
            let rejected = seal_code(&mut sealer(suite, u64::MAX), typ);
            assert_eq!(rejected, Some(Code::RecordLimit));
        }
    }
}
