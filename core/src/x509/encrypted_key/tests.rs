//! Encrypted keys that the tests make themselves; `tests/c/encrypted_keys.c` reads those of tools.

use super::*;
use crate::testing::base64;

const PASSPHRASE: &[u8] = b"correct horse";

/// A key in outline: a SEQUENCE with a version, and the rest.
const KEY: &[u8] = &[0x30, 6, 2, 1, 0, 4, 1, 7];

const LIMITS: KeyLimits = KeyLimits {
    iterations: 1000,
    scrypt_memory: 1 << 20,
    scrypt_work: 1 << 12,
};

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = content.len();
    match u8::try_from(len) {
        Ok(len @ 0..0x80) => [&[tag, len][..], &content].concat(),
        Ok(len) => [&[tag, 0x81, len][..], &content].concat(),
        Err(_) => [&[tag, 0x82, (len >> 8) as u8, len as u8][..], &content].concat(),
    }
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

fn oid(content: &[u8]) -> Vec<u8> {
    tlv(6, &[content])
}

fn integer(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let bytes = &bytes[zeros.min(7)..];
    // A first byte with the high bit would make the number negative.
    match bytes[0] < 0x80 {
        true => tlv(2, &[bytes]),
        false => tlv(2, &[&[0], bytes]),
    }
}

fn prf_oid(prf: Prf) -> &'static [u8] {
    PRFS.iter()
        .find(|(_, known)| *known == prf)
        .expect("known")
        .0
}

fn cipher_oid(cipher: Cipher) -> &'static [u8] {
    let known = CIPHERS.iter().find(|(_, known)| *known == cipher);
    known.expect("known").0
}

/// An EncryptedPrivateKeyInfo with these AlgorithmIdentifiers.
fn info(derivation: &[u8], encryption: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let parameters = sequence(&[derivation, encryption]);
    let algorithm = sequence(&[&oid(PBES2), &parameters]);
    sequence(&[&algorithm, &tlv(4, &[ciphertext])])
}

fn pbkdf2(iterations: u64, rest: &[u8]) -> Vec<u8> {
    let parameters = sequence(&[&tlv(4, &[b"salt"]), &integer(iterations), rest]);
    sequence(&[&oid(PBKDF2), &parameters])
}

fn scrypt(n: u64, r: u64, p: u64) -> Vec<u8> {
    let salt = tlv(4, &[b"salt"]);
    let parameters = sequence(&[&salt, &integer(n), &integer(r), &integer(p)]);
    sequence(&[&oid(SCRYPT), &parameters])
}

fn aes(cipher: Cipher) -> Vec<u8> {
    sequence(&[&oid(cipher_oid(cipher)), &tlv(4, &[&[9; BLOCK]])])
}

fn scheme(derivation: Derivation, cipher: Cipher) -> Scheme {
    Scheme {
        derivation,
        cipher,
        iv: [9; BLOCK],
    }
}

fn with_prf(prf: Prf, cipher: Cipher) -> Scheme {
    let derivation = Derivation::Pbkdf2 {
        prf,
        salt: b"salt".to_vec(),
        iterations: NonZeroU32::new(2).expect("not zero"),
    };
    scheme(derivation, cipher)
}

fn pem(label: &str, headers: &str, content: &[u8]) -> Vec<u8> {
    let digits = base64(content);
    format!("-----BEGIN {label}-----\n{headers}{digits}\n-----END {label}-----\n").into_bytes()
}

fn parse(der: &[u8]) -> Result<EncryptedKey> {
    let key = EncryptedKey::parse(&pem("ENCRYPTED PRIVATE KEY", "", der), &LIMITS)?;
    Ok(key.expect("encrypted"))
}

/// The code and the particulars of the error.
fn refusal(der: &[u8]) -> (Code, String) {
    let error = parse(der).expect_err("refused");
    (error.code(), error.reason().to_string())
}

#[test]
fn every_combination_is_decrypted() {
    for (prf_oid, prf) in PRFS {
        for (_, cipher) in CIPHERS {
            let ciphertext = with_prf(prf, cipher).encrypt(PASSPHRASE, KEY);
            for null in [&[5, 0][..], &[]] {
                let algorithm = sequence(&[&oid(prf_oid), null]);
                let len = integer(cipher.key_len() as u64);
                for rest in [algorithm.clone(), [len, algorithm].concat()] {
                    let der = info(&pbkdf2(2, &rest), &aes(cipher), &ciphertext);
                    let key = parse(&der).expect("supported");
                    assert_eq!(*key.decrypt(PASSPHRASE).expect("the key"), KEY);
                }
            }
        }
    }
}

#[test]
fn the_default_function_is_hmac_sha1() {
    let ciphertext = with_prf(Prf::HmacSha1, Cipher::Aes128).encrypt(PASSPHRASE, KEY);
    let der = info(&pbkdf2(2, &[]), &aes(Cipher::Aes128), &ciphertext);
    let key = parse(&der).expect("supported");
    assert_eq!(*key.decrypt(PASSPHRASE).expect("the key"), KEY);
}

#[test]
fn scrypt_is_decrypted() {
    let cost = ScryptCost {
        log_n: 4,
        r: 2,
        p: 3,
    };
    let salt = b"salt".to_vec();
    let scheme = scheme(Derivation::Scrypt { salt, cost }, Cipher::Aes256);
    let der = info(
        &scrypt(16, 2, 3),
        &aes(Cipher::Aes256),
        &scheme.encrypt(PASSPHRASE, KEY),
    );
    let key = parse(&der).expect("supported");
    assert_eq!(*key.decrypt(PASSPHRASE).expect("the key"), KEY);
    let wrong = parse(&der).expect("supported").decrypt(b"").unwrap_err();
    assert_eq!(wrong.code(), Code::WrongPassphrase);
}

/// The padding of a wrong plaintext is right by chance, once in 256 times: until that has happened
/// eight times, and for any other wrong passphrase, the error is the same.
#[test]
fn a_wrong_passphrase_is_wrong_even_if_the_padding_is_right() {
    let ciphertext = with_prf(Prf::HmacSha256, Cipher::Aes128).encrypt(PASSPHRASE, KEY);
    let rest = sequence(&[&oid(prf_oid(Prf::HmacSha256))]);
    let der = info(&pbkdf2(2, &rest), &aes(Cipher::Aes128), &ciphertext);
    let mut padded = 0;
    for number in 0.. {
        let wrong = format!("wrong {number}");
        let key = parse(&der).expect("supported");
        let mut content = ciphertext.clone();
        let plaintext = key.scheme.decrypt(wrong.as_bytes(), &mut content);
        padded += usize::from(plaintext.expect("memory").is_some());
        let error = key.decrypt(wrong.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::WrongPassphrase);
        if padded == 8 && number >= 1000 {
            return;
        }
    }
}

#[test]
fn damage_is_an_error() {
    let ciphertext = with_prf(Prf::HmacSha512, Cipher::Aes192).encrypt(PASSPHRASE, KEY);
    let rest = sequence(&[&oid(prf_oid(Prf::HmacSha512)), &[5, 0]]);
    let der = info(&pbkdf2(2, &rest), &aes(Cipher::Aes192), &ciphertext);
    for len in 0..der.len() {
        assert!(parse(&der[..len]).is_err(), "{len}");
    }
    let decrypted = |der: &[u8]| parse(der).and_then(|key| key.decrypt(PASSPHRASE));
    assert_eq!(*decrypted(&der).expect("the key"), KEY);
    for place in 0..der.len() - ciphertext.len() {
        for bit in 0..8 {
            let mut damaged = der.clone();
            damaged[place] ^= 1 << bit;
            if let Ok(key) = decrypted(&damaged) {
                // CBC: a bit of the IV is a bit of the first block, here one of the content.
                assert_ne!(*key, KEY, "{place}");
            }
        }
    }
    let (code, _) = refusal(&[&der[..], &[0]].concat());
    assert_eq!(code, Code::DecodePrivateKey);
}

#[test]
fn work_is_limited_before_it_begins() {
    let aes = aes(Cipher::Aes128);
    for iterations in [1001, 1 << 31, 1 << 40, u64::MAX - 1] {
        let (code, reason) = refusal(&info(&pbkdf2(iterations, &[]), &aes, &[0; 16]));
        assert_eq!(code, Code::KeyEncryption);
        assert!(
            reason.contains(&format!("{iterations} iterations")),
            "{reason}"
        );
        assert!(reason.contains("maximum is 1000"), "{reason}");
    }
    let parameters = sequence(&[&tlv(4, &[b"salt"]), &tlv(2, &[&[1; 20]])]);
    let endless = sequence(&[&oid(PBKDF2), &parameters]);
    let (code, reason) = refusal(&info(&endless, &aes, &[0; 16]));
    assert_eq!(code, Code::KeyEncryption);
    assert!(reason.contains("2^64"), "{reason}");
    for (n, r, p) in [
        (1 << 20, 8, 1),
        (1 << 63, 1, 1),
        (16, u64::MAX - 1, 1),
        (2, 1, 1 << 40),
        (1 << 10, 1, 5),
    ] {
        let (code, reason) = refusal(&info(&scrypt(n, r, p), &aes, &[0; 16]));
        assert_eq!(code, Code::KeyEncryption, "{n} {r} {p}");
        assert!(reason.contains("scrypt with N = 2^"), "{reason}");
    }
}

#[test]
fn senseless_parameters_are_malformed() {
    let aes128 = aes(Cipher::Aes128);
    let short = integer(15);
    for derivation in [
        pbkdf2(0, &[]),
        pbkdf2(2, &short),
        pbkdf2(2, &[5, 0]),
        pbkdf2(2, &sequence(&[&oid(prf_oid(Prf::HmacSha1)), &short])),
        scrypt(0, 1, 1),
        scrypt(1, 1, 1),
        scrypt(3, 1, 1),
        scrypt(2, 0, 1),
        scrypt(2, 1, 0),
        sequence(&[&oid(PBKDF2)]),
        sequence(&[&oid(SCRYPT), &[5, 0]]),
    ] {
        let (code, reason) = refusal(&info(&derivation, &aes128, &[0; 16]));
        assert_eq!(code, Code::DecodePrivateKey, "{reason}");
    }
    let good = pbkdf2(2, &[]);
    for encryption in [
        sequence(&[&oid(cipher_oid(Cipher::Aes128))]),
        sequence(&[&oid(cipher_oid(Cipher::Aes128)), &tlv(4, &[&[1; 15]])]),
        tlv(4, &[b"none"]),
    ] {
        let (code, _) = refusal(&info(&good, &encryption, &[0; 16]));
        assert_eq!(code, Code::DecodePrivateKey);
    }
    for len in [0, 1, 15, 17] {
        let (code, reason) = refusal(&info(&good, &aes128, &vec![0; len]));
        assert_eq!(code, Code::DecodePrivateKey);
        assert!(reason.contains("blocks"), "{reason}");
    }
}

#[test]
fn algorithms_that_are_refused_are_named() {
    let des = sequence(&[
        &oid(b"\x2a\x86\x48\x86\xf7\x0d\x03\x07"),
        &tlv(4, &[&[1; 8]]),
    ]);
    let unknown = sequence(&[&oid(b"\x2a\x03\x04"), &[5, 0]]);
    let aes = aes(Cipher::Aes128);
    let derivation = pbkdf2(2, &[]);
    let old = sequence(&[&oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03"), &[5, 0]]);
    for (der, name) in [
        (info(&derivation, &des, &[0; 16]), "des-EDE3-CBC"),
        (info(&derivation, &unknown, &[0; 16]), "1.2.3.4"),
        (info(&unknown, &aes, &[0; 16]), "1.2.3.4"),
        (info(&pbkdf2(2, &unknown), &aes, &[0; 16]), "1.2.3.4"),
        (
            sequence(&[&old, &tlv(4, &[&[0; 16]])]),
            "pbeWithMD5AndDES-CBC",
        ),
    ] {
        let (code, reason) = refusal(&der);
        assert_eq!(code, Code::KeyEncryption);
        assert!(reason.contains(name), "{reason}");
    }
}

#[test]
fn headers_of_openssl_are_read() {
    const INFO: &str = "DEK-Info: AES-128-CBC,09090909090909090909090909090909\n";
    let content = scheme(Derivation::Md5, Cipher::Aes128).encrypt(PASSPHRASE, KEY);
    let parse = |headers: &str| {
        let text = pem("EC PRIVATE KEY", headers, &content);
        EncryptedKey::parse(&text, &LIMITS)
    };
    let headers = format!("Proc-Type: 4,ENCRYPTED\n{INFO}\n");
    for headers in [headers.clone(), headers.replace('\n', "\r\n")] {
        let key = parse(&headers).expect("supported").expect("encrypted");
        assert_eq!(*key.decrypt(PASSPHRASE).expect("the key"), KEY);
    }
    let key = parse(&headers).expect("supported").expect("encrypted");
    let wrong = key.decrypt(b"wrong").unwrap_err();
    assert_eq!(wrong.code(), Code::WrongPassphrase);

    for (headers, expected) in [
        (
            headers.replace("AES-128-CBC", "DES-EDE3-CBC"),
            Code::KeyEncryption,
        ),
        (headers.replace("AES-128-CBC", ""), Code::KeyEncryption),
        (headers.replace(INFO, ""), Code::KeyEncryption),
        (headers.replace("0909", "09"), Code::DecodePrivateKey),
        (headers.replace("0909", "xx09"), Code::DecodePrivateKey),
        (headers.replace("ENCRYPTED", "MIC-ONLY"), Code::InvalidPem),
        // Without the empty line.
        (headers.trim_end().to_owned() + "\n", Code::InvalidPem),
    ] {
        let error = parse(&headers).expect_err("refused");
        assert_eq!(error.code(), expected, "{headers}");
    }
    assert!(parse("").expect("not encrypted").is_none());
}

#[test]
fn a_key_is_a_sequence_that_begins_with_a_version() {
    let version = integer(0);
    for (der, expected) in [
        (sequence(&[&version]), true),
        (
            sequence(&[&version, &tlv(4, &[b"key"]), &tlv(5, &[])]),
            true,
        ),
        (sequence(&[]), false),
        (sequence(&[&tlv(4, &[b"key"])]), false),
        // The second value is truncated.
        (sequence(&[&version, &[4, 5, 0]]), false),
        ([sequence(&[&version]), vec![0]].concat(), false),
        (tlv(4, &[&version]), false),
    ] {
        assert_eq!(is_key(&der), expected, "{der:02x?}");
    }
}

#[test]
fn an_iv_has_32_hexadecimal_digits() {
    let bytes = std::array::from_fn(|at| (at * 0x11) as u8);
    assert_eq!(
        hexadecimal(b"00112233445566778899AaBbCcDdEeFf"),
        Some(bytes)
    );
    for wrong in [
        &b""[..],
        b"00112233445566778899aabbccddeef",
        b"00112233445566778899aabbccddeeff0",
        b"00112233445566778899aabbccddeeff00",
        b"00112233445566778899aabbccddeefg",
    ] {
        assert_eq!(hexadecimal(wrong), None);
    }
}

/// RFC 7914, 7.1: keyLength is optional.
#[test]
fn a_length_of_the_key_must_be_that_of_the_cipher() {
    for (len, is_valid) in [(16, false), (32, true), (33, false)] {
        let parameters = sequence(&[
            &tlv(4, &[b"salt"]),
            &integer(16),
            &integer(2),
            &integer(3),
            &integer(len),
        ]);
        let derivation = sequence(&[&oid(SCRYPT), &parameters]);
        let der = info(&derivation, &aes(Cipher::Aes256), &[0; 16]);
        assert_eq!(parse(&der).is_ok(), is_valid, "{len}");
    }
}
