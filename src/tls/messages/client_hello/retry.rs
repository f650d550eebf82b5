//! What may change between a ClientHello and the one that answers a HelloRetryRequest.
//!
//! RFC 8446, 4.1.2: "the client MUST send the same ClientHello without modification, except as
//! follows". The application decides by the first one, so the second must not say anything else.

use super::payload::Message;
use crate::tls::error::{Code, Result};
use crate::tls::messages::Bytes;

const PADDING: u16 = 21;
const PRE_SHARED_KEY: u16 = 41;
const EARLY_DATA: u16 = 42;
const KEY_SHARE: u16 = 51;
/// Encrypted ClientHello: the outer message of a client that means another server.
const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;

/// Extensions that change with the answer. The cookie (44) is none of them: no HelloRetryRequest of
/// ours has one.
const CHANGING: [u16; 5] = [
    PADDING,
    PRE_SHARED_KEY,
    EARLY_DATA,
    KEY_SHARE,
    ENCRYPTED_CLIENT_HELLO,
];

impl Message<'_> {
    /// Refuses a second ClientHello that differs from this one where it must not.
    pub(super) fn check_second(&self, second: &Self) -> Result<()> {
        let same = self.legacy_version == second.legacy_version
            && self.random == second.random
            && self.session_id == second.session_id
            && self.cipher_suites == second.cipher_suites
            && self.compression_methods == second.compression_methods
            && lasting(self.extensions).eq(lasting(second.extensions))
            && second.extension(EARLY_DATA).is_none()
            && !self.is_new(second, PRE_SHARED_KEY)
            && has_one_share(second);
        match same {
            true => Ok(()),
            false => Err(Code::BadMessage)?,
        }
    }

    /// Whether only the second message has an extension.
    fn is_new(&self, second: &Self, typ: u16) -> bool {
        self.extension(typ).is_none() && second.extension(typ).is_some()
    }
}

/// The extensions that must stay, with their data, in their order.
fn lasting(list: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut list = Bytes(list);
    std::iter::from_fn(move || Some((list.u16().ok()?, list.vector(2).ok()?)))
        .filter(|(typ, _)| !CHANGING.contains(typ))
}

/// RFC 8446, 4.1.2: "a list containing a single KeyShareEntry from the indicated group". rustls
/// looks at the group, and refuses a message without the extension.
fn has_one_share(second: &Message<'_>) -> bool {
    let Some(data) = second.extension(KEY_SHARE) else {
        return true;
    };
    let read = || -> Result<bool> {
        let mut shares = Bytes(Bytes(data).vector(2)?);
        shares.u16()?;
        shares.vector(2)?;
        Ok(shares.0.is_empty())
    };
    read().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Extension = (u16, &'static [u8]);

    const COOKIE: u16 = 44;
    const NAME: Extension = (0, b"name");
    const GROUPS: Extension = (10, b"groups");
    const UNKNOWN: Extension = (0xabcd, b"unknown");
    const SHARES: Extension = (KEY_SHARE, &[0, 10, 0, 23, 0, 1, 4, 0, 29, 0, 1, 9]);
    const SHARE: Extension = (KEY_SHARE, &[0, 5, 0, 24, 0, 1, 4]);

    fn list(extensions: &[Extension]) -> Vec<u8> {
        let mut list = Vec::new();
        for (typ, data) in extensions {
            list.extend(typ.to_be_bytes());
            list.extend((data.len() as u16).to_be_bytes());
            list.extend(*data);
        }
        list
    }

    fn message(extensions: &[u8]) -> Message<'_> {
        Message {
            legacy_version: [3, 3],
            random: &[7; 32],
            session_id: b"session",
            cipher_suites: &[0x13, 1, 0x13, 2],
            compression_methods: &[0],
            extensions,
        }
    }

    fn may_follow(first: &[Extension], second: &[Extension]) -> bool {
        let (first, second) = (list(first), list(second));
        message(&first).check_second(&message(&second)).is_ok()
    }

    #[test]
    fn what_the_answer_asks_for_may_change() {
        let first = [NAME, GROUPS, SHARES, UNKNOWN];
        assert!(may_follow(&first, &[NAME, GROUPS, SHARE, UNKNOWN]));
        assert!(may_follow(&first, &[SHARE, NAME, GROUPS, UNKNOWN]));
        for changing in [PADDING, ENCRYPTED_CLIENT_HELLO] {
            let with = |data| [NAME, GROUPS, SHARE, UNKNOWN, (changing, data)];
            assert!(may_follow(&first, &with(b"new")));
            assert!(may_follow(&with(b"one"), &with(b"another")));
            assert!(may_follow(&with(b"old"), &[NAME, GROUPS, SHARE, UNKNOWN]));
        }
    }

    #[test]
    fn keys_of_sessions_may_change_and_go_but_not_come() {
        let (one, other) = (
            (PRE_SHARED_KEY, &b"one"[..]),
            (PRE_SHARED_KEY, &b"other"[..]),
        );
        assert!(may_follow(&[NAME, one], &[NAME, other]));
        assert!(may_follow(&[NAME, one], &[NAME]));
        assert!(!may_follow(&[NAME], &[NAME, one]));
    }

    #[test]
    fn early_data_must_go() {
        let early_data = (EARLY_DATA, &b""[..]);
        assert!(may_follow(&[NAME, early_data], &[NAME]));
        assert!(!may_follow(&[NAME, early_data], &[NAME, early_data]));
        assert!(!may_follow(&[NAME], &[NAME, early_data]));
    }

    #[test]
    fn there_is_one_share() {
        let two = SHARES;
        let cut = (KEY_SHARE, &SHARE.1[..6]);
        let none = (KEY_SHARE, &[0, 0][..]);
        for share in [two, cut, none] {
            assert!(!may_follow(&[NAME, SHARES], &[NAME, share]));
        }
    }

    #[test]
    fn other_extensions_stay() {
        let first = [NAME, GROUPS, UNKNOWN];
        for second in [
            &[NAME, GROUPS][..],
            &[GROUPS, UNKNOWN],
            &[NAME, (10, b"group"), UNKNOWN],
            &[NAME, GROUPS, (0xabcd, b"other")],
            &[NAME, UNKNOWN, GROUPS],
            &[NAME, GROUPS, UNKNOWN, UNKNOWN],
            &[NAME, GROUPS, UNKNOWN, (COOKIE, b"cookie")],
        ] {
            assert!(!may_follow(&first, second), "{second:?}");
        }
    }

    #[test]
    fn the_fields_before_them_stay() {
        let first = message(&[]);
        let change = |change: fn(&mut Message<'_>)| {
            let mut second = first;
            change(&mut second);
            first.check_second(&second).map_err(|error| error.code())
        };
        assert_eq!(change(|_| ()), Ok(()));
        for changed in [
            change(|second| second.legacy_version = [3, 1]),
            change(|second| second.random = &[8; 32]),
            change(|second| second.session_id = b"another"),
            change(|second| second.cipher_suites = &[0x13, 2, 0x13, 1]),
            change(|second| second.compression_methods = &[0, 1]),
        ] {
            assert_eq!(changed, Err(Code::BadMessage));
        }
    }
}
