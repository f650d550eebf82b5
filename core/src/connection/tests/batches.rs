//! Batches of records: a connection whose transport accepts them behaves, byte for byte, like one
//! that writes each record before it seals the next.

use super::*;
use crate::testing::{Random, lower_key_limit};

fn pair(version: Version, batches: bool) -> Pair {
    let pair = Pair::new(version);
    pair.to_server.state().accepts_batches = batches;
    pair
}

fn bytes(random: &mut Random, len: usize) -> Vec<u8> {
    let start = random.below(1 << 16);
    (0..len).map(|at| ((start + at) * 31 / 8) as u8).collect()
}

/// The state of the sending direction that later calls depend on.
fn state(pair: &Pair) -> (usize, u64, Option<u64>, Vec<u8>, u64) {
    let half = pair.client.stream.send.lock().expect("free");
    let sealer = half.sealer.as_ref().expect("installed");
    (
        half.unreported,
        half.small_record_bytes,
        sealer.transferable_sequence(),
        half.out.pending().to_vec(),
        pair.client.wire_bytes_out(),
    )
}

/// The room of a transport: small enough that most calls are blocked.
fn room(random: &mut Random) -> Option<usize> {
    match random.below(4) {
        0 => None,
        1 => Some(random.below(100)),
        2 => Some(random.below(20_000)),
        _ => Some(random.below(150_000)),
    }
}

fn configure(random: &mut Random, conn: &Connection, version: Version) {
    let sizes = [100, 1400, 8087, 16_384];
    conn.set_record_size(sizes[random.below(sizes.len())]);
    if random.one_in(2) {
        let threshold = random.below(100_000) as u32;
        conn.set_small_records(threshold, 0).expect("in range");
    }
    // In TLS 1.3 a KeyUpdate would follow, for which there is no key schedule.
    if version == Version::Tls12 && random.one_in(3) {
        let limit = 2 + random.below(100) as u64;
        lower_key_limit(conn, limit);
    }
}

/// The script of a connection. A caller that got a partial result continues with the same bytes, or
/// with others.
fn run(seed: u64, version: Version, batches: bool) -> Vec<String> {
    let mut random = Random::new(seed);
    let pair = pair(version, batches);
    configure(&mut random, &pair.client, version);
    let mut trace = Vec::new();
    let (mut offered, mut reported) = (Vec::new(), Vec::new());
    for _ in 0..30 {
        pair.to_server.state().room = room(&mut random);
        pair.to_server.state().failure = random.one_in(20).then_some(libc::ENOBUFS);
        let unreported = pair.client.stream.send.lock().expect("free").unreported;
        // The bytes of the record in flight cannot be exchanged: the caller offers them again.
        let kept = unreported.min(offered.len());
        let len = kept + random.below(200_000) * random.below(2);
        match random.below(3) {
            0 => offered.truncate(kept),
            1 => offered.truncate(len),
            _ => {}
        }
        if offered.len() < len {
            let more = bytes(&mut random, len - offered.len());
            offered.extend(more);
        }
        let (outcome, blocked) = send(&pair.client, &offered);
        if let Ok(sent) = outcome {
            reported.extend(offered.drain(..sent));
        }
        trace.push(format!("{outcome:?} {blocked:?} {:?}", state(&pair)));
    }
    let wire: Vec<u8> = pair.to_server.state().bytes.iter().copied().collect();
    trace.push(format!("{wire:?}"));

    // The peer has what was reported, and at most the record in flight in addition.
    let in_flight = pair.client.stream.send.lock().expect("free").unreported;
    let received = received(&pair.server);
    assert!(received.starts_with(&reported), "seed {seed}");
    let beyond = &received[reported.len()..];
    assert!(beyond.len() <= in_flight && offered.starts_with(beyond));
    trace
}

#[test]
fn batches_cannot_be_distinguished_from_single_records() {
    for version in VERSIONS {
        for seed in 0..20 {
            let (single, batches) = (run(seed, version, false), run(seed, version, true));
            for (at, (single, batch)) in single.iter().zip(&batches).enumerate() {
                assert!(single == batch, "{version:?}, seed {seed}, step {at}");
            }
        }
    }
}

#[test]
fn records_are_written_together() {
    for version in VERSIONS {
        for (size, expected) in [(1400, 1), (8087, 1), (16_384, 1)] {
            let pair = pair(version, true);
            pair.client.set_record_size(size);
            assert_eq!(send(&pair.client, &pattern(65_536)).0, Ok(65_536));
            assert_eq!(pair.to_server.state().writes, expected);
            assert_eq!(received(&pair.server), pattern(65_536));
        }
    }
}

#[test]
fn no_memory_of_a_batch_stays_with_the_connection() {
    let pair = pair(Version::Tls13, true);
    assert_eq!(send(&pair.client, &pattern(500_000)).0, Ok(500_000));
    let capacity = || {
        let half = pair.client.stream.send.lock().expect("free");
        half.out.capacity()
    };
    assert!(capacity() <= 8087 + 22, "one record at most");

    pair.to_server.state().room = Some(50_000);
    let (sent, blocked) = send(&pair.client, &pattern(500_000));
    assert_eq!((sent, blocked), (Ok(6 * 8087), Blocked::Write));
    assert!(capacity() <= 8087 + 22, "the record in flight");
}

/// The caller is bound to the record in flight only.
#[test]
fn a_caller_may_change_the_bytes_behind_the_record_in_flight() {
    for version in VERSIONS {
        let pair = pair(version, true);
        pair.to_server.state().room = Some(20_000);
        let first = vec![b'a'; 60_000];
        assert_eq!(send(&pair.client, &first).0, Ok(2 * 8087));

        pair.to_server.state().room = None;
        let mut second = vec![b'b'; 8087 + 30_000];
        second[..8087].fill(b'a');
        assert_eq!(send(&pair.client, &second).0, Ok(second.len()));
        let expected = [vec![b'a'; 3 * 8087], vec![b'b'; 30_000]].concat();
        assert!(received(&pair.server) == expected);

        // With no more than that record, the call is complete.
        pair.to_server.state().room = Some(10_000);
        assert_eq!(send(&pair.client, &first).0, Ok(8087));
        pair.to_server.state().room = None;
        assert_eq!(send(&pair.client, &first[..8087]).0, Ok(8087));
        assert!(received(&pair.server) == vec![b'a'; 2 * 8087]);
    }
}

/// The transport may have sent any part of a batch then: none of the records is sealed again.
#[test]
fn no_record_is_withdrawn_after_a_cancellation() {
    let pair = pair(Version::Tls13, true);
    let data = pattern(60_000);
    pair.to_server.state().is_cancelled = true;
    pair.to_server.state().room = Some(0);
    assert_eq!(send(&pair.client, &data).0, Err(Code::IoBlocked));
    let (unreported, _, sequence, pending, _) = state(&pair);
    assert_eq!(unreported, 60_000);
    assert_eq!(sequence, Some(1 + 8));
    assert_eq!(pending.len(), 60_000 + 8 * 22);

    pair.to_server.state().is_cancelled = false;
    pair.to_server.state().room = None;
    assert_eq!(send(&pair.client, &data).0, Ok(60_000));
    assert!(received(&pair.server) == data);
}

#[test]
fn early_errors_are_those_of_the_first_record() {
    let pair = pair(Version::Tls12, true);
    lower_key_limit(&pair.client, 5);
    let data = pattern(60_000);
    // Records 1 to 3 are sent; the key must not seal more.
    assert_eq!(send(&pair.client, &data).0, Err(Code::RecordLimit));
    assert!(received(&pair.server) == data[..3 * 8087]);
}

/// Scope: both versions; data of 1 to 7 records, of which the last is full or has 1 byte; each number
/// of bytes that the transport may accept of them, 0 and all included, and then either nothing or
/// one byte more before it accepts the rest.
#[test]
fn a_batch_may_end_at_any_byte() {
    const RECORD: usize = 5;

    for version in VERSIONS {
        let pair = pair(version, true);
        pair.client.set_record_size(RECORD as u32);
        let overhead = {
            let half = pair.client.stream.send.lock().expect("free");
            half.sealer.as_ref().expect("installed").overhead()
        };
        let (mut all, mut next) = (0, 0_u8);
        for (records, last) in (1..=7).flat_map(|records| [(records, RECORD), (records, 1)]) {
            let len = (records - 1) * RECORD + last;
            let wire = len + records * overhead;
            for (accepted, more) in (0..=wire).flat_map(|accepted| [(accepted, 0), (accepted, 1)]) {
                let data: Vec<u8> = (0..len).map(|at| next.wrapping_add(at as u8)).collect();
                next = next.wrapping_add(1);
                // After a call that was not blocked a batch has room for all records.
                pair.to_server.state().room = None;
                let others = [b'x'; 3 * RECORD];
                assert_eq!(send(&pair.client, &others).0, Ok(others.len()));
                assert_eq!(received(&pair.server), others);
                pair.to_server.state().writes = 0;
                let sent = send_in_parts(&pair, &data, [accepted, more]);
                // All records are in one batch.
                let writes = pair.to_server.state().writes;
                assert!(
                    accepted < wire || writes == 1,
                    "{version:?} {len} {wire}: {writes}"
                );
                assert_eq!(sent, len);
                assert!(
                    received(&pair.server) == data,
                    "{version:?} {len} {accepted} {more}"
                );
                all += 1;
            }
        }
        println!("{all} sends");
    }
}

/// Sends data to a transport that accepts a part of it, then another, and then the rest. Returns the
/// number of bytes that are reported as sent.
fn send_in_parts(pair: &Pair, data: &[u8], parts: [usize; 2]) -> usize {
    let mut sent = 0;
    for room in [Some(parts[0]), Some(parts[1]), None] {
        pair.to_server.state().room = room;
        match send(&pair.client, &data[sent..]).0 {
            Ok(count) => sent += count,
            Err(code) => assert_eq!(code, Code::IoBlocked),
        }
        if sent == data.len() {
            break;
        }
    }
    sent
}

/// A transport that records the lengths of the writes. Of the first it accepts a part.
struct Partial {
    accepts: usize,
    writes: Mutex<Vec<usize>>,
}

impl Writer for Partial {
    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        let mut writes = self.writes.lock().expect("free");
        writes.push(buf.len());
        Ok(match writes.len() {
            1 => buf.len().min(self.accepts),
            _ => buf.len(),
        })
    }

    fn accepts_batches(&self) -> bool {
        true
    }
}

/// Sends to a [`Partial`] transport, and returns the lengths of the writes.
fn writes(record_len: u32, accepts: usize, data: &[u8]) -> Vec<usize> {
    let pair = pair(Version::Tls13, true);
    let writer = Arc::new(Partial {
        accepts,
        writes: Mutex::default(),
    });
    pair.client.set_writer(Some(writer.clone()), false);
    pair.client.set_record_size(record_len);
    assert_eq!(send(&pair.client, data), (Ok(data.len()), Blocked::Not));
    let writes = writer.writes.lock().expect("free");
    writes.clone()
}

/// A batch is half as long as what the transport has accepted of the last one, and grows by 8 kB
/// with each that it accepts as a whole.
#[test]
fn a_batch_is_as_long_as_the_transport_permits() {
    let records = |len: usize, counts: &[usize]| -> Vec<usize> {
        counts.iter().map(|count| count * (len + 22)).collect()
    };
    // The buffer has 72 kB.
    assert_eq!(
        writes(1000, usize::MAX, &pattern(150_000)),
        records(1000, &[72, 72, 6])
    );

    // 20,000 bytes end in the 20th record. Then at most 10,000 bytes, and 8192 more each time.
    let mut expected = records(1000, &[72, 20, 9, 17, 25, 33, 41, 5]);
    expected[1] -= 20_000;
    assert_eq!(writes(1000, 20_000, &pattern(150_000)), expected);

    // A batch has at least two records.
    let mut expected = records(16_384, &[4, 2, 1, 1, 1, 2, 2, 1]);
    expected[1] -= 20_000;
    assert_eq!(writes(16_384, 20_000, &pattern(10 * 16_384)), expected);
}

/// One record is sealed in the buffer of the connection, and needs no other memory.
#[test]
fn a_single_record_is_no_batch() {
    let capacity = |pair: &Pair| pair.client.stream.send.lock().expect("free").out.capacity();
    for (len, is_batch) in [
        (8087, false),
        (8088, true),
        (9 * 8087, true),
        (10 * 8087, false),
    ] {
        let pair = pair(Version::Tls13, true);
        assert_eq!(send(&pair.client, &pattern(len)).0, Ok(len));
        assert_eq!(capacity(&pair) == 0, is_batch, "{len}");
    }
}

#[test]
fn records_are_batched_only_where_that_is_allowed() {
    let data = pattern(40_000);
    // The transport does not accept batches.
    let single = pair(Version::Tls13, false);
    assert_eq!(send(&single.client, &data).0, Ok(data.len()));
    assert_eq!(single.to_server.state().writes, 5);

    // The application has set the size of the send buffer.
    let config = Arc::new(Config::new_minimal());
    config.set_send_buffer_size(10_000).expect("in range");
    let collecting = Pair::with_config(Version::Tls13, config);
    collecting.to_server.state().accepts_batches = true;
    assert_eq!(send(&collecting.client, &data).0, Ok(data.len()));
    assert_eq!(collecting.to_server.state().writes, 5);

    // There is no data at the address.
    let pair = pair(Version::Tls13, true);
    let mut blocked = Blocked::Not;
    let sent = pair.client.send(Data::null(40_000, 0), &mut blocked);
    assert_eq!(sent.map_err(|error| error.code()), Err(Code::Null));
    assert!(pair.to_server.state().bytes.is_empty());
}

#[test]
fn a_transport_that_accepts_more_than_it_was_given_is_an_error() {
    struct TooMany;
    impl Writer for TooMany {
        fn write(&self, buf: &[u8]) -> io::Result<usize> {
            Ok(buf.len() + 1)
        }

        fn accepts_batches(&self) -> bool {
            true
        }
    }
    let pair = pair(Version::Tls13, true);
    pair.client.set_writer(Some(Arc::new(TooMany)), false);
    assert_eq!(send(&pair.client, &pattern(40_000)).0, Err(Code::Safety));
}
