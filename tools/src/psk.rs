//! External pre-shared keys (PSK; RFC 8446, 4.2.11): the key of `--psk`, and those of `--psk-file`.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use rs2n_core::config::{Psk, PskHash};
use rs2n_core::connection::Connection;
use zeroize::Zeroizing;

use crate::error::{Result, ToolError};
use crate::options::PskHashName;
use crate::secret;

/// The argument of `--psk`: an identity, and the file with its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PskOption {
    identity: String,
    path: PathBuf,
}

/// The maximum length of an identity in bytes (RFC 8446, 4.2.11).
const MAX_IDENTITY: usize = 0xffff;

impl FromStr for PskOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (identity, path) = text.split_once(':').ok_or("a key is IDENTITY:FILE")?;
        if path.is_empty() {
            return Err("the file of the secret is missing".to_owned());
        }
        Ok(Self {
            identity: parse_identity(identity)?.to_owned(),
            path: path.into(),
        })
    }
}

impl PskOption {
    /// Whether the name of the file is a secret itself.
    fn has_secret(&self) -> bool {
        self.path
            .to_str()
            .is_some_and(|path| secret::parse(path).is_ok())
    }
}

/// A pre-shared key of a file.
struct Key {
    identity: String,
    secret: Zeroizing<Vec<u8>>,
    hash: PskHash,
}

impl Key {
    /// Creates the key for connections, with early data of at most this number of bytes.
    fn psk(&self, max_early_data: u32) -> Result<Psk, rs2n_core::error::Error> {
        let mut psk = Psk::default();
        psk.set_identity(self.identity.as_bytes())?;
        psk.set_secret(&self.secret)?;
        psk.set_hash(self.hash);
        let suite = match self.hash {
            PskHash::Sha256 => TLS_AES_128_GCM_SHA256,
            PskHash::Sha384 => TLS_AES_256_GCM_SHA384,
        };
        psk.configure_early_data(max_early_data, suite)?;
        Ok(psk)
    }
}

/// The cipher suites of early data, which both sides have to configure (RFC 8446, B.4).
const TLS_AES_128_GCM_SHA256: u16 = 0x1301;
const TLS_AES_256_GCM_SHA384: u16 = 0x1302;

/// Loads the key of a client, with early data of at most this number of bytes.
pub fn load_client_key(option: &PskOption, hash: PskHashName, max_early_data: u32) -> Result<Psk> {
    let path = option.path.display();
    let text = read(&option.path).map_err(|error| match option.has_secret() {
        // The message would contain it.
        true => ToolError::usage("--psk requires the name of a file with the secret"),
        false => error,
    })?;
    let secret = parse_secret_file(&text)
        .map_err(|error| ToolError::new(format!("{path}{error}")).with_advice(SECRET_FILE))?;
    let key = Key {
        identity: option.identity.clone(),
        secret,
        hash: hash.into(),
    };
    key.psk(max_early_data)
        .map_err(|error| ToolError::tls(&error, &format!("the key of {path} cannot be used")))
}

const SECRET_FILE: &str = "the file has a line of hexadecimal digits, such as `openssl rand -hex 32` \
     prints";

/// Loads the keys of a server, with early data of at most this number of bytes.
pub fn load_server_keys(path: &Path, max_early_data: u32) -> Result<Vec<Psk>> {
    let text = read(path)?;
    let path = path.display();
    let keys = parse(&text).map_err(|error| ToolError::new(format!("{path}{error}")))?;
    let psk = |key: &Key| {
        key.psk(max_early_data).map_err(|error| {
            let context = format!("{path}: the key {} cannot be used", key.identity);
            ToolError::tls(&error, &context)
        })
    };
    keys.iter().map(psk).collect()
}

/// Adds keys to a connection.
pub fn append(conn: &Connection, psks: &[Psk]) -> Result<()> {
    let appended = psks.iter().try_for_each(|psk| conn.append_psk(psk));
    appended.map_err(|error| ToolError::tls(&error, "the pre-shared key cannot be used"))
}

fn read(path: &Path) -> Result<Zeroizing<String>> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    text.map_err(|error| ToolError::file("read", path, &error))
}

/// Parses the file of a secret: a line of hexadecimal digits. An error begins with the number of its
/// line.
fn parse_secret_file(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let text = text.trim_end();
    match text.contains('\n') {
        true => Err(", line 2: only one line is expected".to_owned()),
        false => parse_secret(text).map_err(|error| format!(", line 1: {error}")),
    }
}

/// Parses the file of a server: a key on each line, as `IDENTITY:SECRET` or `IDENTITY:SECRET:HASH`.
/// An error begins with the number of its line, and has no part of a secret.
fn parse(text: &str) -> Result<Vec<Key>, String> {
    let mut keys: Vec<Key> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = parse_line(line).and_then(|key| {
            match keys.iter().any(|other| other.identity == key.identity) {
                true => Err("the identity is that of another key".to_owned()),
                false => Ok(key),
            }
        });
        keys.push(key.map_err(|error| format!(", line {}: {error}", index + 1))?);
    }
    match keys.is_empty() {
        true => Err(" has no pre-shared key".to_owned()),
        false => Ok(keys),
    }
}

fn parse_line(line: &str) -> Result<Key, String> {
    let fields: Vec<&str> = line.split(':').collect();
    let (identity, secret, hash) = match fields[..] {
        [identity, secret] => (identity, secret, PskHash::Sha256),
        [identity, secret, "sha256"] => (identity, secret, PskHash::Sha256),
        [identity, secret, "sha384"] => (identity, secret, PskHash::Sha384),
        [_, _, _] => return Err("the hash is sha256 or sha384".to_owned()),
        _ => return Err("a line is IDENTITY:SECRET, or IDENTITY:SECRET:HASH".to_owned()),
    };
    Ok(Key {
        identity: parse_identity(identity)?.to_owned(),
        secret: parse_secret(secret)?,
        hash,
    })
}

fn parse_identity(identity: &str) -> Result<&str, String> {
    match identity.len() {
        0 => Err("the identity is empty".to_owned()),
        1..=MAX_IDENTITY => Ok(identity),
        _ => Err(format!("an identity has at most {MAX_IDENTITY} bytes")),
    }
}

fn parse_secret(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let secret = secret::parse(text)?;
    match secret.iter().all(|&byte| byte == 0) {
        true => Err("a secret of zeros is not one".to_owned()),
        false => Ok(secret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "000102030405060708090a0b0c0d0eFF";

    #[test]
    fn a_line_has_an_identity_a_secret_and_an_optional_hash() {
        let text = format!(
            "# comment\n\n one:{SECRET}\r\ntwo words:{SECRET}:sha256 \nthree:{SECRET}:sha384\n"
        );
        let keys = parse(&text).expect("three keys");
        let found: Vec<_> = keys
            .iter()
            .map(|key| (key.identity.as_str(), key.hash))
            .collect();
        let expected = [
            ("one", PskHash::Sha256),
            ("two words", PskHash::Sha256),
            ("three", PskHash::Sha384),
        ];
        assert_eq!(found, expected);
        assert!(keys.iter().all(|key| key.secret[15] == 0xff));
        assert!(keys.iter().all(|key| key.psk(9).is_ok()));
    }

    #[test]
    fn errors_name_the_line_and_not_the_secret() {
        let long = "i".repeat(MAX_IDENTITY + 1);
        for (text, error) in [
            ("".to_owned(), " has no pre-shared key"),
            ("\n# one\n".to_owned(), " has no pre-shared key"),
            ("one".to_owned(), ", line 1: a line is"),
            (format!("{SECRET}\n"), ", line 1: a line is"),
            (
                format!("one:{SECRET}:sha256:1"),
                ", line 1: a line is IDENTITY",
            ),
            (format!("one:{SECRET}:md5"), ", line 1: the hash is sha256"),
            (format!("one:{SECRET}:"), ", line 1: the hash is sha256"),
            (format!("\n:{SECRET}"), ", line 2: the identity is empty"),
            (format!("{long}:{SECRET}"), ", line 1: an identity has at"),
            (format!("one:{SECRET}x"), ", line 1: a secret has hex"),
            (format!("one: {SECRET}"), ", line 1: a secret has hex"),
            (format!("one:{SECRET}1"), ", line 1: a secret has two"),
            ("one:00".to_owned(), ", line 1: a secret has at least 16"),
            ("one:".to_owned(), ", line 1: a secret has at least 16"),
            (
                format!("one:{}", "00".repeat(32)),
                ", line 1: a secret of zeros",
            ),
            (
                format!("one:{SECRET}\n#\none:{}", "12".repeat(16)),
                ", line 3: the identity is that of another",
            ),
        ] {
            let found = parse(&text).err().expect("an error");
            assert!(found.starts_with(error), "{text}: {found}");
            assert!(!found.contains(&SECRET[..8]), "{found}");
        }
    }

    #[test]
    fn the_file_of_a_secret_has_one_line() {
        for text in [SECRET, &format!("{SECRET}\n"), &format!("{SECRET} \r\n\n")] {
            let secret = parse_secret_file(text).expect("valid");
            assert_eq!(secret.len(), 16, "{text:?}");
        }
        for (text, error) in [
            ("", ", line 1: a secret has at least 16"),
            (&format!(" {SECRET}"), ", line 1: a secret has hex"),
            (&format!("one:{SECRET}"), ", line 1: a secret has hex"),
            (
                &format!("{SECRET}\n{SECRET}\n"),
                ", line 2: only one line is expected",
            ),
        ] {
            let found = parse_secret_file(text).expect_err("invalid");
            assert!(found.starts_with(error), "{text:?}: {found}");
            assert!(!found.contains(&SECRET[..8]), "{found}");
        }
    }

    #[test]
    fn an_option_has_an_identity_and_a_file() {
        let option: PskOption = "one:a/file:1".parse().expect("valid");
        assert_eq!(option.identity, "one");
        assert_eq!(option.path, Path::new("a/file:1"));
        assert!(!option.has_secret());
        for (text, error) in [
            ("one", "a key is IDENTITY:FILE"),
            (":file", "the identity is empty"),
            ("one:", "the file of the secret is missing"),
        ] {
            assert_eq!(text.parse::<PskOption>(), Err(error.to_owned()));
        }
    }

    #[test]
    fn a_secret_instead_of_its_file_is_not_printed() {
        let option: PskOption = format!("one:{SECRET}").parse().expect("valid");
        let error = load_client_key(&option, PskHashName::Sha256, 0);
        let message = error.err().expect("no such file").message;
        assert_eq!(message, "--psk requires the name of a file with the secret");
    }
}
