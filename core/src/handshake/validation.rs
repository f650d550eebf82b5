//! The application's validation of a peer, after all other checks.

use std::sync::Arc;

use super::context::Context;
use crate::error::{Code, Error, Result};
use crate::verify::{Validation, Verifier};

/// Calls the application's callback that validates a peer, after all other checks; `None` if there is
/// none.
pub(super) fn request_validation(
    ctx: &Context<'_>,
    verifier: &Verifier<'_>,
    reject: impl FnOnce(Code, &'static str) -> Error,
) -> Result<Option<Arc<Validation>>> {
    let Some(callback) = verifier.cert_validation_callback() else {
        return Ok(None);
    };
    let validation = Arc::default();
    ctx.state.set_validation(&validation);
    match callback.validate(ctx.state.name(), &validation) {
        true => Ok(Some(validation)),
        false => Err(reject(
            Code::Cancelled,
            "the callback of s2n_config_set_cert_validation_cb() has failed",
        )),
    }
}

/// Returns the outcome of the application's validation: false while it is incomplete.
pub(super) fn validated(
    validation: &Validation,
    reject: impl FnOnce(Code, &'static str) -> Error,
) -> Result<bool> {
    match validation.outcome() {
        None => Ok(false),
        Some(true) => Ok(true),
        Some(false) => Err(reject(
            Code::CertRejected,
            "the application has rejected it (s2n_cert_validation_reject())",
        )),
    }
}
