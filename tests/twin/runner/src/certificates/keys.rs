//! Keys, and what they sign with.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io::Write};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

use super::der::{bits, oid, pem, sequence, tlv};

/// A private key, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Made anew for each certificate.
    P256,
    /// One for all, made by openssl: `openssl genpkey` options, and a name.
    Openssl(&'static str),
}

/// How a certificate is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// As the issuer's key signs by default.
    Default,
    /// With openssl: the options of `openssl dgst -sign`, and the identifier to write.
    Openssl {
        options: &'static str,
        identifier: Identifier,
    },
}

/// A signature algorithm identifier: OID and parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identifier {
    pub oid: &'static str,
    pub parameters: &'static [u8],
}

const NULL: &[u8] = &[5, 0];

const fn ecdsa(oid: &'static str) -> Identifier {
    let parameters = &[];
    Identifier { oid, parameters }
}

const fn rsa(oid: &'static str) -> Identifier {
    let parameters = NULL;
    Identifier { oid, parameters }
}

pub const ECDSA_SHA1: Identifier = ecdsa("1.2.840.10045.4.1");
pub const ECDSA_SHA224: Identifier = ecdsa("1.2.840.10045.4.3.1");
pub const ECDSA_SHA256: Identifier = ecdsa("1.2.840.10045.4.3.2");
pub const ECDSA_SHA384: Identifier = ecdsa("1.2.840.10045.4.3.3");
pub const ECDSA_SHA512: Identifier = ecdsa("1.2.840.10045.4.3.4");
pub const RSA_MD5: Identifier = rsa("1.2.840.113549.1.1.4");
pub const RSA_SHA1: Identifier = rsa("1.2.840.113549.1.1.5");
pub const RSA_SHA224: Identifier = rsa("1.2.840.113549.1.1.14");
pub const RSA_SHA256: Identifier = rsa("1.2.840.113549.1.1.11");
pub const RSA_SHA384: Identifier = rsa("1.2.840.113549.1.1.12");
pub const RSA_SHA512: Identifier = rsa("1.2.840.113549.1.1.13");
pub const ED25519: Identifier = ecdsa("1.3.101.112");
pub const UNKNOWN: Identifier = ecdsa("1.3.6.1.4.1.32473.1");

/// RSA-PSS with SHA-256, MGF1 with SHA-256, and a salt of 32 bytes.
pub const RSA_PSS_SHA256: Identifier = Identifier {
    oid: "1.2.840.113549.1.1.10",
    parameters: &[
        0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
        0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
        0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
        0x02, 0x01, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20,
    ],
};

impl Identifier {
    pub fn der(self) -> Vec<u8> {
        sequence(&[oid(self.oid), self.parameters.to_vec()])
    }
}

/// A key that was made.
pub enum Key {
    P256(EcdsaKeyPair, Vec<u8>),
    /// A file of openssl's, and the SubjectPublicKeyInfo.
    File(std::path::PathBuf, Vec<u8>),
}

impl Key {
    /// Keys of openssl's are kept in `folder`.
    pub fn new(kind: Kind, folder: &Path) -> Self {
        match kind {
            Kind::P256 => {
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(
                    &ECDSA_P256_SHA256_ASN1_SIGNING,
                    &SystemRandom::new(),
                )
                .expect("random numbers");
                let pair =
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref());
                Self::P256(pair.expect("just made"), pkcs8.as_ref().to_vec())
            }
            Kind::Openssl(options) => {
                let name = options.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
                let path = folder.join(format!("{name}.key"));
                let file = path.to_str().expect("a path of text");
                if !path.exists() {
                    openssl(&format!("genpkey -quiet {options} -out {file}"), &[]);
                }
                let public = openssl(&format!("pkey -in {file} -pubout -outform DER"), &[]);
                Self::File(path, public)
            }
        }
    }

    pub fn pem(&self) -> String {
        match self {
            Self::P256(_, pkcs8) => pem("PRIVATE KEY", pkcs8),
            Self::File(path, _) => fs::read_to_string(path).expect("openssl wrote it"),
        }
    }

    /// The SubjectPublicKeyInfo.
    pub fn public(&self) -> Vec<u8> {
        match self {
            Self::P256(pair, _) => {
                let algorithm = [oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")];
                sequence(&[sequence(&algorithm), bits(pair.public_key().as_ref())])
            }
            Self::File(_, public) => public.clone(),
        }
    }

    pub fn identifier(&self, signing: Signing) -> Identifier {
        match (signing, self) {
            (Signing::Openssl { identifier, .. }, _) => identifier,
            (Signing::Default, Self::P256(..)) => ECDSA_SHA256,
            (Signing::Default, Self::File(path, _)) => {
                let name = path.to_string_lossy();
                match () {
                    () if name.contains("ED25519") => ED25519,
                    () if name.contains("-RSA") => RSA_SHA256,
                    () => ECDSA_SHA256,
                }
            }
        }
    }

    pub fn sign(&self, signing: Signing, message: &[u8], folder: &Path) -> Vec<u8> {
        let file = match self {
            Self::P256(pair, _) if signing == Signing::Default => {
                // Of one length, so that a certificate has the same places in every run.
                let sign = || {
                    pair.sign(&SystemRandom::new(), message)
                        .expect("random numbers")
                };
                let mut signatures = std::iter::repeat_with(sign);
                let signature = signatures.find(|signature| signature.as_ref().len() == 71);
                return signature.expect("half of all signatures").as_ref().to_vec();
            }
            Self::P256(..) => {
                let path = folder.join("signer.key");
                fs::write(&path, self.pem()).expect("the folder can be written to");
                path
            }
            Self::File(path, _) => path.clone(),
        };
        let file = file.to_str().expect("a path of text");
        match signing {
            Signing::Openssl { options, .. } => {
                openssl(&format!("dgst {options} -sign {file}"), message)
            }
            Signing::Default if file.contains("ED25519") => {
                let text = folder.join("message");
                fs::write(&text, message).expect("the folder can be written to");
                let text = text.to_str().expect("a path of text");
                openssl(
                    &format!("pkeyutl -sign -inkey {file} -rawin -in {text}"),
                    &[],
                )
            }
            Signing::Default => openssl(&format!("dgst -sha256 -sign {file}"), message),
        }
    }
}

/// Runs openssl, and gives what it writes.
fn openssl(arguments: &str, input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl is installed");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input).expect("openssl reads");
    drop(stdin);
    let output = child.wait_with_output().expect("openssl ran");
    assert!(output.status.success(), "openssl {arguments}");
    output.stdout
}

/// Bytes, as scripts hold them.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A public key of a kind that nobody knows.
pub fn unknown_public_key() -> Vec<u8> {
    sequence(&[UNKNOWN.der(), tlv(3, &[0, 1, 2, 3])])
}
