//! Random numbers.

use crate::error::{Code, Result};

/// Fills `bytes` with random bytes.
pub fn random_bytes(bytes: &mut [u8]) -> Result<()> {
    let filled = rustls_aws_lc_rs::DEFAULT_SECURE_RANDOM.fill(bytes);
    Ok(filled.map_err(|_| Code::Random)?)
}

/// Returns 64 random bits, for values that are not long-term secrets.
pub(crate) fn random_u64() -> Result<u64> {
    let mut bytes = [0; 8];
    random_bytes(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}
