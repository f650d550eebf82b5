use aws_lc_rs::agreement::{PrivateKey, agree};

use super::*;

/// The length of a key share for secp521r1 in bytes.
const SHARE_LEN: usize = 133;

fn group(name: NamedGroup) -> &'static dyn SupportedKxGroup {
    let mut all = ADDITIONAL.iter().copied();
    all.find(|group| group.name() == name).unwrap()
}

fn started(name: NamedGroup) -> Box<dyn ActiveKeyExchange> {
    group(name).start().unwrap().into_single()
}

/// Completes a client's key exchange with a server's key share.
fn complete(name: NamedGroup, share: &[u8]) -> Result<Vec<u8>, Error> {
    let secret = started(name).complete(share)?;
    Ok(secret.secret_bytes().to_vec())
}

/// Starts and completes a server's key exchange with a client's key share.
fn start_and_complete(name: NamedGroup, share: &[u8]) -> Result<(), Error> {
    group(name).start_and_complete(share).map(drop)
}

const P521: NamedGroup = NamedGroup::secp521r1;
const HYBRID: NamedGroup = NamedGroup::secp384r1MLKEM1024;

fn is_rejected<T>(outcome: &Result<T, Error>) -> bool {
    matches!(
        outcome,
        Err(Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare))
    )
}

#[test]
fn client_and_server_of_each_group_agree_on_a_secret() {
    for (name, client_len, server_len, secret_len) in [
        (P521, SHARE_LEN, SHARE_LEN, 66),
        (HYBRID, 97 + 1568, 97 + 1568, 48 + 32),
    ] {
        let client = started(name);
        assert_eq!((client.group(), client.pub_key().len()), (name, client_len));
        let server = group(name).start_and_complete(client.pub_key()).unwrap();
        assert_eq!((server.group, server.pub_key.len()), (name, server_len));
        let secret = client.complete(&server.pub_key).unwrap();
        assert_eq!(secret.secret_bytes(), server.secret.secret_bytes());
        assert_eq!(secret.secret_bytes().len(), secret_len);
    }
}

#[test]
fn secp521r1_interoperates_with_the_ecdh_of_aws_lc() {
    let peer = PrivateKey::generate(&ECDH_P521).unwrap();
    let local = started(P521);
    let local_share = UnparsedPublicKey::new(&ECDH_P521, local.pub_key().to_vec());
    let secret = agree(&peer, local_share, (), |secret| Ok(secret.to_vec())).unwrap();
    let public = peer.compute_public_key().unwrap();
    assert_eq!(
        local.complete(public.as_ref()).unwrap().secret_bytes(),
        secret
    );
}

#[test]
fn the_share_of_the_curve_precedes_that_of_the_kem() {
    let hybrid = started(HYBRID);
    let StartedKeyExchange::Hybrid(parts) = group(HYBRID).start().unwrap() else {
        panic!("a hybrid group provides the share of its curve");
    };
    let (curve, share) = parts.component();
    assert_eq!(curve, NamedGroup::secp384r1);
    assert!(parts.as_key_exchange().pub_key().starts_with(share));
    assert_eq!(hybrid.pub_key()[0], UNCOMPRESSED);
}

#[test]
fn shares_that_are_not_points_of_secp521r1_are_rejected() {
    let good = started(P521).pub_key().to_vec();
    assert!(start_and_complete(P521, &good).is_ok());

    let infinity = vec![0];
    let zero = [&[UNCOMPRESSED][..], &[0; SHARE_LEN - 1]].concat();
    let short = good[..SHARE_LEN - 1].to_vec();
    let long = [&good[..], &[0]].concat();
    let compressed = [&[2 + (good[SHARE_LEN - 1] & 1)], &good[1..67]].concat();
    let hybrid = [&[6 + (good[SHARE_LEN - 1] & 1)], &good[1..]].concat();
    let mut off_curve = good.clone();
    off_curve[SHARE_LEN - 1] ^= 1;
    let too_large = [&[UNCOMPRESSED][..], &[0xff; SHARE_LEN - 1]].concat();
    let other_curve = started(HYBRID).pub_key()[..97].to_vec();
    for (what, share) in [
        ("an empty share", Vec::new()),
        ("the point at infinity", infinity),
        ("zeros", zero),
        ("a byte less", short),
        ("a byte more", long),
        ("a compressed point", compressed),
        ("a point in the hybrid format", hybrid),
        ("a point off the curve", off_curve),
        ("coordinates beyond the field", too_large),
        ("a point of another curve", other_curve),
    ] {
        assert!(is_rejected(&start_and_complete(P521, &share)), "{what}");
        assert!(is_rejected(&complete(P521, &share)), "{what}");
    }
}

#[test]
fn shares_of_the_hybrid_group_are_rejected_if_either_part_is_invalid() {
    let good = started(HYBRID).pub_key().to_vec();
    assert!(start_and_complete(HYBRID, &good).is_ok());

    let invalid_point = [&[UNCOMPRESSED][..], &[0; 96], &good[97..]].concat();
    // FIPS 203, 7.2: an encoding of a number above the modulus is not a key.
    let invalid_key = [&good[..97], &[0xff; 1568]].concat();
    for share in [
        &[][..],
        &good[..97],
        &good[..good.len() - 1],
        &[&good[..], &[0]].concat(),
        &invalid_point,
        &invalid_key,
    ] {
        assert!(
            is_rejected(&start_and_complete(HYBRID, share)),
            "{} bytes",
            share.len()
        );
    }

    let reply = group(HYBRID).start_and_complete(&good).unwrap().pub_key;
    let invalid_point = [&[UNCOMPRESSED][..], &[0; 96], &reply[97..]].concat();
    for share in [&reply[..97], &reply[..reply.len() - 1], &invalid_point] {
        assert!(
            is_rejected(&complete(HYBRID, share)),
            "{} bytes",
            share.len()
        );
    }
}

#[test]
fn a_modified_ciphertext_yields_another_secret() {
    let client = started(HYBRID);
    let server = group(HYBRID).start_and_complete(client.pub_key()).unwrap();
    let mut modified = server.pub_key.clone();
    modified[97] ^= 1;
    // FIPS 203, 6.3: implicit rejection, which yields another secret instead of an error.
    let secret = client.complete(&modified).unwrap();
    let (client, server) = (secret.secret_bytes(), server.secret.secret_bytes());
    assert_eq!(client[..48], server[..48]);
    assert_ne!(client[48..], server[48..]);
}
