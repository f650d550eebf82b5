//! Initialization and cleanup of the library.

use crate::base::log::set_logger;
use crate::base::{random_u64, uptime};
use crate::error::Result;
use crate::policy::Policy;
use crate::state::free_default_configs;
use crate::stream::free_batches;
use crate::verify::trust_store::free_system_roots;

/// Initializes the random generator and the default policy, so that the first handshake is not
/// delayed.
pub fn initialize() -> Result<()> {
    Policy::default_policy().provider();
    uptime();
    random_u64().map(drop)
}

/// Frees the caches of the library: the default configs, and the trust anchors of the operating
/// system.
pub fn cleanup() {
    set_logger(None);
    free_default_configs();
    free_batches();
    free_system_roots();
}
