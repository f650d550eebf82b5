//! Processing of the secrets of a handshake: the application's key log, and those of TLS
//! 1.2.

use super::context::Context;
use crate::config::EarlyDataProgress;
use crate::credentials::secret::Secret;
use crate::messages::ServerHello;
use crate::state::Tls12Secrets;

/// Logs the secrets of a step.
pub(super) fn log(ctx: &Context<'_>, secrets: &[Secret]) {
    if !secrets.is_empty()
        && let Some(key_log) = ctx.settings.key_log_callback()
    {
        // rustls derives the early secrets of every pre-shared key; they matter if there may be early
        // data.
        let has_early_data = ctx.state.early_data_progress() > EarlyDataProgress::NotRequested;
        let secrets = secrets.iter();
        for secret in secrets.filter(|secret| match secret.is_early() {
            true => has_early_data && secret.protects_early_data(),
            false => true,
        }) {
            key_log.log(ctx.state.name(), secret.line().as_bytes());
        }
    }
}

/// Stores the master secret of TLS 1.2, with the randoms of both sides.
pub(super) fn store_master_secret(ctx: &Context<'_>, secrets: &[Secret], hello: &ServerHello) {
    let Some(secret) = secrets.iter().find(|secret| secret.is_master_secret()) else {
        return;
    };
    if let Some(&client_random) = secret.client_random.first_chunk() {
        let kept = Tls12Secrets::new(&secret.bytes, client_random, hello.random);
        ctx.state.set_tls12_secrets(kept);
    }
}
