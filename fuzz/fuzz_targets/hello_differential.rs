//! Compares the ClientHello parser with that of rustls.
//!
//! Invariants besides "no panic": a message that rustls accepts is accepted, and both read the same
//! server name, protocols, versions, cipher suites, signature schemes, groups, key shares and
//! certificate types, except for the differences that are named here. A message that rustls rejects
//! fails a handshake, so that a laxer parser has no effect: [`is_left_to_rustls`] names the rules.

#![no_main]

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use rs2n_core::base::Mode;
use rs2n_core::messages::ClientHello;
use rs2n_core::testing::hello::HelloFields;
use rs2n_fuzz::endpoint::{self, Endpoint, Setup, Version};
use rs2n_fuzz::hellos::{Choices, Hello};
use rs2n_fuzz::pipe::Pipe;
use rs2n_fuzz::seeds;
use rustls::crypto::kx::SupportedKxGroup;
use rustls::crypto::{CryptoProvider, Identity, SelectedCredential, SingleCredential};
use rustls::error::PeerIncompatible;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{
    self, Accepted, KeyExchangeSelector, OfferedKxGroup, ServerConfig, ServerHandshake,
};
use rustls::{Error, SliceInput, Tcp};
use rustls_aws_lc_rs::{DEFAULT_PROVIDER, DEFAULT_TLS12_PROVIDER, DEFAULT_TLS13_PROVIDER};

fuzz_target!(init: seeds::write("hello_differential", seeds::noise()), |input: &[u8]| {
    let mut rest = input;
    let mut choose = |of: usize| {
        let (taken, after) = rest.split_at(rest.len().min(if of > 256 { 2 } else { 1 }));
        rest = after;
        taken.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)) % of
    };
    let body = match choose(8) {
        0 => rest.to_vec(),
        kind => generate(&mut choose, kind),
    };
    let len = (body.len() as u32).to_be_bytes();
    compare(&[&[1][..], &len[1..], &body].concat());
});

/// Generates a ClientHello: a genuine one or one from a table, with mutations.
fn generate(choices: &mut Choices<'_>, kind: usize) -> Vec<u8> {
    let mut hello = match kind {
        1..4 => Hello::good(choices),
        _ => genuine()[choices(genuine().len())].clone(),
    };
    for _ in 0..choices(6) {
        hello.mutate(choices);
    }
    let mut body = hello.body();
    for _ in 0..choices(4).saturating_sub(1) {
        let place = choices(body.len());
        match choices(4) {
            0 => body[place] ^= 1 << choices(8),
            1 => body[place] = choices(256) as u8,
            2 => body.truncate(place.max(1)),
            _ => body.insert(place, choices(256) as u8),
        }
    }
    body
}

/// Returns the ClientHellos of clients of each version.
fn genuine() -> &'static [Hello] {
    static HELLOS: OnceLock<Vec<Hello>> = OnceLock::new();
    HELLOS.get_or_init(|| {
        const HEADERS: usize = 5 + 4;

        let hellos = [Version::Tls12, Version::Tls13].map(|version| {
            let (reader, writer) = (Arc::default(), Arc::<Pipe>::default());
            let config = endpoint::config(Mode::Client, Setup::new(version));
            let mut client = Endpoint::new(Mode::Client, config, &reader, &writer);
            client.negotiate();
            Hello::parse(&writer.take_all()[HEADERS..]).expect("the client sends a valid one")
        });
        hellos.into()
    })
}

fn compare(message: &[u8]) {
    let own = HelloFields::parse(message);
    let stored = ClientHello::parse(message);
    let accepted = match accept(message) {
        Ok(accepted) => accepted,
        Err(error) => {
            assert!(own.is_err() || is_left_to_rustls(&error), "{error:?}");
            return;
        }
    };
    let own = own.expect("rustls accepts the message");
    assert!(stored.is_ok(), "rustls accepts the message: {stored:?}");
    compare_fields(&own, &accepted.client_hello());
    compare_decisions(&own, message);
}

/// Returns whether only rustls fails a handshake for a reason: the parser has no such rule.
fn is_left_to_rustls(error: &Error) -> bool {
    match error {
        // Malformed, repeated and misplaced extensions (RFC 8446, 4.2 and 4.2.11): the parser reads
        // those that it evaluates, each once.
        Error::InvalidMessage(_) => true,
        // RFC 8446, 4.1.2, and RFC 5246, 7.4.1.2: the null method is required.
        Error::PeerIncompatible(PeerIncompatible::NullCompressionRequired) => true,
        // RFC 8446, 4.2.3; RFC 5246, 7.4.1.4.1, would imply SHA-1.
        Error::PeerIncompatible(PeerIncompatible::SignatureAlgorithmsExtensionRequired) => true,
        _ => false,
    }
}

/// Passes a message to a server of rustls that has no config yet.
fn accept(message: &[u8]) -> Result<Accepted<Tcp>, Error> {
    let mut records = Vec::new();
    for part in message.chunks(1 << 14) {
        records.extend([22, 3, 1]);
        records.extend((part.len() as u16).to_be_bytes());
        records.extend(part);
    }
    let mut input = SliceInput::new(&mut records);
    match ServerHandshake::start().process(&mut input, &mut Vec::new())? {
        ServerHandshake::Accepted(accepted) => Ok(accepted),
        _ => Err(Error::HandshakeNotComplete),
    }
}

fn compare_fields(own: &HelloFields, reference: &server::ClientHello<'_>) {
    match (&own.server_name, reference.server_name()) {
        (Some(own), Some(name)) => assert!(own.eq_ignore_ascii_case(name.as_ref().as_bytes())),
        // The application may read a name that is not a DNS name; rustls ignores it (RFC 6066, 3).
        (Some(own), None) => {
            let name = ServerName::try_from(&own[..]);
            assert!(!matches!(name, Ok(ServerName::DnsName(_))), "{own:x?}");
        }
        (own, name) => assert_eq!((own, name), (&None, None)),
    }
    let protocols = reference.alpn().into_iter().flatten();
    assert!(own.alpn.iter().map(|name| &name[..]).eq(protocols));
    let suites = reference.cipher_suites().iter().map(|&suite| suite.into());
    assert!(own.cipher_suites.iter().copied().eq(suites));
    let schemes = reference
        .signature_schemes()
        .iter()
        .map(|&scheme| scheme.into());
    assert!(own.signature_schemes.iter().copied().eq(schemes));
    let groups = reference.named_groups().unwrap_or_default();
    let groups = groups.iter().map(|&group| u16::from(group));
    assert!(own.groups.iter().map(|(group, _)| *group).eq(groups));
    for (own, types) in [
        (&own.server_cert_types, reference.server_cert_types()),
        (&own.client_cert_types, reference.client_cert_types()),
    ] {
        let types = types.map(|types| types.iter().map(|&typ| typ.into()).collect::<Vec<u8>>());
        assert_eq!(own, &types);
    }
}

/// Compares the versions that rustls negotiates, and the groups with their key shares.
fn compare_decisions(own: &HelloFields, message: &[u8]) {
    use rs2n_core::base::Version;

    let configs = configs();
    let [both, tls12, tls13] = configs.each_ref().map(|config| {
        let accepted = accept(message).expect("accepted before");
        SEEN.take();
        let outcome = accepted.choose_config(config.clone(), &mut Vec::new());
        assert!(outcome.is_err(), "the selector selects no group");
        SEEN.take()
    });
    let is_13 = own.highest_version == Version::Tls13;
    assert_eq!(tls13.is_asked, is_13);
    // Without supported_versions the legacy version decides, and with it the highest in the list
    // (RFC 8446, 4.2.1). A list without TLS 1.2 excludes it: rustls rejects the message.
    let is_12 = match is_13 {
        true => own.highest_legacy_version == Version::Tls12,
        false => own.highest_version == Version::Tls12,
    };
    // RFC 8446, 4.1.2, has no legacy_version above TLS 1.2; s2n-tls computes a number of eight bits for
    // it, which may be below that of TLS 1.2. rustls treats all as TLS 1.2.
    let is_unknown = message[4..6] > [3, 3][..];
    if !is_13 && (is_12 || !is_unknown) {
        assert_eq!(tls12.is_asked, is_12);
    }
    if is_13 || !is_unknown {
        assert_eq!(both.is_asked, is_13 || is_12);
    }
    for seen in [both, tls13] {
        if is_13 && seen.has_selected {
            let known = DEFAULT_PROVIDER.kx_groups;
            let known = |group: u16| known.iter().any(|known| u16::from(known.name()) == group);
            let groups = own.groups.iter().filter(|(group, _)| known(*group));
            assert!(
                groups.eq(&seen.groups),
                "{:?}, {:?}",
                own.groups,
                seen.groups
            );
        }
    }
}

/// What rustls has passed to the resolver and to the selector of the group.
#[derive(Default)]
struct Seen {
    is_asked: bool,
    has_selected: bool,
    groups: Vec<(u16, bool)>,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// Records the groups, and selects none, so that the handshake ends.
#[derive(Debug)]
struct Selector;

impl KeyExchangeSelector for Selector {
    fn select_key_exchange(
        &self,
        client: &mut dyn Iterator<Item = OfferedKxGroup>,
        _: &[&'static dyn SupportedKxGroup],
    ) -> Option<&'static dyn SupportedKxGroup> {
        let groups = client.map(|offer| (offer.group.name().into(), offer.has_key_share));
        SEEN.with_borrow_mut(|seen| {
            seen.groups = groups.collect();
            seen.has_selected = true;
        });
        None
    }
}

/// Records that a version is negotiated.
#[derive(Debug)]
struct Resolver(SingleCredential);

impl server::ServerCredentialResolver for Resolver {
    fn resolve(&self, hello: &server::ClientHello<'_>) -> Result<SelectedCredential, Error> {
        SEEN.with_borrow_mut(|seen| seen.is_asked = true);
        self.0.resolve(hello)
    }
}

/// Returns configs of servers with both versions, with TLS 1.2 and with TLS 1.3.
fn configs() -> &'static [Arc<ServerConfig>; 3] {
    static CONFIGS: OnceLock<[Arc<ServerConfig>; 3]> = OnceLock::new();
    CONFIGS.get_or_init(|| {
        [
            DEFAULT_PROVIDER,
            DEFAULT_TLS12_PROVIDER,
            DEFAULT_TLS13_PROVIDER,
        ]
        .map(|provider| {
            let mut config = config(provider);
            config.kx_selector = &Selector;
            config.invalid_sni_policy = server::InvalidSniPolicy::IgnoreAll;
            Arc::new(config)
        })
    })
}

fn config(provider: CryptoProvider) -> ServerConfig {
    const CERTIFICATE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ecdsa.crt.der"));
    const KEY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ecdsa.key.der"));

    let identity = Identity::from_cert_chain(vec![CertificateDer::from(CERTIFICATE)]);
    let identity = Arc::new(identity.expect("one certificate"));
    let key = PrivateKeyDer::try_from(KEY).expect("a private key");
    let credentials = rustls::crypto::Credentials::from_der(identity, key, &provider);
    let resolver = Resolver(credentials.expect("the key matches").into());
    let config = ServerConfig::builder(Arc::new(provider)).with_no_client_auth();
    let config = config.with_server_credential_resolver(Arc::new(resolver));
    config.expect("the provider is consistent")
}
