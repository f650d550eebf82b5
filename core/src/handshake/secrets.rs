//! Processing of the secrets of a handshake: the application's key log, and the master secret.

use super::context::Context;
use crate::credentials::secret::Secret;

/// Logs secrets, and stores the master secret.
pub(super) fn log(ctx: &Context<'_>, secrets: &[Secret]) {
    if !secrets.is_empty()
        && let Some(key_log) = ctx.config.key_log_callback()
    {
        for secret in secrets {
            key_log.log(ctx.state.name(), secret.line().as_bytes());
        }
    }
    for secret in secrets {
        if secret.is_master_secret() {
            ctx.state.set_master_secret(&secret.bytes);
        }
    }
}
