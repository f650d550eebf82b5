//! JA3 and JA4 fingerprints: the examples of their descriptions, and the limits.

use super::{Hello, numbers, vector};
use crate::error::Code;
use crate::messages::FingerprintMethod::{self, *};

const SERVER_NAME: u16 = 0;
const GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;
const QUIC_TRANSPORT_PARAMETERS: u16 = 57;
const GREASE: u16 = 0x1a1a;

fn raw_and_hash(hello: &Hello, method: FingerprintMethod) -> (String, String) {
    let found = hello.parse().fingerprint(method).expect("well-formed");
    assert_eq!(found.hash.len(), method.hash_len());
    (found.raw, found.hash)
}

fn list(values: &[u16]) -> Vec<u8> {
    vector(2, &numbers(values))
}

fn versions(values: &[u16]) -> (u16, Vec<u8>) {
    (SUPPORTED_VERSIONS, vector(1, &numbers(values)))
}

fn alpn(protocols: &[&[u8]]) -> (u16, Vec<u8>) {
    let protocols: Vec<u8> = protocols.iter().flat_map(|one| vector(1, one)).collect();
    (ALPN, vector(2, &protocols))
}

/// The two examples of <https://github.com/salesforce/ja3>, and the first one with GREASE.
#[test]
fn ja3_has_the_code_points_in_the_order_of_the_message() {
    let suites = [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4];
    let extensions = [
        (SERVER_NAME, vec![]),
        (GROUPS, list(&[23, 24, 25])),
        (POINT_FORMATS, vec![1, 0]),
    ];
    let raw = "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0";
    let expected = (raw.into(), "ada70206e40642a3e4461f35503241d5".into());
    let hello = Hello::new(769, &suites, &extensions);
    assert_eq!(raw_and_hash(&hello, Ja3), expected);

    let with_grease = [&[GREASE], &suites[..], &[0xfafa]].concat();
    let mut extensions = extensions.to_vec();
    extensions[1].1 = list(&[0x0a0a, 23, 24, 25]);
    extensions.insert(0, (GREASE, vec![]));
    extensions.push((0x2a2a, vec![0]));
    let greased = Hello::new(769, &with_grease, &extensions);
    assert_eq!(raw_and_hash(&greased, Ja3), expected);

    let hello = Hello::new(769, &[4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99], &[]);
    let raw = "769,4-5-10-9-100-98-3-6-19-18-99,,,";
    let expected = (raw.into(), "de350869b8c85de67a350c8d186f11e6".into());
    assert_eq!(raw_and_hash(&hello, Ja3), expected);
}

#[test]
fn grease_values_have_two_equal_bytes_that_end_in_a() {
    let hello = Hello::new(
        0x0a0a,
        &[0x0a0a, 0xfafa, 0x0a1a, 0x0a0b, 0x0b0b, 0xa0a0],
        &[],
    );
    let (raw, _) = raw_and_hash(&hello, Ja3);
    assert_eq!(raw, ",2586-2571-2827-41120,,,");
}

/// The example of <https://github.com/FoxIO-LLC/ja4>.
#[test]
fn ja4_has_sorted_suites_and_extensions() {
    let suites = [
        GREASE, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
        0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
    ];
    let algorithms = [
        0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
    ];
    let plain = |typ| (typ, vec![]);
    let extensions = [
        plain(0x3a3a),
        plain(0x001b),
        plain(SERVER_NAME),
        plain(0x0033),
        alpn(&[b"h2", b"http/1.1"]),
        plain(0x4469),
        plain(0x0017),
        plain(0x002d),
        (SIGNATURE_ALGORITHMS, list(&algorithms)),
        plain(0x0005),
        plain(0x0023),
        plain(0x0012),
        versions(&[0x2a2a, 0x0304, 0x0303]),
        plain(0xff01),
        plain(POINT_FORMATS),
        plain(GROUPS),
        plain(0x0015),
        plain(0x4a4a),
    ];
    let raw = "t13d1516h2\
        _002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9\
        _0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01\
        _0403,0804,0401,0503,0805,0501,0806,0601";
    let expected = (raw.into(), "t13d1516h2_8daaf6152771_e5627efa2ab1".into());
    let hello = Hello::new(0x0303, &suites, &extensions);
    assert_eq!(raw_and_hash(&hello, Ja4), expected);
}

fn prefix(version: u16, extensions: &[(u16, Vec<u8>)]) -> String {
    let (raw, _) = raw_and_hash(&Hello::new(version, &[0x1301], extensions), Ja4);
    raw.split('_').next().expect("a prefix").into()
}

#[test]
fn the_prefix_of_ja4_describes_the_message() {
    for (version, expected) in [
        (0x0303, "t12i010000"),
        (0x0302, "t11i010000"),
        (0x0301, "t10i010000"),
        (0x0300, "ts3i010000"),
        (0x0002, "ts2i010000"),
        (0x0304, "t13i010000"),
        (0x0305, "t00i010000"),
    ] {
        assert_eq!(prefix(version, &[]), expected);
    }
    for (extension, expected) in [
        (versions(&[0x0303, 0x0304, 0x0301]), "t13i010100"),
        (versions(&[GREASE]), "t00i010100"),
        (versions(&[]), "t00i010100"),
        // Not a list of versions: the version is that of the message.
        ((SUPPORTED_VERSIONS, vec![1, 3]), "t12i010100"),
        ((SUPPORTED_VERSIONS, vec![]), "t12i010100"),
        ((QUIC_TRANSPORT_PARAMETERS, vec![]), "q12i010100"),
        ((SERVER_NAME, vec![]), "t12d010100"),
        ((GREASE, vec![]), "t12i010000"),
        (alpn(&[b"h2", b"x"]), "t12i0101h2"),
        (alpn(&[b"http/1.1"]), "t12i0101h1"),
        (alpn(&[b"x"]), "t12i0101xx"),
        (alpn(&[]), "t12i010100"),
        // Hexadecimal digits, if the first or the last character is not alphanumeric.
        (alpn(&[&[0xab]]), "t12i0101ab"),
        (alpn(&[&[0x5a, 0xcd]]), "t12i01015d"),
        (alpn(&[&[0xcd, 0x5a]]), "t12i0101ca"),
        (alpn(&[&[0x30, 0x31, 0xab, 0xcd]]), "t12i01013d"),
    ] {
        assert_eq!(
            prefix(0x0303, std::slice::from_ref(&extension)),
            expected,
            "{extension:?}"
        );
    }
}

#[test]
fn a_part_of_ja4_without_code_points_is_zero() {
    let hello = Hello::new(0x0303, &[GREASE], &[(SERVER_NAME, vec![]), alpn(&[b"h2"])]);
    let expected = (
        "t12d0002h2__".into(),
        "t12d0002h2_000000000000_000000000000".into(),
    );
    assert_eq!(raw_and_hash(&hello, Ja4), expected);
    // Signature algorithms that are not a list count as none.
    for data in [&[][..], &[0], &[0, 0], &[0, 2, 0x2a, 0x2a]] {
        let hello = Hello::new(0x0303, &[5], &[(SIGNATURE_ALGORITHMS, data.to_vec())]);
        assert_eq!(raw_and_hash(&hello, Ja4).0, "t12i010100_0005_000d");
    }
}

/// As in s2n-tls, the first 99 are sorted, and not the least 99.
#[test]
fn ja4_has_at_most_99_suites_and_extensions() {
    let suites: Vec<u16> = (1..=100).rev().collect();
    let mut extensions: Vec<_> = (2001..=2100).rev().map(|typ| (typ, vec![])).collect();
    extensions.insert(0, (SERVER_NAME, vec![]));
    let (raw, _) = raw_and_hash(&Hello::new(0x0303, &suites, &extensions), Ja4);
    let parts: Vec<_> = raw.split('_').collect();
    let hexadecimal = |range: std::ops::RangeInclusive<u16>| {
        let all: Vec<_> = range.map(|number| format!("{number:04x}")).collect();
        all.join(",")
    };
    assert_eq!(
        parts,
        [
            "t12d999900",
            &hexadecimal(2..=100),
            &hexadecimal(2002..=2100)
        ]
    );
}

#[test]
fn odd_lists_have_no_fingerprint() {
    for (typ, data, method) in [
        (GROUPS, &[0, 1, 9][..], Ja3),
        (GROUPS, &[0], Ja3),
        (POINT_FORMATS, &[], Ja3),
        (SIGNATURE_ALGORITHMS, &[0, 1, 9], Ja4),
    ] {
        let hello = Hello::new(0x0303, &[5], &[(typ, data.to_vec())]).parse();
        let error = hello.fingerprint(method).expect_err("odd");
        assert_eq!(error.code(), Code::BadMessage);
    }
}
