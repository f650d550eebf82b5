//! Known chains where callbacks of the application or OCSP responses decide, and where other
//! threads change the settings.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::thread;

use super::*;
use crate::config::{CertValidationCallback, CrlLookupCallback, Validation, VerifyHostCallback};
use crate::verify::crl::CrlLookup;

/// Ignores every CRL lookup.
struct NoLists;

impl CrlLookupCallback for NoLists {
    fn look_up(&self, lookup: &Arc<CrlLookup>) -> bool {
        lookup.answer(None);
        true
    }
}

#[test]
fn nothing_is_known_where_revocation_lists_decide() {
    let configs = Configs::new(TLS13_POLICY);
    configs.warm_up();
    configs
        .client
        .set_crl_lookup_callback(Some(Arc::new(NoLists)));
    assert_eq!(configs.negotiate().0, Err(Code::CrlLookupFailed));
    configs.client.set_crl_lookup_callback(None);
    configs.warm_up();
}

/// Decides as the test does, and counts the decisions.
struct Decides {
    accepts: bool,
    calls: AtomicUsize,
}

impl Decides {
    fn new(accepts: bool) -> Arc<Self> {
        let calls = AtomicUsize::new(0);
        Arc::new(Self { accepts, calls })
    }
}

impl CertValidationCallback for Decides {
    fn validate(&self, _: usize, validation: &Arc<Validation>) -> bool {
        self.calls.fetch_add(1, Relaxed);
        validation.decide(self.accepts).is_ok()
    }
}

impl VerifyHostCallback for Decides {
    fn verify(&self, name: &[u8]) -> bool {
        assert_eq!(name, b"server.example");
        self.calls.fetch_add(1, Relaxed);
        self.accepts
    }
}

#[test]
fn nothing_is_known_where_the_application_validates_certificates() {
    let configs = Configs::new(TLS13_POLICY);
    configs.warm_up();
    for (accepts, expected) in [(true, Ok(())), (false, Err(Code::CertRejected))] {
        let callback = Decides::new(accepts);
        configs
            .client
            .set_cert_validation_callback(Some(callback.clone()));
        for calls in 1..3 {
            let (outcome, verified) = configs.negotiate();
            assert_eq!(outcome, expected);
            assert!(verified >= 1, "the chain is verified");
            assert_eq!(verified, if accepts { COLD } else { 1 });
            assert_eq!(callback.calls.load(Relaxed), calls);
        }
    }
}

#[test]
fn the_application_decides_about_the_names_of_known_chains() {
    let configs = Configs::new(TLS13_POLICY);
    configs.warm_up();
    let rejected = Err(Code::CertInvalidHostname);
    for (accepts, expected) in [(true, Ok(())), (false, rejected), (true, Ok(()))] {
        let callback = Decides::new(accepts);
        configs
            .client
            .set_verify_host_callback(Some(callback.clone()));
        assert_eq!(configs.negotiate().0, expected);
        assert_eq!(callback.calls.load(Relaxed), 1);

        let callback = Decides::new(accepts);
        let with_own = configs.negotiate_with(|pair| {
            pair.client.set_verify_host_callback(Some(callback.clone()));
        });
        assert_eq!(with_own.0, expected);
        assert_eq!(callback.calls.load(Relaxed), 1);
    }
}

#[test]
fn a_stapled_response_is_verified_with_the_whole_path() {
    let configs = Configs::new(TLS13_POLICY);
    configs.client.set_requests_ocsp(true);
    configs.warm_up();

    let stapled = chain(&pki().server);
    stapled.set_ocsp(b"no response").expect("short");
    let server = server_with(TLS13_POLICY, &pki().server);
    let server_config = Config::new_minimal();
    server_config
        .set_policy(server.policy())
        .expect("no chains");
    server_config.add_chain(&stapled).expect("fits");
    let stapling = Configs {
        client: configs.client.clone(),
        server: Arc::new(server_config),
    };
    for _ in 0..2 {
        assert_eq!(stapling.negotiate(), (Err(Code::InvalidOcspResponse), 1));
    }

    // A response that is not checked is stored as usual.
    configs.client.set_checks_ocsp(false);
    stapling.warm_up();
    let pair = stapling.pair();
    pair.establish();
    let response = pair.client.peer_ocsp().expect("received");
    assert_eq!(*response, *b"no response");
}

#[test]
fn a_chain_that_was_rejected_is_verified_again() {
    let configs = Configs::new(TLS13_POLICY);
    let expired = Configs {
        client: configs.client.clone(),
        server: server_with(TLS13_POLICY, &pki().expired),
    };
    for _ in 0..3 {
        assert_eq!(expired.negotiate(), (Err(Code::CertExpired), 1));
    }
}

/// Changes a config in another thread while a handshake verifies a chain.
struct Changes {
    config: Arc<Config>,
    change: fn(&Config),
}

impl VerifyHostCallback for Changes {
    fn verify(&self, _: &[u8]) -> bool {
        let (config, change) = (self.config.clone(), self.change);
        thread::spawn(move || change(&config)).join().is_ok()
    }
}

#[test]
fn a_change_during_a_handshake_prevents_that_its_chain_is_cached() {
    let changes: [(fn(&Config), _); 3] = [
        (|config| config.wipe_trust(), Err(Code::CertUntrusted)),
        (|config| config.disable_intent_verification(), Ok(())),
        (|config| config.set_max_chain(5).expect("positive"), Ok(())),
    ];
    for (change, expected) in changes {
        for is_warm in [false, true] {
            let configs = Configs::new(TLS13_POLICY);
            if is_warm {
                configs.warm_up();
            }
            let changed = configs.negotiate_with(|pair| {
                let config = configs.client.clone();
                let callback = Arc::new(Changes { config, change });
                pair.client.set_verify_host_callback(Some(callback));
            });
            // This handshake uses the settings with which it has begun to verify.
            assert_eq!(changed, (Ok(()), if is_warm { WARM } else { COLD }));
            let (outcome, verified) = configs.negotiate();
            assert_eq!(outcome, expected);
            assert_eq!(verified, if expected.is_ok() { COLD } else { 0 });
        }
    }
}

#[test]
fn threads_share_known_chains_while_settings_change() {
    const THREADS: usize = 6;
    const ROUNDS: usize = 25;

    let configs = Configs::mutual(TLS13_POLICY);
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let (client, server) = configs.pair().negotiate();
                    outcomes.lock().expect("no panic").push((client, server));
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..ROUNDS {
                for config in [&configs.client, &configs.server] {
                    config.disable_intent_verification();
                    config.wipe_trust();
                    config.trust_pem(pki().ca.as_bytes()).expect("a root");
                }
            }
        });
    });
    let outcomes = outcomes.into_inner().expect("no panic");
    assert_eq!(outcomes.len(), THREADS * ROUNDS);
    for outcome in outcomes {
        let is_right = [outcome.0, outcome.1].iter().all(|outcome| {
            matches!(
                outcome,
                Ok(()) | Err(Code::CertUntrusted | Code::IoBlocked | Code::Alert)
            )
        });
        assert!(is_right, "{outcome:?}");
    }
    configs.negotiate().0.expect("trusted");
    for config in [&configs.client, &configs.server] {
        config.wipe_trust();
    }
    assert_eq!(configs.negotiate().0, Err(Code::CertUntrusted));
}
