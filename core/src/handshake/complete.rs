//! Completion of a handshake: export of the traffic keys of rustls to the record layer, which seals
//! and opens all later records, and of the secrets to the key schedule.

use std::ffi::CString;
use std::sync::atomic::Ordering::*;

use rustls::crypto::{CertificateIdentity, Identity};
use rustls::enums::ProtocolVersion;
use rustls::quic::Quic;
use rustls::split::SplitConnection;
use rustls::{
    Connection, ConnectionOutputs, ExtractedSecrets, HandshakeKind, SideData, SupportedCipherSuite,
};

use super::Handshake;
use super::context::Context;
use super::progress::handshake_type;
use super::stage::Stage;
use crate::base::{Mode, Version, memory};
use crate::config::EarlyDataProgress;
use crate::crypto::captured::take_traffic_keys;
use crate::error::{Code, Result};
use crate::record::{Opener, Sealer};
use crate::state::{KeySchedule, Negotiated, Secrets};

impl Handshake {
    /// Stores the results of a completed handshake, and installs the traffic keys.
    pub(super) fn complete<S: SideData>(
        &mut self,
        ctx: &mut Context<'_>,
        connection: SplitConnection<S>,
        has_early_data: bool,
    ) -> Result<()> {
        self.store_selection(ctx);
        match has_early_data {
            true => {
                let alpn = connection.outputs.alpn_protocol();
                Self::check_accepted(ctx, alpn.map(AsRef::as_ref))?;
                ctx.state
                    .set_early_data_progress(EarlyDataProgress::Accepted);
            }
            false => {
                ctx.state.reject_early_data();
                self.stop_rejected_early_data(ctx);
            }
        }
        let results = Results::new(ctx, &connection.outputs)?;
        let keys = self.traffic_keys(connection)?;
        // RFC 8446, 5.1: no message may follow in the record of the last one, before a key change.
        if !self.input.is_empty() {
            return Err(Code::BadMessage.rule("bytes follow the Finished message in its record"));
        }
        let sealer = Sealer::new(results.suite, keys.tx)?;
        match has_early_data {
            true => self.hold_end(ctx, sealer)?,
            false => ctx.send.sealer = Some(sealer),
        }
        ctx.recv.opener = Some(Opener::new(results.suite, keys.rx)?);
        self.store_results(ctx, results);
        self.stage = match has_early_data {
            true => Stage::EndOfEarlyData,
            false => Stage::Complete,
        };
        Ok(())
    }

    /// Returns the traffic keys of a completed handshake, and the sequence numbers of the next
    /// records. Those of TLS 1.3 were captured, and have protected none: Finished is the last
    /// message before a key change on either side.
    fn traffic_keys<S: SideData>(
        &mut self,
        connection: SplitConnection<S>,
    ) -> Result<ExtractedSecrets> {
        let captured = take_traffic_keys();
        let write_keys = captured.write_keys.or_else(|| self.write_keys.take());
        match (write_keys, captured.read_keys) {
            (Some(write), Some(read)) => Ok(ExtractedSecrets {
                tx: (0, *write),
                rx: (0, *read),
            }),
            _ => Ok(connection.dangerous_into_kernel_connection()?.0),
        }
    }

    /// Stores the results of a completed handshake of QUIC. The application protects what follows.
    pub(super) fn complete_quic<S: SideData>(
        &mut self,
        ctx: &Context<'_>,
        connection: &mut Connection<S, Quic>,
    ) -> Result<()> {
        self.store_selection(ctx);
        ctx.state.reject_early_data();
        let results = Results::new(ctx, connection)?;
        self.store_results(ctx, results);
        self.stage = Stage::Complete;
        Ok(())
    }

    /// Stores the outputs of an incomplete handshake of QUIC, once the ServerHello is processed:
    /// the application queries them when it receives secrets.
    pub(super) fn store_outputs(&self, ctx: &Context<'_>, outputs: &ConnectionOutputs) {
        if let Ok(results) = Results::new(ctx, outputs) {
            ctx.state.set_negotiated(results.negotiated);
        }
    }

    /// Stores the results of a completed handshake.
    fn store_results(&mut self, ctx: &Context<'_>, results: Results) {
        self.completed = match results.suite {
            SupportedCipherSuite::Tls13(suite) => Some(suite),
            _ => None,
        };
        ctx.shared().version.store(results.version, Release);
        if ctx.mode() == Mode::Client {
            ctx.shared().server_version.store(results.version, Release);
        }
        let expiration = std::mem::take(&mut self.expiration);
        if results.uses_psk {
            ctx.state.set_expiration(expiration);
            ctx.state.drop_selection();
        } else {
            ctx.state.drop_used_psk();
        }
        ctx.state.set_negotiated(results.negotiated);
    }

    /// Sets the key schedule of TLS 1.3, once the handshake is complete.
    pub(super) fn install_key_schedule(&mut self, ctx: &Context<'_>) -> Result<()> {
        let Some(suite) = self.completed.take() else {
            return Ok(());
        };
        let exporter = std::mem::take(&mut self.exporter_secret);
        let resumption = std::mem::take(&mut self.resumption_secret);
        let secrets = Secrets {
            write: &std::mem::take(&mut self.write_secret),
            read: &std::mem::take(&mut self.read_secret),
            exporter: exporter.as_ref().map(|secret| secret.as_slice()),
            resumption: resumption.as_ref().map(|secret| secret.as_slice()),
        };
        let schedule = KeySchedule::new(suite, &secrets)?;
        ctx.state.set_key_schedule(schedule);
        Ok(())
    }
}

/// The outputs of a handshake.
struct Results {
    version: Version,
    suite: SupportedCipherSuite,
    /// A handshake of TLS 1.3 with a pre-shared key, of a session or an external one.
    uses_psk: bool,
    negotiated: Negotiated,
}

impl Results {
    fn new(ctx: &Context<'_>, outputs: &ConnectionOutputs) -> Result<Self> {
        let version = match outputs.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => Version::Tls13,
            Some(ProtocolVersion::TLSv1_2) => Version::Tls12,
            _ => return Err(Code::HandshakeState)?,
        };
        let suite = outputs
            .negotiated_cipher_suite()
            .ok_or(Code::HandshakeState)?;
        let group = outputs.negotiated_key_exchange_group();
        let client = outputs.peer_identity().map(|peer| peer.identity());
        let client = client.filter(|_| ctx.mode() == Mode::Server);
        let client_cert_chain = match client {
            Some(Identity::X509(chain)) => Some(encode(chain)?),
            _ => None,
        };
        let (resumed, retried) = match outputs.handshake_kind() {
            Some(HandshakeKind::Resumed) => (true, false),
            Some(HandshakeKind::ResumedWithHelloRetryRequest) => (true, true),
            Some(HandshakeKind::FullWithHelloRetryRequest) => (false, true),
            _ => (false, false),
        };
        let has_client_cert = client.is_some();
        Ok(Self {
            version,
            suite,
            uses_psk: resumed && version == Version::Tls13,
            negotiated: Negotiated {
                handshake_type: handshake_type(ctx, version, resumed, retried, has_client_cert),
                resumed: resumed && !ctx.state.uses_external_psk(),
                suite: suite.suite().into(),
                group: group.map_or(0, |group| group.name().0),
                // A protocol name may have any byte but NUL, since the API returns a C string.
                alpn: outputs
                    .alpn_protocol()
                    .and_then(|protocol| CString::new(protocol.as_ref()).ok()),
                client_cert_used: has_client_cert,
                client_cert_chain,
            },
        })
    }
}

/// Encodes a chain as the API returns it: each certificate with a length prefix of three bytes.
fn encode(chain: &CertificateIdentity<'_>) -> Result<Box<[u8]>> {
    let mut bytes = Vec::new();
    for cert in std::iter::once(&chain.end_entity).chain(&chain.intermediates) {
        let [_, len @ ..] = (cert.len() as u32).to_be_bytes();
        memory::extend(&mut bytes, &len)?;
        memory::extend(&mut bytes, cert)?;
    }
    Ok(bytes.into())
}
