//! Throughput of the AEAD without a record layer: the upper bound for every record layer.

use std::time::{Duration, Instant};

use aws_lc_rs::aead::{
    AES_128_GCM, Aad, Nonce, TlsProtocolId, TlsRecordOpeningKey, TlsRecordSealingKey,
};

const TOTAL: usize = 1 << 29;

fn main() {
    for size in [8087, 16384] {
        let plain = vec![7; size];
        let mut cipher = vec![0; size];
        let mut tag = [0; 16];

        let mut key = TlsRecordSealingKey::new(&AES_128_GCM, TlsProtocolId::TLS13, &[1; 16])
            .expect("a valid key");
        let records = TOTAL / size;
        let start = Instant::now();
        for sequence in 0..records {
            key.seal_out_of_place_scatter(
                nonce(sequence),
                Aad::from([0; 5]),
                &plain,
                &mut cipher,
                &[],
                &mut tag,
            )
            .expect("sealed");
        }
        report("seal", size, records, start.elapsed());

        let opening = TlsRecordOpeningKey::new(&AES_128_GCM, TlsProtocolId::TLS13, &[1; 16])
            .expect("a valid key");
        let last = records - 1;
        let sealed = [&cipher[..], &tag].concat();
        let mut elapsed = Duration::ZERO;
        for _ in 0..records {
            let mut record = sealed.clone();
            let start = Instant::now();
            opening
                .open_in_place(nonce(last), Aad::from([0; 5]), &mut record)
                .expect("opened");
            elapsed += start.elapsed();
        }
        report("open", size, records, elapsed);
    }
}

fn nonce(sequence: usize) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&(sequence as u64).to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

fn report(operation: &str, size: usize, records: usize, elapsed: Duration) {
    let rate = (size * records) as f64 / elapsed.as_secs_f64() * 1e-9;
    println!("aead_{operation}_{size}_GBps {rate:.3}");
}
