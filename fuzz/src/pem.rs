//! PEM files: the initial corpus, and encoding.

use std::fs;
use std::path::Path;

/// Returns the certificates and keys of this build: separately, combined, and as DER.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(Path::new(env!("OUT_DIR"))).expect("the build script created it");
    let mut seeds: Vec<_> = files
        .map(|file| file.expect("the file exists").path())
        .filter(|path| path.extension().is_some_and(|kind| kind != "srl"))
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (
                name.into_owned(),
                fs::read(&path).expect("the file is readable"),
            )
        })
        .collect();
    for name in ["ecdsa", "rsa"] {
        let read = |kind| fs::read(Path::new(env!("OUT_DIR")).join(format!("{name}.{kind}")));
        let (chain, key) = (read("pem"), read("key"));
        let both = [
            chain.expect("the file exists"),
            key.expect("the file exists"),
        ]
        .concat();
        seeds.push((format!("{name}.both"), both));
    }
    seeds
}

/// Encodes DER as PEM (RFC 7468).
pub fn wrap(label: &str, der: &[u8]) -> Vec<u8> {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(48) {
        for group in line.chunks(3) {
            base64(group, &mut text);
        }
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text.into_bytes()
}

/// Encodes up to three bytes as four characters (RFC 4648, 4).
fn base64(group: &[u8], text: &mut String) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    let mut bytes = [0; 3];
    bytes[..group.len()].copy_from_slice(group);
    let bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
    for index in 0..4 {
        let sextet = bits >> (18 - 6 * index) & 63;
        text.push(match index <= group.len() {
            true => ALPHABET[sextet as usize].into(),
            false => '=',
        });
    }
}
