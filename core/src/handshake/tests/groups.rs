//! Every group of the default policy, required by the client or by the server.

use super::*;

/// Groups with the name that they report, and with the length of a client's share.
const GROUPS: [(u16, &std::ffi::CStr, usize); 7] = [
    (0x11ec, c"X25519MLKEM768", 1184 + 32),
    (0x11eb, c"SecP256r1MLKEM768", 65 + 1184),
    (0x11ed, c"SecP384r1MLKEM1024", 97 + 1568),
    (0x0017, c"secp256r1", 65),
    (0x001d, c"x25519", 32),
    (0x0018, c"secp384r1", 97),
    (0x0019, c"secp521r1", 133),
];

#[test]
fn all_groups_of_the_default_policy_are_tested() {
    let numbers = GROUPS.map(|(number, ..)| number);
    assert_eq!(Policy::default_policy().groups(), numbers);
}

fn check(pair: &Pair, name: &std::ffi::CStr) {
    pair.establish();
    for conn in [&pair.client, &pair.server] {
        assert_eq!(conn.negotiated().expect("negotiated").group(), name);
    }
    assert_eq!(send(&pair.client, b"data").0, Ok(4));
    assert_eq!(received(&pair.server), b"data");
}

#[test]
fn a_server_negotiates_the_clients_only_group() {
    for (number, name, _) in GROUPS {
        let pair = Pair::new(b"default");
        let policy = Policy::restricted_to_group(number);
        pair.client.set_policy(policy).expect("no rules");
        check(&pair, name);
    }
}

/// A client sends key shares for its first two groups; for the others the server sends a
/// HelloRetryRequest.
#[test]
fn a_client_negotiates_the_servers_only_group() {
    for (number, name, _) in GROUPS {
        let pair = Pair::new(b"default");
        let policy = Policy::restricted_to_group(number);
        pair.server.set_policy(policy).expect("no rules");
        check(&pair, name);
    }
}

/// Sends a ClientHello, and returns the range of a key share in it.
fn share(pair: &Pair, number: u16, len: usize) -> std::ops::Range<usize> {
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    let mut head = number.to_be_bytes().to_vec();
    head.extend((len as u16).to_be_bytes());
    let mut state = pair.to_server.state();
    let hello = state.bytes.make_contiguous();
    let at = hello.windows(4).position(|bytes| bytes == head);
    let start = at.expect("a share of this length") + head.len();
    start..start + len
}

#[test]
fn a_server_rejects_an_invalid_key_share() {
    for (number, name, len) in GROUPS {
        for byte in [0, 0xff] {
            let pair = Pair::new(b"default");
            let policy = Policy::restricted_to_group(number);
            pair.client.set_policy(policy).expect("no rules");
            let share = share(&pair, number, len);
            let mut state = pair.to_server.state();
            state.bytes.make_contiguous()[share].fill(byte);
            drop(state);
            let outcome = negotiate(&pair.server).0;
            // All the numbers that 32 bytes can hold are points of Curve25519, but zero is a weak
            // one.
            let expected = match (name.to_bytes(), byte) {
                (b"x25519", 0xff) => Code::IoBlocked,
                _ => Code::BadKeyShare,
            };
            assert_eq!(outcome, Err(expected), "{name:?} {byte}");
        }
    }
}

#[test]
fn a_handshake_without_a_common_group_fails() {
    let pair = Pair::new(b"default");
    let (p521, p384) = (
        Policy::restricted_to_group(0x0019),
        Policy::restricted_to_group(0x0018),
    );
    pair.client.set_policy(p521).expect("no rules");
    pair.server.set_policy(p384).expect("no rules");
    let (client, server) = pair.negotiate();
    assert_eq!(client, Err(Code::IoBlocked));
    assert_eq!(server, Err(Code::InvalidSupportedGroupState));
    assert!(!pair.server.delay().expect("a clock").is_zero());
}
