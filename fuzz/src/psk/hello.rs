//! ClientHellos with pre-shared keys: a generator that computes their binders, and a strict parser.

use super::keys::{KEYS, Key, have_same_hash};
use crate::hellos::Choices;

const GROUPS: u16 = 10;
const SCHEMES: u16 = 13;
const PRE_SHARED_KEY: u16 = 41;
const EARLY_DATA: u16 = 42;
const VERSIONS: u16 = 43;
const MODES: u16 = 45;
const SHARES: u16 = 51;

const X25519: u16 = 29;

/// A ClientHello message of TLS 1.3, with its header.
#[derive(Clone)]
pub struct Hello {
    pub has_share: bool,
    suites: Vec<u16>,
    modes: Option<&'static [u8]>,
    pub has_early_data: bool,
    offers: Vec<Offer>,
    /// Bytes behind the binders, in the extension.
    rest: &'static [u8],
    /// An extension behind that of the keys, which must be the last one.
    is_followed: bool,
    /// A change of one byte in the extension: its position and its difference.
    damage: Option<(usize, u8)>,
}

#[derive(Clone)]
struct Offer {
    identity: Vec<u8>,
    binder: Binder,
}

#[derive(Clone)]
enum Binder {
    /// The right one, if the key is known.
    Computed(&'static Key),
    Fixed(Vec<u8>),
    Missing,
}

fn vector(size: usize, bytes: &[u8]) -> Vec<u8> {
    let len = (bytes.len() as u32).to_be_bytes();
    [&len[4 - size..], bytes].concat()
}

impl Hello {
    /// Generates a ClientHello, which is most often valid.
    pub fn new(choices: &mut Choices<'_>) -> Self {
        const SUITES: [&[u16]; 6] = [
            &[0x1301, 0x1302, 0x1303],
            &[0x1303, 0x1302, 0x1301],
            &[0x1301],
            &[0x1302],
            &[0x1303, 0x2a2a],
            &[0xc02b, 0x1303, 0x1301],
        ];
        const PSK_MODES: [Option<&[u8]>; 8] = [
            Some(&[1]),
            Some(&[1]),
            Some(&[1]),
            Some(&[0, 1]),
            Some(&[7, 1, 0]),
            Some(&[0]),
            Some(&[]),
            None,
        ];
        const RESTS: [&[u8]; 8] = [b"", b"", b"", b"", b"", b"", b"\0", b"\0\x01x"];
        let mut hello = Self {
            has_share: choices(4) > 0,
            suites: SUITES[choices(SUITES.len())].to_vec(),
            modes: PSK_MODES[choices(PSK_MODES.len())],
            has_early_data: choices(4) > 0,
            offers: Vec::new(),
            rest: RESTS[choices(RESTS.len())],
            is_followed: choices(16) == 1,
            damage: None,
        };
        hello.offer(choices);
        hello
    }

    /// Generates the offered keys.
    fn offer(&mut self, choices: &mut Choices<'_>) {
        let count = [1, 1, 1, 2, 3, 4, 40, 0][choices(8)];
        self.offers = (0..count).map(|_| Offer::new(choices)).collect();
        self.damage = match choices(8) {
            1 => Some((choices(1 << 16), choices(255) as u8 + 1)),
            _ => None,
        };
    }

    /// Returns the second ClientHello, after a HelloRetryRequest, with the same keys or others.
    pub fn second(&self, choices: &mut Choices<'_>) -> Self {
        let mut second = self.clone();
        second.has_share = true;
        second.has_early_data = choices(16) == 1;
        if choices(4) == 1 {
            second.offer(choices);
        }
        second
    }

    /// Encodes the message. The binders are computed over the transcript before it, and its own
    /// first part.
    pub fn encode(&self, transcript: &[u8]) -> Vec<u8> {
        let identities: Vec<_> = self.offers.iter().map(Offer::identity).collect();
        let identities = vector(2, &identities.concat());
        let zeros = |key: &Key, _: &[u8]| vec![0; key.hash_len()];
        let binders = self.binders(&zeros, b"");
        let message = self.message(&[&identities, &binders[..], self.rest].concat());
        let end = message.len() - self.followers().len() - self.rest.len() - binders.len();
        let transcript = [transcript, &message[..end]].concat();
        let binders = self.binders(&Key::binder, &transcript);
        let mut data = [&identities, &binders[..], self.rest].concat();
        if let Some((at, change)) = self.damage {
            let at = at % data.len();
            data[at] ^= change;
        }
        self.message(&data)
    }

    fn binders(&self, compute: &dyn Fn(&Key, &[u8]) -> Vec<u8>, transcript: &[u8]) -> Vec<u8> {
        let binders = self.offers.iter().map(|offer| match &offer.binder {
            Binder::Computed(key) => vector(1, &compute(key, transcript)),
            Binder::Fixed(bytes) => vector(1, bytes),
            Binder::Missing => Vec::new(),
        });
        vector(2, &binders.collect::<Vec<_>>().concat())
    }

    fn followers(&self) -> &'static [u8] {
        match self.is_followed {
            true => &[0xab, 0xcd, 0, 0],
            false => &[],
        }
    }

    fn message(&self, psks: &[u8]) -> Vec<u8> {
        let mut extensions = vec![
            (VERSIONS, vec![2, 3, 4]),
            (GROUPS, vec![0, 2, 0, X25519 as u8]),
            (SCHEMES, vec![0, 6, 4, 3, 8, 4, 4, 1]),
            (SHARES, vector(2, &self.share())),
        ];
        extensions.extend(self.modes.map(|modes| (MODES, vector(1, modes))));
        if self.has_early_data {
            extensions.push((EARLY_DATA, Vec::new()));
        }
        extensions.push((PRE_SHARED_KEY, psks.to_vec()));
        let list = extensions.iter();
        let list: Vec<_> = list
            .map(|(typ, data)| [&typ.to_be_bytes()[..], &vector(2, data)].concat())
            .collect();
        let list = [&list.concat(), self.followers()].concat();
        let suites: Vec<_> = self.suites.iter().flat_map(|it| it.to_be_bytes()).collect();
        let body = [
            &[3, 3][..],
            &[0x52; 32],
            &[0],
            &vector(2, &suites),
            &[1, 0],
            &vector(2, &list),
        ];
        [&[1][..], &vector(3, &body.concat())].concat()
    }

    fn share(&self) -> Vec<u8> {
        match self.has_share {
            true => [&X25519.to_be_bytes()[..], &vector(2, &[9; 32])].concat(),
            false => Vec::new(),
        }
    }
}

impl Offer {
    fn new(choices: &mut Choices<'_>) -> Self {
        let key = &KEYS[choices(KEYS.len())];
        let other = &KEYS[choices(KEYS.len())];
        let kind = choices(16);
        Self {
            identity: match kind {
                1 => Vec::new(),
                2 => vec![b'?'; 1 + choices(300)],
                _ => key.identity.to_vec(),
            },
            binder: match kind {
                3 => Binder::Fixed(vec![0; choices(70)]),
                4 => Binder::Computed(other),
                5 => Binder::Missing,
                _ => Binder::Computed(key),
            },
        }
    }

    fn identity(&self) -> Vec<u8> {
        [&vector(2, &self.identity)[..], &[0; 4]].concat()
    }
}

/// A ClientHello with keys that is well-formed (RFC 8446, 4.2.11).
pub struct Parsed<'a> {
    suites: Vec<u16>,
    offers_psk_dhe: bool,
    pub has_early_data: bool,
    pub identities: Vec<&'a [u8]>,
    binders: Vec<&'a [u8]>,
    /// The message without its binders.
    truncated: &'a [u8],
}

fn take<'a>(bytes: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (len, rest) = bytes.split_at_checked(size)?;
    let len = len
        .iter()
        .fold(0, |len, &byte| len << 8 | usize::from(byte));
    let (taken, rest) = rest.split_at_checked(len)?;
    *bytes = rest;
    Some(taken)
}

fn number(bytes: &mut &[u8]) -> Option<u16> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u16::from_be_bytes(*number))
}

/// Parses a list of extensions.
pub fn extensions(mut list: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut extensions = Vec::new();
    while !list.is_empty() {
        extensions.push((number(&mut list)?, take(&mut list, 2)?));
    }
    Some(extensions)
}

impl<'a> Parsed<'a> {
    /// Parses a message that [`Hello::encode`] has generated.
    pub fn new(message: &'a [u8]) -> Option<Self> {
        let mut body = message.get(4 + 2 + 32..)?;
        take(&mut body, 1)?;
        let mut suites = take(&mut body, 2)?;
        let suites = std::iter::from_fn(|| number(&mut suites)).collect();
        take(&mut body, 1)?;
        let list = extensions(take(&mut body, 2)?)?;
        let find = |wanted| list.iter().find(|(typ, _)| *typ == wanted);
        let &(last, mut data) = list.last()?;
        let mut identity_list = take(&mut data, 2)?;
        let binders_len = data.len();
        let mut binder_list = take(&mut data, 2)?;
        if last != PRE_SHARED_KEY || !data.is_empty() {
            return None;
        }
        let mut identities = Vec::new();
        while !identity_list.is_empty() {
            identities.push(take(&mut identity_list, 2).filter(|it| !it.is_empty())?);
            identity_list = identity_list.get(4..)?;
        }
        let mut binders = Vec::new();
        while !binder_list.is_empty() {
            // The library accepts binders of any length for keys that it does not use.
            binders.push(take(&mut binder_list, 1).filter(|it| !it.is_empty())?);
        }
        let is_complete = !identities.is_empty() && identities.len() == binders.len();
        is_complete.then_some(Self {
            suites,
            offers_psk_dhe: find(MODES).is_some_and(|(_, data)| data[1..].contains(&1)),
            has_early_data: find(EARLY_DATA).is_some(),
            identities,
            binders,
            truncated: &message[..message.len() - binders_len],
        })
    }

    /// Returns whether a server may use a key for this ClientHello.
    pub fn permits(&self, key: &Key) -> bool {
        let mut suites = self.suites.iter();
        self.offers_psk_dhe && suites.any(|&suite| have_same_hash(suite, key.suite))
    }

    /// Returns whether the binder at an index is that of a key.
    pub fn has_valid_binder(&self, index: usize, key: &Key, transcript: &[u8]) -> bool {
        let transcript = [transcript, self.truncated].concat();
        self.binders[index] == key.binder(&transcript)
    }
}
