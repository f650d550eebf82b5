//! Handshakes with corrupted records.

use super::*;

#[test]
fn an_invalid_message_is_rejected() {
    let pair = Pair::new(TLS13_POLICY);
    let invalid = [&[22, 3, 1, 0, 5][..], &[9; 5]].concat();
    pair.to_server.state().bytes.extend(invalid);
    assert_eq!(negotiate(&pair.server).0, Err(Code::BadMessage));
    assert_eq!(negotiate(&pair.server), (Err(Code::Closed), Blocked::Not));
}

#[test]
fn a_handshake_with_a_flipped_bit_fails() {
    for policy in POLICIES {
        let whole = {
            let pair = Pair::new(policy);
            negotiate(&pair.client).0.expect_err("blocked");
            negotiate(&pair.server).0.expect_err("blocked");
            pair.to_client.state().bytes.len()
        };
        for at in (0..whole - 8).step_by(11) {
            let pair = Pair::new(policy);
            negotiate(&pair.client).0.expect_err("blocked");
            negotiate(&pair.server).0.expect_err("blocked");
            if let Some(byte) = pair.to_client.state().bytes.get_mut(at) {
                *byte ^= 0x10;
            }
            pair.to_client.state().ended = true;
            assert!(negotiate(&pair.client).0.is_err(), "flipped at {at}");
        }
    }
}

/// Flips bits, and changes, removes and inserts bytes of a transport.
fn corrupt(transport: &Pipe, random: &mut impl FnMut() -> u64) {
    let mut state = transport.state();
    for _ in 0..1 + random() % 3 {
        let len = state.bytes.len();
        if len == 0 {
            break;
        }
        let at = (random() % len as u64) as usize;
        match random() % 4 {
            0 => state.bytes[at] ^= 1 << (random() % 8),
            1 => state.bytes[at] = random() as u8,
            2 => drop(state.bytes.remove(at)),
            _ => state.bytes.insert(at, random() as u8),
        }
    }
    state.ended = true;
}

#[test]
fn a_corrupted_handshake_fails_with_a_defined_error() {
    const SEED: u64 = 0x5eed;
    const ROUNDS: u64 = 1500;
    println!("seed: {SEED:#x}");
    let mut state = SEED;
    let mut random = move || {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..ROUNDS {
        let pair = Pair::new(POLICIES[(round % 2) as usize]);
        pair.client_config.set_max_blinding_delay(0);
        pair.server_config.set_max_blinding_delay(0);
        for _ in 0..random() % 4 {
            let _ = negotiate(&pair.client);
            let _ = negotiate(&pair.server);
        }
        let _ = negotiate(&pair.client);
        corrupt(&pair.to_server, &mut random);
        corrupt(&pair.to_client, &mut random);

        for _ in 0..3 {
            for conn in [&pair.client, &pair.server] {
                let (outcome, _) = negotiate(conn);
                // Reported for a violated invariant of the library, and for a panic.
                assert_ne!(outcome, Err(Code::Safety), "round {round}");
                let received = recv(conn, 100).0;
                assert!(received.is_err() || received == Ok(vec![]), "round {round}");
            }
        }
        let _ = shutdown(&pair.client);
        let _ = shutdown(&pair.server);
    }
}
