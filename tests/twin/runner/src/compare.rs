//! Runs scripts on both libraries, and compares what they did.

use crate::differences::Differences;
use crate::driver::{Driver, Trace};

/// The name of a script that nobody wrote.
pub const RANDOM: &str = "random";

pub struct Twin {
    pub reference: Driver,
    pub rs2n: Driver,
    pub differences: Differences,
}

/// Two traces that differ, and where.
pub struct Divergence {
    pub line: usize,
    pub reference: Trace,
    pub rs2n: Trace,
}

impl Twin {
    /// Performs a script twice; nothing if the traces agree but for the listed differences.
    pub fn run(&mut self, name: &str, script: &[String]) -> Option<Divergence> {
        let (reference, rs2n) = self.traces(script);
        let line = self.first_difference(name, &reference, &rs2n)?;
        Some(Divergence {
            line,
            reference,
            rs2n,
        })
    }

    /// Performs a script twice: on the reference and on rs2n.
    pub fn traces(&mut self, script: &[String]) -> (Trace, Trace) {
        self.reference.start(script);
        self.rs2n.start(script);
        (self.reference.finish(), self.rs2n.finish())
    }

    fn first_difference(&self, name: &str, reference: &Trace, rs2n: &Trace) -> Option<usize> {
        let lines = reference.len().max(rs2n.len());
        for line in 0..lines {
            let (Some(ours), Some(theirs)) = (rs2n.get(line), reference.get(line)) else {
                return Some(line);
            };
            // A script that makes no sense shows nothing.
            let senseless = theirs.contains("MISTAKE") || theirs.starts_with("THE DRIVER");
            if ours == theirs && !senseless {
                continue;
            }
            match self.differences.find(name, theirs, ours) {
                Some(known) if known.ends_comparison => return None,
                Some(_) => {}
                None => return Some(line),
            }
        }
        None
    }
}
