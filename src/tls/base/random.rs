//! Random numbers.

use crate::tls::error::{Code, Result};

/// Returns eight random bytes, for what need not be secret for long.
pub(crate) fn random() -> Result<u64> {
    let mut bytes = [0; 8];
    rustls_aws_lc_rs::DEFAULT_SECURE_RANDOM
        .fill(&mut bytes)
        .map_err(|_| Code::Random)?;
    Ok(u64::from_ne_bytes(bytes))
}
