//! Random numbers.

use crate::error::{Code, Result};
use crate::process::fork::{critical_section, is_first_in_thread};

/// Fills `bytes` with random bytes.
pub fn random_bytes(bytes: &mut [u8]) -> Result<()> {
    // A thread that draws random bytes holds locks of AWS-LC, which a child process would wait for.
    let _section = critical_section();
    let filled = rustls_aws_lc_rs::DEFAULT_SECURE_RANDOM.fill(bytes);
    Ok(filled.map_err(|_| Code::Random)?)
}

/// Seeds the thread's random generator, unless it is seeded. AWS-LC holds a lock of the process while it
/// does so, for milliseconds: within a critical section, for which a fork waits, and not within the first
/// signature or key exchange of the thread.
pub(crate) fn seed_thread() -> Result<()> {
    match is_first_in_thread() {
        true => random_u64().map(drop),
        false => Ok(()),
    }
}

/// Returns 64 random bits, for values that are not long-term secrets.
pub(crate) fn random_u64() -> Result<u64> {
    let mut bytes = [0; 8];
    random_bytes(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::process::fork::{block_critical_sections, unblock_critical_sections};

    /// Calls a function in a new thread, which must wait until a fork of this thread is over.
    fn check_waits(draw: fn() -> Result<()>) {
        let (sender, done) = channel();
        block_critical_sections();
        let thread = thread::spawn(move || {
            draw().expect("entropy");
            sender.send(()).expect("a receiver");
        });
        let early = done.recv_timeout(Duration::from_millis(50));
        unblock_critical_sections();
        assert_eq!(early, Err(RecvTimeoutError::Timeout));
        assert_eq!(done.recv(), Ok(()));
        thread.join().expect("no panic");
    }

    #[test]
    fn no_thread_draws_random_bytes_during_a_fork() {
        check_waits(|| random_bytes(&mut [0; 1]));
        check_waits(seed_thread);
    }

    #[test]
    fn a_thread_is_seeded_again_after_a_fork() {
        let calls = || [(); 2].map(|()| is_first_in_thread());
        let thread = thread::spawn(move || {
            assert_eq!(calls(), [true, false]);
            block_critical_sections();
            unblock_critical_sections();
            assert_eq!(calls(), [true, false]);
        });
        thread.join().expect("no panic");
    }
}
