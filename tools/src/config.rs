//! Construction of a TLS config from the command-line options.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rs2n_core::config::{ClientAuth, Config, VerifyHostCallback, alpn};
use rs2n_core::credentials::CertChain;
use rs2n_core::credentials::passphrase::KeyLimits;
use rs2n_core::error::{Code, Error};
use rs2n_core::policy::Policy;
use zeroize::Zeroizing;

use crate::error::{Result, ToolError};
use crate::options::{Client, ClientAuthMode, Common, Server};
use crate::passphrase::PassphraseSource;
use crate::session_cache::{self, SessionCache};
use crate::{file_kind, policies};

/// Builds the config of a client.
pub fn client(options: &Client) -> Result<Arc<Config>> {
    let config = Config::new_minimal();
    common(&config, &options.common)?;
    if options.insecure {
        config.disable_verification();
    } else if options.ca.is_empty() && options.trust_key.is_empty() && options.psk.is_none() {
        let loaded = config.load_system_certs();
        loaded.map_err(|error| ToolError::tls(&error, "cannot load the system's trust store"))?;
    }
    load_trust_anchors(&config, &options.ca)?;
    trust_keys(&config, &options.trust_key)?;
    if options.psk.is_some() {
        require_tls13(&options.common, "--psk")?;
    }
    if !options.trust_key.is_empty() {
        require_tls13(&options.common, "--trust-key")?;
    }
    if options.early_data.is_some() {
        require_tls13(&options.common, "--early-data")?;
    }
    if options.ech.is_some() {
        require_tls13(&options.common, "--ech")?;
    }
    if options.ech_grease {
        require_tls13(&options.common, "--ech-grease")?;
        config.set_ech_grease(true);
    }
    if let Some(cert) = &options.cert {
        let key = options.key.as_ref().unwrap_or(cert);
        add_cert_chain(&config, cert, key, options.passphrase_file.as_deref())?;
    }
    if let Some(key) = &options.raw_key {
        require_tls13(&options.common, "--raw-key")?;
        add_raw_key(&config, key)?;
    }
    Ok(Arc::new(config))
}

/// Builds the config that a server's connections share.
pub fn server(options: &Server) -> Result<Arc<Config>> {
    let config = Config::new_minimal();
    common(&config, &options.common)?;
    let keys = match options.key.len() {
        0 => &options.cert,
        count if count == options.cert.len() => &options.key,
        count => {
            return Err(ToolError::usage(format!(
                "{} times --cert and {count} times --key: the order of both must match",
                options.cert.len()
            )));
        }
    };
    for (cert, key) in options.cert.iter().zip(keys) {
        add_cert_chain(&config, cert, key, options.passphrase_file.as_deref())?;
    }
    for key in &options.raw_key {
        require_tls13(&options.common, "--raw-key")?;
        add_raw_key(&config, key)?;
    }
    load_trust_anchors(&config, &options.client_ca)?;
    trust_keys(&config, &options.trust_key)?;
    if !options.trust_key.is_empty() {
        require_tls13(&options.common, "--trust-key")?;
    }
    if options.psk_file.is_some() {
        require_tls13(&options.common, "--psk-file")?;
    }
    if let Some(bytes) = options.max_early_data {
        require_tls13(&options.common, "--max-early-data")?;
        config.set_max_early_data(bytes);
    }
    if options.session_cache {
        SessionCache::new(session_cache::CAPACITY).attach(&config);
        if options.ticket_key_file.is_none() {
            session_cache::add_random_key(&config)?;
        }
    }
    config.set_verify_host_callback(Some(Arc::new(AcceptAnyName)));
    let has_no_trust = options.client_ca.is_empty() && options.trust_key.is_empty();
    let mode = match (options.client_auth, has_no_trust) {
        (Some(mode), _) => mode,
        (None, true) => ClientAuthMode::None,
        (None, false) => ClientAuthMode::Required,
    };
    config.set_client_auth(match mode {
        ClientAuthMode::None => ClientAuth::None,
        ClientAuthMode::Optional => ClientAuth::Optional,
        ClientAuthMode::Required => ClientAuth::Required,
    });
    if mode != ClientAuthMode::None && !options.client_ca.is_empty() {
        let named = config.name_authorities();
        named.map_err(|error| {
            ToolError::tls(
                &error,
                "cannot list the CA names for the certificate request",
            )
        })?;
    }
    Ok(Arc::new(config))
}

/// Accepts any name in a client certificate: only its issuing CA counts.
struct AcceptAnyName;

impl VerifyHostCallback for AcceptAnyName {
    fn verify(&self, _: &[u8]) -> bool {
        true
    }
}

fn common(config: &Config, options: &Common) -> Result<()> {
    if let Some(path) = &options.policy_file {
        policies::load(path)?;
    }
    let policy = policies::find(&options.policy)?;
    let set = config.set_policy(policy);
    set.map_err(|error| policies::explain(&error, &options.policy))?;
    if options.ktls {
        config.allow_kernel_tls13();
    }

    let compression = options.cert_compression.map(Into::into);
    config.set_cert_compression(compression.into_iter().collect());

    let protocols = options.alpn.iter().map(String::as_bytes);
    let protocols = alpn::list(protocols)
        .map_err(|_| ToolError::usage("--alpn: a protocol name has 1 to 255 bytes"))?;
    config.set_alpn(protocols);

    let ready = rs2n_core::initialize();
    ready.map_err(|error| ToolError::tls(&error, "no entropy is available"))?;
    // Only AEAD cipher suites are offered, whose errors leak nothing by their timing. Blinding
    // would only delay the error message.
    config.set_max_blinding_delay(0);
    Ok(())
}

/// Fails if the policy does not support TLS 1.3, which an option requires.
fn require_tls13(options: &Common, option: &str) -> Result<()> {
    match Policy::find(options.policy.as_bytes()).is_ok_and(Policy::supports_tls13) {
        true => Ok(()),
        false => Err(ToolError::usage(format!(
            "{option} requires TLS 1.3, which the policy {:?} does not support",
            options.policy
        ))),
    }
}

fn load_trust_anchors(config: &Config, files: &[PathBuf]) -> Result<()> {
    for path in files {
        let pem = read(path)?;
        config.trust_pem(&pem).map_err(|error| {
            let error = ToolError::tls(&error, &unusable(path));
            file_kind::explain_trust(error, path, &pem)
        })?;
    }
    Ok(())
}

fn add_cert_chain(
    config: &Config,
    cert: &Path,
    key: &Path,
    passphrase_file: Option<&Path>,
) -> Result<()> {
    let chain = CertChain::default();
    let (cert_bytes, key_bytes) = (read(cert)?, Zeroizing::new(read(key)?));
    let (chain_pem, key_pem) = match cert == key {
        true => split_pem(&cert_bytes),
        false => (cert_bytes.clone(), key_bytes.to_vec()),
    };
    let key_pem = Zeroizing::new(key_pem);
    let passphrase = PassphraseSource::new(key, passphrase_file);
    let limits = KeyLimits::DEFAULT;
    let loaded = chain.load_encrypted(&chain_pem, &key_pem, &passphrase, &limits);
    if let Some(failure) = passphrase.take_failure() {
        return Err(failure);
    }
    let context = match cert == key {
        true => unusable(cert),
        false => format!(
            "{} with the key {} cannot be used",
            cert.display(),
            key.display()
        ),
    };
    let chain = Arc::new(chain);
    let added = loaded.and_then(|()| config.add_chain(&chain));
    added.map_err(|error| {
        let files = file_kind::Pair {
            cert,
            cert_bytes: &cert_bytes,
            key,
            key_bytes: &key_bytes,
        };
        let tool_error = files.explain(ToolError::tls(&error, &context));
        match error.code() {
            Code::WrongPassphrase => ToolError::tls(&error, &context),
            Code::KeyEncryption => explain_encryption(&error, key),
            Code::KeyMismatch => explain_order(tool_error, cert, &chain_pem, &key_pem),
            _ => tool_error,
        }
    })
}

/// Explains a key that is encrypted in a way that is not supported.
fn explain_encryption(error: &Error, key: &Path) -> ToolError {
    let path = key.display();
    ToolError {
        detail: Some(error.reason().to_string().into_boxed_str()),
        ..ToolError::tls(error, &unusable(key))
    }
    .with_advice(format!(
        "openssl pkcs8 -topk8 -in {path} -out FILE encrypts the key with AES"
    ))
}

/// Adds a raw public key, by its private key.
fn add_raw_key(config: &Config, path: &Path) -> Result<()> {
    let pem = Zeroizing::new(read(path)?);
    let chain = Arc::new(CertChain::default());
    let loaded = chain.load_raw_key(None, Some(&pem));
    let added = loaded.and_then(|()| config.add_chain(&chain));
    added.map_err(|error| ToolError::tls(&error, &unusable(path)))
}

/// Trusts the raw public keys in files.
fn trust_keys(config: &Config, files: &[PathBuf]) -> Result<()> {
    for path in files {
        let added = config.trust_key(&read(path)?);
        added.map_err(|error| ToolError::tls(&error, &unusable(path)))?;
    }
    Ok(())
}

/// Explains a key that belongs to another certificate of the chain than the first.
fn explain_order(error: ToolError, cert: &Path, chain_pem: &[u8], key_pem: &[u8]) -> ToolError {
    let has_key = |certificate: &&[u8]| {
        let chain = CertChain::default();
        let loaded = chain.load(certificate, key_pem);
        loaded.is_ok_and(|()| Config::new_minimal().add_chain(&Arc::new(chain)).is_ok())
    };
    let position = file_kind::certificates(chain_pem).iter().position(has_key);
    match position {
        Some(index) => error
            .with_message(format!(
                "the private key is that of certificate {} in {}, and not of the first",
                index + 1,
                cert.display()
            ))
            .with_advice(
                "the certificate of the key is the first in the file, and then its issuer's",
            ),
        None => error,
    }
}

fn unusable(path: &Path) -> String {
    format!("{} cannot be used", path.display())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| ToolError::file("read", path, &error))
}

/// Splits a PEM file into the sections other than private keys, and those of private keys.
fn split_pem(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut others, mut keys) = (Vec::new(), Vec::new());
    let mut is_key = false;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let is_begin = |label: &[u8]| {
            line.starts_with(b"-----BEGIN ") && line.windows(label.len()).any(|part| part == label)
        };
        is_key |= is_begin(b"PRIVATE KEY") || is_begin(b"EC PARAMETERS");
        match is_key {
            true => keys.extend_from_slice(line),
            false => others.extend_from_slice(line),
        }
        is_key &= !line.starts_with(b"-----END ");
    }
    (others, keys)
}
