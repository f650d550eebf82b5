//! Parser of a server's ServerHello, or HelloRetryRequest.

use super::hello::extensions;

pub struct Answer {
    /// The whole message.
    pub message: Vec<u8>,
    pub is_retry: bool,
    pub suite: u16,
    /// The index of the key that the server uses.
    pub selected: Option<usize>,
}

impl Answer {
    /// Parses the first message of a flight, if there is one.
    pub fn read(flight: &[u8]) -> Option<Self> {
        const RECORD_HEADER: usize = 5;
        const MESSAGE_HEADER: usize = 4;
        /// The first bytes of the random of a HelloRetryRequest (RFC 8446, 4.1.3).
        const RETRY: [u8; 4] = [0xcf, 0x21, 0xad, 0x74];

        let [22, _, _, high, low, rest @ ..] = flight else {
            assert!(flight.first().is_none_or(|&typ| typ == 21));
            return None;
        };
        let message = &rest[..usize::from(u16::from_be_bytes([*high, *low]))];
        assert_eq!(flight[RECORD_HEADER], 2, "no ServerHello");
        let (random, rest) = message[MESSAGE_HEADER + 2..].split_at(32);
        let rest = &rest[1 + usize::from(rest[0])..];
        let [first, second, _, _, _, list @ ..] = rest else {
            panic!("a ServerHello has a suite and extensions");
        };
        let list = extensions(list).expect("the extensions are well-formed");
        let psk = list.iter().find(|(typ, _)| *typ == 41);
        Some(Self {
            message: message.to_vec(),
            is_retry: random.starts_with(&RETRY),
            suite: u16::from_be_bytes([*first, *second]),
            selected: psk.map(|(_, data)| usize::from(data[0]) << 8 | usize::from(data[1])),
        })
    }
}
