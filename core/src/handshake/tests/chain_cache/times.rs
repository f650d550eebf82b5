//! Known chains and the validity periods of their certificates.

use std::sync::atomic::Ordering::*;

use super::*;

/// Sets a clock to the middle of a year, whatever leap years there are.
fn set_year(clock: &TestClock, year: i64) {
    clock
        .now
        .store((year - 1970) * 31_556_952 + 15_000_000, Relaxed);
}

#[test]
fn a_known_chain_expires() {
    let root = Root::new(&PKCS_ECDSA_P256_SHA256);
    let leaf = root.issue(&PKCS_ECDSA_P256_SHA256, &[ForServers]);
    let configs = Configs::with(&root, &leaf);
    let clock = Arc::new(TestClock::default());
    configs.client.set_wall_clock(clock.clone());
    set_year(&clock, 2500);
    configs.warm_up();

    for (year, expected) in [
        (3000, Err(Code::CertExpired)),
        (2999, Ok(())),
        (1999, Err(Code::CertNotYetValid)),
        (2000, Ok(())),
    ] {
        set_year(&clock, year);
        let (outcome, verified) = configs.negotiate();
        assert_eq!(outcome, expected, "{year}");
        // An error is that of the full verification.
        assert_eq!(verified, 1, "{year}");
    }
}

#[test]
fn the_boundaries_of_the_validity_period_are_those_of_the_full_verification() {
    let root = Root::new(&PKCS_ECDSA_P256_SHA256);
    let leaf = root.issue(&PKCS_ECDSA_P256_SHA256, &[ForServers]);
    let configs = Configs::with(&root, &leaf);
    let clock = Arc::new(TestClock::default());
    configs.client.set_wall_clock(clock.clone());
    let seconds = |year| date_time_ymd(year, 1, 1).unix_timestamp();
    for (boundary, inside) in [(seconds(2000), 1), (seconds(3000), -1)] {
        set_year(&clock, 2500);
        configs.negotiate().0.expect("valid");
        for offset in [-1, 0, 1] {
            clock.now.store(boundary + offset, Relaxed);
            let (warm, verified) = configs.negotiate();
            let cold = Configs::with(&root, &leaf);
            cold.client.set_wall_clock(clock.clone());
            assert_eq!(warm, cold.negotiate().0, "{inside} {offset}");
            assert_eq!(verified, 1);
        }
        clock.now.store(boundary + inside, Relaxed);
        assert_eq!(configs.negotiate(), (Ok(()), WARM));
    }
}

#[test]
fn the_clock_is_read_as_often_as_without_the_cache() {
    let configs = Configs::new(TLS13_POLICY);
    let clock = Arc::new(TestClock::default());
    set_year(&clock, 2500);
    configs.client.set_wall_clock(clock.clone());
    configs.negotiate().0.expect("valid");
    let cold = clock.readings.swap(0, Relaxed);
    assert!(cold > 0);
    configs.negotiate().0.expect("valid");
    assert_eq!(clock.readings.swap(0, Relaxed), cold);

    clock.now.store(-1, Relaxed);
    let failed = configs.negotiate();
    configs.client.set_wall_clock(clock);
    assert_eq!(failed, configs.negotiate());
    assert!(failed.0.is_err());
}

/// Of two anchors with one name and key, the valid one is preferred: the path depends on the time.
#[test]
fn the_path_of_a_known_chain_is_that_of_the_full_verification() {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
    let same = KeyPair::from_pem(&key.serialize_pem()).expect("a key");
    let (early, late) = (Root::until(2500, key), Root::until(3500, same));
    let leaf = late.issue(&PKCS_ECDSA_P256_SHA256, &[ForServers]);
    let clock = Arc::new(TestClock::default());
    let create = || {
        let configs = Configs::with(&early, &leaf);
        configs
            .client
            .trust_pem(late.pem().as_bytes())
            .expect("a root");
        configs.client.set_wall_clock(clock.clone());
        configs
    };
    let warm = create();
    for (year, verified) in [(2400, COLD), (2450, WARM), (2600, COLD), (2400, COLD)] {
        set_year(&clock, year);
        let (pair, cold) = (warm.pair(), create().pair());
        let before = VERIFIED.get();
        pair.establish();
        assert_eq!(VERIFIED.get(), before + verified, "{year}");
        cold.establish();
        let [path, expected] = [pair, cold].map(|pair| pair.client.peer_path().expect("verified"));
        assert_eq!(path, expected, "{year}");
    }
}
