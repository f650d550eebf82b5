//! Runs scripts with both libraries and compares the traces.

use crate::differences::Differences;
use crate::driver::{Driver, Trace};

/// The name of random scripts.
pub const RANDOM: &str = "random";

/// Marks a line of a trace that the driver could not run.
pub const SCRIPT_ERROR: &str = "SCRIPT ERROR";

/// Whether a line of a trace reports an error in the script, or the exit of the driver.
pub fn is_invalid(line: &str) -> bool {
    line.contains(SCRIPT_ERROR) || line.starts_with("DRIVER TERMINATED")
}

pub struct Twin {
    pub reference: Driver,
    pub rs2n: Driver,
    pub differences: Differences,
}

/// Two traces that differ, and the number of the first differing line.
pub struct Divergence {
    pub line: usize,
    pub reference: Trace,
    pub rs2n: Trace,
}

impl Twin {
    /// Runs a script with both libraries. Returns `None` if the traces differ in accepted
    /// differences only.
    pub fn run(&mut self, name: &str, script: &[String]) -> Option<Divergence> {
        let (reference, rs2n) = self.traces(script);
        let line = self.first_difference(name, &reference, &rs2n)?;
        Some(Divergence {
            line,
            reference,
            rs2n,
        })
    }

    /// Runs a script with s2n-tls and with rs2n and returns both traces.
    pub fn traces(&mut self, script: &[String]) -> (Trace, Trace) {
        self.reference.start(script);
        self.rs2n.start(script);
        (self.reference.finish(), self.rs2n.finish())
    }

    fn first_difference(&self, name: &str, reference: &Trace, rs2n: &Trace) -> Option<usize> {
        let lines = reference.len().max(rs2n.len());
        for line in 0..lines {
            let (Some(actual), Some(expected)) = (rs2n.get(line), reference.get(line)) else {
                return Some(line);
            };
            // An invalid script proves nothing, even if the traces are equal.
            if actual == expected && !is_invalid(expected) {
                continue;
            }
            match self.differences.find(name, expected, actual) {
                Some(known) if known.ends_comparison => return None,
                Some(_) => {}
                None => return Some(line),
            }
        }
        None
    }
}
