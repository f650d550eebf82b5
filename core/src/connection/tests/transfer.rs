//! Transfer of the directions of a connection: only between records and calls, so that nothing is
//! lost.

use super::*;

/// Transfers a connection, and returns the numbers of its next records, sent and received.
fn transfer(conn: &Connection) -> Result<(u64, u64), Code> {
    let transferred = conn.stream.transfer(&conn.state, |sequences| {
        Ok((sequences.write, sequences.read))
    });
    transferred.map_err(|error| error.code())
}

fn keys(from: &Connection) -> (Sealer, Opener) {
    let sealer = from.stream.send.lock().expect("free").sealer.take();
    let opener = from.stream.recv.lock().expect("free").opener.take();
    (sealer.expect("installed"), opener.expect("installed"))
}

/// Seals a record of the client for the server.
fn deliver(pair: &Pair, typ: ContentType, content: &[u8]) {
    let mut half = pair.client.stream.send.lock().expect("free");
    let record = sealed(&mut half, typ, content);
    pair.to_server.state().bytes.extend(record);
}

/// Something that a connection has begun, and whether it prevents a transfer.
struct Begun {
    what: &'static str,
    begin: fn(&Pair),
    prevents: bool,
}

const IN_EVERY_VERSION: &[Begun] = &[
    Begun {
        what: "nothing",
        begin: |_| {},
        prevents: false,
    },
    Begun {
        what: "a record that is partly written",
        begin: |pair| {
            pair.to_client.state().room = Some(10);
            send(&pair.server, b"data").0.expect_err("blocked");
        },
        prevents: true,
    },
    Begun {
        what: "data that is written and not reported as sent",
        begin: |pair| {
            pair.to_client.state().room = Some(0);
            send(&pair.server, b"data").0.expect_err("blocked");
            pair.to_client.state().room = None;
            let flushed = pair.server.flush(&mut Blocked::Not);
            flushed.expect("written");
        },
        prevents: true,
    },
    Begun {
        what: "a record that is not of the application and not written",
        begin: |pair| {
            let mut half = pair.server.stream.send.lock().expect("free");
            half.out.extend(b"record").expect("memory");
        },
        prevents: true,
    },
    Begun {
        what: "a record that is partly received",
        begin: |pair| {
            deliver(pair, ContentType::ApplicationData, b"data");
            pair.to_server.state().bytes.truncate(3);
            recv(&pair.server, 9).0.expect_err("blocked");
        },
        prevents: true,
    },
    Begun {
        what: "data that is not read",
        begin: |pair| {
            deliver(pair, ContentType::ApplicationData, b"data");
            recv(&pair.server, 1).0.expect("received");
        },
        prevents: true,
    },
    Begun {
        what: "an error that is not reported",
        begin: |pair| {
            deliver(pair, ContentType::ApplicationData, b"data");
            deliver(pair, ContentType::Alert, &[2, 40]);
            recv(&pair.server, 100).0.expect("received");
        },
        prevents: true,
    },
    Begun {
        what: "a HelloRequest that is not answered",
        begin: |pair| {
            let pending = &pair.server.state.shared.no_renegotiation_pending;
            pending.store(true, Release);
        },
        prevents: true,
    },
];

const IN_TLS13: &[Begun] = &[
    Begun {
        what: "a handshake message that is partly received",
        begin: |pair| {
            deliver(pair, ContentType::Handshake, &[24, 0, 0]);
            recv(&pair.server, 9).0.expect_err("blocked");
        },
        prevents: true,
    },
    Begun {
        what: "a KeyUpdate that is not sent",
        begin: |pair| pair.server.request_key_update().expect("TLS 1.3"),
        prevents: true,
    },
];

#[test]
fn a_connection_with_something_begun_is_not_transferred() {
    let config = Arc::new(Config::new_minimal());
    config.set_recv_multi_record(true);
    for version in VERSIONS {
        let more = match version {
            Version::Tls13 => IN_TLS13,
            // A KeyUpdate does not exist in TLS 1.2.
            _ => &[Begun {
                what: "a requested KeyUpdate",
                begin: |pair| {
                    pair.server
                        .state
                        .shared
                        .key_update_pending
                        .store(true, Release)
                },
                prevents: false,
            }],
        };
        for Begun {
            what,
            begin,
            prevents,
        } in IN_EVERY_VERSION.iter().chain(more)
        {
            let pair = Pair::with_config(version, config.clone());
            begin(&pair);
            let was_open = pair.server.state.shared.is_open();
            let expected = match prevents {
                true => Err(Code::InvalidState),
                false => Ok((1, 1)),
            };
            assert_eq!(transfer(&pair.server), expected, "{version:?}: {what}");
            let is_open = pair.server.state.shared.is_open();
            assert_eq!(is_open, was_open && *prevents, "{version:?}: {what}");
        }
    }
}

#[test]
fn a_transferred_connection_is_closed_and_has_no_keys() {
    for version in VERSIONS {
        let pair = Pair::new(version);
        send(&pair.client, b"one").0.expect("sent");
        send(&pair.client, b"two").0.expect("sent");
        send(&pair.server, b"answer").0.expect("sent");
        assert_eq!(recv(&pair.server, 3).0, Ok(b"one".to_vec()));

        // A transfer that fails has no effect.
        let failed = pair.server.stream.transfer(&pair.server.state, |_| {
            Result::<()>::Err(Code::InsufficientMemSize.into())
        });
        let failed = failed.map_err(|error| error.code());
        assert_eq!(failed, Err(Code::InsufficientMemSize));
        assert_eq!(recv(&pair.server, 3).0, Ok(b"two".to_vec()));

        assert_eq!(transfer(&pair.server), Ok((2, 3)));
        assert!(!pair.server.state.shared.is_open());
        assert!(pair.server.state.shared.transferred.load(Acquire));
        assert_eq!(transfer(&pair.server), Err(Code::InvalidState));
        assert_eq!(send(&pair.server, b"x").0, Err(Code::Closed));
        assert_eq!(recv(&pair.server, 9).0, Err(Code::Closed));
    }
}

#[test]
fn only_a_new_connection_continues_a_transferred_one() {
    let restore = |begin: &dyn Fn(&Connection)| {
        let conn = Connection::new(Mode::Client);
        begin(&conn);
        let (sealer, opener) = keys(&Pair::new(Version::Tls13).client);
        let restored = conn.stream.restore(sealer, opener);
        restored.map_err(|error| error.code())
    };
    let refused = Err(Code::InvalidState);
    assert_eq!(restore(&|_| {}), Ok(()));
    assert_eq!(
        restore(&|conn| install(conn, Version::Tls13, [1, 2])),
        refused
    );
    // Keys of one direction, as with early data.
    let (sealer, opener) = keys(&Pair::new(Version::Tls13).client);
    let (sealer, opener) = (Mutex::new(Some(sealer)), Mutex::new(Some(opener)));
    let take = || sealer.lock().expect("free").take();
    assert_eq!(
        restore(&|conn| conn.stream.send.lock().expect("free").sealer = take()),
        refused
    );
    let take = || opener.lock().expect("free").take();
    assert_eq!(
        restore(&|conn| conn.stream.recv.lock().expect("free").opener = take()),
        refused
    );
    // A part of a handshake.
    let written = |conn: &Connection| {
        let mut half = conn.stream.send.lock().expect("free");
        half.out.extend(b"record").expect("memory");
    };
    assert_eq!(restore(&written), refused);
    let received = |conn: &Connection| {
        let pipe = Arc::<Pipe>::default();
        pipe.state().bytes.extend([22, 3, 3]);
        conn.set_reader(Some(pipe));
        let mut half = conn.stream.recv.lock().expect("free");
        let filled = half.fill_record(conn.stream.io(&conn.state));
        filled.expect_err("blocked");
    };
    assert_eq!(restore(&received), refused);
}
