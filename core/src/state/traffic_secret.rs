//! Traffic secrets of TLS 1.3, and the keys that are derived from them (RFC 8446, 7.1 to 7.3).

use rustls::crypto::cipher::Iv;
use rustls::crypto::tls13::OkmBlock;
use rustls::{ConnectionTrafficSecrets, Tls13CipherSuite};
use zeroize::Zeroizing;

use crate::crypto::HeapSecret;
use crate::crypto::lazy_aead::aead_key;
use crate::crypto::tls13::LABEL_PREFIX;
use crate::error::{Code, Error, Result};

/// The traffic secret of one direction.
pub(crate) struct TrafficSecret {
    suite: &'static Tls13CipherSuite,
    bytes: HeapSecret,
}

impl TrafficSecret {
    /// Fails if the secret does not have the length of the suite's hash.
    pub(crate) fn new(suite: &'static Tls13CipherSuite, bytes: HeapSecret) -> Result<Self> {
        match bytes.len() == suite.common.hash_provider.output_len() {
            true => Ok(Self { suite, bytes }),
            false => Err(Code::KeyInit)?,
        }
    }

    /// Derives the key and the IV (RFC 8446, 7.3).
    pub(crate) fn keys(&self) -> Result<ConnectionTrafficSecrets> {
        traffic_keys(self.suite, &self.bytes)
    }
}

/// Derives the key and the IV of a traffic secret (RFC 8446, 7.3).
pub(super) fn traffic_keys(
    suite: &Tls13CipherSuite,
    secret: &[u8],
) -> Result<ConnectionTrafficSecrets> {
    let aead = suite.aead_alg;
    let key = expand_label(suite, secret, b"key", &[], aead.key_len())?;
    let iv = expand_label(suite, secret, b"iv", &[], aead.iv_len())?;
    let iv = Iv::new(&iv).map_err(|_| Code::KeyInit)?;
    let keys = aead.extract_keys(aead_key(&key).ok_or(Code::KeyInit)?, iv);
    Ok(keys.map_err(|_| Code::KeyInit)?)
}

/// Derives the next traffic secret, for a KeyUpdate (RFC 8446, 7.2).
pub(super) fn next_secret(suite: &Tls13CipherSuite, secret: &[u8]) -> Result<HeapSecret> {
    expand_label(suite, secret, b"traffic upd", &[], secret.len())
}

/// Computes HKDF-Expand-Label (RFC 8446, 7.1).
pub(super) fn expand_label(
    suite: &Tls13CipherSuite,
    secret: &[u8],
    label: &[u8],
    context: &[u8],
    len: usize,
) -> Result<HeapSecret> {
    let mut output = Zeroizing::new(vec![0; len]);
    expand_label_into(suite, secret, label, context, &mut output)?;
    Ok(output)
}

/// Computes HKDF-Expand-Label, and fills the output with it.
pub(super) fn expand_label_into(
    suite: &Tls13CipherSuite,
    secret: &[u8],
    label: &[u8],
    context: &[u8],
    output: &mut [u8],
) -> Result<()> {
    let secret = OkmBlock::new(secret);
    let expander = suite.hkdf_provider.expander_for_okm(&secret);
    let info: [&[u8]; 6] = [
        &(output.len() as u16).to_be_bytes(),
        &[(LABEL_PREFIX.len() + label.len()) as u8],
        LABEL_PREFIX,
        label,
        &[context.len() as u8],
        context,
    ];
    let expanded = expander.expand_slice(&info, output);
    expanded.map_err(|_| Error::new(Code::KeyInit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::append_hex;
    use crate::policy::Policy;

    fn suite(number: u16) -> &'static Tls13CipherSuite {
        let provider = Policy::default_policy().provider();
        let mut suites = provider.tls13_cipher_suites.iter();
        let found = suites.find(|suite| u16::from(suite.common.suite) == number);
        found.expect("a suite of the policy")
    }

    fn hex(text: &str) -> Zeroizing<Vec<u8>> {
        let digits = text.as_bytes().chunks(2);
        let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16));
        Zeroizing::new(bytes.collect::<Result<_, _>>().expect("hexadecimal"))
    }

    /// The server's application traffic secret in the trace of RFC 8448, 3.
    const SECRET: &str = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643";

    #[test]
    fn keys_are_those_of_the_trace_of_rfc_8448() {
        let secret = TrafficSecret::new(suite(0x1301), hex(SECRET)).expect("of this length");
        let Ok(ConnectionTrafficSecrets::Aes128Gcm { key, iv }) = secret.keys() else {
            panic!("the suite has AES-128-GCM");
        };
        let text = |bytes: &[u8]| {
            let mut text = String::new();
            append_hex(&mut text, bytes);
            text
        };
        assert_eq!(text(key.as_ref()), "9f02283b6c9c07efc26bb9f2ac92e356");
        assert_eq!(text(iv.as_ref()), "cf782b88dd83549aadf1e984");
    }

    #[test]
    fn an_update_changes_the_keys() {
        let mut secrets = vec![hex(SECRET)];
        for _ in 0..3 {
            let next = next_secret(suite(0x1301), &secrets[secrets.len() - 1]);
            let next = next.expect("derived");
            assert!(!secrets.contains(&next));
            secrets.push(next);
        }
    }

    #[test]
    fn a_secret_of_another_length_is_rejected() {
        assert!(TrafficSecret::new(suite(0x1302), hex(SECRET)).is_err());
        assert!(TrafficSecret::new(suite(0x1301), Zeroizing::default()).is_err());
    }
}
