//! The number of connections that the limit of descriptors permits.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::error::{Result, ToolError};

/// The default maximum of connections at once.
const DEFAULT: usize = 4096;

/// Each connection has two descriptors.
const PER_CONNECTION: u64 = 2;

/// Descriptors for other purposes: standard streams, epoll, the listener, reports, a reloaded file.
const OTHERS: u64 = 24;

/// Raises the limit of descriptors (RLIMIT_NOFILE) as far as permitted, and returns it.
pub fn raise_descriptors() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return u64::MAX;
    };
    // macOS rejects more than OPEN_MAX, although its hard limit is higher.
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    }
}

/// Returns the maximum of connections at once, with this limit of descriptors.
pub fn max_connections(option: Option<usize>, descriptors: u64) -> Result<usize> {
    let possible = descriptors.saturating_sub(OTHERS) / PER_CONNECTION;
    let possible = usize::try_from(possible).unwrap_or(usize::MAX);
    let error = |message: String| {
        let advice = format!("ulimit -n sets the limit, which is {descriptors}");
        Err(ToolError::new(message).with_advice(advice))
    };
    match option {
        _ if possible == 0 => error("the limit of descriptors permits no connection".to_owned()),
        Some(count) if count > possible => error(format!(
            "--max-connections {count}: the limit of descriptors permits {possible}"
        )),
        Some(count) => Ok(count),
        None => Ok(possible.min(DEFAULT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_is_limited_by_the_descriptors() {
        let count = |option, descriptors| max_connections(option, descriptors).ok();
        assert_eq!(count(None, u64::MAX), Some(DEFAULT));
        assert_eq!(count(None, 1024), Some(500));
        assert_eq!(count(Some(7), 1024), Some(7));
        assert_eq!(count(Some(501), 1024), None);
        assert_eq!(count(None, 25), None);
    }
}
