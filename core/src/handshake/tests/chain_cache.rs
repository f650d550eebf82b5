//! The cache of verified chains: what it saves, and that the outcome of a handshake never depends
//! on it.

use rcgen::ExtendedKeyUsagePurpose::{self, ClientAuth as ForClients, ServerAuth as ForServers};
use rcgen::{PKCS_ECDSA_P256_SHA256, SignatureAlgorithm, date_time_ymd};

use super::*;
use crate::crypto::signature::VERIFIED;
use crate::x509::PARSED;

mod callbacks;
mod settings;
mod times;

/// The verifications of a handshake with a peer of one certificate whose chain is not cached: of
/// the certificate's signature, and of that of the handshake. The latter is never saved.
const COLD: usize = 2;

const WARM: usize = 1;

/// Configs for several handshakes.
struct Configs {
    client: Arc<Config>,
    server: Arc<Config>,
}

/// The outcome of a handshake on the verifying side, and what it has verified.
type Outcome = (Result<(), Code>, usize);

impl Configs {
    fn new(policy: &[u8]) -> Self {
        let pair = Pair::new(policy);
        Self {
            client: pair.client_config,
            server: pair.server_config,
        }
    }

    /// With a server whose certificate this root has issued.
    fn with(root: &Root, server: &(String, String)) -> Self {
        let configs = Self::new(TLS13_POLICY);
        configs.client.wipe_trust();
        configs
            .client
            .trust_pem(root.pem().as_bytes())
            .expect("a root");
        Self {
            server: server_with(TLS13_POLICY, server),
            ..configs
        }
    }

    /// With a client that sends a certificate, which the server verifies.
    fn mutual(policy: &[u8]) -> Self {
        let configs = Self::new(policy);
        configs
            .client
            .add_chain(&chain(&pki().client))
            .expect("fits");
        configs.server.set_client_auth(ClientAuth::Required);
        configs
            .server
            .set_verify_host_callback(Some(Arc::new(AnyHost)));
        configs
    }

    fn pair(&self) -> Pair {
        let pair = Pair::new(TLS13_POLICY);
        pair.client.set_config(self.client.clone()).expect("fits");
        pair.server.set_config(self.server.clone()).expect("fits");
        pair
    }

    /// Performs a handshake, after a change of its connections.
    fn negotiate_with(&self, change: impl FnOnce(&Pair)) -> Outcome {
        let pair = self.pair();
        change(&pair);
        let before = VERIFIED.get();
        let (client, server) = pair.negotiate();
        let outcome = match client {
            Ok(()) => server,
            failed => failed,
        };
        (outcome, VERIFIED.get() - before)
    }

    fn negotiate(&self) -> Outcome {
        self.negotiate_with(|_| ())
    }

    /// Performs handshakes whose first verifies the chain, and whose second finds it in the cache.
    fn warm_up(&self) {
        assert_eq!(self.negotiate(), (Ok(()), COLD));
        assert_eq!(self.negotiate(), (Ok(()), WARM));
    }
}

fn server_with(policy: &[u8], chain_and_key: &(String, String)) -> Arc<Config> {
    let config = Config::new_minimal();
    let policy = Policy::find(policy).expect("a policy");
    config.set_policy(policy).expect("no rules");
    config.add_chain(&chain(chain_and_key)).expect("fits");
    Arc::new(config)
}

struct Root(CertifiedIssuer<'static, KeyPair>);

impl Root {
    fn new(algorithm: &'static SignatureAlgorithm) -> Self {
        Self::until(4000, KeyPair::generate_for(algorithm).expect("a key"))
    }

    /// A root that is valid until a year.
    fn until(year: i32, key: KeyPair) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = date_time_ymd(year, 1, 1);
        Self(CertifiedIssuer::self_signed(params, key).expect("a root"))
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// Issues a certificate for `*.example`, valid from 2000 to 3000.
    fn issue(
        &self,
        algorithm: &'static SignatureAlgorithm,
        usages: &[ExtendedKeyUsagePurpose],
    ) -> (String, String) {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let mut params = CertificateParams::new(["*.example".to_owned()]).expect("a name");
        // Self-issued certificates are exempt from some rules.
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "a leaf");
        params.extended_key_usages = usages.to_vec();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(3000, 1, 1);
        let cert = params.signed_by(&key, &self.0).expect("a certificate");
        (cert.pem(), key.serialize_pem())
    }
}

#[test]
fn a_known_chain_is_neither_verified_nor_parsed_again() {
    for policy in POLICIES {
        let configs = Configs::new(policy);
        let (first, second) = (configs.pair(), configs.pair());
        first.establish();
        let before = (VERIFIED.get(), PARSED.get());
        second.establish();
        assert_eq!((VERIFIED.get(), PARSED.get()), (before.0 + WARM, before.1));

        let [path, again] =
            [&first, &second].map(|pair| pair.client.peer_path().expect("verified"));
        assert_eq!(path.len(), 2);
        assert!(Arc::ptr_eq(&path, &again), "the connections share the path");
        for pair in [first, second] {
            let name = pair.client.public_key_name(Mode::Server).expect("a key");
            assert_eq!(name, "ecdsa_secp256r1");
            assert!(pair.client.unverified_peer().is_none());
            assert!(pair.client.peer_ocsp().is_none());
        }
    }
}

#[test]
fn a_server_knows_the_chains_of_clients() {
    for policy in POLICIES {
        let configs = Configs::mutual(policy);
        let (first, second) = (configs.pair(), configs.pair());
        first.establish();
        let before = VERIFIED.get();
        second.establish();
        assert_eq!(VERIFIED.get(), before + 2 * WARM);

        let sent = chain(&pki().client).certificates().expect("loaded");
        for pair in [first, second] {
            assert_eq!(pair.server.peer_path().expect("verified")[0], sent[0]);
            let negotiated = pair.server.negotiated().expect("negotiated");
            let received = negotiated
                .client_cert_chain
                .as_ref()
                .expect("a certificate");
            assert_eq!(received[3..], *sent[0]);
            assert!(negotiated.client_cert_used);
        }
    }
}

#[test]
fn a_known_chain_requires_its_trust_anchor() {
    let configs = Configs::new(TLS13_POLICY);
    configs.warm_up();
    configs.client.wipe_trust();
    assert_eq!(configs.negotiate().0, Err(Code::CertUntrusted));

    configs
        .client
        .trust_pem(pki().ca.as_bytes())
        .expect("a root");
    configs.warm_up();
    configs.client.wipe_trust();
    // It has the name of the first.
    let other = Root::new(&PKCS_ECDSA_P256_SHA256).pem();
    configs.client.trust_pem(other.as_bytes()).expect("a root");
    assert_eq!(configs.negotiate(), (Err(Code::CertUntrusted), 1));

    // An additional trust anchor may change the path. The key of the other is tried first.
    configs
        .client
        .trust_pem(pki().ca.as_bytes())
        .expect("a root");
    for verified in [COLD + 1, WARM] {
        assert_eq!(configs.negotiate(), (Ok(()), verified));
    }
    configs
        .client
        .trust_pem(pki().ca.as_bytes())
        .expect("a root");
    assert_eq!(configs.negotiate(), (Ok(()), COLD + 1));
}

#[test]
fn the_names_of_a_known_chain_are_compared_with_each_host() {
    let configs = Configs::new(TLS13_POLICY);
    configs.warm_up();
    let name =
        |name| configs.negotiate_with(|pair| pair.client.set_server_name(name).expect("short"));
    assert_eq!(name(c"other.example"), (Err(Code::CertInvalidHostname), 0));
    assert_eq!(name(c""), (Err(Code::CertInvalidHostname), 0));
    assert_eq!(name(c"Server.example"), (Ok(()), WARM));

    // One entry serves all names of a wildcard.
    let root = Root::new(&PKCS_ECDSA_P256_SHA256);
    let leaf = root.issue(&PKCS_ECDSA_P256_SHA256, &[ForServers]);
    let configs = Configs::with(&root, &leaf);
    configs.warm_up();
    let name =
        |name| configs.negotiate_with(|pair| pair.client.set_server_name(name).expect("short"));
    assert_eq!(name(c"other.example"), (Ok(()), WARM));
    assert_eq!(name(c"a.b.example"), (Err(Code::CertInvalidHostname), 0));
}

#[test]
fn a_server_compares_a_known_chain_with_the_server_name_of_each_client() {
    let configs = Configs::mutual(TLS13_POLICY);
    let leaf = configs.server.clone();
    leaf.set_verify_host_callback(None);
    configs.client.disable_verification();
    let name =
        |name| configs.negotiate_with(|pair| pair.client.set_server_name(name).expect("short"));
    assert_eq!(name(c"client.example"), (Ok(()), COLD + WARM));
    assert_eq!(name(c"client.example"), (Ok(()), 2 * WARM));
    assert_eq!(name(c"server.example").0, Err(Code::CertInvalidHostname));
    assert_eq!(name(c"client.example"), (Ok(()), 2 * WARM));
}

/// One config verifies servers and clients, of which both send the same certificate.
#[test]
fn the_chain_of_a_server_is_not_known_as_that_of_a_client() {
    let root = Root::new(&PKCS_ECDSA_P256_SHA256);
    for (usages, expected) in [
        (&[ForServers][..], Err(Code::CertIntentInvalid)),
        (&[ForServers, ForClients], Ok(())),
    ] {
        let leaf = root.issue(&PKCS_ECDSA_P256_SHA256, usages);
        let both = Config::new_minimal();
        let policy = Policy::find(TLS13_POLICY).expect("a policy");
        both.set_policy(policy).expect("no rules");
        both.trust_pem(root.pem().as_bytes()).expect("a root");
        both.add_chain(&chain(&leaf)).expect("fits");
        let both = Arc::new(both);
        let configs = Configs {
            client: both.clone(),
            server: both,
        };
        configs.warm_up();
        let mutual = || {
            configs.negotiate_with(|pair| {
                pair.server.set_client_auth(ClientAuth::Required);
                pair.server
                    .set_verify_host_callback(Some(Arc::new(AnyHost)));
            })
        };
        let (outcome, verified) = mutual();
        assert_eq!(outcome, expected);
        // The role is checked last. The signature of a rejected client is not verified.
        let of_client = if expected.is_ok() { COLD } else { 1 };
        assert_eq!(verified, WARM + of_client);
        if expected.is_ok() {
            assert_eq!(mutual(), (Ok(()), 2 * WARM));
        }
    }
}

/// The signature of TLS 1.2 is sent in plaintext, at the end of ServerKeyExchange.
#[test]
fn the_signature_of_a_handshake_is_verified_with_a_known_chain() {
    let configs = Configs::new(TLS12_POLICY);
    configs.warm_up();
    let pair = configs.pair();
    negotiate(&pair.client).0.expect_err("blocked");
    negotiate(&pair.server).0.expect_err("blocked");
    let is_altered = {
        let mut state = pair.to_client.state();
        let bytes = state.bytes.make_contiguous();
        alter_key_exchange(bytes)
    };
    assert!(is_altered, "the message is in the server's flight");
    let before = VERIFIED.get();
    assert!(negotiate(&pair.client).0.is_err());
    assert_eq!(VERIFIED.get(), before + 1);
}

/// Alters the last byte of a ServerKeyExchange message, in a record of its own or with others.
fn alter_key_exchange(flight: &mut [u8]) -> bool {
    const SERVER_KEY_EXCHANGE: u8 = 12;

    let mut at = 0;
    while at + 9 <= flight.len() {
        let record = usize::from(u16::from_be_bytes([flight[at + 3], flight[at + 4]]));
        let end = at + 5 + record;
        let mut message = at + 5;
        while message + 4 <= end {
            let header = &flight[message..message + 4];
            let len = u32::from_be_bytes([0, header[1], header[2], header[3]]) as usize;
            let last = message + 3 + len;
            if header[0] == SERVER_KEY_EXCHANGE {
                flight[last] ^= 1;
                return true;
            }
            message = last + 1;
        }
        at = end;
    }
    false
}
