//! Tests of name constraints.

use super::*;

#[test]
fn a_name_is_within_itself_and_its_parents() {
    let within = |name, base| is_dns_within(name, base, false);
    assert!(within("a.example.org", "example.org"));
    assert!(within("Example.org", "example.ORG"));
    assert!(within("a.example.org.", "example.org"));
    assert!(within("a.example.org", ".example.org"));
    assert!(within("anything", ""));
    assert!(!within("a.example.org", "."));
    assert!(is_dns_within("a.example.org", ".", true));
    assert!(!within("example.org", ".example.org"));
    assert!(!within("anexample.org", "example.org"));
    assert!(!within("org", "example.org"));
}

#[test]
fn a_wildcard_that_may_match_an_excluded_host_is_excluded() {
    assert!(is_dns_within("*.example.org", "a.example.org", true));
    assert!(!is_dns_within("*.example.org", "a.example.org", false));
    assert!(!is_dns_within("*.example.org", "a.b.example.org", true));
}

#[test]
fn dns_names_are_distinguished_from_other_strings() {
    for (text, form) in [
        ("example.org", DnsForm::Name),
        ("*.example.org", DnsForm::Name),
        ("a_b.example", DnsForm::Name),
        ("10.0.0.1", DnsForm::Name),
        ("localhost", DnsForm::Other),
        ("example.org.", DnsForm::Name),
        ("*.org", DnsForm::Name),
        ("*.", DnsForm::Other),
        ("*", DnsForm::Other),
        ("An Authority", DnsForm::Other),
        ("a..b", DnsForm::Other),
        ("a-.b", DnsForm::Other),
        ("https://a.b/", DnsForm::Other),
        ("b\u{fc}cher.test", DnsForm::Malformed),
        ("a\n.test", DnsForm::Malformed),
    ] {
        assert_eq!(DnsForm::of(text), form, "{text}");
    }
}

#[test]
fn mailboxes_hosts_and_domains_hold_addresses() {
    let within = |name, base| is_email_within(name, base, false);
    assert_eq!(within("me@a.test", "a.test"), Some(true));
    assert_eq!(within("me@b.a.test", "a.test"), Some(false));
    assert_eq!(within("me@b.a.test", ".a.test"), Some(true));
    assert_eq!(within("me@a.test", "me@A.test"), Some(true));
    assert_eq!(within("ME@a.test", "me@a.test"), Some(false));
    assert_eq!(is_email_within("ME@a.test", "me@a.test", true), Some(true));
    assert_eq!(within("\"a@b\"@a.test", "a.test"), None);
    assert_eq!(within("user", "a.test"), None);
    assert_eq!(within("me@a.test", "@a.test"), None);
}

#[test]
fn the_host_of_a_uri_is_compared() {
    assert_eq!(is_uri_within("https://a.test/b", "a.test"), Some(true));
    assert_eq!(is_uri_within("https://A.test.:1?b", "a.test"), Some(true));
    assert_eq!(is_uri_within("https://b.a.test", "a.test"), Some(false));
    assert_eq!(is_uri_within("https://b.a.test", ".a.test"), Some(true));
    for unusable in [
        "a.test",
        "https://x@a.test",
        "https://[::1]/",
        "https:///",
        "x://%61",
    ] {
        assert_eq!(is_uri_within(unusable, "a.test"), None, "{unusable}");
    }
}

#[test]
fn a_network_has_a_prefix_mask() {
    let network = Network::read(&[10, 1, 0, 0, 255, 255, 0, 0]).expect("a network");
    assert!(network.holds(IpAddr::from([10, 1, 2, 3])));
    assert!(!network.holds(IpAddr::from([10, 2, 2, 3])));
    assert!(!network.holds(IpAddr::from([0; 16])));
    let all = Network::read(&[0; 8]).expect("all addresses");
    assert!(all.holds(IpAddr::from([1, 2, 3, 4])));
    for bytes in [&[10, 1, 0, 0, 255, 0, 255, 0][..], &[10, 1, 0, 0], &[]] {
        assert!(Network::read(bytes).is_none());
    }
}

/// Encodes a value.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, content.len() as u8], content].concat()
}

/// Parses constraints from encoded names.
fn constraints(permitted: &[&[u8]], excluded: &[&[u8]]) -> NameConstraints {
    let subtrees = |tag: u8, names: &[&[u8]]| {
        let subtrees: Vec<_> = names.iter().map(|name| tlv(0x30, name)).collect();
        match names {
            [] => Vec::new(),
            _ => tlv(tag, &subtrees.concat()),
        }
    };
    let lists = [subtrees(0xa0, permitted), subtrees(0xa1, excluded)].concat();
    NameConstraints::parse(&tlv(0x30, &lists)).expect("constraints")
}

/// Encodes a subject with the given attribute.
fn subject(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    let attribute = [tlv(6, kind), tlv(tag, value)].concat();
    tlv(0x30, &tlv(0x31, &tlv(0x30, &attribute)))
}

/// Returns whether constraints allow a certificate with a subject and encoded alternative names.
fn allow(constraints: &NameConstraints, subject: &[u8], alternative: &[&[u8]]) -> bool {
    let (_, name) = X509Name::from_der(subject).expect("a name");
    let mut names = Names::of_subject(&name);
    names
        .add_alternative(&tlv(0x30, &alternative.concat()))
        .expect("names");
    constraints.allow(subject, &names)
}

const NO_SUBJECT: &[u8] = &[0x30, 0];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
const UTF8: u8 = 12;
const IA5: u8 = 22;

#[test]
fn names_of_a_constrained_type_are_within_a_permitted_subtree() {
    let permit = constraints(&[b"\x82\x06a.test", b"\x82\x06b.test"], &[]);
    for (names, is_allowed) in [
        (&[][..], true),
        (&[&b"\x82\x08x.a.test"[..]][..], true),
        (&[b"\x82\x06b.test"], true),
        (&[b"\x82\x06c.test"], false),
        (&[b"\x82\x06a.test", b"\x82\x06c.test"], false),
        // Another type.
        (&[b"\x81\x08x@c.test"], true),
        // Invalid.
        (&[b"\x82\x06\0.test"], false),
    ] {
        assert_eq!(allow(&permit, NO_SUBJECT, names), is_allowed, "{names:?}");
    }
}

#[test]
fn names_are_outside_of_excluded_subtrees() {
    let exclude = constraints(&[], &[b"\x82\x06a.test"]);
    assert!(!allow(&exclude, NO_SUBJECT, &[b"\x82\x08x.a.test"]));
    assert!(allow(&exclude, NO_SUBJECT, &[b"\x82\x06b.test"]));
    assert!(allow(&exclude, NO_SUBJECT, &[b"\x81\x08x@a.test"]));
    assert!(!allow(&exclude, NO_SUBJECT, &[b"\x82\x06\0.test"]));
}

#[test]
fn each_type_of_name_is_constrained() {
    let network = b"\x87\x08\x0a\0\0\0\xff\0\0\0";
    let directory = tlv(0xa4, &subject(COMMON_NAME, UTF8, b"A"));
    let other_directory = tlv(0xa4, &subject(COMMON_NAME, UTF8, b"B"));
    for (base, inside, outside) in [
        (
            &b"\x81\x06a.test"[..],
            &b"\x81\x08x@a.test"[..],
            &b"\x81\x08x@b.test"[..],
        ),
        (
            b"\x86\x06a.test",
            b"\x86\x0ex://a.test/abc",
            b"\x86\x0ex://b.test/abc",
        ),
        (network, b"\x87\x04\x0a\x01\x02\x03", b"\x87\x04\x0b\0\0\0"),
        (&directory, &directory, &other_directory),
    ] {
        let permit = constraints(&[base], &[]);
        let exclude = constraints(&[], &[base]);
        assert!(allow(&permit, NO_SUBJECT, &[inside]), "{base:?}");
        assert!(!allow(&permit, NO_SUBJECT, &[outside]), "{base:?}");
        assert!(!allow(&exclude, NO_SUBJECT, &[inside]), "{base:?}");
        assert!(allow(&exclude, NO_SUBJECT, &[outside]), "{base:?}");
    }
}

#[test]
fn the_subject_is_constrained() {
    let (a, b) = (
        subject(COMMON_NAME, UTF8, b"A"),
        subject(COMMON_NAME, UTF8, b"B"),
    );
    let permit = constraints(&[&tlv(0xa4, &a)], &[]);
    assert!(allow(&permit, &a, &[]));
    assert!(!allow(&permit, &b, &[]));
    // A certificate without a subject has no directory name.
    assert!(allow(&permit, NO_SUBJECT, &[]));

    let permit = constraints(&[b"\x81\x06a.test"], &[]);
    assert!(allow(
        &permit,
        &subject(EMAIL_ADDRESS, IA5, b"x@a.test"),
        &[]
    ));
    assert!(!allow(
        &permit,
        &subject(EMAIL_ADDRESS, IA5, b"x@b.test"),
        &[]
    ));
    assert!(!allow(
        &permit,
        &subject(EMAIL_ADDRESS, UTF8, b"x@a.test"),
        &[]
    ));
}

#[test]
fn names_that_may_be_those_of_a_host_are_constrained_as_such() {
    let network = b"\x87\x08\x0a\0\0\0\xff\0\0\0";
    let permit = constraints(&[b"\x82\x06a.test"], &[]);
    let exclude = constraints(&[], &[network]);
    // A URI is compared with the name of a host, as a whole.
    assert!(allow(&permit, NO_SUBJECT, &[b"\x86\x06a.test"]));
    assert!(!allow(&permit, NO_SUBJECT, &[b"\x86\x06b.test"]));
    assert!(!allow(
        &permit,
        NO_SUBJECT,
        &[&tlv(0x86, "\u{e4}.test".as_bytes())]
    ));
    // DNS names and URIs may be addresses.
    for kind in [0x82, 0x86] {
        assert!(!allow(&exclude, NO_SUBJECT, &[&tlv(kind, b"10.0.0.1")]));
        assert!(allow(&exclude, NO_SUBJECT, &[&tlv(kind, b"11.0.0.1")]));
    }
}

#[test]
fn common_names_are_constrained_without_dns_names_only() {
    let permit = constraints(&[b"\x82\x06a.test"], &[]);
    let common = |text: &[u8]| subject(COMMON_NAME, UTF8, text);
    assert!(allow(&permit, &common(b"a.test"), &[]));
    assert!(!allow(&permit, &common(b"b.test"), &[]));
    assert!(!allow(&permit, &common(b"b.test"), &[b"\x81\x03x@b"]));
    assert!(allow(&permit, &common(b"b.test"), &[b"\x82\x06a.test"]));
    assert!(allow(&permit, &common(b"An Authority"), &[]));
    // Not comparable, so that no constraint allows them.
    assert!(!allow(&permit, &common("\u{e4}.test".as_bytes()), &[]));
    assert!(!allow(&permit, &common(b"a\0.test"), &[]));
}

#[test]
fn constraints_with_unknown_parts_are_malformed_or_hold_nothing() {
    let minimum = b"\x82\x06a.test\x80\x01\x01";
    let permit = constraints(&[minimum], &[]);
    assert!(!allow(&permit, NO_SUBJECT, &[b"\x82\x06a.test"]));
    assert!(allow(&permit, NO_SUBJECT, &[b"\x81\x08x@a.test"]));
    // An address without a mask.
    let permit = constraints(&[b"\x87\x04\x0a\0\0\0"], &[]);
    assert!(!allow(&permit, NO_SUBJECT, &[b"\x87\x04\x0a\0\0\0"]));
    for malformed in [
        &b"\x30\x02\xa2\0"[..],
        b"\x30\x02\x30\0",
        b"\x30\x04\xa0\x02\x30\0",
        b"\x30\x05\xa0\x03\x82\x01a",
    ] {
        assert!(NameConstraints::parse(malformed).is_none(), "{malformed:?}");
    }
}

#[test]
fn the_number_of_comparisons_is_limited() {
    let subtrees = |base: &str| vec![Subtree::Name(GeneralName::Dns(base.into())); 250];
    let constraints = NameConstraints {
        permitted: subtrees(""),
        excluded: subtrees("a.test"),
    };
    let mut names = Names {
        alternative: vec![GeneralName::Dns("b.test".into()); MAX_COMPARISONS / 500],
        common: Vec::new(),
    };
    assert!(constraints.allow(NO_SUBJECT, &names));
    names.alternative.push(GeneralName::Dns("b.test".into()));
    assert!(!constraints.allow(NO_SUBJECT, &names));
}

#[test]
fn networks_of_both_versions_are_read() {
    let prefix = |ones: u32| u128::MAX.checked_shl(128 - ones).unwrap_or(0).to_be_bytes();
    let read = |mask: [u8; 16]| Network::read(&[[0x20; 16], mask].concat());
    let inside =
        IpAddr::from((u128::from_be_bytes([0x20; 16]) | u128::from(u64::MAX)).to_be_bytes());
    for ones in [0, 1, 64, 128] {
        let network = read(prefix(ones)).expect("a network");
        assert_eq!(network.holds(inside), ones <= 64, "{ones} bits");
        assert_eq!(
            network.holds(IpAddr::from([0; 16])),
            ones <= 2,
            "{ones} bits"
        );
        assert!(!network.holds(IpAddr::from([0x20; 4])));
    }
    assert!(read([0x0f; 16]).is_none());
}
