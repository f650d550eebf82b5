//! Exhaustive tests of headers, of the reassembly of messages, and of sequence numbers and nonces,
//! in the scopes that each test names.

use std::cell::Cell;

use super::*;
use crate::error::Code;
use crate::messages::HandshakeHeader;
use crate::record::keys::TrafficKeys;
use crate::record::{MAX_PLAINTEXT, Reassembler, has_kernel_keys};
use crate::testing::Choices;

/// Scope: each type with each length, in the version of records.
#[test]
fn every_type_and_length_of_a_header() {
    for len in 0..=u16::MAX {
        let [high, low] = len.to_be_bytes();
        for typ in 0..=u8::MAX {
            let bytes = [typ, 3, 3, high, low];
            let header = Header::read(&bytes);
            assert!((header.typ, header.len) == (typ, len.into()));
            assert!(header.bytes() == bytes);
        }
        for typ in 20..=22 {
            let header = Header::read(&[typ, 3, 3, high, low]);
            let opened = header.validate_plaintext().expect("a record");
            assert_eq!(opened.plain, 5..5 + usize::from(len));
            let has_content = (1..MAX_PLAINTEXT + 2048).contains(&len.into());
            assert_eq!(header.is_handshake(), typ == 22 && has_content);
        }
    }
}

/// Scope: each version, with each type from 19 to 24 and the extremes of types and lengths.
#[test]
fn every_version_of_a_header() {
    for version in 0..=u16::MAX {
        let [major, minor] = version.to_be_bytes();
        for typ in [0, 19, 20, 21, 22, 23, 24, 0x80, 255] {
            for len in [0, u16::MAX] {
                let bytes = [typ, major, minor, len as u8, len as u8];
                let header = Header::read(&bytes);
                assert_eq!(header.bytes(), bytes);
                assert_eq!(header.version, [major, minor]);
                let is_known = (20..24).contains(&typ);
                assert_eq!(header.check().is_ok(), version == 0x0303 && is_known);
                assert_eq!(header.reject_sslv2().is_ok(), typ < 0x80);
            }
        }
    }
}

/// The ways in which a reassembler's caller may fail.
#[derive(Clone, Copy, PartialEq)]
enum Failure {
    None,
    Check,
    Each,
}

/// Scope: up to 2 messages with bodies of 0 to 2 bytes, at most 9 bytes in all, of which the last
/// may be incomplete at any byte; each way to divide them into records; each record may be rejected
/// by the check of a header, and each message by its receiver.
#[test]
fn messages_are_reassembled_from_any_records() {
    let mut stream = Vec::new();
    let runs = Choices::explore(|choices| {
        stream.clear();
        let mut ends = Vec::new();
        for typ in 0..choices.up_to(2) {
            let body = choices.below(3);
            if stream.len() + HandshakeHeader::LEN + body > 9 {
                break;
            }
            stream.extend([typ as u8, 0, 0, body as u8]);
            stream.extend(&[0xbb; 2][..body]);
            ends.push(stream.len());
        }
        let last = ends.iter().rev().nth(1).copied().unwrap_or(0);
        stream.truncate(stream.len() - choices.below(stream.len() - last + 1));
        run_reassembly(choices, &stream, &ends);
    });
    println!("{runs} runs");
    assert!(runs > 1000);
}

fn run_reassembly(choices: &mut Choices, stream: &[u8], ends: &[usize]) {
    let mut reassembler = Reassembler::default();
    let (mut record_start, mut completed) = (0, 0);
    while record_start < stream.len() {
        let record_end = record_start + 1 + choices.below(stream.len() - record_start);
        let record = &stream[record_start..record_end];
        let failure = choices.one_of(&[Failure::None, Failure::Check, Failure::Each]);
        let earlier = reassembler.partial().to_vec();
        let begins = ends[..completed].last().copied().unwrap_or(0);
        assert_eq!(earlier, stream[begins..record_start]);
        let first_completed = completed;
        let checks = Cell::new(0);
        let outcome = reassembler.push(
            record,
            |_| {
                checks.set(checks.get() + 1);
                match failure == Failure::Check {
                    true => Err(Code::Safety)?,
                    false => Ok(()),
                }
            },
            |whole| {
                let start = ends[..completed].last().copied().unwrap_or(0);
                assert_eq!(whole.message, &stream[start..ends[completed]]);
                assert_eq!(whole.rest, &stream[ends[completed]..record_end]);
                assert_eq!(whole.earlier, record_start.saturating_sub(start));
                completed += 1;
                match failure == Failure::Each {
                    true => Err(Code::Safety)?,
                    false => Ok(()),
                }
            },
        );
        match failure {
            Failure::None => outcome.expect("valid"),
            Failure::Check => {
                outcome.unwrap_err();
                assert_eq!((checks.get(), completed), (1, first_completed));
                assert_eq!(reassembler.partial(), earlier);
                return;
            }
            Failure::Each if completed > first_completed => {
                outcome.unwrap_err();
                assert_eq!(completed, first_completed + 1);
                return;
            }
            Failure::Each => outcome.expect("no message is complete"),
        }
        record_start = record_end;
    }
    let whole = ends.iter().filter(|&&end| end <= stream.len()).count();
    assert_eq!(completed, whole);
}

/// A sealer, with the records of the present batch, which may yet be withdrawn.
struct Sending {
    suite: SupportedCipherSuite,
    sealer: Sealer,
    opener: Opener,
    generation: u8,
    /// The sequence number of the next record, by the model.
    next: u64,
    limit: u64,
    batch: Vec<Vec<u8>>,
}

impl Sending {
    fn new(suite: SupportedCipherSuite, start: u64, limit: u64) -> Self {
        let mut sealer = sealer(suite, start);
        sealer.lower_limit(limit);
        Self {
            suite,
            sealer,
            opener: opener(suite, start),
            generation: 1,
            next: start,
            limit,
            batch: Vec::new(),
        }
    }

    fn step(&mut self, choices: &mut Choices) {
        match choices.below(5) {
            0 => self.seal(ContentType::ApplicationData, self.limit.saturating_sub(1)),
            1 => self.seal(ContentType::Alert, self.limit),
            2 => self.leave(),
            3 => self.withdraw(choices),
            _ => self.rekey(),
        }
    }

    fn seal(&mut self, typ: ContentType, end: u64) {
        let mut record = vec![0; 2 + self.sealer.overhead()];
        let text = [self.next as u8, self.generation];
        let outcome = self.sealer.seal(typ, &[&text], &mut record);
        if self.next >= end {
            assert_eq!(outcome.unwrap_err().code(), Code::RecordLimit);
            return;
        }
        outcome.expect("below the limit");
        self.next += 1;
        self.batch.push(record);
    }

    /// The records of the batch leave. Each opens at the next sequence number only, so that no two
    /// records have left with one nonce.
    fn leave(&mut self) {
        for record in self.batch.drain(..) {
            let expected = [self.opener.sequence() as u8, self.generation];
            let (_, text) = self.opener.open_copy(&record).expect("the next record");
            assert_eq!(text, expected);
        }
        assert_eq!(self.opener.sequence(), self.next);
    }

    fn withdraw(&mut self, choices: &mut Choices) {
        let kept = choices.up_to(self.batch.len());
        let mut withdrawn = self.batch.split_off(kept).concat();
        let records = withdrawn.len() / (2 + self.sealer.overhead());
        assert_eq!(self.sealer.withdraw(&mut withdrawn), 2 * records);
        assert!(withdrawn.iter().all(|&byte| byte == 0));
        self.next -= records as u64;
    }

    fn rekey(&mut self) {
        self.leave();
        self.generation += 1;
        let keys = || (0, secrets(self.suite, self.generation));
        self.sealer.rekey(keys()).expect("suits");
        self.opener.rekey(keys()).expect("suits");
        self.next = 0;
    }

    fn check(&self) {
        let is_spent = self.next >= self.limit.saturating_sub(1);
        let is_required = is_tls13(&self.suite) && is_spent;
        assert_eq!(self.sealer.requires_key_update(), is_required);
        assert_eq!(self.sealer.limit(), self.limit);
        let sequence = self.sealer.transferable_sequence();
        assert!(sequence.is_none_or(|sequence| sequence == self.next));
    }
}

/// Scope: AES-128-GCM and ChaCha20-Poly1305 in both versions; keys that may seal 0, 1, 2 or 4 records,
/// from sequence number 0 or 1 on;
/// all sequences of 5 operations: application data or an alert is sealed, the sealed records leave,
/// any number of them is withdrawn, or the key is updated.
#[test]
fn no_two_records_leave_with_one_nonce() {
    let suites: Vec<_> = (suites().into_iter())
        .filter(|suite| !format!("{suite:?}").replace('_', "").contains("AES256"))
        .collect();
    assert_eq!(suites.len(), 4);
    let runs = Choices::explore(|choices| {
        let suite = choices.one_of(&suites);
        let start = choices.below(2) as u64;
        let mut sending = Sending::new(suite, start, choices.one_of(&[0, 1, 2, 4]));
        for _ in 0..5 {
            sending.step(choices);
            sending.check();
        }
        sending.leave();
    });
    println!("{runs} runs");
    assert!(runs > 1000);
}

/// Sequence numbers at the limits of their arithmetic.
fn sequences() -> Vec<u64> {
    let near_powers = (0..64).flat_map(|power| {
        let power = 1_u64 << power;
        [power - 1, power, power + 1]
    });
    let mut all: Vec<_> = near_powers
        .chain([23_726_564, 23_726_565, u64::MAX - 1, u64::MAX])
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Scope: all suites; each sequence number below 300, and those next to each power of 2.
#[test]
fn nonces_differ_for_different_sequence_numbers() {
    for suite in suites() {
        let keys = TrafficKeys::new(suite, secrets(suite, 1)).expect("suits");
        let (_, iv) = key_and_iv(suite, 1);
        let mut nonces: Vec<_> = (0..300)
            .chain(sequences())
            .map(|sequence| {
                let nonce = keys.nonce(sequence);
                // RFC 8446, 5.3: the number, padded to the left, xor the IV.
                let mut expected = [0; 12];
                expected[4..].copy_from_slice(&sequence.to_be_bytes());
                for (byte, iv) in expected.iter_mut().zip(iv.as_ref()) {
                    *byte ^= iv;
                }
                assert_eq!(nonce, expected);
                (nonce, sequence)
            })
            .collect();
        nonces.sort_unstable();
        nonces.dedup();
        assert!(nonces.windows(2).all(|pair| pair[0].0 != pair[1].0));
    }
}

/// Scope: TLS 1.2 with AES-GCM; first nonces of the handshake up to 80, those next to each power of
/// 2, and the extremes; 0 to 3 records that rustls has sealed with nonces of its own; 64 records
/// behind them, and those around the limit of the key.
#[test]
fn explicit_nonces_differ_from_those_of_the_handshake() {
    let limit = 1 << 24;
    for suite in tls12_suites().filter(is_tls12_gcm) {
        for first in (0..=80).chain(sequences()) {
            for count in 0..=3 {
                let handshake: Vec<u64> = (0..count).map(|sequence| sequence ^ first).collect();
                let mut sealer =
                    Sealer::new(suite, (count, secrets_with_nonce(suite, first))).expect("suits");
                let mut used = handshake.clone();
                for _ in 0..64 {
                    used.push(explicit_nonce(&sealer.data(b"content")));
                }
                used.sort_unstable();
                assert!(
                    used.windows(2).all(|pair| pair[0] != pair[1]),
                    "{first} {count}"
                );

                let secrets = secrets_with_nonce(suite, first);
                let mut sealer = Sealer::new(suite, (limit - 2, secrets)).expect("suits");
                for typ in [ContentType::ApplicationData, ContentType::Alert] {
                    let explicit = explicit_nonce(&sealer.record(typ, b"content"));
                    assert!(!handshake.contains(&explicit), "{first} {count}");
                }
                let rejected = sealer.seal(ContentType::Alert, &[b""], &mut [0; 64]);
                assert_eq!(rejected.unwrap_err().code(), Code::RecordLimit);
            }
        }
    }
}

fn secrets_with_nonce(suite: SupportedCipherSuite, first: u64) -> ConnectionTrafficSecrets {
    let mut secrets = secrets(suite, 1);
    if let ConnectionTrafficSecrets::Aes128Gcm { iv, .. }
    | ConnectionTrafficSecrets::Aes256Gcm { iv, .. } = &mut secrets
    {
        let mut bytes = [0x5a; 12];
        bytes[4..].copy_from_slice(&first.to_be_bytes());
        *iv = Iv::from(bytes);
    }
    secrets
}

fn explicit_nonce(record: &[u8]) -> u64 {
    let explicit = record[Header::LEN..].first_chunk().expect("a nonce");
    u64::from_be_bytes(*explicit)
}

/// Scope: all suites, application data and alerts, at each sequence number from 3 below the limit of
/// a key to 1 above it, and at the last four 64-bit numbers.
#[test]
fn keys_end_at_their_limits() {
    for suite in suites() {
        let limit = sealer(suite, 0).limit();
        let is_gcm = format!("{suite:?}").contains("GCM");
        assert_eq!(limit, if is_gcm { 1 << 24 } else { u64::MAX });
        let near = limit - 3..=limit.saturating_add(1);
        for sequence in near.chain(u64::MAX - 3..=u64::MAX) {
            for typ in [ContentType::ApplicationData, ContentType::Alert] {
                let reserved = u64::from(typ == ContentType::ApplicationData);
                let mut sealer = sealer(suite, sequence);
                let mut record = vec![0; 1 + sealer.overhead()];
                let sealed = sealer.seal(typ, &[b"x"], &mut record);
                assert_eq!(sealed.is_ok(), sequence < limit - reserved);
                if sealed.is_ok() {
                    let mut opener = opener(suite, sequence);
                    opener.open_copy(&record).expect("the same number");
                    assert_eq!(opener.sequence(), sequence + 1);
                }
            }
        }
    }
}

/// Scope: all suites, at the last three sequence numbers.
#[test]
fn an_opener_ends_at_the_last_sequence_number() {
    for suite in suites() {
        let mut opener = opener(suite, u64::MAX - 2);
        let mut sealer = sealer(suite, u64::MAX - 2);
        // The limit of AES-GCM keys is lower. The peer's may be any.
        sealer.raise_limit();
        for _ in 0..2 {
            let record = sealer.record(ContentType::Alert, &[1, 0]);
            opener.open_copy(&record).expect("the next record");
        }
        assert_eq!(opener.sequence(), u64::MAX);
        let rejected = opener.open_copy(&[0; 64]);
        assert!(rejected.is_err());
        let mut out = [0; 64];
        assert!(
            sealer
                .seal(ContentType::Alert, &[&[1, 0]], &mut out)
                .is_err()
        );
    }
}

/// Scope: all suites; first nonces of the handshake at the limits.
#[test]
fn another_implementation_continues_unless_that_could_repeat_a_nonce() {
    let last = u64::from(u32::MAX);
    for suite in suites() {
        for first in [0, 1, 2, last - 1, last, last + 1, u64::MAX] {
            let sealer = Sealer::new(suite, (3, secrets_with_nonce(suite, first))).expect("suits");
            let may_repeat = is_tls12_gcm(&suite) && (1..=last).contains(&first);
            let expected = (!may_repeat).then_some(3);
            assert_eq!(
                sealer.transferable_sequence(),
                expected,
                "{suite:?} {first}"
            );
        }
    }
}

#[test]
fn the_kernel_has_the_suites_with_aes_gcm() {
    for suite in suites() {
        let expected = format!("{suite:?}").contains("GCM");
        assert_eq!(has_kernel_keys(suite.suite().into()), expected, "{suite:?}");
    }
}
