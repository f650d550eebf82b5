//! The policy of `--policy`, and the reasons why one cannot be used.

use rs2n_core::error::{Code, Error};
use rs2n_core::policy::Policy;

use crate::error::{Result, ToolError, USAGE};

/// Finds a supported policy by name.
pub fn find(name: &str) -> Result<&'static Policy> {
    Policy::find(name.as_bytes()).map_err(|error| explain(&error, name))
}

/// Explains why a policy is rejected.
pub fn explain(error: &Error, name: &str) -> ToolError {
    let tool_error = ToolError {
        status: USAGE,
        ..ToolError::tls(error, &format!("the policy {name:?} cannot be used"))
    };
    match error.code() {
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
