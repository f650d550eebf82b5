//! Withdrawal of sealed records.

use super::*;

#[test]
fn withdrawn_records_are_zeroed_and_their_numbers_used_again() {
    for suite in suites() {
        let mut sealer = sealer(suite, 4);
        let sent = sealer.data(b"sent");
        let mut withdrawn = Vec::new();
        for size in [0, 10, 3000] {
            withdrawn.extend(sealer.data(&plaintext(size)));
        }
        assert_eq!(sealer.withdraw(&mut withdrawn), 3010);
        assert!(withdrawn.iter().all(|&byte| byte == 0));
        assert_eq!(sealer.withdraw(&mut []), 0);

        let mut opener = opener(suite, 4);
        assert_eq!(opener.open_copy(&sent).unwrap().1, b"sent");
        for text in [&b"other"[..], b"bytes"] {
            let record = sealer.data(text);
            assert_eq!(opener.open_copy(&record).unwrap().1, text, "{suite:?}");
        }
    }
}

#[test]
fn withdrawn_records_do_not_count_for_the_limit_of_the_key() {
    for suite in suites() {
        let mut sealer = sealer(suite, 0);
        sealer.lower_limit(4);
        for _ in 0..10 {
            let mut record = sealer.data(b"withdrawn");
            sealer.withdraw(&mut record);
        }
        for _ in 0..3 {
            assert!(!sealer.requires_key_update());
            sealer.data(b"sent");
        }
        assert_eq!(sealer.requires_key_update(), is_tls13(&suite));
    }
}
