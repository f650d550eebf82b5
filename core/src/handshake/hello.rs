//! The hello of the peer, which is parsed before rustls processes it.

use std::sync::atomic::Ordering::*;

use super::context::Context;
use super::offer::{Offer, highest_version};
use super::stage::Stage;
use super::{BufferedRecord, Handshake, fatal_record};
use crate::base::{Mode, Version};
use crate::error::{Alert, Code, Result};
use crate::messages::{ClientHelloPayload, SecureRenegotiation, ServerHello};

impl Handshake {
    /// Processes the peer's hello in a record, and returns whether rustls has input to process.
    pub(super) fn process_hello(
        &mut self,
        ctx: &mut Context<'_>,
        record: BufferedRecord,
    ) -> Result<bool> {
        if !record.hello.is_empty() {
            self.read_hello(ctx, record.hello)?;
        }
        Ok(record.completes_message && !matches!(self.stage, Stage::OutdatedClientHello))
    }

    /// Parses the peer's hello before rustls processes it.
    pub(super) fn read_hello(&mut self, ctx: &mut Context<'_>, message: Vec<u8>) -> Result<()> {
        if ctx.mode() == Mode::Client {
            if let Some(hello) = ServerHello::read(&message) {
                self.store_server_hello(ctx, hello)?;
            }
        } else if matches!(self.stage, Stage::AwaitingClientHello(_)) {
            // Of several errors of an outdated client, the unsupported version is reported.
            let is_outdated = Offer::is_outdated(&message, highest_version(ctx));
            check_extensions(&message).map_err(|error| {
                ctx.send.pending_alert = fatal_record(Alert::MissingExtension).to_vec();
                error.and_alert(Alert::MissingExtension)
            })?;
            self.client_hello = message;
            if is_outdated {
                self.store_client_hello(ctx)?;
                self.stage = Stage::OutdatedClientHello;
            }
        } else if std::mem::take(&mut self.awaits_second_hello) {
            self.end_skipping();
            let first = ctx.state.client_hello().ok_or(Code::BadMessage)?;
            if let Err(error) = first.check_second(&message) {
                ctx.send.pending_alert = fatal_record(Alert::IllegalParameter).to_vec();
                return Err(error.and_alert(Alert::IllegalParameter));
            }
            // The application reads the second one.
            ctx.state.store_client_hello(message, self.record_version);
        }
        Ok(())
    }

    fn store_server_hello(&mut self, ctx: &mut Context<'_>, hello: ServerHello) -> Result<()> {
        // RFC 5746, 3.4: "it MUST abort the handshake (by sending a fatal handshake_failure alert)".
        if hello.secure_renegotiation == SecureRenegotiation::Invalid {
            ctx.send.pending_alert = fatal_record(Alert::HandshakeFailure).to_vec();
            let error = Code::NonEmptyRenegotiationInfo.rule(
                "the renegotiation_info extension of the ServerHello is not empty (RFC 5746)",
            );
            return Err(error.and_alert(Alert::HandshakeFailure));
        }
        ctx.state.use_server_hello(&hello);
        self.check_tls12_cert_types(ctx, &hello)?;
        self.stop_rejected_early_data(ctx);
        let shared = ctx.shared();
        if ctx.state.server_version() == Version::Unknown {
            shared.server_version.store(hello.version, Release);
            shared.version.store(hello.version, Release);
        }
        let is_secure = hello.secure_renegotiation == SecureRenegotiation::Supported;
        shared.secure_renegotiation.store(is_secure, Release);
        self.server_hello_version = Some(hello.version);
        self.awaits_second_hello = hello.is_retry_request();
        self.server_hello = Some(hello);
        Ok(())
    }
}

/// Rejects a ClientHello that rustls would reject with another alert. A malformed message is left to
/// rustls.
fn check_extensions(message: &[u8]) -> Result<()> {
    let hello =
        ClientHelloPayload::split(message).and_then(|(body, _)| ClientHelloPayload::parse(body));
    let error = hello.ok().and_then(|hello| hello.unauthenticated());
    error.map_or(Ok(()), Err)
}
