//! Limits of the search for a path, and chains without one.

use rcgen::{PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize};

use super::*;
use crate::testing::base64;

#[test]
fn the_certificate_without_a_trusted_issuer_is_reported() {
    let trusted = root(authority("trusted"));
    let unknown = root(authority("unknown"));
    let top = issue(&unknown, authority("top"));
    let lower = issue(&top, authority("lower"));
    let server = issue(&lower, leaf());
    let missing = "its issuer is not in the trust store";
    for (chain, name) in [
        (&[&server][..], "of \"CN=leaf\""),
        (&[&server, &lower], "of \"CN=lower\""),
        (&[&server, &lower, &top], "of \"CN=top\""),
        // In any order.
        (&[&server, &top, &lower], "of \"CN=top\""),
    ] {
        rejects(&trusted, chain, Code::CertUntrusted, [name, missing]);
    }
    let chain = [&server, &lower, &top, &unknown];
    let expected = ["of \"CN=unknown\"", "it is self-signed"];
    rejects(&trusted, &chain, Code::CertUntrusted, expected);
}

#[test]
fn the_length_of_a_chain_is_limited() {
    let root = root(authority("root"));
    let top = issue(&root, authority("top"));
    let server = issue(&top, leaf());
    for (most, expected) in [
        (1, Err(Code::CertMaxChainDepthExceeded)),
        (2, Ok(())),
        (3, Ok(())),
    ] {
        let pair = pair(&root, &[&server, &top]);
        pair.client_config.set_max_chain(most).expect("positive");
        assert_eq!(pair.negotiate().0, expected, "{most}");
    }
}

#[test]
fn the_names_of_a_certificate_are_reported() {
    let root = root(authority("root"));
    let code = Code::CertInvalidHostname;
    let expected = "the expected name is \"server.example\"";
    let mut params = leaf();
    params.subject_alt_names.clear();
    params.distinguished_name = Default::default();
    let nameless = issue(&root, params.clone());
    rejects(
        &root,
        &[&nameless],
        code,
        [expected, "the certificate has no names of hosts"],
    );
    let text = "of an unnamed subject (serial number ";
    rejects(&root, &[&nameless], code, [text, "issued by \"CN=root\""]);
    for (count, end) in [
        (1, "is for \"0.test\""),
        (8, ", \"7.test\""),
        (9, ", \"7.test\" and 1 more"),
        (11, ", \"7.test\" and 3 more"),
    ] {
        let names = (0..count).map(|number| {
            let name = format!("{number}.test");
            SanType::DnsName(name.try_into().expect("a DNS name"))
        });
        params.subject_alt_names = names.collect();
        let server = issue(&root, params.clone());
        rejects(&root, &[&server], code, [expected, end]);
        let pair = pair(&root, &[&server]);
        pair.negotiate().0.expect_err("another name");
        let detail = pair.client.error_detail().expect("an error");
        assert!(detail.ends_with(end), "{detail}");
    }
}

#[test]
fn a_certificate_that_is_not_yet_valid_is_reported_with_the_date() {
    let root = root(authority("root"));
    let mut params = leaf();
    params.not_before = date_time_ymd(3000, 1, 1);
    let expected = ["of \"CN=leaf\"", "it is not valid before 3000-01-01"];
    rejects(
        &root,
        &[&issue(&root, params)],
        Code::CertNotYetValid,
        expected,
    );
}

/// Two CAs that have certified each other, with a certificate each.
#[test]
fn cross_certificates_do_not_loop() {
    let trusted = root(authority("trusted"));
    let (one, other) = (root(authority("one")), root(authority("other")));
    let cross = |issuer: &Authority, name, key: &Authority| {
        let key = KeyPair::from_pem(&key.key().serialize_pem()).expect("a key");
        CertifiedIssuer::signed_by(authority(name), key, issuer).expect("a certificate")
    };
    let one_by_other = cross(&other, "one", &one);
    let other_by_one = cross(&one, "other", &other);
    let server = issue(&one, leaf());
    let chain = [&server, &one_by_other, &other_by_one];
    let expected = ["of \"CN=other\"", "its issuer is not in the trust store"];
    rejects(&trusted, &chain, Code::CertUntrusted, expected);

    // The way out of the loop is found.
    let one_by_trusted = cross(&trusted, "one", &one);
    accepts(
        &trusted,
        &[&server, &one_by_other, &other_by_one, &one_by_trusted],
    );
}

/// Returns a chain with `wrong` intermediates that have the name of the leaf's issuer but another
/// key, before the issuer, and their root.
fn with_wrong(wrong: usize) -> (Authority, Vec<Authority>) {
    let root = root(authority("root"));
    let top = issue(&root, authority("top"));
    let mut chain = vec![issue(&top, leaf())];
    chain.extend((0..wrong).map(|_| issue(&root, authority("top"))));
    chain.push(top);
    (root, chain)
}

#[test]
fn an_invalid_signature_is_reported_with_its_algorithm() {
    let (root, chain) = with_wrong(2);
    let chain: Vec<_> = chain.iter().collect();
    let expected = [
        "of \"CN=leaf\"",
        "its signature (ECDSA with SHA-256) was not made by",
    ];
    rejects(&root, &chain, Code::CertUntrusted, expected);
}

#[test]
fn serial_numbers_are_reported_in_hexadecimal() {
    let root = root(authority("root"));
    let mut params = leaf();
    params.serial_number = Some(vec![1, 0xab, 3].into());
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let expected = [
        "of \"CN=leaf\" (serial number 01:ab:03, issued by",
        "does not permit",
    ];
    rejects(
        &root,
        &[&issue(&root, params)],
        Code::CertIntentInvalid,
        expected,
    );
}

#[test]
fn a_search_ends_after_two_invalid_signatures() {
    for (wrong, expected) in [
        (0, Ok(())),
        (1, Ok(())),
        (2, Err(Code::CertUntrusted)),
        (3, Err(Code::CertUntrusted)),
    ] {
        let (root, chain) = with_wrong(wrong);
        let pair = pair(&root, &chain.iter().collect::<Vec<_>>());
        let before = VERIFIED.get();
        assert_eq!(pair.negotiate().0, expected, "{wrong}");
        // For each path, that of the intermediate and that of the leaf; and that of the handshake.
        let paths = (wrong + 1).min(2);
        let verified = VERIFIED.get() - before;
        assert_eq!(
            verified,
            2 * paths + usize::from(expected.is_ok()),
            "{wrong}"
        );
    }
}

/// Returns a certificate of a CA that has another one already: the same name and key.
fn renewed(issuer: &Authority, params: CertificateParams, other: &Authority) -> Authority {
    let key = KeyPair::from_pem(&other.key().serialize_pem()).expect("a key");
    CertifiedIssuer::signed_by(params, key, issuer).expect("a certificate")
}

#[test]
fn certificates_in_their_validity_period_are_tried_first() {
    let root = root(authority("root"));
    let mut expired = authority("top");
    expired.not_after = date_time_ymd(2000, 1, 1);
    let expired = issue(&root, expired);
    let valid = renewed(&root, authority("top"), &expired);
    let mut params = leaf();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let server = issue(&valid, params);
    // The fault of the first path is reported: the leaf is for clients.
    let expected = ["of \"CN=leaf\"", "does not permit"];
    for chain in [[&server, &expired, &valid], [&server, &valid, &expired]] {
        rejects(&root, &chain, Code::CertIntentInvalid, expected);
    }
}

#[test]
fn valid_signatures_do_not_end_a_search() {
    let root = root(authority("root"));
    let top = issue(&root, authority("top"));
    let lower = issue(&top, authority("lower"));
    let server = issue(&lower, leaf());
    // Paths with valid signatures, which other certificates exclude by their constraints.
    let excluding: Vec<_> = (0..3)
        .map(|_| renewed(&root, constrained("top", "test"), &top))
        .collect();
    let chain: Vec<_> = [&server, &lower].into_iter().chain(&excluding).collect();
    let expected = ["of \"CN=leaf\"", "its names are excluded"];
    rejects(&root, &chain, Code::CertUntrusted, expected);
    let chain: Vec<_> = chain.into_iter().chain([&top]).collect();
    accepts(&root, &chain);
}

/// The peer has no influence on them.
#[test]
fn any_number_of_trust_anchors_may_share_a_name() {
    let anchors: Vec<_> = (0..6).map(|_| root(authority("root"))).collect();
    for anchor in &anchors {
        let top = issue(anchor, authority("top"));
        let server = issue(&top, leaf());
        for chain in [&[&server, &top][..], &[&issue(anchor, leaf())]] {
            let pair = pair(&anchors[0], chain);
            for other in &anchors[1..] {
                let trusted = pair.client_config.trust_pem(other.pem().as_bytes());
                trusted.expect("an anchor");
            }
            assert_eq!(pair.negotiate(), (Ok(()), Ok(())));
        }
    }
}

#[test]
fn a_search_tries_at_most_64_issuers() {
    let root = root(authority("root"));
    let nowhere = issue(&root, authority("nowhere"));
    let top = issue(&root, authority("top"));
    let server = issue(&top, leaf());
    // Each has the name of the leaf's issuer, and no issuer. Then there are the issuer and the root.
    for (others, expected) in [(62, Ok(())), (63, Err(Code::CertUntrusted))] {
        let others: Vec<_> = (0..others)
            .map(|_| issue(&nowhere, authority("top")))
            .collect();
        let chain: Vec<_> = [&server].into_iter().chain(&others).chain([&top]).collect();
        let pair = pair(&root, &chain);
        pair.client_config.set_max_chain(100).expect("positive");
        assert_eq!(pair.negotiate().0, expected);
    }
}

/// Encodes a certificate in PEM.
fn pem(der: &[u8]) -> String {
    let content = base64(der);
    format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
}

/// RFC 9151 requires P-384 and SHA-384. SHA-1 is an error of its own in TLS 1.3.
#[test]
fn what_the_policy_does_not_permit_is_reported() {
    let p384 = || KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key");
    let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
    let root = CertifiedIssuer::self_signed(authority("root"), p384()).expect("a root");
    let small = issue(&root, authority("small"));
    let below_rsa = CertifiedIssuer::signed_by(authority("rsa"), rsa, &root).expect("a CA");
    let by = |issuer: &Authority| {
        let server = CertifiedIssuer::signed_by(leaf(), p384(), issuer);
        server.expect("a certificate")
    };
    // The object identifiers of SHA-256 and of SHA-1 with RSA.
    let [sha256, sha1] = [11, 5].map(|last| [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]);
    for (server, issuer, replaced, code, parts) in [
        (
            by(&small),
            &small,
            false,
            Code::SecurityPolicyIncompatibleCert,
            [
                "of \"CN=leaf\"",
                "its signature algorithm, ECDSA with SHA-256,",
            ],
        ),
        (
            by(&root),
            &small,
            false,
            Code::SecurityPolicyIncompatibleCert,
            ["of \"CN=small\"", "its key, ecdsa_secp256r1,"],
        ),
        (
            by(&below_rsa),
            &below_rsa,
            true,
            Code::CertUntrusted,
            ["of \"CN=leaf\"", "it is signed with SHA-1"],
        ),
    ] {
        let mut der = server.der().to_vec();
        if replaced {
            while let Some(at) = der.windows(9).position(|part| part == sha256) {
                der[at..][..9].copy_from_slice(&sha1);
            }
        }
        let chain = pem(&der) + &issuer.pem();
        let chain = crate::testing::chain(&(chain, server.key().serialize_pem()));
        let pair = pair(&root, &[&root]);
        let policy = Policy::find(b"rfc9151").expect("a policy");
        pair.client_config.set_policy(policy).expect("no rules");
        let config = Config::new_minimal();
        let policy = Policy::find(TLS13_POLICY).expect("a policy");
        config.set_policy(policy).expect("no rules");
        config.add_chain(&chain).expect("fits");
        pair.server.set_config(Arc::new(config)).expect("fits");
        assert_eq!(pair.negotiate().0, Err(code));
        let detail = pair.client.error_detail().expect("an error");
        for part in parts {
            assert!(detail.contains(part), "{detail}");
        }
    }
}

/// The Netscape certificate type, a predecessor of the extended key usage: a bit for each role.
#[test]
fn a_netscape_certificate_type_limits_the_role() {
    let root = root(authority("root"));
    for (bits, is_server) in [(0x80, false), (0x40, true), (0xc0, true), (0x3f, false)] {
        let mut params = leaf();
        let content = vec![3, 2, 0, bits];
        params.custom_extensions = vec![CustomExtension::from_oid_content(
            &[2, 16, 840, 1, 113730, 1, 1],
            content,
        )];
        let expected = match is_server {
            true => Ok(()),
            false => Err(Code::CertIntentInvalid),
        };
        let outcome = pair(&root, &[&issue(&root, params)]).negotiate().0;
        assert_eq!(outcome, expected, "{bits:#x}");
    }
}
