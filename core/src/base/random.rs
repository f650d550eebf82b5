//! Random numbers.

use crate::error::{Code, Result};

/// Returns 64 random bits, for values that are not long-term secrets.
pub(crate) fn random_u64() -> Result<u64> {
    let mut bytes = [0; 8];
    rustls_aws_lc_rs::DEFAULT_SECURE_RANDOM
        .fill(&mut bytes)
        .map_err(|_| Code::Random)?;
    Ok(u64::from_ne_bytes(bytes))
}
