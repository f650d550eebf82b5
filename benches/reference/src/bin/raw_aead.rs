//! The AEAD without a record layer, for records of the given payload lengths: the bound of every record
//! layer.
//!
//! usage: raw_aead NAME=LENGTH...

use std::env;
use std::hint;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{
    AES_128_GCM, Aad, Nonce, TlsProtocolId, TlsRecordOpeningKey, TlsRecordSealingKey,
};

const HEADER: [u8; 5] = [23, 3, 3, 0, 0];
/// Application data, the content type behind the payload of TLS 1.3.
const CONTENT_TYPE: [u8; 1] = [23];
const OVERHEAD: usize = CONTENT_TYPE.len() + 16;
/// As much as the benchmarks of the libraries send at once.
const BATCH: usize = 1 << 20;

fn main() {
    for argument in env::args().skip(1) {
        let (name, length) = argument.split_once('=').expect("NAME=LENGTH");
        let mut records = Records::new(length.parse().expect("a length"));
        let bytes = records.bytes() as f64;
        let rate = |time: Duration| bytes / time.as_secs_f64() * 1e-9;
        let seal = median(256, || records.seal());
        println!("send_{name}_GBps {:.3}", rate(seal));
        let open = median(256, || records.open());
        println!("recv_{name}_GBps {:.3}", rate(open));
    }
    let mut byte = Records::new(1);
    byte.count = 1000;
    let (seal, open) = (median(200, || byte.seal()), median(200, || byte.open()));
    let round_trip = (seal + open).as_secs_f64() * 2.0 / byte.count as f64;
    println!("round_trip_1_ns {:.1}", round_trip * 1e9);
}

/// A batch of records of one length.
struct Records {
    length: usize,
    count: usize,
    plain: Vec<u8>,
    sealing: TlsRecordSealingKey,
    sequence: u64,
}

impl Records {
    fn new(length: usize) -> Self {
        let sealing = TlsRecordSealingKey::new(&AES_128_GCM, TlsProtocolId::TLS13, &[1; 16]);
        Self {
            length,
            count: BATCH.div_ceil(length),
            plain: vec![7; length],
            sealing: sealing.expect("a valid key"),
            sequence: 0,
        }
    }

    fn bytes(&self) -> usize {
        self.count * self.length
    }

    /// Seals the records, each into the same buffer.
    fn seal(&mut self) -> Duration {
        let mut sealed = vec![0; self.length + OVERHEAD];
        let start = Instant::now();
        for _ in 0..self.count {
            self.seal_into(&mut sealed);
        }
        start.elapsed()
    }

    /// Seals a record. Returns the sequence number that it has.
    fn seal_into(&mut self, record: &mut [u8]) -> u64 {
        let sequence = self.sequence;
        let (cipher, tag) = record.split_at_mut(self.length);
        let aad = Aad::from(HEADER);
        self.sealing
            .seal_out_of_place_scatter(
                nonce(sequence),
                aad,
                &self.plain,
                cipher,
                &CONTENT_TYPE,
                tag,
            )
            .expect("sealed");
        self.sequence += 1;
        sequence
    }

    /// Opens the records in place, each in the same buffer, without the time of copying them there.
    fn open(&mut self) -> Duration {
        let opening = TlsRecordOpeningKey::new(&AES_128_GCM, TlsProtocolId::TLS13, &[1; 16])
            .expect("a valid key");
        let records: Vec<_> = (0..self.count)
            .map(|_| {
                let mut record = vec![0; self.length + OVERHEAD];
                (self.seal_into(&mut record), record)
            })
            .collect();
        let mut buffer = vec![0; self.length + OVERHEAD];
        let start = Instant::now();
        for (sequence, record) in &records {
            buffer.copy_from_slice(record);
            opening
                .open_in_place(nonce(*sequence), Aad::from(HEADER), &mut buffer)
                .expect("opened");
        }
        let copied_and_opened = start.elapsed();
        let start = Instant::now();
        for (_, record) in &records {
            buffer.copy_from_slice(record);
            hint::black_box(&mut buffer);
        }
        copied_and_opened.saturating_sub(start.elapsed())
    }
}

fn nonce(sequence: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&sequence.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

fn median(count: usize, mut measure: impl FnMut() -> Duration) -> Duration {
    let divisor = env::var("BENCH_DIVISOR").map_or(1, |text| text.parse().expect("a number"));
    let mut times: Vec<_> = (0..usize::max(count / divisor, 1))
        .map(|_| measure())
        .collect();
    times.sort();
    times[times.len() / 2]
}
