//! Validation of the second ClientHello, after a HelloRetryRequest.
//!
//! RFC 8446, 4.1.2: "the client MUST send the same ClientHello without modification, except as
//! follows". The ClientHello callback of the application decides by the first one, so the second
//! must not differ from it in any other way.

use super::payload::ClientHelloPayload;
use crate::error::{Code, Result};
use crate::messages::Reader;
use crate::messages::extension_type::{EARLY_DATA, KEY_SHARE, PRE_SHARED_KEY};

const PADDING: u16 = 21;
/// Encrypted ClientHello (ECH): the outer message of a client that addresses a hidden server.
const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;

/// Extensions that may change after a HelloRetryRequest. The cookie (44) is not one of them: the
/// HelloRetryRequests of this library have none.
const MAY_CHANGE: [u16; 5] = [
    PADDING,
    PRE_SHARED_KEY,
    EARLY_DATA,
    KEY_SHARE,
    ENCRYPTED_CLIENT_HELLO,
];

impl ClientHelloPayload<'_> {
    /// Rejects a second ClientHello that differs from this one where it must not.
    pub(super) fn check_second(&self, second: &Self) -> Result<()> {
        let same = self.legacy_version == second.legacy_version
            && self.random == second.random
            && self.session_id == second.session_id
            && self.cipher_suites == second.cipher_suites
            && self.compression_methods == second.compression_methods
            && unchanged(self.extensions).eq(unchanged(second.extensions))
            && second.extension(EARLY_DATA).is_none()
            && !self.is_added(second, PRE_SHARED_KEY)
            && has_single_key_share(second);
        match same {
            true => Ok(()),
            false => Err(Code::BadMessage.rule(
                "the second ClientHello differs from the first in more than a HelloRetryRequest \
                 permits",
            )),
        }
    }

    /// Returns whether only the second message has an extension.
    fn is_added(&self, second: &Self, typ: u16) -> bool {
        self.extension(typ).is_none() && second.extension(typ).is_some()
    }
}

/// Returns the extensions that must not change, with their data, in their order.
fn unchanged(list: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut list = Reader(list);
    std::iter::from_fn(move || Some((list.u16().ok()?, list.vector(2).ok()?)))
        .filter(|(typ, _)| !MAY_CHANGE.contains(typ))
}

/// Returns whether key_share is absent, or has one entry (RFC 8446, 4.1.2: "a list containing a
/// single KeyShareEntry from the indicated group"). rustls validates the group, and rejects a
/// message without the extension.
fn has_single_key_share(second: &ClientHelloPayload<'_>) -> bool {
    let Some(data) = second.extension(KEY_SHARE) else {
        return true;
    };
    let read = || -> Result<bool> {
        let mut shares = Reader(Reader(data).vector(2)?);
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

    fn message(extensions: &[u8]) -> ClientHelloPayload<'_> {
        ClientHelloPayload {
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
    fn a_key_share_and_padding_may_change() {
        let first = [NAME, GROUPS, SHARES, UNKNOWN];
        assert!(may_follow(&first, &[NAME, GROUPS, SHARE, UNKNOWN]));
        assert!(may_follow(&first, &[SHARE, NAME, GROUPS, UNKNOWN]));
        for may_change in [PADDING, ENCRYPTED_CLIENT_HELLO] {
            let with = |data| [NAME, GROUPS, SHARE, UNKNOWN, (may_change, data)];
            assert!(may_follow(&first, &with(b"new")));
            assert!(may_follow(&with(b"one"), &with(b"another")));
            assert!(may_follow(&with(b"old"), &[NAME, GROUPS, SHARE, UNKNOWN]));
        }
    }

    #[test]
    fn pre_shared_keys_may_change_and_be_removed_but_not_added() {
        let (one, other) = (
            (PRE_SHARED_KEY, &b"one"[..]),
            (PRE_SHARED_KEY, &b"other"[..]),
        );
        assert!(may_follow(&[NAME, one], &[NAME, other]));
        assert!(may_follow(&[NAME, one], &[NAME]));
        assert!(!may_follow(&[NAME], &[NAME, one]));
    }

    #[test]
    fn early_data_must_be_removed() {
        let early_data = (EARLY_DATA, &b""[..]);
        assert!(may_follow(&[NAME, early_data], &[NAME]));
        assert!(!may_follow(&[NAME, early_data], &[NAME, early_data]));
        assert!(!may_follow(&[NAME], &[NAME, early_data]));
    }

    #[test]
    fn any_other_number_of_key_shares_than_one_is_rejected() {
        let two = SHARES;
        let truncated = (KEY_SHARE, &SHARE.1[..6]);
        let none = (KEY_SHARE, &[0, 0][..]);
        for share in [two, truncated, none] {
            assert!(!may_follow(&[NAME, SHARES], &[NAME, share]));
        }
    }

    #[test]
    fn other_extensions_must_not_change() {
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
    fn the_fields_before_the_extensions_must_not_change() {
        let first = message(&[]);
        let change = |change: fn(&mut ClientHelloPayload<'_>)| {
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
