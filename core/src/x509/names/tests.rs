//! Tests of the names of certificates.

use super::*;

fn common(host: Option<&str>) -> Names {
    let common = CommonName {
        text: host.map(str::to_owned),
        host: host.map(str::to_owned),
    };
    Names {
        alternative: Vec::new(),
        common: vec![common],
    }
}

#[test]
fn a_wildcard_matches_one_label() {
    assert!(is_host(b"*.example.org", b"a.example.org"));
    assert!(is_host(b"*.Example.org", b"a.eXample.ORG"));
    assert!(!is_host(b"*.example.org", b"example.org"));
    assert!(!is_host(b"*.example.org", b"a.b.example.org"));
    assert!(!is_host(b"*.example.org", b""));
    assert!(!is_host(b"*.", b"a."));
    assert!(!is_host(b"a*.example.org", b"ab.example.org"));
}

#[test]
fn a_wildcard_matches_no_address() {
    assert!(!is_host(b"*.0.0.1", b"10.0.0.1"));
    assert!(is_host(b"10.0.0.1", b"10.0.0.1"));
    assert!(is_host(b"*.0.0.1", b"a.0.0.1"));
}

#[test]
fn case_is_ignored() {
    assert!(is_host(b"Example.ORG", b"example.org"));
    assert!(!is_host(b"example.org", b"example.or"));
    assert!(!is_host(b"", b""));
}

#[test]
fn the_common_name_is_used_without_alternative_names_only() {
    let mut names = common(Some("common.example"));
    assert!(names.any(false, |name| name == b"common.example"));
    names.alternative = vec![GeneralName::Email("a@b".into())];
    assert!(names.any(false, |name| name == b"common.example"));
    names.alternative = vec![GeneralName::Unusable(GeneralName::DNS)];
    assert!(!names.any(false, |_| true));
}

#[test]
fn an_address_is_no_common_name() {
    let names = common(Some("127.0.0.1"));
    assert!(!names.any(false, |_| true));
    assert!(names.any(true, |_| true));
}

#[test]
fn a_certificate_without_names_has_an_empty_one() {
    assert!(Names::default().any(false, |name| name.is_empty()));
    assert!(common(None).any(false, |name| name.is_empty()));
}

fn read(bytes: &[u8]) -> Option<GeneralName> {
    let (_, any) = Any::from_der(bytes).expect("a value");
    GeneralName::read(&any)
}

#[test]
fn names_with_control_characters_are_unusable() {
    assert_eq!(read(b"\x82\x01a"), Some(GeneralName::Dns("a".into())));
    let unusable = Some(GeneralName::Unusable(GeneralName::DNS));
    for bytes in [b"\x82\x03a\0b", b"\x82\x03a\nb", b"\x82\x03a\xffb"] {
        assert_eq!(read(bytes), unusable);
    }
    assert_eq!(read(b"\x8f\x01a"), None);
    assert_eq!(read(b"\x02\x01a"), None);
}

#[test]
fn each_type_of_name_is_read() {
    let address = [&[0x87, 16][..], &Ipv6Addr::LOCALHOST.octets()].concat();
    for (bytes, name) in [
        (&b"\x81\x03a@b"[..], GeneralName::Email("a@b".into())),
        (b"\x82\x01a", GeneralName::Dns("a".into())),
        (b"\xa4\x02\x30\x00", GeneralName::Directory(Vec::new())),
        (b"\x86\x03a:b", GeneralName::Uri("a:b".into())),
        (
            b"\x87\x04\x7f\0\0\x01",
            GeneralName::Address(Ipv4Addr::LOCALHOST.into()),
        ),
        (&address, GeneralName::Address(Ipv6Addr::LOCALHOST.into())),
        (b"\x87\x03\x7f\0\0", GeneralName::Unusable(7)),
        (b"\xa0\x00", GeneralName::Unusable(0)),
        (b"\xa3\x00", GeneralName::Unusable(3)),
        (b"\xa5\x00", GeneralName::Unusable(5)),
        (b"\x88\x01\x2a", GeneralName::Unusable(8)),
    ] {
        assert_eq!(name.kind(), Kind::from(bytes[0] & 0x1f));
        let is_usable = !matches!(name, GeneralName::Unusable(_));
        assert_eq!(name.is_usable(), is_usable);
        assert_eq!(read(bytes), Some(name));
    }
    // Primitive and constructed are exchanged.
    for bytes in [
        b"\xa1\x00",
        b"\xa2\x00",
        b"\x84\x00",
        b"\xa7\x00",
        b"\x80\x00",
    ] {
        assert_eq!(read(bytes), None);
    }
}

#[test]
fn dns_names_uris_and_addresses_are_hosts() {
    let mut names = common(Some("c.example"));
    names.alternative = vec![
        GeneralName::Email("a@b".into()),
        GeneralName::Dns("A.example".into()),
        GeneralName::Dns(String::new()),
        GeneralName::Uri("u:b".into()),
        GeneralName::Address(Ipv4Addr::LOCALHOST.into()),
        GeneralName::Address(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into()),
        GeneralName::Address(Ipv6Addr::LOCALHOST.into()),
        GeneralName::Unusable(GeneralName::DNS),
    ];
    let mut hosts = Vec::new();
    names.each_host(|host| hosts.push(String::from_utf8_lossy(host).into_owned()));
    assert_eq!(
        hosts,
        ["A.example", "u:b", "127.0.0.1", "::ffff:7f00:1", "::1"]
    );
    assert_eq!(names.server_names(), [b"a.example"]);
    names.drop_alternative();
    assert_eq!(names.server_names(), [b"c.example"]);
    Names::default().each_host(|_| panic!("there is no name"));
}

#[test]
fn a_common_name_has_the_length_of_a_host() {
    for (len, is_host) in [(0, false), (1, true), (254, true), (255, false)] {
        let names = common(Some(&"a".repeat(len)));
        assert_eq!(names.any(true, |_| true), is_host, "{len} bytes");
    }
}

/// Encodes a subject with one attribute.
fn subject(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    let tlv = |tag: u8, content: &[u8]| [&[tag, content.len() as u8], content].concat();
    let attribute = [tlv(6, kind), tlv(tag, value)].concat();
    tlv(0x30, &tlv(0x31, &tlv(0x30, &attribute)))
}

#[test]
fn only_plain_strings_are_hosts() {
    let utf8 = 12;
    let printable = 19;
    let ia5 = 22;
    for (tag, value, text, host) in [
        (utf8, &b"a.b"[..], Some("a.b"), Some("a.b")),
        (printable, b"a.b", Some("a.b"), Some("a.b")),
        (ia5, b"a.b", Some("a.b"), None),
        (utf8, b"a.b\0", Some("a.b"), None),
        (utf8, b"a\0b", None, None),
        (utf8, b"a\nb", Some("a\nb"), None),
    ] {
        let subject = subject(&[0x55, 4, 3], tag, value);
        let (_, subject) = X509Name::from_der(&subject).expect("a name");
        let attribute = subject.iter_common_name().next().expect("a common name");
        let name = CommonName::read(attribute);
        assert_eq!((name.text.as_deref(), name.host.as_deref()), (text, host));
    }
}

#[test]
fn emails_of_a_subject_are_ia5_strings() {
    let kind = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
    let unusable = GeneralName::Unusable(GeneralName::EMAIL);
    for (tag, value, email) in [
        (22, b"a@b", GeneralName::Email("a@b".into())),
        (22, b"a\0b", unusable.clone()),
        (12, b"a@b", unusable),
    ] {
        let subject = subject(&kind, tag, value);
        let (_, subject) = X509Name::from_der(&subject).expect("a name");
        assert_eq!(emails(&subject), [email]);
    }
}

#[test]
fn the_memory_of_names_is_counted() {
    let mut names = common(Some("abc"));
    names.alternative = vec![
        GeneralName::Dns("abcde".into()),
        GeneralName::Directory(vec![0; 7]),
        GeneralName::Unusable(0),
    ];
    let structures = 3 * size_of::<GeneralName>() + size_of::<CommonName>();
    assert_eq!(names.size(), structures + 3 + 3 + 5 + 7);
}

#[test]
fn elements_are_those_of_a_whole_sequence() {
    let count = |bytes: &[u8]| {
        let all: Option<Vec<_>> = elements(bytes)?.collect();
        all.map(|all| all.len())
    };
    assert_eq!(count(b"\x30\x00"), Some(0));
    assert_eq!(count(b"\x30\x04\x05\x00\x05\x00"), Some(2));
    // Trailing bytes, a SET, another class, a primitive value, and an incomplete element.
    for bytes in [
        &b"\x30\x00\x00"[..],
        b"\x31\x00",
        b"\xb0\x00",
        b"\x10\x00",
        b"\x30\x03\x05\x00\x05",
    ] {
        assert_eq!(count(bytes), None, "{bytes:02x?}");
    }
}
