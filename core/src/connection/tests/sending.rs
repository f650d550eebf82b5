//! Sending: fragmentation, partial writes, retries and reported lengths.

use super::*;

#[test]
fn a_blocked_send_reports_completely_written_records() {
    let pair = Pair::new(Version::Tls13);
    let data = pattern(20000);

    pair.to_server.state().room = Some(0);
    assert_eq!(
        send(&pair.client, &data),
        (Err(Code::IoBlocked), Blocked::Write)
    );

    pair.to_server.state().room = Some(9000);
    assert_eq!(send(&pair.client, &data), (Ok(8087), Blocked::Write));

    pair.to_server.state().room = None;
    assert_eq!(send(&pair.client, &data[8087..]), (Ok(11913), Blocked::Not));
    assert_eq!(received(&pair.server), data);
}

#[test]
fn a_retry_with_less_data_is_rejected_without_effect() {
    let pair = Pair::new(Version::Tls13);
    let data = pattern(5000);
    pair.to_server.state().room = Some(0);
    assert_eq!(send(&pair.client, &data).0, Err(Code::IoBlocked));

    pair.to_server.state().room = None;
    assert_eq!(
        send(&pair.client, &data[..4999]),
        (Err(Code::SendSize), Blocked::Write)
    );
    assert_eq!(
        send(&pair.client, &[]),
        (Err(Code::SendSize), Blocked::Write)
    );
    assert_eq!(send(&pair.client, &data), (Ok(5000), Blocked::Not));
    assert_eq!(received(&pair.server), data);
}

#[test]
fn data_is_complete_after_a_partial_write_of_any_length() {
    let data = pattern(20_000);
    for version in VERSIONS {
        let whole = {
            let pair = Pair::new(version);
            send(&pair.client, &data).0.expect("sent");
            pair.to_server.state().bytes.len()
        };
        for written in (0..whole).step_by(7) {
            let pair = Pair::new(version);
            pair.to_server.state().room = Some(written);
            let mut sent = 0;
            let mut all = Vec::new();
            while sent < data.len() {
                match send(&pair.client, &data[sent..]).0 {
                    Ok(len) => sent += len,
                    Err(code) => assert_eq!(code, Code::IoBlocked),
                }
                all.extend(received(&pair.server));
                pair.to_server.state().room = None;
            }
            all.extend(received(&pair.server));
            assert!(all == data, "partial write of {written} bytes");
        }
    }
}

#[test]
fn records_have_the_preferred_size() {
    let sizes = |set: &dyn Fn(&Connection), version| {
        let pair = Pair::new(version);
        set(&pair.client);
        send(&pair.client, &pattern(40_000)).0.expect("sent");
        let mut sizes = Vec::new();
        while let (Ok(data), _) = recv(&pair.server, 70_000) {
            sizes.push(data.len());
        }
        (sizes[0], sizes[1])
    };
    for version in VERSIONS {
        assert_eq!(sizes(&|_| {}, version), (8087, 8087));
        assert_eq!(
            sizes(&|conn| conn.set_record_size(16384), version),
            (16384, 16384)
        );
        let small = |conn: &Connection| conn.set_small_records(1, 0).expect("in range");
        let first = if version == Version::Tls13 {
            1378
        } else {
            1371
        };
        assert_eq!(sizes(&small, version), (first, 8087));
    }
}

#[test]
fn the_config_limits_records_when_it_is_assigned() {
    let config = Arc::new(Config::new_minimal());
    for (length, code) in [
        (0, Code::FragmentLengthTooSmall),
        (16_385, Code::FragmentLengthTooLarge),
    ] {
        let rejected = config.set_max_fragment_length(length);
        assert_eq!(rejected.unwrap_err().code(), code);
    }
    config.set_max_fragment_length(100).expect("in range");
    let pair = Pair::with_config(Version::Tls13, config.clone());
    config.set_max_fragment_length(200).expect("in range");
    send(&pair.client, &pattern(150)).0.expect("sent");
    assert_eq!(recv(&pair.server, 150).0.expect("received").len(), 100);

    // Setting the same config again changes nothing.
    pair.client.set_config(config).expect("accepted");
    assert_eq!(recv(&pair.server, 150).0.expect("received").len(), 50);
    send(&pair.client, &pattern(150)).0.expect("sent");
    assert_eq!(recv(&pair.server, 150).0.expect("received").len(), 100);
}

#[test]
fn a_send_buffer_collects_records() {
    let config = Arc::new(Config::new_minimal());
    config.set_send_buffer_size(40_000).expect("in range");
    let pair = Pair::with_config(Version::Tls13, config);
    send(&pair.client, &pattern(40_000)).0.expect("sent");
    assert_eq!(pair.to_server.state().writes, 2);
    assert_eq!(received(&pair.server), pattern(40_000));

    let config = Arc::new(Config::new_minimal());
    config.set_send_buffer_size(2000).expect("in range");
    for (version, size) in [(Version::Tls13, 1739), (Version::Tls12, 971)] {
        let pair = Pair::with_config(version, config.clone());
        send(&pair.client, &pattern(5000)).0.expect("sent");
        assert_eq!(recv(&pair.server, 9000).0.expect("received").len(), size);
    }
}

#[test]
fn the_send_buffer_is_that_of_the_config() {
    let config = |size| {
        let config = Config::new_minimal();
        config.set_max_fragment_length(1000).expect("in range");
        if let Some(size) = size {
            config.set_send_buffer_size(size).expect("in range");
        }
        Arc::new(config)
    };
    let pair = Pair::with_config(Version::Tls13, config(Some(1100)));
    send(&pair.client, &pattern(2000)).0.expect("sent");
    let sizes = |conn| [(); 3].map(|()| recv(conn, 2000).0.expect("received").len());
    assert_eq!(sizes(&pair.server), [839, 839, 322]);

    // Without a buffer in the config, records have their preferred size again.
    pair.client.set_config(config(None)).expect("accepted");
    send(&pair.client, &pattern(2500)).0.expect("sent");
    assert_eq!(sizes(&pair.server), [1000, 1000, 500]);
}

#[test]
fn buffers_are_sent_as_one_stream() {
    let data = pattern(30_000);
    for pieces in [1, 2, 7, 9, 1024] {
        let pair = Pair::new(Version::Tls13);
        let mut buffers: Vec<_> = data.chunks(data.len() / pieces).map(IoSlice::new).collect();
        buffers.insert(1, IoSlice::new(&[]));
        let mut blocked = Blocked::Not;
        let sent = pair.client.send(Data::new(&buffers, 12_345), &mut blocked);
        assert_eq!(sent.map_err(|error| error.code()), Ok(30_000 - 12_345));
        assert!(received(&pair.server) == data[12_345..], "{pieces} pieces");
    }
}

#[test]
fn an_offset_beyond_the_data_is_rejected() {
    let buffers = [IoSlice::new(b"abc")];
    assert!(Data::new(&buffers, 3).is_ok());
    let error = Data::new(&buffers, 4)
        .err()
        .expect("an offset beyond the data");
    assert_eq!(error.code(), Code::InvalidArgument);
}

#[test]
fn invalid_data_is_reported_after_the_records_of_the_last_call_are_written() {
    let pair = Pair::new(Version::Tls13);
    let data = pattern(5000);
    let invalid = || {
        let mut blocked = Blocked::Not;
        let sent = pair.client.send(Data::new(&[], 1), &mut blocked);
        (sent.map_err(|error| error.code()), blocked)
    };
    pair.to_server.state().room = Some(0);
    assert_eq!(send(&pair.client, &data).0, Err(Code::IoBlocked));
    assert_eq!(invalid(), (Err(Code::IoBlocked), Blocked::Write));

    pair.to_server.state().room = None;
    assert_eq!(invalid(), (Err(Code::InvalidArgument), Blocked::Write));
    assert_eq!(received(&pair.server), data);
}

#[test]
fn a_send_is_blocked_after_repeated_empty_writes() {
    struct EmptyWrites;
    impl Writer for EmptyWrites {
        fn write(&self, _: &[u8]) -> io::Result<usize> {
            Ok(0)
        }
    }
    let pair = Pair::new(Version::Tls13);
    pair.client.set_writer(Some(Arc::new(EmptyWrites)), false);
    assert_eq!(
        send(&pair.client, b"x"),
        (Err(Code::IoBlocked), Blocked::Write)
    );
}

#[test]
fn a_broken_pipe_is_permanent() {
    let pair = Pair::new(Version::Tls13);
    pair.to_server.state().failure = Some(libc::EPIPE);
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Io));
    pair.to_server.state().failure = None;
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Io));

    let pair = Pair::new(Version::Tls13);
    pair.to_server.state().failure = Some(libc::ECONNRESET);
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Io));
    pair.to_server.state().failure = None;
    assert_eq!(send(&pair.client, b"x").0, Ok(1));
}

#[test]
fn small_records_begin_again_after_an_idle_time() {
    let config = Arc::new(Config::new_minimal());
    let clock = Arc::new(TestClock::default());
    config.set_monotonic_clock(clock.clone());
    let pair = Pair::with_config(Version::Tls13, config);
    let begins_small = |now| {
        clock.now.store(now, Relaxed);
        assert_eq!(send(&pair.client, &pattern(3000)).0, Ok(3000));
        let record: Vec<u8> = pair.to_server.state().bytes.drain(..).collect();
        u16::from_be_bytes([record[3], record[4]]) < 3000
    };
    pair.client.set_small_records(1000, 5).expect("in range");
    for (now, expected) in [
        (100, true),
        (100, false),
        (105, false),
        (110, false),
        (116, true),
        (121, false),
        // A clock that runs backwards.
        (50, true),
        (50, false),
    ] {
        assert_eq!(begins_small(now), expected, "{now}");
    }
    pair.client.set_small_records(1000, 0).expect("in range");
    let readings = clock.readings.load(Relaxed);
    assert!(!begins_small(1000));
    assert_eq!(clock.readings.load(Relaxed), readings);
}

#[test]
fn a_callback_cannot_reenter_its_direction() {
    struct Recursive(Mutex<Option<Arc<Connection>>>, Mutex<Vec<Code>>);
    impl Writer for Recursive {
        fn write(&self, buf: &[u8]) -> io::Result<usize> {
            let conn = self.0.lock().expect("free").clone();
            let code = send(&conn.expect("set"), b"inner").0.expect_err("rejected");
            self.1.lock().expect("free").push(code);
            Ok(buf.len())
        }
    }
    let conn = Arc::new(Pair::new(Version::Tls13).client);
    let writer = Arc::new(Recursive(Mutex::new(Some(conn.clone())), Mutex::default()));
    conn.set_writer(Some(writer.clone()), false);
    assert_eq!(send(&conn, b"outer").0, Ok(5));
    assert_eq!(*writer.1.lock().expect("free"), [Code::Reentrancy]);
    writer.0.lock().expect("free").take();
}

#[test]
fn sending_before_the_handshake_is_rejected() {
    let conn = Connection::new(Mode::Client);
    conn.set_config(config()).expect("the config suits");
    assert_eq!(send(&conn, b"x").0, Err(Code::Encrypt));
    assert_eq!(send(&conn, b"").0, Ok(0));
}
