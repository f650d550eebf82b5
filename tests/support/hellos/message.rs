//! Generator, parser and mutations of ClientHello messages.

use super::Choices;

/// A ClientHello (RFC 8446, 4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    pub legacy_version: [u8; 2],
    pub random: [u8; 32],
    pub session_id: Vec<u8>,
    pub suites: Vec<u8>,
    pub compression: Vec<u8>,
    pub extensions: Vec<(u16, Vec<u8>)>,
}

pub const SERVER_NAME: u16 = 0;
pub const GROUPS: u16 = 10;
const SCHEMES: u16 = 13;
pub const ALPN: u16 = 16;
const PADDING: u16 = 21;
pub const PRE_SHARED_KEY: u16 = 41;
const EARLY_DATA: u16 = 42;
pub const VERSIONS: u16 = 43;
pub const SHARES: u16 = 51;

/// The group of the key share that the server accepts.
pub const P256: u16 = 23;

/// The base point of P-256.
const POINT: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
    0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
    0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
    0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
    0xf5,
];

/// Encodes a vector with its length prefix (RFC 8446, 3.4).
pub fn vector(size: usize, bytes: &[u8]) -> Vec<u8> {
    let len = (bytes.len() as u32).to_be_bytes();
    [&len[4 - size..], bytes].concat()
}

/// Splits a vector with a length prefix off the front of the bytes.
pub fn take<'a>(bytes: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (len, rest) = bytes.split_at_checked(size)?;
    let len = len
        .iter()
        .fold(0, |len, &byte| len << 8 | usize::from(byte));
    let (taken, rest) = rest.split_at_checked(len)?;
    *bytes = rest;
    Some(taken)
}

/// Splits a 16-bit number off the front of the bytes.
pub fn number(bytes: &mut &[u8]) -> Option<u16> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u16::from_be_bytes(*number))
}

/// Parses a list of extensions without trailing bytes.
pub fn extensions(mut list: &[u8]) -> Option<Vec<(u16, Vec<u8>)>> {
    let mut extensions = Vec::new();
    while !list.is_empty() {
        extensions.push((number(&mut list)?, take(&mut list, 2)?.to_vec()));
    }
    Some(extensions)
}

/// Chooses one of the values.
fn pick<T: Clone>(choices: &mut Choices<'_>, of: &[T]) -> T {
    of[choices(of.len())].clone()
}

/// Encodes a key share: a valid one for P-256, and otherwise arbitrary bytes.
fn share(group: u16) -> Vec<u8> {
    let key = match group {
        P256 => &POINT[..],
        _ => &[9; 32],
    };
    [&group.to_be_bytes()[..], &vector(2, key)].concat()
}

/// Generates the data of an extension, well-formed or slightly malformed.
fn data(choices: &mut Choices<'_>, typ: u16) -> Vec<u8> {
    match typ {
        SERVER_NAME => {
            let name = pick(choices, &names());
            let typ = pick(choices, &[0, 0, 0, 0, 0, 1]);
            vector(2, &[&[typ][..], &vector(2, &name)].concat())
        }
        GROUPS => pick(
            choices,
            &[
                &[0, 4, 0, 23, 0, 24][..],
                &[0, 2, 0, 23],
                &[0, 6, 0x2a, 0x2a, 0, 29, 0, 23],
                &[0, 0],
            ],
        )
        .to_vec(),
        SCHEMES => pick(
            choices,
            &[
                &[0, 6, 4, 3, 8, 4, 4, 1][..],
                &[0, 2, 4, 3],
                &[0, 2, 0xfe, 1],
                &[0, 0],
            ],
        )
        .to_vec(),
        ALPN => {
            let count = pick(choices, &[1, 1, 1, 2, 2, 2, 3, 3, 0]);
            let names = (0..count).map(|_| vector(1, pick(choices, PROTOCOLS)));
            let names: Vec<_> = names.collect();
            vector(2, &names.concat())
        }
        VERSIONS => {
            let versions = (0..choices(4)).map(|_| pick(choices, VERSION_NUMBERS));
            let versions: Vec<_> = versions.flat_map(u16::to_be_bytes).collect();
            vector(1, &versions)
        }
        SHARES => {
            let groups = [P256, 24, 29, 0x2a2a];
            let shares: Vec<_> = (0..choices(3))
                .map(|_| share(pick(choices, &groups)))
                .collect();
            vector(2, &shares.concat())
        }
        // An identity and a binder of the required lengths.
        PRE_SHARED_KEY => {
            let identity = [vector(2, b"identity"), vec![0; 4]].concat();
            [vector(2, &identity), vector(2, &vector(1, &[7; 32]))].concat()
        }
        _ => pick(
            choices,
            &[&b""[..], b"\0", b"\x01\x01", b"\0\x02ab", b"something"],
        )
        .to_vec(),
    }
}

fn names() -> Vec<Vec<u8>> {
    [
        &b"localhost"[..],
        b"localhost",
        b"LocalHost",
        b"a.wild.example",
        b"other.example",
        b"localhost.",
        b"localhost\0.other.example",
        b"127.0.0.1",
        b"not a name",
        b"",
        &[b'x'; 63],
        &[b'x'; 255],
        &[b'x'; 256],
        &[b'x'; 9000],
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

const PROTOCOLS: &[&[u8]] = &[
    b"h2",
    b"h2",
    b"h2",
    b"http/1.1",
    b"http/1.1",
    b"http/1.1",
    b"x",
    b"x",
    b"\x2a\x2a",
    b"h2\0",
    &[b'x'; 255],
    b"",
];

const VERSION_NUMBERS: &[u16] = &[
    0x0304, 0x0304, 0x0303, 0x0303, 0x0302, 0x0301, 0x0300, 0x0305, 0x2a2a, 0x0002,
];

impl Hello {
    /// Generates a valid ClientHello of TLS 1.2 or TLS 1.3, with or without a key share that the server
    /// accepts.
    pub fn good(choices: &mut Choices<'_>) -> Self {
        let mut extensions = vec![
            (GROUPS, vec![0, 6, 0, 23, 0, 24, 0, 29]),
            (SCHEMES, vec![0, 6, 4, 3, 8, 4, 4, 1]),
        ];
        let shares = match choices(4) {
            0 => None,
            1 => Some(share(P256)),
            2 => Some(share(0x2a2a)),
            _ => Some(Vec::new()),
        };
        if let Some(shares) = shares {
            extensions.push((VERSIONS, vec![4, 3, 4, 3, 3]));
            extensions.push((SHARES, vector(2, &shares)));
        }
        for typ in [SERVER_NAME, ALPN, 0xfe01, 0xabcd, 45, EARLY_DATA] {
            if choices(3) > 0 && (typ != EARLY_DATA || choices(4) == 0) {
                let place = choices(extensions.len() + 1);
                let data = match typ {
                    45 => vec![1, 1],
                    EARLY_DATA => Vec::new(),
                    _ => data(choices, typ),
                };
                extensions.insert(place, (typ, data));
            }
        }
        Self {
            legacy_version: [3, 3],
            random: [choices(256) as u8; 32],
            session_id: vec![0x5e; pick(choices, &[32, 0, 8])],
            suites: vec![0x13, 1, 0x13, 2, 0xc0, 0x2b, 0xc0, 0x2f, 0x13, 3],
            compression: vec![0],
            extensions,
        }
    }

    /// Returns the second ClientHello, after a HelloRetryRequest for P-256.
    pub fn second(&self) -> Self {
        let mut second = self.clone();
        second.extensions.retain(|(typ, _)| *typ != EARLY_DATA);
        for (typ, data) in &mut second.extensions {
            if *typ == SHARES {
                *data = vector(2, &share(P256));
            }
        }
        second
    }

    pub fn body(&self) -> Vec<u8> {
        let list = self.extensions.iter();
        let list: Vec<_> = list
            .map(|(typ, data)| [&typ.to_be_bytes()[..], &vector(2, data)].concat())
            .collect();
        [
            &self.legacy_version[..],
            &self.random,
            &vector(1, &self.session_id),
            &vector(2, &self.suites),
            &vector(1, &self.compression),
            &vector(2, &list.concat()),
        ]
        .concat()
    }

    /// Parses a body, which must be well-formed.
    pub fn parse(mut body: &[u8]) -> Option<Self> {
        let legacy_version = number(&mut body)?.to_be_bytes();
        let (random, mut body) = body.split_first_chunk()?;
        let session_id = take(&mut body, 1)?.to_vec();
        let suites = take(&mut body, 2)?.to_vec();
        let compression = take(&mut body, 1)?.to_vec();
        let list = match body {
            [] => &[],
            _ => take(&mut body, 2)?,
        };
        let extensions = extensions(list)?;
        body.is_empty().then_some(Self {
            legacy_version,
            random: *random,
            session_id,
            suites,
            compression,
            extensions,
        })
    }

    /// The data of the first extension of a type.
    pub fn extension(&self, wanted: u16) -> Option<&[u8]> {
        let mut extensions = self.extensions.iter();
        let found = extensions.find(|(typ, _)| *typ == wanted)?;
        Some(&found.1)
    }

    /// Applies one random mutation.
    pub fn mutate(&mut self, choices: &mut Choices<'_>) {
        let count = self.extensions.len();
        match choices(12) {
            0 => self.legacy_version = pick(choices, LEGACY_VERSIONS),
            1 => self.random[choices(32)] ^= 1,
            2 => self.session_id.resize(choices(40), 1),
            3 => self.suites = pick(choices, &suites()),
            4 => self.compression = pick(choices, &[vec![], vec![0, 1], vec![1]]),
            5 if count > 0 => drop(self.extensions.remove(choices(count))),
            6 if count > 0 => {
                let (one, other) = (choices(count), choices(count));
                self.extensions.swap(one, other);
            }
            7 if count > 0 => {
                let again = self.extensions[choices(count)].clone();
                self.extensions.insert(choices(count + 1), again);
            }
            8 if count > 0 => {
                let (typ, old) = &mut self.extensions[choices(count)];
                *old = data(choices, *typ);
            }
            9 if count > 0 => {
                let (_, data) = &mut self.extensions[choices(count)];
                match data.len() {
                    0 => data.push(choices(256) as u8),
                    len => data[choices(len)] ^= 1 << choices(8),
                }
            }
            10 if count > 0 => {
                let (_, data) = &mut self.extensions[choices(count)];
                match choices(2) {
                    0 => drop(data.pop()),
                    _ => data.push(choices(256) as u8),
                }
            }
            _ => {
                let typ = pick(choices, EXTENSIONS);
                let data = data(choices, typ);
                self.extensions.insert(choices(count + 1), (typ, data));
            }
        }
    }

    /// Whether RFC 8446, 4.1.2 lets this message follow another one.
    pub fn may_follow(&self, first: &Self) -> bool {
        const CHANGING: [u16; 5] = [PADDING, PRE_SHARED_KEY, EARLY_DATA, SHARES, 0xfe0d];

        let rest = |hello: &Self| {
            let mut rest = hello.clone();
            rest.extensions.retain(|(typ, _)| !CHANGING.contains(typ));
            rest
        };
        let one_share = self.extension(SHARES).is_none_or(|mut data| {
            let mut shares = take(&mut data, 2).unwrap_or_default();
            number(&mut shares).is_some() && take(&mut shares, 2).is_some() && shares.is_empty()
        });
        let has_key = |hello: &Self| hello.extension(PRE_SHARED_KEY).is_some();
        rest(self) == rest(first)
            && self.extension(EARLY_DATA).is_none()
            && (has_key(first) || !has_key(self))
            && one_share
    }
}

const LEGACY_VERSIONS: &[[u8; 2]] = &[
    [3, 1],
    [3, 0],
    [3, 4],
    [2, 0],
    [4, 0],
    [0, 0],
    [0x1a, 0x1a],
    [0xff, 0xff],
];

/// Early data, a cookie, padding, an outer ClientHello, and what else a client may add.
const EXTENSIONS: &[u16] = &[
    EARLY_DATA,
    44,
    PADDING,
    0xfe0d,
    PRE_SHARED_KEY,
    ALPN,
    SERVER_NAME,
    VERSIONS,
    SHARES,
    1,
    5,
    23,
    35,
    45,
    49,
    0x1a1a,
    0xff01,
];

fn suites() -> Vec<Vec<u8>> {
    [
        &[0x13, 1][..],
        &[0xc0, 0x2b],
        &[0x13, 2, 0x13, 1],
        &[0x13, 1, 0xc0, 0x2b, 0x56, 0],
        &[0x0a, 0x0a, 0xc0, 0x2b, 0, 0xff],
        &[0, 0x2f],
        &[0x13, 1, 0x13],
        &[],
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

/// Changes, inserts or removes a random byte.
pub fn damage(body: &mut Vec<u8>, choices: &mut Choices<'_>) {
    let at = choices(body.len());
    match choices(4) {
        0 => body[at] ^= 1 << choices(8),
        1 => body[at] = choices(256) as u8,
        2 => drop(body.remove(at)),
        _ => body.insert(at, choices(256) as u8),
    }
}
