//! Identities: DNS names, IP addresses, common names. The names of a client certificate are checked
//! only by the host verification callback.

use super::{Pki, Table};
use crate::certificates::extensions::{
    Extension, NAMES, directory, dns, email, extension, ip, names, registered, uri,
};
use crate::certificates::{common_name, name};

/// Title, DNS name in the certificate, and server name.
const DNS: [(&str, &str, &str); 44] = [
    ("exact", "a.test", "a.test"),
    ("another", "a.test", "b.test"),
    ("case", "A.Test", "a.tEST"),
    ("longer", "a.test", "b.a.test"),
    ("shorter", "b.a.test", "a.test"),
    ("prefix", "a.testing", "a.test"),
    ("suffix", "xa.test", "a.test"),
    ("wildcard", "*.a.test", "b.a.test"),
    ("wildcard-case", "*.A.test", "b.a.TEST"),
    ("wildcard-two-labels", "*.a.test", "c.b.a.test"),
    ("wildcard-no-label", "*.a.test", "a.test"),
    ("wildcard-empty-label", "*.a.test", ".a.test"),
    ("wildcard-itself", "*.a.test", "*.a.test"),
    ("wildcard-of-all", "*", "a.test"),
    ("wildcard-of-all-one-label", "*", "test"),
    ("wildcard-of-a-top-level", "*.test", "a.test"),
    ("wildcard-dot", "*.", "a."),
    ("wildcard-dot-nothing", "*.", "a"),
    ("wildcard-not-first", "a.*.test", "a.b.test"),
    ("wildcard-with-letters", "b*.a.test", "bc.a.test"),
    ("wildcard-before-letters", "*c.a.test", "bc.a.test"),
    ("wildcard-twice", "*.*.test", "a.b.test"),
    ("wildcard-and-idn", "*.a.test", "xn--bcher-kva.a.test"),
    ("wildcard-in-idn", "xn--*.a.test", "xn--bcher-kva.a.test"),
    ("idn", "xn--bcher-kva.test", "xn--bcher-kva.test"),
    ("idn-case", "XN--bcher-KVA.test", "xn--bcher-kva.test"),
    ("dot-at-the-end-of-both", "a.test.", "a.test."),
    ("dot-at-the-end-of-the-certificate", "a.test.", "a.test"),
    ("dot-at-the-end-of-the-host", "a.test", "a.test."),
    ("dot-at-the-beginning", ".a.test", "b.a.test"),
    ("one-label", "localhost", "localhost"),
    ("underscore", "a_b.test", "a_b.test"),
    ("hyphen", "-a-.test", "-a-.test"),
    ("digits", "1.2.3", "1.2.3"),
    ("address", "127.0.0.1", "127.0.0.1"),
    ("address-by-wildcard", "*.0.0.1", "127.0.0.1"),
    ("address-6", "::1", "::1"),
    ("space", "a test", "hex:612074657374"),
    ("space-at-the-end", "a.test ", "a.test"),
    ("slash", "a/b.test", "a/b.test"),
    ("at", "me@a.test", "me@a.test"),
    ("NUL", "a.test\0.b.test", "a.test"),
    ("NUL-at-the-end", "a.test\0", "a.test"),
    ("no-server-name", "a.test", "-"),
];

pub fn add(table: &mut Table) {
    for (title, presented, host) in DNS {
        table.case(format!("DNS-{title}"), |p| {
            p.leaf().with(names(&[dns(presented)]));
            p.host = host.into();
        });
        // The common name is used if there is no DNS name.
        table.case(format!("CN-{title}"), |p| {
            common(p, presented.as_bytes(), host)
        });
    }
    lists(table);
    addresses(table);
    common_names(table);
    let long = format!("{}.test", "a".repeat(63));
    table.case("DNS-label-of-63", |p| {
        p.leaf().with(names(&[dns(&long)]));
        p.host = long.clone();
    });
    let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "a".repeat(61));
    table.case("DNS-of-253", |p| {
        p.leaf().with(names(&[dns(&longest)]));
        p.host = longest.clone();
    });
    table.case("DNS-empty", |p| {
        p.leaf().with(names(&[dns("")]));
    });
    table.case("DNS-not-ASCII", |p| {
        p.leaf().with(names(&[dns("bücher.test")]));
        p.host = "hex:62c3bc636865722e74657374".into();
    });
    table.case("DNS-Latin-1", |p| {
        let name = crate::certificates::der::tlv(0x82, b"b\xfccher.test");
        p.leaf().with(names(&[name]));
        p.host = "hex:62fc636865722e74657374".into();
    });
}

fn common(p: &mut Pki, value: &[u8], host: &str) {
    p.leaf().without(NAMES).subject = name(&[("2.5.4.3", 0x0c, value)]);
    p.host = host.into();
}

/// Lists of names, and other types of names.
fn lists(table: &mut Table) {
    let host = "a.test";
    let lists: [(&str, Vec<Vec<u8>>); 16] = [
        ("second-of-two", vec![dns("b.test"), dns(host)]),
        ("twice", vec![dns(host), dns(host)]),
        ("empty-list", vec![]),
        ("after-an-empty-one", vec![dns(""), dns(host)]),
        ("before-an-empty-one", vec![dns(host), dns("")]),
        ("URI", vec![uri(host)]),
        ("URI-whole", vec![uri("https://a.test/")]),
        ("email", vec![email("me@a.test")]),
        ("email-as-the-host", vec![email(host)]),
        ("email-before", vec![email("me@a.test"), dns(host)]),
        ("email-last", vec![dns("b.test"), email("me@a.test")]),
        ("directory", vec![directory(&common_name(host))]),
        (
            "directory-before",
            vec![directory(&common_name("x")), dns(host)],
        ),
        ("registered-id", vec![registered("1.2.3")]),
        (
            "unknown-type",
            vec![crate::certificates::der::tlv(0x8f, b"x"), dns(host)],
        ),
        ("address-before", vec![ip(&[127, 0, 0, 1]), dns(host)]),
    ];
    for (title, list) in lists {
        table.case(format!("names-{title}"), |p| {
            p.leaf().with(names(&list));
            p.host = host.into();
        });
        // Whether the type of an alternative name excludes the common name.
        table.case(format!("names-{title}-and-CN"), |p| {
            p.leaf().with(names(&list)).subject = common_name("only.cn.test");
            p.host = "only.cn.test".into();
        });
    }
    table.case("names-critical", |p| {
        let extension = names(&[dns("leaf.test")]).critical(true);
        p.leaf().with(extension);
    });
    table.case("names-garbage", |p| {
        let extension: Extension = extension(NAMES, false, b"garbage".to_vec());
        p.leaf().with(extension).subject = common_name("leaf.test");
    });
    table.case("names-twice-as-extension", |p| {
        let second = names(&[dns("second.test")]);
        p.leaf().extensions.push(second);
        p.host = "second.test".into();
    });
}

fn addresses(table: &mut Table) {
    let six = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let long: Vec<u8> = (0..16).map(|byte| 0x20 + byte).collect();
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1];
    let gap = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    let rows: [(&str, &[u8], &str); 15] = [
        ("4", &[127, 0, 0, 1], "127.0.0.1"),
        ("4-another", &[127, 0, 0, 1], "127.0.0.2"),
        ("4-zeros", &[127, 0, 0, 1], "127.0.0.01"),
        ("4-short", &[127, 0, 0, 1], "127.1"),
        ("6", &six, "::1"),
        ("6-whole", &six, "0:0:0:0:0:0:0:1"),
        ("6-brackets", &six, "[::1]"),
        ("6-long", &long, "2021:2223:2425:2627:2829:2a2b:2c2d:2e2f"),
        (
            "6-capitals",
            &long,
            "2021:2223:2425:2627:2829:2A2B:2C2D:2E2F",
        ),
        ("6-mapped", &mapped, "::ffff:127.0.0.1"),
        ("6-mapped-hex", &mapped, "::ffff:7f00:1"),
        ("6-gap", &gap, "2001:db8::1:0:0:1"),
        ("of-3-bytes", &[127, 0, 0], "127.0.0"),
        ("of-8-bytes", &[127, 0, 0, 1, 255, 0, 0, 0], "127.0.0.1"),
        ("of-no-bytes", &[], "127.0.0.1"),
    ];
    for (title, address, host) in rows {
        table.case(format!("IP-{title}"), |p| {
            p.leaf().with(names(&[ip(address)]));
            p.host = host.into();
        });
    }
}

fn common_names(table: &mut Table) {
    let host = "a.test";
    let strings: [(&str, u8, &[u8]); 8] = [
        ("PrintableString", 0x13, b"a.test"),
        ("TeletexString", 0x14, b"a.test"),
        ("IA5String", 0x16, b"a.test"),
        ("NumericString", 0x12, b"a.test"),
        ("BMPString", 0x1e, b"\0a\0.\0t\0e\0s\0t"),
        (
            "UniversalString",
            0x1c,
            b"\0\0\0a\0\0\0.\0\0\0t\0\0\0e\0\0\0s\0\0\0t",
        ),
        ("OctetString", 0x04, b"a.test"),
        ("Latin-1-in-UTF8String", 0x0c, b"b\xfccher.test"),
    ];
    for (title, tag, value) in strings {
        table.case(format!("CN-as-{title}"), |p| {
            p.leaf().without(NAMES).subject = name(&[("2.5.4.3", tag, value)]);
            p.host = host.into();
        });
    }
    table.case("CN-beside-names", |p| {
        p.leaf().subject = common_name(host);
        p.host = host.into();
    });
    table.case("CN-twice-last-counts", |p| {
        let kind = "2.5.4.3";
        p.leaf().without(NAMES).subject = name(&[(kind, 0x0c, b"b.test"), (kind, 0x0c, b"a.test")]);
        p.host = host.into();
    });
    table.case("CN-twice-first-does-not", |p| {
        let kind = "2.5.4.3";
        p.leaf().without(NAMES).subject = name(&[(kind, 0x0c, b"a.test"), (kind, 0x0c, b"b.test")]);
        p.host = host.into();
    });
    table.case("CN-not-last", |p| {
        p.leaf().without(NAMES).subject =
            name(&[("2.5.4.3", 0x0c, b"a.test"), ("2.5.4.10", 0x0c, b"b.test")]);
        p.host = host.into();
    });
    table.case("CN-empty", |p| common(p, b"", host));
    table.case("CN-of-254", |p| {
        common(p, "a".repeat(254).as_bytes(), "254*a")
    });
    table.case("CN-of-255", |p| {
        common(p, "a".repeat(255).as_bytes(), "255*a")
    });
    table.case("CN-none", |p| {
        p.leaf().without(NAMES).subject = name(&[("2.5.4.10", 0x0c, b"a.test")]);
        p.host = host.into();
    });
    table.case("CN-none-and-no-host", |p| {
        p.leaf().without(NAMES).subject = name(&[]);
        p.host = "-".into();
    });
    table.case("subject-empty", |p| p.leaf().subject = name(&[]));
    table.case("subject-empty-and-names-critical", |p| {
        let extension = names(&[dns("leaf.test")]).critical(true);
        p.leaf().with(extension).subject = name(&[]);
    });
}
