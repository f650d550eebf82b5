//! Arguments of a call: numbers, and bytes that are random or a valid file.

use std::borrow::Cow;
use std::ffi::{CString, c_char, c_int};

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::endpoint;

#[derive(Arbitrary, Debug)]
pub struct Args {
    /// Selects the function.
    pub function: u8,
    /// Selects the object.
    pub object: u8,
    /// Selects another object.
    pub other: u8,
    pub number: u32,
    pub bytes: Bytes,
    pub more: Bytes,
}

impl Args {
    /// A member of an enum, now and then an unknown one.
    pub fn member(&self, count: u32) -> c_int {
        (self.number % (count + 1)) as c_int
    }

    pub fn flag(&self) -> bool {
        self.number % 2 == 1
    }

    /// A size, small most of the time.
    pub fn size(&self) -> usize {
        (self.number >> 8) as usize >> (self.number % 24)
    }
}

/// Bytes or text.
#[derive(Clone, Debug)]
pub enum Bytes {
    Random(Vec<u8>),
    Known(u8),
}

impl Arbitrary<'_> for Bytes {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match u8::arbitrary(u)? {
            kind @ 0..128 => Self::Known(kind),
            _ => Self::Random(u.arbitrary()?),
        })
    }
}

impl Bytes {
    pub fn get(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Random(bytes) => bytes.into(),
            Self::Known(number) => KNOWN[usize::from(*number) % KNOWN.len()].into(),
        }
    }

    /// At most this number of bytes.
    pub fn short(&self, most: usize) -> Cow<'_, [u8]> {
        match self.get() {
            Cow::Borrowed(bytes) => bytes[..bytes.len().min(most)].into(),
            Cow::Owned(bytes) => bytes[..bytes.len().min(most)].to_vec().into(),
        }
    }

    /// The bytes up to the first NUL.
    pub fn text(&self) -> CString {
        let bytes = self.get();
        let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        CString::new(text).expect("no NUL")
    }

    /// The bytes as a list of names, separated by commas.
    pub fn names(&self) -> Vec<CString> {
        let text = self.text();
        let names = text.as_bytes().split(|&byte| byte == b',');
        names
            .map(|name| CString::new(name).expect("no NUL"))
            .collect()
    }
}

/// Passes the names as an array of strings, with a count that may be negative.
pub fn with_names<R>(
    bytes: &Bytes,
    count: c_int,
    call: impl FnOnce(*const *const c_char, c_int) -> R,
) -> R {
    let names = bytes.names();
    let pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
    call(pointers.as_ptr(), count.min(pointers.len() as c_int))
}

macro_rules! generated {
    ($file:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $file))
    };
}

/// The public key of the server, as a SubjectPublicKeyInfo.
pub const PUBLIC_KEY: &[u8] = generated!("ecdsa.pub.der");

/// A ClientHello with one cipher suite and the extensions server_name and supported_groups.
const HELLO: &[u8] =
    b"\x01\0\0\x49\x03\x03aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x02bb\0\x02\xc0\x2f\x01\0\0\x1c\
    \0\0\0\x0e\0\x0c\0\0\x09localhost\0\x0a\0\x06\0\x04\0\x1d\0\x17";

const KNOWN: &[&[u8]] = &[
    endpoint::SERVER_CHAIN,
    endpoint::SERVER_KEY,
    endpoint::CLIENT_CHAIN,
    endpoint::CLIENT_KEY,
    endpoint::RSA_CHAIN,
    endpoint::RSA_KEY,
    endpoint::ROOT,
    endpoint::OTHER_ROOT,
    generated!("ecdsa-pbes2.key"),
    generated!("intermediate.crl"),
    generated!("ca.crl"),
    generated!("ecdsa.ocsp"),
    generated!("dh.pem"),
    PUBLIC_KEY,
    b"default",
    b"default_tls13",
    b"ELBSecurityPolicy-TLS-1-2-2017-01",
    b"custom:fuzz",
    b"base default\nmin TLS1.3\n",
    b"h2,http/1.1",
    b"localhost",
    b"2.5.29.17",
    b"1.2.3.4.5",
    HELLO,
    &[7; 32],
    b"",
];
