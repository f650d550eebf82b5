use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::UnparsedPublicKey;
use rustls::pki_types::PrivatePkcs8KeyDer;
use x509_parser::asn1_rs::{Sequence, ToDer};

use super::*;

/// Encodes a PKCS #8 key of AWS-LC with another algorithm identifier.
fn pkcs8(algorithm: &[u8]) -> PrivateKeyDer<'static> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = pair.as_der().unwrap();
    let (_, key) = parts(der.as_ref()).unwrap();
    wrapped(algorithm, key)
}

fn wrapped(algorithm: &[u8], key: &[u8]) -> PrivateKeyDer<'static> {
    let sequence = |content: Vec<u8>| Sequence::new(content.into()).to_der_vec().unwrap();
    let info = [
        &[0x02, 0x01, 0x00][..],
        &sequence(algorithm.to_vec()),
        &[0x04, 0x82],
        &(key.len() as u16).to_be_bytes(),
        key,
    ]
    .concat();
    PrivatePkcs8KeyDer::from(sequence(info)).into()
}

fn schemes(key: &Key) -> Vec<u16> {
    let all = [SHA256, SHA384, SHA512].into_iter();
    all.filter(|&scheme| key.choose_scheme(&[scheme]).is_some())
        .map(|scheme| scheme.0)
        .collect()
}

#[test]
fn a_key_signs_with_the_hash_functions_that_it_may_use() {
    for (algorithm, expected) in [
        (WITHOUT_PARAMETERS, &[0x0809, 0x080a, 0x080b][..]),
        (alg_id::RSA_PSS_SHA256, &[0x0809]),
        (alg_id::RSA_PSS_SHA384, &[0x080a]),
        (alg_id::RSA_PSS_SHA512, &[0x080b]),
        (SALTY[0], &[0x0809]),
        (SALTY[1], &[0x080a]),
        (SALTY[2], &[0x080b]),
    ] {
        let key = Key::read(&pkcs8(&algorithm)).unwrap();
        assert_eq!(schemes(&key), expected);
        assert!(
            key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])
                .is_none()
        );
        assert!(
            key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
                .is_none()
        );
    }
}

#[test]
fn signatures_of_a_key_are_valid() {
    let key = Key::read(&pkcs8(&WITHOUT_PARAMETERS)).unwrap();
    let spki = key.public_key().unwrap();
    for (scheme, algorithms) in &SCHEMES {
        let signer = key.choose_scheme(&[*scheme]).unwrap();
        assert_eq!(signer.scheme(), *scheme);
        let signature = signer.sign(b"message").unwrap();
        let public = UnparsedPublicKey::new(
            match *scheme {
                SHA256 => &RSA_PSS_2048_8192_SHA256,
                SHA384 => &RSA_PSS_2048_8192_SHA384,
                _ => &RSA_PSS_2048_8192_SHA512,
            },
            key.pair.public_key(),
        );
        public.verify(b"message", &signature).unwrap();

        // Behind the traits: of the algorithms the one for such keys.
        let [plain, bound, salty] = algorithms else {
            panic!("three kinds of keys use a scheme")
        };
        let bits = key.pair.public_key().as_ref();
        assert!(plain.verify_signature(bits, b"message", &signature).is_ok());
        assert!(
            plain
                .verify_signature(bits, b"massage", &signature)
                .is_err()
        );
        assert!(
            spki.as_ref()
                .windows(11)
                .any(|w| w == WITHOUT_PARAMETERS.as_ref())
        );
        assert_eq!(bound.public_key_alg_id(), bound.signature_alg_id());
        // Parameters with a salt length are longer by that.
        let (long, short) = (bound.public_key_alg_id(), salty.public_key_alg_id());
        assert_eq!(long[13..short.len()], short[13..]);
        assert_eq!(long.len(), short.len() + 5);
    }
}

#[test]
fn keys_of_other_types_are_not_parsed() {
    let good = pkcs8(&WITHOUT_PARAMETERS);
    let PrivateKeyDer::Pkcs8(der) = &good else {
        panic!("PKCS #8")
    };
    let der = der.secret_pkcs8_der();
    let read = |der: &[u8]| Key::read(&PrivatePkcs8KeyDer::from(der.to_vec()).into());
    assert!(read(der).is_some());

    for len in [0, 1, 4, 10, 30, der.len() - 1] {
        assert!(read(&der[..len]).is_none(), "{len} bytes");
    }
    assert!(Key::read(&pkcs8(&alg_id::RSA_ENCRYPTION)).is_none());
    assert!(Key::read(&wrapped(&WITHOUT_PARAMETERS, b"no key")).is_none());
    // Salt lengths without a TLS scheme: 20 bytes for SHA-1, the default of the parameters.
    let bound_to_sha1 = [WITHOUT_PARAMETERS.as_ref(), &[0x30, 0]].concat();
    assert!(Key::read(&pkcs8(&bound_to_sha1)).is_none());
}
