//! The callback that validates certificates, for raw public keys: it is called for a trusted one.

use std::sync::Mutex;

use super::*;
use crate::base::lock;
use crate::config::VerifyHostCallback;

/// Returns the configs of a client that trusts a key, and of the server that has it.
fn configs(key: &Key) -> [Config; 2] {
    let client = Side {
        trusted: vec![key],
        ..Side::default()
    };
    let server = Side {
        raw: Some(key),
        ..Side::default()
    };
    [client, server].map(|side| side.config(b"default"))
}

/// The callback of the application decides last.
struct Decision(bool);

impl CertValidationCallback for Decision {
    fn validate(&self, _: usize, validation: &Arc<Validation>) -> bool {
        validation.decide(self.0).expect("once");
        true
    }
}

#[test]
fn the_validation_callback_is_called_for_a_trusted_key() {
    let key = key();
    for accepts in [true, false] {
        let [client, server] = configs(&key);
        client.set_cert_validation_callback(Some(Arc::new(Decision(accepts))));
        // Not called: a key has no names.
        struct NoHost;
        impl VerifyHostCallback for NoHost {
            fn verify(&self, _: &[u8]) -> bool {
                false
            }
        }
        client.set_verify_host_callback(Some(Arc::new(NoHost)));
        let pair = pair(client, server);
        match accepts {
            true => pair.establish(),
            false => {
                assert_eq!(pair.negotiate().0, Err(Code::CertRejected));
                let reason = detail(&pair.client);
                assert!(reason.contains("raw public key"), "{reason}");
            }
        }
    }
}

/// The callback returns, and the application decides later.
#[derive(Default)]
struct Later(Mutex<Option<Arc<Validation>>>);

impl CertValidationCallback for Later {
    fn validate(&self, _: usize, validation: &Arc<Validation>) -> bool {
        let earlier = lock(&self.0).replace(validation.clone());
        assert!(earlier.is_none(), "called once");
        true
    }
}

#[test]
fn a_handshake_waits_for_the_decision_about_a_key() {
    let key = key();
    for (accepts, expected) in [(true, Ok(())), (false, Err(Code::CertRejected))] {
        let [client, server] = configs(&key);
        let later = Arc::new(Later::default());
        client.set_cert_validation_callback(Some(later.clone()));
        let pair = pair(client, server);
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
        for _ in 0..3 {
            assert_eq!(negotiate(&pair.client).0, Err(Code::AsyncBlocked));
        }
        let validation = lock(&later.0).clone().expect("called");
        validation.decide(accepts).expect("once");
        assert_eq!(negotiate(&pair.client).0, expected);
    }
}
