//! Interoperability with the provider's record ciphers as the peer.

use super::*;

/// AWS-LC derives sequence numbers from the first nonce. A sealer rarely starts at record 0, so
/// this would fail within a few records if record 0 was not sealed first.
#[test]
fn the_provider_opens_sealed_records_from_any_sequence_number() {
    for suite in suites() {
        for start in [0, 1, 2, 3, 5, 255, 1 << 20, (1 << 24) - 3001] {
            let mut sealer = sealer(suite, start);
            let mut peer = PeerOpener::new(suite, start, 1);
            for number in 0..3000 {
                let plain = plaintext(number % 70);
                let record = sealer.data(&plain);
                let expected = (ContentType::ApplicationData as u8, plain);
                assert_eq!(peer.open(&record), expected, "{suite:?} {start} {number}");
            }
        }
    }
}

#[test]
fn the_provider_opens_sealed_records_after_a_key_update() {
    for suite in tls13_suites() {
        let mut sealer = sealer(suite, 5);
        for generation in 2..6 {
            sealer.rekey((0, secrets(suite, generation))).unwrap();
            let mut peer = PeerOpener::new(suite, 0, generation);
            for number in 0..500 {
                let plain = plaintext(number);
                let record = sealer.record(ContentType::Handshake, &plain);
                let expected = (ContentType::Handshake as u8, plain);
                assert_eq!(peer.open(&record), expected, "{suite:?} {generation}");
            }
        }
    }
}

#[test]
fn records_of_the_provider_are_opened() {
    for suite in suites() {
        let mut peer = PeerSealer::new(suite);
        let mut opener = opener(suite, 0);
        for size in [0, 1, 63, 64, 65, 1000, 8087, 16383, 16384] {
            for typ in [
                ContentType::Alert,
                ContentType::Handshake,
                ContentType::ApplicationData,
            ] {
                let plain = plaintext(size);
                let record = peer.record(typ as u8, &plain);
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
fn records_of_the_provider_are_opened_from_any_sequence_number() {
    for suite in suites() {
        let mut peer = PeerSealer::new(suite);
        for _ in 0..5 {
            peer.record(ContentType::Handshake as u8, b"opened during the handshake");
        }
        let mut opener = opener(suite, 5);
        for number in 0..1000 {
            let plain = plaintext(number % 70);
            let record = peer.record(ContentType::ApplicationData as u8, &plain);
            assert_eq!(opener.open_copy(&record).unwrap().1, plain, "{suite:?}");
        }
    }
}
