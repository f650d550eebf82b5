//! The factory of client sessions of TLS 1.3.
//!
//! rustls stores a session when a server sends a ticket, and cannot be given one otherwise. So a
//! handshake of rustls with itself is kept for each suite, whose tickets have the identity, the age
//! and, as their nonce, the pre-shared key of a session.

#[cfg(all(test, feature = "internal-model"))]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{
    HandshakeSignatureValid, ServerIdentity, ServerVerifier, SignatureVerificationInput,
};
use rustls::client::{
    ClientConfig, ClientCredentialResolver, ClientHandshake, ClientSessionKey, ClientSessionStore,
    CredentialRequest, Resumption, Tls12Session, Tls13Session,
};
use rustls::crypto::kx::NamedGroup;
use rustls::crypto::{
    Credentials, CryptoProvider, Identity, SelectedCredential, SignatureScheme, Signer, SigningKey,
    VerifiedIdentity,
};
use rustls::enums::CertificateType;
use rustls::kernel::KernelConnection;
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::{
    ClientHello, ServerConfig, ServerCredentialResolver, ServerHandshake, Tls13Tickets,
};
use rustls::time_provider::TimeProvider;
use rustls::{ClientSide, Error as RustlsError, TlsInputBuffer};
use rustls_aws_lc_rs::{DEFAULT_PROVIDER, kx_group::X25519};

use super::session_state::Tls13State;
use crate::base::{lock, memory};
use crate::crypto::HeapSecret;
use crate::crypto::captured::capture;
use crate::crypto::tls13::FACTORY_SUITES;
use crate::error::{Code, Result};
use crate::process::fork::{ForkSafeMutex, get_or_init};
use crate::process::permanent;
use crate::process::sync::OnceLock;

/// The factories, in the order of [`FACTORY_SUITES`].
static FACTORIES: [OnceLock<ForkSafeMutex<Factory>>; FACTORY_SUITES.len()] =
    [const { OnceLock::new() }; FACTORY_SUITES.len()];

/// Returns the factory of a suite; `None` if its handshake fails, for lack of memory. The next call
/// repeats it.
fn factory(index: usize) -> Option<&'static ForkSafeMutex<Factory>> {
    if let Some(factory) = FACTORIES[index].get() {
        return Some(factory);
    }
    let made = permanent::allocate(|| Factory::new(index).map(ForkSafeMutex::new))?;
    Some(get_or_init(&FACTORIES[index], || made))
}

/// Makes a session that rustls offers with this identity and this age, whatever the time is, and
/// early data of at most `max_early_data` bytes. `None` means a full handshake.
pub(super) fn session(
    state: &Tls13State,
    identity: &[u8],
    age: u32,
    max_early_data: u32,
) -> Result<Option<Tls13Session>> {
    let mut suites = FACTORY_SUITES.iter();
    let index = suites.position(|suite| suite.common.suite.0 == state.suite);
    let index = index.ok_or(Code::CipherNotSupported)?;
    let Some(factory) = factory(index) else {
        return Ok(None);
    };
    let ticket = ticket(state, identity, age, max_early_data)?;
    // The parsed ticket, and the session.
    memory::probe(4 * ticket.len())?;
    Ok(lock(factory).receive(&ticket))
}

/// Encodes the body of a NewSessionTicket (RFC 8446, 4.6.1) whose nonce is the pre-shared key.
pub(super) fn ticket(
    state: &Tls13State,
    identity: &[u8],
    age: u32,
    max_early_data: u32,
) -> Result<HeapSecret> {
    let mut ticket = HeapSecret::default();
    // The capacity suffices: a vector that grows leaves parts of the secret behind.
    let len = 4 + 4 + 1 + state.secret.len() + 2 + identity.len() + 2 + 8;
    memory::reserve_exact(&mut ticket, len)?;
    // A session without a lifetime does not expire.
    ticket.extend_from_slice(&[0; 4]);
    ticket.extend_from_slice(&age.to_be_bytes());
    ticket.push(state.secret.len() as u8);
    ticket.extend_from_slice(&state.secret);
    ticket.extend_from_slice(&(identity.len() as u16).to_be_bytes());
    ticket.extend_from_slice(identity);
    match max_early_data {
        0 => ticket.extend_from_slice(&[0, 0]),
        max_len => {
            ticket.extend_from_slice(&EARLY_DATA_EXTENSION);
            ticket.extend_from_slice(&max_len.to_be_bytes());
        }
    }
    Ok(ticket)
}

/// The start of the extensions of a ticket: their length, the type early_data, and the length of
/// its data (RFC 8446, 4.2.10).
const EARLY_DATA_EXTENSION: [u8; 6] = [0, 8, 0, 42, 0, 4];

/// A client of rustls after its handshake, which receives tickets.
struct Factory {
    client: KernelConnection<ClientSide>,
    store: Arc<Received>,
}

impl Factory {
    fn new(suite: usize) -> Option<Self> {
        let provider = Arc::new(CryptoProvider {
            tls13_cipher_suites: vec![FACTORY_SUITES[suite]].into(),
            tls12_cipher_suites: vec![].into(),
            kx_groups: vec![X25519].into(),
            ..DEFAULT_PROVIDER
        });
        let store = Arc::new(Received::default());
        let (mut client, server) = configs(provider).ok()?;
        client.resumption = Resumption::store(store.clone());
        // The secret of this handshake is not that of an outer one.
        let (client, _) = capture(|| handshake(client, server));
        Some(Self {
            client: client.ok()?,
            store,
        })
    }

    /// Receives the body of a NewSessionTicket (RFC 8446, 4.6.1).
    fn receive(&mut self, ticket: &[u8]) -> Option<Tls13Session> {
        self.client.handle_new_session_ticket(ticket).ok()?;
        lock(&self.store.0).take()
    }
}

/// The server name of the client, which has no meaning.
pub(super) const SERVER_NAME: &str = "factory.invalid";

/// Returns the configs of a client and a server that authenticate nothing.
pub(super) fn configs(
    provider: Arc<CryptoProvider>,
) -> Result<(ClientConfig, ServerConfig), RustlsError> {
    let clock = Arc::new(EndOfTime);
    let mut client = ClientConfig::builder_with_details(provider.clone(), clock.clone())
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Unchecked))
        .with_client_credential_resolver(Arc::new(Unchecked))?;
    client.enable_secret_extraction = true;
    client.cert_decompressors = Vec::new();
    let mut server = ServerConfig::builder_with_details(provider, clock)
        .with_no_client_auth()
        .with_server_credential_resolver(Arc::new(Unchecked))?;
    server.send_tls13_tickets = Tls13Tickets { default: 0, max: 0 };
    Ok((client, server))
}

/// Runs a handshake of rustls with itself.
pub(super) fn handshake(
    client: ClientConfig,
    server: ServerConfig,
) -> Result<KernelConnection<ClientSide>, RustlsError> {
    let config = Arc::new(server);
    let (mut to_server, mut to_client) = (Input::default(), Input::default());
    let name =
        ServerName::try_from(SERVER_NAME).map_err(|_| RustlsError::General(String::new()))?;
    let client = Arc::new(client).connect(name);
    let client = client.start_handshake(&mut to_server.bytes)?;
    let mut client = ClientHandshake::NeedsInput(client);
    let mut server = ServerHandshake::NeedsInput(ServerHandshake::start());
    while !matches!(client, ClientHandshake::Complete(_)) && !to_server.is_empty() {
        server = serve(server, &config, &mut to_server, &mut to_client)?;
        client = follow(client, &mut to_client, &mut to_server)?;
    }
    // The client's last flight.
    serve(server, &config, &mut to_server, &mut to_client)?;
    match client {
        ClientHandshake::Complete(client) => Ok(client.dangerous_into_kernel_connection()?.1),
        _ => Err(RustlsError::HandshakeNotComplete),
    }
}

/// Runs the steps of a server until it requires more input.
fn serve(
    mut server: ServerHandshake,
    config: &Arc<ServerConfig>,
    input: &mut Input,
    output: &mut Input,
) -> Result<ServerHandshake, RustlsError> {
    loop {
        server = match server {
            ServerHandshake::NeedsInput(step) if !input.is_empty() => {
                step.process(input, &mut output.bytes)?
            }
            ServerHandshake::Accepted(step) => {
                step.choose_config(config.clone(), &mut output.bytes)?
            }
            other => return Ok(other),
        };
    }
}

/// Runs the steps of a client until it requires more input.
fn follow(
    mut client: ClientHandshake,
    input: &mut Input,
    output: &mut Input,
) -> Result<ClientHandshake, RustlsError> {
    loop {
        client = match client {
            ClientHandshake::NeedsInput(step) if !input.is_empty() => {
                step.process(input, &mut output.bytes)?
            }
            ClientHandshake::VerifyServerIdentity(step) => step.with_config(&mut output.bytes)?,
            other => return Ok(other),
        };
    }
}

/// The store of a factory, which has the session of the last ticket.
#[derive(Default)]
struct Received(Mutex<Option<Tls13Session>>);

impl ClientSessionStore for Received {
    fn set_kx_hint(&self, _: ClientSessionKey<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ClientSessionKey<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ClientSessionKey<'static>, _: Tls12Session) {}

    fn tls12_session(&self, _: &ClientSessionKey<'_>) -> Option<Tls12Session> {
        None
    }

    fn remove_tls12_session(&self, _: &ClientSessionKey<'static>) {}

    fn insert_tls13_ticket(&self, _: ClientSessionKey<'static>, session: Tls13Session) {
        *lock(&self.0) = Some(session);
    }

    fn take_tls13_ticket(&self, _: &ClientSessionKey<'static>) -> Option<Tls13Session> {
        None
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Received")
    }
}

/// The clock of a factory. A ticket of the latest time has no age: rustls does not subtract below
/// zero.
#[derive(Debug)]
struct EndOfTime;

impl TimeProvider for EndOfTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX)))
    }
}

/// The certificate, key and verifier of a factory's handshake, in which nothing is authenticated.
#[derive(Debug)]
struct Unchecked;

const SCHEME: SignatureScheme = SignatureScheme::ECDSA_NISTP256_SHA256;

impl ServerVerifier for Unchecked {
    fn verify_identity<'a>(
        &self,
        identity: &ServerIdentity<'a, '_>,
    ) -> Result<VerifiedIdentity<'a>, RustlsError> {
        Ok(VerifiedIdentity::assertion(identity.identity.clone()))
    }

    fn verify_tls12_signature(
        &self,
        _: &SignatureVerificationInput<'_>,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &SignatureVerificationInput<'_>,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SCHEME]
    }

    fn request_ocsp_response(&self) -> bool {
        false
    }

    fn hash_config(&self, _: &mut dyn std::hash::Hasher) {}
}

impl ClientCredentialResolver for Unchecked {
    fn resolve(&self, _: &CredentialRequest<'_>) -> Option<SelectedCredential> {
        None
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        &[]
    }

    fn hash_config(&self, _: &mut dyn std::hash::Hasher) {}
}

impl ServerCredentialResolver for Unchecked {
    fn resolve(&self, _: &ClientHello<'_>) -> Result<SelectedCredential, RustlsError> {
        const EMPTY_SEQUENCE: [u8; 2] = [0x30, 0];

        let chain = vec![CertificateDer::from(EMPTY_SEQUENCE.to_vec())];
        let identity = Arc::new(Identity::from_cert_chain(chain)?);
        let credentials = Credentials::new_unchecked(identity, Box::new(Self));
        let selected = credentials.signer(&[SCHEME]);
        selected.ok_or(RustlsError::NoSuitableCertificate)
    }
}

impl SigningKey for Unchecked {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(Self))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        None
    }
}

impl Signer for Unchecked {
    fn sign(self: Box<Self>, _: &[u8]) -> Result<Vec<u8>, RustlsError> {
        Ok(vec![0])
    }

    fn scheme(&self) -> SignatureScheme {
        SCHEME
    }
}

/// The records from one side of a factory's handshake to the other.
#[derive(Default)]
struct Input {
    bytes: Vec<u8>,
    used: usize,
}

impl Input {
    fn is_empty(&self) -> bool {
        self.used == self.bytes.len()
    }
}

impl TlsInputBuffer for Input {
    fn slice_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.used..]
    }

    fn discard(&mut self, num_bytes: usize) {
        self.used += num_bytes;
    }

    fn received_close_notify(&mut self) {}

    fn has_seen_eof(&self) -> bool {
        false
    }
}
