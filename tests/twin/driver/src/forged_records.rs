//! Forged records: valid under the connection's keys, which come from the key log, but with content
//! that neither library would send.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk};
use aws_lc_rs::hmac;
use s2n_tls_sys::s2n_connection;

use crate::state::{ScriptError, State};

/// Secrets from the key log, by label.
#[derive(Default)]
pub struct Secrets(RefCell<BTreeMap<String, Logged>>);

/// A ClientHello random and the secret logged with it.
type Secret = (Vec<u8>, Vec<u8>);

/// The last secret with a label, and how often it was logged in succession.
struct Logged {
    secret: Secret,
    times: u32,
}

impl Secrets {
    fn get(&self, label: &str) -> Result<Secret, ScriptError> {
        let secrets = self.0.borrow();
        let logged = secrets.get(label).ok_or(format!("no {label}"))?;
        Ok(logged.secret.clone())
    }

    fn log(&self, label: &str, secret: Secret) {
        let mut secrets = self.0.borrow_mut();
        let known = secrets.get(label).filter(|known| known.secret == secret);
        let times = known.map_or(0, |known| known.times) + 1;
        secrets.insert(label.to_owned(), Logged { secret, times });
    }

    fn describe(&self) -> String {
        let secrets = self.0.borrow();
        let all = secrets
            .iter()
            .map(|(label, logged)| format!("{label}={}", logged.times));
        all.collect::<Vec<_>>().join(" ")
    }
}

/// `key_log`: the labels, and how many sides have logged the same secret; `key_log clear`.
pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    match (verb, args) {
        ("key_log", []) => Some(Ok(state.secrets.describe())),
        ("key_log", ["clear"]) => {
            state.secrets.0.borrow_mut().clear();
            Some(Ok("ok".into()))
        }
        _ => None,
    }
}

/// # Safety
///
/// `context` is a live [`Secrets`]; `line` can be read for `len` bytes.
pub unsafe extern "C" fn log_secret(
    context: *mut c_void,
    _: *mut s2n_connection,
    line: *mut u8,
    len: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let (secrets, line) = unsafe {
        (
            &*context.cast::<Secrets>(),
            std::slice::from_raw_parts(line, len),
        )
    };
    let line = String::from_utf8_lossy(line);
    let fields: Vec<&str> = line.split_whitespace().collect();
    if let [label, random, secret] = fields.as_slice() {
        secrets.log(label, (unhex(random), unhex(secret)));
    }
    0
}

fn unhex(text: &str) -> Vec<u8> {
    crate::format::parse_hex(text).unwrap_or_default()
}

/// The write keys of a peer. Both policies used by the scripts select AES-128-GCM and SHA-256.
pub struct Forger {
    key: [u8; 16],
    iv: Vec<u8>,
    /// TLS 1.3: the traffic secret from which the next keys are derived.
    secret: Option<Vec<u8>>,
    sequence: u64,
}

impl Forger {
    /// Derives the keys of a client or server that has sent `records` since the handshake.
    pub fn new(
        secrets: &Secrets,
        is_client: bool,
        server_hello: &[u8],
        records: u64,
    ) -> Result<Self, ScriptError> {
        let label = match is_client {
            true => "CLIENT_TRAFFIC_SECRET_0",
            false => "SERVER_TRAFFIC_SECRET_0",
        };
        if let Ok((_, secret)) = secrets.get(label) {
            return Ok(Self::tls13(secret, records));
        }
        let (client_random, master) = secrets.get("CLIENT_RANDOM")?;
        // After the record header, the message header and the version.
        let server_random = server_hello.get(11..43).ok_or("no ServerHello was sent")?;
        let seed = [b"key expansion", server_random, &client_random].concat();
        let block = prf(&master, &seed, 40);
        let (key, iv) = match is_client {
            true => (&block[..16], &block[32..36]),
            false => (&block[16..32], &block[36..40]),
        };
        Ok(Self {
            key: key.try_into().expect("16 bytes"),
            iv: iv.to_vec(),
            secret: None,
            // Finished was the first record under these keys.
            sequence: records + 1,
        })
    }

    /// Derives the keys of a client's early data.
    pub fn early(secrets: &Secrets, sequence: u64) -> Result<Self, ScriptError> {
        let (_, secret) = secrets.get("CLIENT_EARLY_TRAFFIC_SECRET")?;
        Ok(Self::tls13(secret, sequence))
    }

    fn tls13(secret: Vec<u8>, sequence: u64) -> Self {
        Self {
            key: expand(&secret, "key", 16).try_into().expect("16 bytes"),
            iv: expand(&secret, "iv", 12),
            secret: Some(secret),
            sequence,
        }
    }

    /// Switches to the keys after a KeyUpdate.
    pub fn update(&mut self) {
        if let Some(secret) = &self.secret {
            *self = Self::tls13(expand(secret, "traffic upd", 32), 0);
        }
    }

    /// Seals a record of this type, in TLS 1.3 with `padding` zeros after the content type.
    pub fn record(&mut self, typ: u8, plain: &[u8], padding: usize) -> Vec<u8> {
        let sequence = self.sequence.to_be_bytes();
        self.sequence += 1;
        let key = UnboundKey::new(&AES_128_GCM, &self.key).expect("16 bytes");
        let key = LessSafeKey::new(key);
        if self.secret.is_some() {
            let mut nonce: [u8; 12] = self.iv.as_slice().try_into().expect("12 bytes");
            for (target, byte) in nonce[4..].iter_mut().zip(sequence) {
                *target ^= byte;
            }
            let mut body = [plain, &[typ], &vec![0; padding]].concat();
            let len = (body.len() + 16) as u16;
            let header = [&[23, 3, 3][..], &len.to_be_bytes()].concat();
            let nonce = Nonce::assume_unique_for_key(nonce);
            key.seal_in_place_append_tag(nonce, Aad::from(&header), &mut body)
                .expect("sealed");
            return [header, body].concat();
        }
        let nonce: [u8; 12] = [&self.iv[..], &sequence]
            .concat()
            .try_into()
            .expect("12 bytes");
        let len = (plain.len() as u16).to_be_bytes();
        let extra = [&sequence[..], &[typ, 3, 3], &len].concat();
        let mut body = plain.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::from(&extra), &mut body)
            .expect("sealed");
        let len = (8 + body.len() as u16).to_be_bytes();
        [&[typ, 3, 3][..], &len, &sequence, &body].concat()
    }
}

struct Len(usize);

impl KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand-Label without a context (RFC 8446, 7.1).
fn expand(secret: &[u8], label: &str, len: usize) -> Vec<u8> {
    let label = format!("tls13 {label}");
    let info = [
        &(len as u16).to_be_bytes()[..],
        &[label.len() as u8],
        label.as_bytes(),
        &[0],
    ]
    .concat();
    let mut output = vec![0; len];
    Prk::new_less_safe(HKDF_SHA256, secret)
        .expand(&[&info], Len(len))
        .and_then(|okm| okm.fill(&mut output))
        .expect("a short output");
    output
}

/// P_SHA256 (RFC 5246, 5); the seed starts with the label.
fn prf(secret: &[u8], seed: &[u8], len: usize) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut output = Vec::new();
    let mut chain = hmac::sign(&key, seed);
    while output.len() < len {
        let piece = hmac::sign(&key, &[chain.as_ref(), seed].concat());
        output.extend_from_slice(piece.as_ref());
        chain = hmac::sign(&key, chain.as_ref());
    }
    output.truncate(len);
    output
}
