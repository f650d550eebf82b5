//! Minimizes a script that reproduces a divergence.

use crate::compare::{RANDOM, SCRIPT_ERROR, Twin};

/// Removes lines as long as the traces still diverge at the same kind of call.
pub fn shrink(twin: &mut Twin, mut script: Vec<String>) -> Vec<String> {
    let Some(verb) = differing_verb(twin, &script) else {
        return script;
    };
    let mut size = script.len() / 2;
    while size > 0 {
        let mut start = 0;
        while start < script.len() {
            let end = (start + size).min(script.len());
            let shorter: Vec<String> = [&script[..start], &script[end..]].concat();
            match differing_verb(twin, &shorter).as_ref() == Some(&verb) {
                true => script = shorter,
                false => start = end,
            }
        }
        size /= 2;
    }
    script
}

/// Returns the first call that differs; `None` if none does, or if the script has become invalid.
fn differing_verb(twin: &mut Twin, script: &[String]) -> Option<String> {
    let divergence = twin.run(RANDOM, script)?;
    if divergence
        .reference
        .iter()
        .any(|line| line.contains(SCRIPT_ERROR))
    {
        return None;
    }
    let line = divergence.reference.get(divergence.line);
    let line = line.or(divergence.rs2n.get(divergence.line))?;
    line.split_whitespace().next().map(str::to_owned)
}
