//! The policies of `--policy` and `--policy-file`, and the reasons why one cannot be used.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rs2n_core::error::{Code, Error};
use rs2n_core::policy::Policy;
use rs2n_core::policy::custom;

use crate::error::{Result, ToolError, USAGE};

/// Finds a supported policy by name.
pub fn find(name: &str) -> Result<&'static Policy> {
    Policy::find(name.as_bytes()).map_err(|error| explain(&error, name))
}

/// Defines the policies of a file.
pub fn load(path: &Path) -> Result<()> {
    let content = read(path).map_err(|error| ToolError::file("read", path, &error))?;
    custom::load(&content).map_err(|problem| {
        let error = Code::PolicyText.into();
        ToolError {
            detail: Some(problem.to_string().into()),
            ..ToolError::tls(&error, &format!("{} cannot be used", path.display()))
        }
    })
}

/// Reads a file up to the length that is rejected.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit = custom::MAX_FILE as u64 + 1;
    File::open(path)?.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

/// Returns the policies of the file as text that is such a file.
pub fn defined() -> String {
    let mut text = String::new();
    for name in custom::names() {
        let policy = Policy::find(name.as_bytes()).expect("a policy that is defined");
        let definition = policy.definition().to_string();
        // Writing to a string does not fail.
        let _ = writeln!(text, "policy {name}");
        for line in definition.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    for (name, other) in custom::replacements() {
        let _ = writeln!(text, "replace {name} {other}");
    }
    text
}

/// Explains why a policy is rejected.
pub fn explain(error: &Error, name: &str) -> ToolError {
    let tool_error = ToolError {
        status: USAGE,
        ..ToolError::tls(error, &format!("the policy {name:?} cannot be used"))
    };
    match error.code() {
        Code::InvalidSecurityPolicy if name.starts_with("custom:") => tool_error
            .with_message(format!("no policy is named {name:?}"))
            .with_advice(match custom::names().collect::<Vec<_>>() {
                names if names.is_empty() => "--policy-file FILE defines policies".to_owned(),
                names => format!("--policy-file defines {}", names.join(", ")),
            }),
        Code::InvalidSecurityPolicy => {
            let error = tool_error.with_message(format!("no policy is named {name:?}"));
            match similar(name) {
                Some(other) => error.with_advice(format!("a similar name is {other:?}; {LIST}")),
                None => error.with_advice(LIST),
            }
        }
        Code::DeprecatedSecurityPolicy => tool_error
            .with_message(format!("s2n-tls no longer supports the policy {name:?}"))
            .with_advice(LIST),
        Code::CipherNotSupported => tool_error
            .with_message(format!(
                "the policy {name:?} is known, but not supported: it has no cipher suite of TLS 1.3, and \
                 none of TLS 1.2 with ECDHE and AES-GCM or ChaCha20-Poly1305"
            ))
            .with_advice(LIST),
        _ => tool_error,
    }
}

const LIST: &str = "--list-policies lists the supported policies";

/// Returns the name of a supported policy that was probably meant.
fn similar(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&name, &other.to_ascii_lowercase());
    let nearest = Policy::usable_names().min_by_key(|other| distance(other))?;
    (distance(nearest) <= MAX_DISTANCE).then_some(nearest)
}

/// The number of wrong, missing, additional or exchanged characters in a similar name.
const MAX_DISTANCE: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_policy_is_explained() {
        for (name, code, words) in [
            (
                "defualt",
                "S2N_ERR_INVALID_SECURITY_POLICY",
                "no policy is named",
            ),
            (
                "20140601",
                "S2N_ERR_CIPHER_NOT_SUPPORTED",
                "is known, but not supported",
            ),
        ] {
            let error = find(name).expect_err("it is rejected");
            assert_eq!(error.name, Some(code));
            assert!(error.message.contains(words), "{}", error.message);
        }
        assert!(find("default").is_ok());
    }

    #[test]
    fn a_similar_name_has_few_other_characters() {
        assert_eq!(similar("defualt"), Some("default"));
        assert_eq!(similar("Default_TLS1.3"), Some("default_tls13"));
        assert_eq!(similar("fast"), None);
    }
}
