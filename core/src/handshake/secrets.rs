//! Processing of the secrets of a handshake: the application's key log, and the master secret.

use super::context::Context;
use crate::config::EarlyDataProgress;
use crate::credentials::secret::Secret;

/// Logs secrets, and stores the master secret.
pub(super) fn log(ctx: &Context<'_>, secrets: &[Secret]) {
    if !secrets.is_empty()
        && let Some(key_log) = ctx.config.key_log_callback()
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
    for secret in secrets {
        if secret.is_master_secret() {
            ctx.state.set_master_secret(&secret.bytes);
        }
    }
}
