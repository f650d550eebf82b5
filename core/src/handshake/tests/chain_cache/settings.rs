//! Known chains after changes of policies, versions, settings and chains.

use std::env;
use std::process::Command;

use super::*;
use crate::base::clock::WallClock;

#[test]
fn a_known_chain_is_verified_again_with_another_policy() {
    // A key that the policy permits, in a certificate with a signature that it does not.
    let root = Root::new(&PKCS_ECDSA_P256_SHA256);
    let leaf = root.issue(&PKCS_ECDSA_P384_SHA384, &[ForServers]);
    let configs = Configs::with(&root, &leaf);
    configs.warm_up();
    let with = |name: &[u8]| {
        let policy = Policy::find(name).expect("a policy");
        configs.negotiate_with(|pair| pair.client.set_policy(policy).expect("no chains"))
    };
    let restricted = with(b"rfc9151");
    assert_eq!(restricted, (Err(Code::SecurityPolicyIncompatibleCert), 0));
    assert_eq!(with(b"20250721"), (Ok(()), COLD));
    assert_eq!(with(b"20250721"), (Ok(()), WARM));
    assert_eq!(with(TLS13_POLICY), (Ok(()), WARM));

    // The policy of the config.
    let policy = Policy::find(b"rfc9151").expect("a policy");
    configs.client.set_policy(policy).expect("no chains");
    assert_eq!(configs.negotiate(), restricted);
}

#[test]
fn a_known_chain_is_verified_again_with_another_version() {
    let configs = Configs::new(TLS13_POLICY);
    configs.warm_up();
    let older = Configs {
        client: configs.client.clone(),
        server: server_with(TLS12_POLICY, &pki().server),
    };
    older.warm_up();
    // Both are cached.
    assert_eq!(configs.negotiate(), (Ok(()), WARM));
    assert_eq!(older.negotiate(), (Ok(()), WARM));
}

#[test]
fn a_change_of_any_setting_drops_the_known_chains() {
    let changes: [fn(&Config); 11] = [
        |config| config.disable_time_verification(),
        |config| config.disable_intent_verification(),
        |config| config.set_checks_ocsp(false),
        |config| config.allow_addresses_in_common_names(),
        |config| config.add_known_extension(b"1.2.3").expect("an identifier"),
        |config| config.set_max_chain(1).expect("positive"),
        |config| config.set_max_chain(9).expect("positive"),
        |config| config.set_wall_clock(Arc::new(WallClock)),
        |config| config.set_policy(config.policy()).expect("no chains"),
        |config| config.append_alpn(b"h2").expect("short"),
        |config| config.set_requests_ocsp(true),
    ];
    let configs = Configs::new(TLS13_POLICY);
    configs.warm_up();
    for change in changes {
        change(&configs.client);
        configs.warm_up();
    }

    configs.client.disable_verification();
    let pair = configs.pair();
    pair.establish();
    assert!(pair.client.unverified_peer().is_some());
    let path = pair.client.peer_path().map_err(|error| error.code());
    assert_eq!(path, Err(Code::CertNotValidated));
}

#[test]
fn a_known_chain_must_not_be_longer_than_the_maximum() {
    let configs = Configs::new(TLS13_POLICY);
    let (leaf, key) = &pki().server;
    let long = (leaf.clone() + &pki().ca, key.clone());
    let configs = Configs {
        server: server_with(TLS13_POLICY, &long),
        ..configs
    };
    configs.warm_up();
    configs.client.set_max_chain(1).expect("positive");
    assert_eq!(
        configs.negotiate(),
        (Err(Code::CertMaxChainDepthExceeded), 0)
    );
}

/// The leaf alone does not identify a chain: the others may violate a policy, or exceed a limit.
#[test]
fn another_chain_of_the_same_leaf_is_verified() {
    let configs = Configs::new(TLS13_POLICY);
    configs.warm_up();
    let (leaf, key) = &pki().server;
    let other = Root::new(&PKCS_ECDSA_P256_SHA256).pem();
    for rest in [other.clone(), pki().ca.clone() + &other] {
        let long = (leaf.clone() + &rest, key.clone());
        let longer = Configs {
            client: configs.client.clone(),
            server: server_with(TLS13_POLICY, &long),
        };
        longer.warm_up();
    }
}

/// The variable is read when a config is created, so that this test runs itself with it.
#[test]
fn the_environment_can_disable_the_cache() {
    const NAME: &str =
        "handshake::tests::chain_cache::settings::the_environment_can_disable_the_cache";
    const VARIABLE: &str = "RS2N_NO_CHAIN_CACHE";

    let configs = Configs::new(TLS13_POLICY);
    if env::var_os(VARIABLE).is_some_and(|value| value == "1") {
        for _ in 0..3 {
            assert_eq!(configs.negotiate(), (Ok(()), COLD));
        }
        return;
    }
    configs.warm_up();
    let mut test = Command::new(env::current_exe().expect("this program"));
    let output = test.args(["--exact", NAME]).env(VARIABLE, "1").output();
    let output = output.expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}
