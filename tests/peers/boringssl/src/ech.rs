//! Keys and configurations of Encrypted Client Hello (RFC 9849).

use std::fs;

use boring::hpke::HpkeKey;
use boring::pkey::{Id, PKey};
use boring::ssl::{SslContextBuilder, SslEchKeys};

use crate::Result;
use crate::arguments::Arguments;

/// What the server does with a ClientHello that is encrypted for the ECHConfigList that it has written.
#[derive(Clone, Copy)]
pub enum Mode {
    /// `accept`: it decrypts it.
    Accept,

    /// `stale`: it has another key, whose configuration it sends for a second attempt.
    Stale,

    /// `disabled`: it does not support ECH. This is the only mode without a configuration for a second
    /// attempt, because BoringSSL requires that a server has one.
    Disabled,
}

impl Mode {
    fn parse(name: &str) -> Result<Self> {
        match name {
            "accept" => Ok(Self::Accept),
            "stale" => Ok(Self::Stale),
            "disabled" => Ok(Self::Disabled),
            _ => Err(format!("unknown mode {name}").into()),
        }
    }
}

/// Generates the keys of a server, writes the files for clients, and configures the context.
pub fn serve(context: &SslContextBuilder, arguments: &Arguments) -> Result<()> {
    let Some(mode) = arguments.optional("--ech") else {
        return Ok(());
    };
    let mode = Mode::parse(mode)?;
    let name = arguments.required("--public-name")?;
    let published = Config::generate(1, name)?;
    write_list(arguments.required("--ech-list")?, &published)?;

    let served = match mode {
        Mode::Accept => published,
        Mode::Stale => Config::generate(2, name)?,
        Mode::Disabled => return Ok(()),
    };
    if let Some(file) = arguments.optional("--ech-retry-list") {
        write_list(file, &served)?;
    }
    let mut keys = SslEchKeys::builder()?;
    keys.add_key(
        true,
        &served.bytes,
        HpkeKey::dhkem_p256_sha256(&served.key)?,
    )?;
    context.set_ech_keys(&keys.build())?;
    Ok(())
}

/// An ECHConfig and its private key.
struct Config {
    bytes: Vec<u8>,
    key: [u8; 32],
}

impl Config {
    fn generate(id: u8, public_name: &str) -> Result<Self> {
        const VERSION: u16 = 0xfe0d;
        // DHKEM(X25519, HKDF-SHA256), which is also that of the function `dhkem_p256_sha256`.
        const KEM: u16 = 0x0020;
        const HKDF_SHA256: u16 = 0x0001;
        const AEADS: [u16; 2] = [0x0001, 0x0003]; // AES-128-GCM, ChaCha20-Poly1305
        const MAXIMUM_NAME_LENGTH: u8 = 64;

        let pair = PKey::generate(Id::X25519)?;
        let (mut key, mut public) = ([0; 32], [0; 32]);
        pair.raw_private_key(&mut key)?;
        pair.raw_public_key(&mut public)?;

        let suites: Vec<u8> = AEADS
            .iter()
            .flat_map(|aead| [HKDF_SHA256.to_be_bytes(), aead.to_be_bytes()].concat())
            .collect();
        let name = public_name.as_bytes();
        let contents: [&[u8]; 7] = [
            &[id],
            &KEM.to_be_bytes(),
            &vector(&public)?,
            &vector(&suites)?,
            &[MAXIMUM_NAME_LENGTH, u8::try_from(name.len())?],
            name,
            &vector(&[])?, // extensions
        ];
        let bytes = [&VERSION.to_be_bytes()[..], &vector(&contents.concat())?].concat();
        Ok(Self { bytes, key })
    }
}

/// Writes an ECHConfigList of one configuration.
fn write_list(file: &str, config: &Config) -> Result<()> {
    Ok(fs::write(file, vector(&config.bytes)?)?)
}

/// A vector with a length of two bytes.
fn vector(content: &[u8]) -> Result<Vec<u8>> {
    let len = u16::try_from(content.len())?;
    Ok([&len.to_be_bytes(), content].concat())
}
