use aws_lc_rs::agreement::{PrivateKey, agree};

use super::*;

const SHARE: usize = 133;

fn group(name: NamedGroup) -> &'static dyn SupportedKxGroup {
    let mut all = MORE.iter().copied();
    all.find(|group| group.name() == name).unwrap()
}

fn started(name: NamedGroup) -> Box<dyn ActiveKeyExchange> {
    group(name).start().unwrap().into_single()
}

/// Completes an exchange with a server's share.
fn answered(name: NamedGroup, share: &[u8]) -> Result<Vec<u8>, Error> {
    let secret = started(name).complete(share)?;
    Ok(secret.secret_bytes().to_vec())
}

/// Answers a client's share.
fn taken(name: NamedGroup, share: &[u8]) -> Result<(), Error> {
    group(name).start_and_complete(share).map(drop)
}

const P521: NamedGroup = NamedGroup::secp521r1;
const HYBRID: NamedGroup = NamedGroup::secp384r1MLKEM1024;

fn refused<T>(outcome: &Result<T, Error>) -> bool {
    matches!(
        outcome,
        Err(Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare))
    )
}

#[test]
fn both_sides_of_each_group_agree() {
    for (name, client_len, server_len, secret_len) in [
        (P521, SHARE, SHARE, 66),
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
fn secp521r1_is_interoperable() {
    let peer = PrivateKey::generate(&ECDH_P521).unwrap();
    let ours = started(P521);
    let theirs = UnparsedPublicKey::new(&ECDH_P521, ours.pub_key().to_vec());
    let secret = agree(&peer, theirs, (), |secret| Ok(secret.to_vec())).unwrap();
    let public = peer.compute_public_key().unwrap();
    assert_eq!(
        ours.complete(public.as_ref()).unwrap().secret_bytes(),
        secret
    );
}

#[test]
fn a_curve_comes_before_its_kem() {
    let hybrid = started(HYBRID);
    let StartedKeyExchange::Hybrid(parts) = group(HYBRID).start().unwrap() else {
        panic!("the curve of a hybrid group can go alone");
    };
    let (curve, share) = parts.component();
    assert_eq!(curve, NamedGroup::secp384r1);
    assert!(parts.as_key_exchange().pub_key().starts_with(share));
    assert_eq!(hybrid.pub_key()[0], UNCOMPRESSED);
}

#[test]
fn shares_that_are_not_points_of_secp521r1_are_rejected() {
    let good = started(P521).pub_key().to_vec();
    assert!(taken(P521, &good).is_ok());

    let infinity = vec![0];
    let zero = [&[UNCOMPRESSED][..], &[0; SHARE - 1]].concat();
    let short = good[..SHARE - 1].to_vec();
    let long = [&good[..], &[0]].concat();
    let compressed = [&[2 + (good[SHARE - 1] & 1)], &good[1..67]].concat();
    let hybrid = [&[6 + (good[SHARE - 1] & 1)], &good[1..]].concat();
    let mut elsewhere = good.clone();
    elsewhere[SHARE - 1] ^= 1;
    let too_large = [&[UNCOMPRESSED][..], &[0xff; SHARE - 1]].concat();
    let other_curve = started(HYBRID).pub_key()[..97].to_vec();
    for (what, share) in [
        ("nothing", Vec::new()),
        ("the point at infinity", infinity),
        ("zeros", zero),
        ("a byte less", short),
        ("a byte more", long),
        ("a compressed point", compressed),
        ("a point in the hybrid format", hybrid),
        ("a point off the curve", elsewhere),
        ("coordinates beyond the field", too_large),
        ("a point of another curve", other_curve),
    ] {
        assert!(refused(&taken(P521, &share)), "{what}");
        assert!(refused(&answered(P521, &share)), "{what}");
    }
}

#[test]
fn shares_of_the_hybrid_group_are_rejected_if_either_part_is_invalid() {
    let good = started(HYBRID).pub_key().to_vec();
    assert!(taken(HYBRID, &good).is_ok());

    let no_point = [&[UNCOMPRESSED][..], &[0; 96], &good[97..]].concat();
    // FIPS 203, 7.2: a key must not encode a number beyond the modulus.
    let no_key = [&good[..97], &[0xff; 1568]].concat();
    for share in [
        &[][..],
        &good[..97],
        &good[..good.len() - 1],
        &[&good[..], &[0]].concat(),
        &no_point,
        &no_key,
    ] {
        assert!(refused(&taken(HYBRID, share)), "{} bytes", share.len());
    }

    let answer = group(HYBRID).start_and_complete(&good).unwrap().pub_key;
    let no_point = [&[UNCOMPRESSED][..], &[0; 96], &answer[97..]].concat();
    for share in [&answer[..97], &answer[..answer.len() - 1], &no_point] {
        assert!(refused(&answered(HYBRID, share)), "{} bytes", share.len());
    }
}

#[test]
fn a_forged_ciphertext_gives_another_secret() {
    let client = started(HYBRID);
    let server = group(HYBRID).start_and_complete(client.pub_key()).unwrap();
    let mut forged = server.pub_key.clone();
    forged[97] ^= 1;
    // FIPS 203, 6.3: decapsulation does not fail, but returns another secret.
    let secret = client.complete(&forged).unwrap();
    let (ours, theirs) = (secret.secret_bytes(), server.secret.secret_bytes());
    assert_eq!(ours[..48], theirs[..48]);
    assert_ne!(ours[48..], theirs[48..]);
}
