//! Encrypted ClientHello (ECH, RFC 9849): the file of `--ech`, and that of `--ech-retry`.

use std::fs;
use std::path::Path;

use data_encoding::BASE64;
use rs2n_core::connection::{Connection, EchStatus};

use crate::error::{Result, ToolError};

/// The first and the last line of an ECHConfigList in PEM.
const BEGIN: &str = "-----BEGIN ECHCONFIG-----";
const END: &str = "-----END ECHCONFIG-----";

/// The names of the `ech` parameter of an HTTPS record in zone files and in the output of DNS tools.
const PARAMETERS: [&str; 2] = ["ech=", "echconfig="];

/// Loads the ECHConfigList of a file: binary, in base64 as in an HTTPS record of the DNS, or in PEM.
pub fn load(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|error| ToolError::file("read", path, &error))?;
    Ok(decode(&bytes).unwrap_or(bytes))
}

/// Decodes an ECHConfigList that is text; `None` for a binary one.
fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = match text.split_once(BEGIN) {
        Some((_, rest)) => rest.split_once(END)?.0,
        None => text,
    };
    let digits: String = text.split_whitespace().collect();
    let digits = digits.trim_matches('"');
    let mut parameters = PARAMETERS.iter();
    let value = parameters.find_map(|name| digits.strip_prefix(name));
    let value = value.unwrap_or(digits).trim_matches('"');
    BASE64.decode(value.as_bytes()).ok()
}

/// Encrypts the ClientHello of a connection with a list.
pub fn offer(conn: &Connection, list: &[u8], path: &Path) -> Result<()> {
    let outcome = conn.set_ech_config_list(list);
    outcome.map_err(|error| {
        let context = format!("{} cannot be used", path.display());
        ToolError {
            detail: Some(error.reason().to_string().into()),
            ..ToolError::tls(&error, &context)
        }
    })
}

/// Writes the list of a server that has rejected the encrypted ClientHello to a file; nothing if there
/// is none, or if the server is not authenticated.
pub fn store_retry_configs(conn: &Connection, path: &Path) -> Result<()> {
    let list = conn.with_ech_retry_configs(<[u8]>::to_vec);
    match list {
        Ok(list) if !list.is_empty() => {
            fs::write(path, list).map_err(|error| ToolError::file("write", path, &error))
        }
        _ => Ok(()),
    }
}

/// Returns the status of a connection as a word; `None` if nothing was offered.
pub fn status(conn: &Connection) -> Option<&'static str> {
    match conn.ech_status() {
        EchStatus::NotOffered => None,
        EchStatus::Grease => Some("grease"),
        EchStatus::Offered => Some("offered"),
        EchStatus::Accepted => Some("accepted"),
        EchStatus::Rejected => Some("rejected"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_and_binary_data_is_not() {
        let list = [0, 4, 0xfe, 0x0d, 0, 0];
        for text in [
            "AAT+DQAA",
            "AAT+DQAA\n",
            " AAT+\n DQAA\n",
            "ech=AAT+DQAA",
            "ech=\"AAT+DQAA\"\n",
            "\"AAT+DQAA\"",
            "-----BEGIN ECHCONFIG-----\nAAT+\nDQAA\n-----END ECHCONFIG-----\n",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n\
             -----BEGIN ECHCONFIG-----\nAAT+DQAA\n-----END ECHCONFIG-----\n",
        ] {
            assert_eq!(
                decode(text.as_bytes()).as_deref(),
                Some(&list[..]),
                "{text}"
            );
        }
        assert_eq!(decode(&list), None);
        for text in [
            "AAT+DQA",
            "-----BEGIN ECHCONFIG-----\nAAT+DQAA\n",
            "no list",
        ] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
