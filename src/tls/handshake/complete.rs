//! The end of a handshake: rustls hands the keys over, and the records are ours.

use std::ffi::CString;
use std::sync::atomic::Ordering::*;

use rustls::crypto::Identity;
use rustls::enums::ProtocolVersion;
use rustls::split::SplitConnection;
use rustls::{
    ClientSide, ConnectionOutputs, ExtractedSecrets, HandshakeKind, KeyingMaterialExporter,
    ServerSide,
};

use super::kernel::Schedule;
use super::stage::Stage;
use super::{Handshake, Kernel, names};
use crate::tls::base::memory;
use crate::tls::base::{Mode, Version, lock};
use crate::tls::connection::receive::RecvHalf;
use crate::tls::connection::send::SendHalf;
use crate::tls::connection::{Connection, Facts};
use crate::tls::error::{Code, Result};
use crate::tls::policy::names::{GroupNames, cipher, group};
use crate::tls::record::{Opener, Sealer};

impl Handshake {
    pub(super) fn complete_client(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        mut connection: SplitConnection<ClientSide>,
    ) -> Result<()> {
        self.note_so_far(conn);
        let agreed = Agreed::new(conn, &connection.outputs)?;
        let exporter = agreed.exporter(&mut connection.outputs);
        let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
        let kernel = Kernel::new(Schedule::Client(Box::new(kernel)), exporter);
        self.install(conn, send, recv, agreed, secrets, kernel)
    }

    pub(super) fn complete_server(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        mut connection: SplitConnection<ServerSide>,
    ) -> Result<()> {
        self.note_so_far(conn);
        let agreed = Agreed::new(conn, &connection.outputs)?;
        let exporter = agreed.exporter(&mut connection.outputs);
        let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
        let kernel = Kernel::new(Schedule::Server(Box::new(kernel)), exporter);
        self.install(conn, send, recv, agreed, secrets, kernel)
    }

    fn install(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        agreed: Agreed,
        secrets: ExtractedSecrets,
        kernel: Kernel,
    ) -> Result<()> {
        // Nothing may follow the last message in its record: new keys begin here.
        if !self.input.is_empty() {
            return Err(Code::BadMessage)?;
        }
        send.sealer = Some(Sealer::new(agreed.suite, secrets.tx)?);
        recv.opener = Some(Opener::new(agreed.suite, secrets.rx)?);
        *lock(&conn.kernel) = Some(kernel);
        conn.shared.version.store(agreed.version, Release);
        if conn.mode == Mode::Client {
            conn.shared.server_version.store(agreed.version, Release);
        }
        conn.set_facts(agreed.facts);
        self.stage = Stage::Complete;
        Ok(())
    }
}

/// What rustls says of a finished handshake.
struct Agreed {
    version: Version,
    suite: rustls::SupportedCipherSuite,
    facts: Facts,
}

impl Agreed {
    fn new(conn: &Connection, outputs: &ConnectionOutputs) -> Result<Self> {
        let version = match outputs.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => Version::Tls13,
            Some(ProtocolVersion::TLSv1_2) => Version::Tls12,
            _ => return Err(Code::HandshakeState)?,
        };
        let suite = outputs
            .negotiated_cipher_suite()
            .ok_or(Code::HandshakeState)?;
        let group = match outputs.negotiated_key_exchange_group() {
            Some(agreed) => group(agreed.name()),
            None => GroupNames::NONE,
        };
        let client_cert_chain = match conn.mode {
            Mode::Server => outputs.peer_identity().map(|peer| chain(peer.identity())),
            Mode::Client => None,
        }
        .transpose()?;
        let (resumed, retried) = match outputs.handshake_kind() {
            Some(HandshakeKind::Resumed) => (true, false),
            Some(HandshakeKind::ResumedWithHelloRetryRequest) => (true, true),
            Some(HandshakeKind::FullWithHelloRetryRequest) => (false, true),
            _ => (false, false),
        };
        let shown = client_cert_chain.is_some();
        Ok(Self {
            version,
            suite,
            facts: Facts {
                kind: names::kind(conn, version, resumed, retried, shown),
                resumed,
                suite: suite.suite().into(),
                cipher: cipher(suite.suite()),
                curve: group.curve,
                kem_group: group.kem_group,
                group: group.group,
                // A protocol's name may hold any byte but NUL where C reads it as a string.
                alpn: outputs
                    .alpn_protocol()
                    .and_then(|protocol| CString::new(protocol.as_ref()).ok()),
                client_cert_used: shown,
                client_cert_chain,
            },
        })
    }
}

impl Agreed {
    /// s2n-tls exports in TLS 1.3 only.
    fn exporter(&self, outputs: &mut ConnectionOutputs) -> Option<KeyingMaterialExporter> {
        match self.version {
            Version::Tls13 => outputs.exporter().ok(),
            _ => None,
        }
    }
}

/// A chain as the API gives it: each certificate behind its length in three bytes.
fn chain(identity: &Identity<'_>) -> Result<Box<[u8]>> {
    let Identity::X509(chain) = identity else {
        return Ok(Box::default());
    };
    let mut bytes = Vec::new();
    for cert in std::iter::once(&chain.end_entity).chain(&chain.intermediates) {
        let [_, len @ ..] = (cert.len() as u32).to_be_bytes();
        memory::extend(&mut bytes, &len)?;
        memory::extend(&mut bytes, cert)?;
    }
    Ok(bytes.into())
}
