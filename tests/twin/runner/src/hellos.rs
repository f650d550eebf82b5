//! Scripts with valid and malformed ClientHellos, parsed from bytes and sent to a server.

use crate::hex::hex;

/// The parts of a ClientHello.
#[derive(Clone)]
pub struct Hello {
    typ: u8,
    pub legacy_version: [u8; 2],
    pub random: [u8; 32],
    pub session_id: Vec<u8>,
    pub suites: Vec<u8>,
    pub compression: Vec<u8>,
    /// `None` for a message that ends before the extensions.
    pub extensions: Option<Vec<(u16, Vec<u8>)>>,
    /// Bytes after the end.
    trailing: Vec<u8>,
    /// Error of the length in the header.
    length_error: i32,
    record_version: [u8; 2],
}

impl Hello {
    pub fn new(extensions: &[(u16, &[u8])]) -> Self {
        Self {
            typ: 1,
            legacy_version: [3, 3],
            random: std::array::from_fn(|byte| 0xa0 ^ byte as u8),
            session_id: vec![0x5e; 32],
            suites: vec![0x13, 1, 0x13, 2, 0xc0, 0x2b, 0xc0, 0x2f, 0, 0x9c],
            compression: vec![0],
            extensions: Some(
                extensions
                    .iter()
                    .map(|&(typ, data)| (typ, data.to_vec()))
                    .collect(),
            ),
            trailing: Vec::new(),
            length_error: 0,
            record_version: [3, 1],
        }
    }

    pub fn message(&self) -> Vec<u8> {
        let mut body = self.legacy_version.to_vec();
        body.extend(self.random);
        body.push(self.session_id.len() as u8);
        body.extend(&self.session_id);
        body.extend((self.suites.len() as u16).to_be_bytes());
        body.extend(&self.suites);
        body.push(self.compression.len() as u8);
        body.extend(&self.compression);
        if let Some(extensions) = &self.extensions {
            let mut list = Vec::new();
            for (typ, data) in extensions {
                list.extend(typ.to_be_bytes());
                list.extend((data.len() as u16).to_be_bytes());
                list.extend(data);
            }
            body.extend((list.len() as u16).to_be_bytes());
            body.extend(list);
        }
        body.extend(&self.trailing);
        let len = (body.len() as i32 + self.length_error) as u32;
        let mut message = vec![self.typ];
        message.extend(&len.to_be_bytes()[1..]);
        message.extend(body);
        message
    }

    fn record(&self) -> Vec<u8> {
        self.records(usize::from(u16::MAX))
    }

    /// The message in records of at most `size` bytes.
    pub fn records(&self, size: usize) -> Vec<u8> {
        let mut records = Vec::new();
        for part in self.message().chunks(size) {
            records.push(22);
            records.extend(self.record_version);
            records.extend((part.len() as u16).to_be_bytes());
            records.extend(part);
        }
        records
    }
}

pub const NAME: (u16, &[u8]) = (0, b"\0\x0c\0\0\x09localhost");
pub const GROUPS: (u16, &[u8]) = (10, &[0, 6, 0, 23, 0, 24, 0, 29]);
const POINTS: (u16, &[u8]) = (11, &[1, 0]);
pub const SCHEMES: (u16, &[u8]) = (13, &[0, 6, 4, 3, 8, 4, 4, 1]);
pub const ALPN: (u16, &[u8]) = (16, b"\0\x0c\x02h2\x08http/1.1");
pub const VERSIONS_12: (u16, &[u8]) = (43, &[2, 3, 3]);
pub const VERSIONS: (u16, &[u8]) = (43, &[4, 3, 4, 3, 3]);
pub const UNKNOWN: (u16, &[u8]) = (0xfe01, b"unknown");
const GREASE: (u16, &[u8]) = (0x1a1a, b"");
const TICKET: (u16, &[u8]) = (35, b"");
pub const MASTER_SECRET: (u16, &[u8]) = (23, b"");
/// A share of secp256r1: the generator.
pub const SHARE: &[u8] = &[
    0, 69, 0, 23, 0, 65, 4, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
    0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45,
    0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a,
    0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68,
    0x37, 0xbf, 0x51, 0xf5,
];
pub const KEY_SHARE: (u16, &[u8]) = (51, SHARE);

/// Extensions of a TLS 1.3 client.
const MODERN: [(u16, &[u8]); 8] = [
    NAME,
    GROUPS,
    SCHEMES,
    ALPN,
    VERSIONS,
    KEY_SHARE,
    UNKNOWN,
    MASTER_SECRET,
];
const OLD: [(u16, &[u8]); 6] = [NAME, GROUPS, POINTS, SCHEMES, TICKET, MASTER_SECRET];

fn all() -> Vec<(String, Hello)> {
    let mut hellos = Vec::new();
    let mut hello = |name: &str, extensions: &[(u16, &[u8])], change: fn(&mut Hello)| {
        let mut hello = Hello::new(extensions);
        change(&mut hello);
        hellos.push((name.to_owned(), hello));
    };
    hello("modern", &MODERN, |_| ());
    hello("old", &OLD, |_| ());
    hello("without-extensions", &[], |_| ());
    hello("that-ends-before-extensions", &[], |hello| {
        hello.extensions = None
    });
    hello("without-session-id", &OLD, |hello| hello.session_id.clear());
    hello("with-a-session-id-of-one", &OLD, |hello| {
        hello.session_id.truncate(1)
    });
    hello("with-a-session-id-of-33", &OLD, |hello| {
        hello.session_id.push(1)
    });
    hello("without-suites", &OLD, |hello| hello.suites.clear());
    hello("with-half-a-suite", &OLD, |hello| hello.suites.push(1));
    hello("with-unknown-suites", &OLD, |hello| {
        hello.suites = vec![0xfa, 0xfa, 0x12, 0x34]
    });
    hello("with-signalling-suites", &OLD, |hello| {
        hello.suites.extend([0, 0xff, 0x56, 0, 0x5a, 0x5a]);
    });
    hello("without-compression", &OLD, |hello| {
        hello.compression.clear()
    });
    hello("with-compressions", &OLD, |hello| {
        hello.compression = vec![1, 0, 64]
    });
    hello("with-compression-only", &OLD, |hello| {
        hello.compression = vec![1]
    });
    hello("with-trailing-bytes", &OLD, |hello| {
        hello.trailing = vec![0; 3]
    });
    hello("with-a-trailing-byte-after-the-message", &OLD, |hello| {
        hello.trailing = vec![0];
        hello.length_error = -1;
    });
    hello("longer-than-it-is", &OLD, |hello| hello.length_error = 1);
    hello("of-another-type", &OLD, |hello| hello.typ = 2);
    hello("of-TLS-1.0", &OLD, |hello| hello.legacy_version = [3, 1]);
    hello("of-SSLv3", &OLD, |hello| hello.legacy_version = [3, 0]);
    hello("of-TLS-1.3-by-its-version", &OLD, |hello| {
        hello.legacy_version = [3, 4]
    });
    hello("of-a-far-version", &MODERN, |hello| {
        hello.legacy_version = [3, 9]
    });
    hello("of-version-2", &OLD, |hello| hello.legacy_version = [2, 0]);
    hello("in-a-record-of-TLS-1.2", &MODERN, |hello| {
        hello.record_version = [3, 3]
    });
    hello("in-a-record-of-SSLv3", &OLD, |hello| {
        hello.record_version = [3, 0]
    });
    hello(
        "with-GREASE",
        &[
            GREASE,
            NAME,
            GROUPS,
            SCHEMES,
            VERSIONS,
            KEY_SHARE,
            (0x3a3a, &[0]),
        ],
        |hello| {
            hello.suites.splice(0..0, [0x0a, 0x0a]);
        },
    );
    hello(
        "with-an-extension-twice",
        &[NAME, GROUPS, SCHEMES, NAME],
        |_| (),
    );
    hello(
        "with-an-unknown-extension-twice",
        &[NAME, GROUPS, SCHEMES, UNKNOWN, UNKNOWN],
        |_| (),
    );
    hello("without-a-name", &[GROUPS, SCHEMES, POINTS], |_| ());
    hello(
        "with-an-empty-list-of-names",
        &[(0, &[0, 0]), GROUPS, SCHEMES],
        |_| (),
    );
    hello(
        "with-an-empty-name",
        &[(0, &[0, 3, 0, 0, 0]), GROUPS, SCHEMES],
        |_| (),
    );
    hello(
        "with-a-name-of-another-type",
        &[(0, b"\0\x04\x01\0\x01a"), GROUPS, SCHEMES],
        |_| (),
    );
    hello(
        "with-two-names",
        &[(0, b"\0\x08\0\0\x01a\0\0\x01b"), GROUPS, SCHEMES],
        |_| (),
    );
    hello(
        "with-a-name-too-long",
        &[(0, b"\0\x04\0\0\x09a"), GROUPS, SCHEMES],
        |_| (),
    );
    hello(
        "with-a-NUL-in-the-name",
        &[(0, b"\0\x06\0\0\x03a\0b"), GROUPS, SCHEMES],
        |_| (),
    );
    hello(
        "with-an-address-for-a-name",
        &[(0, b"\0\x0c\0\0\x09127.0.0.1"), GROUPS, SCHEMES],
        |_| (),
    );
    hello("without-groups", &[NAME, SCHEMES, POINTS], |_| ());
    hello("with-no-groups", &[NAME, (10, &[0, 0]), SCHEMES], |_| ());
    hello(
        "with-half-a-group",
        &[NAME, (10, &[0, 3, 0, 23, 0]), SCHEMES],
        |_| (),
    );
    hello(
        "with-fewer-groups-than-its-length",
        &[NAME, (10, &[0, 9, 0, 23]), SCHEMES],
        |_| (),
    );
    hello(
        "with-unknown-groups",
        &[NAME, (10, &[0, 4, 0x2a, 0x2a, 0xfe, 1]), SCHEMES],
        |_| (),
    );
    hello("without-signature-schemes", &[NAME, GROUPS], |_| ());
    hello(
        "with-no-signature-schemes",
        &[NAME, GROUPS, (13, &[0, 0])],
        |_| (),
    );
    hello(
        "with-unknown-signature-schemes",
        &[NAME, GROUPS, (13, &[0, 2, 0xfe, 1])],
        |_| (),
    );
    hello(
        "with-an-empty-ALPN",
        &[NAME, GROUPS, SCHEMES, (16, &[0, 0])],
        |_| (),
    );
    hello(
        "with-an-ALPN-of-one-byte",
        &[NAME, GROUPS, SCHEMES, (16, b"\0\x02\x01x")],
        |_| (),
    );
    hello(
        "with-an-ALPN-of-GREASE",
        &[NAME, GROUPS, SCHEMES, (16, &[0, 3, 2, 0x2a, 0x2a])],
        |_| (),
    );
    hello(
        "with-an-ALPN-not-ASCII",
        &[NAME, GROUPS, SCHEMES, (16, &[0, 4, 3, 0xff, 65, 0xfe])],
        |_| (),
    );
    hello(
        "with-TLS-1.2-in-supported-versions",
        &[NAME, GROUPS, SCHEMES, VERSIONS_12],
        |_| (),
    );
    hello(
        "with-no-supported-versions",
        &[NAME, GROUPS, SCHEMES, (43, &[0])],
        |_| (),
    );
    hello(
        "with-half-a-supported-version",
        &[NAME, GROUPS, SCHEMES, (43, &[3, 3, 4, 3])],
        |_| (),
    );
    hello(
        "with-TLS-1.4-in-supported-versions",
        &[NAME, GROUPS, SCHEMES, (43, &[2, 3, 5])],
        |_| (),
    );
    hello("with-a-cut-extension", &[NAME, GROUPS, SCHEMES], |hello| {
        let extensions = hello.extensions.as_mut().expect("set by `Hello::new`");
        extensions.push((0xfe02, Vec::new()));
        hello.trailing = vec![0xfe];
    });
    hello(
        "with-a-large-extension",
        &[NAME, GROUPS, SCHEMES],
        |hello| {
            let extensions = hello.extensions.as_mut().expect("set by `Hello::new`");
            extensions.push((0xfe03, vec![7; 3000]));
        },
    );
    hello("with-100-extensions", &[NAME, GROUPS, SCHEMES], |hello| {
        let extensions = hello.extensions.as_mut().expect("set by `Hello::new`");
        extensions.extend((0..100).map(|number| (0xf000 + number, vec![number as u8])));
    });
    hello("with-150-suites", &[NAME, GROUPS, SCHEMES], |hello| {
        // In descending order: sorted, the last ones would be the first.
        let suites = (0..150).flat_map(|number: u16| (0x7fff - number).to_be_bytes());
        hello.suites.extend(suites);
    });
    hellos
}

/// Scripts for each ClientHello: parsed, and received by servers of both versions.
pub fn scripts() -> Vec<(String, Vec<String>)> {
    let mut scripts = Vec::new();
    for (name, hello) in all() {
        let mut parsed = vec![format!("parse h {}", hex(&hello.message()))];
        // A ClientHello that is not parsed has no fields.
        let is_bad = [
            "cut",
            "longer",
            "of-another-type",
            "trailing",
            "session-id-of-33",
            "without-suites",
            "half-a-suite",
            "twice",
        ];
        if !is_bad.iter().any(|part| name.contains(part)) {
            parsed.extend(queries("h"));
            parsed.push("free_hello h".into());
        }
        scripts.push((format!("hello/{name}/parsed"), parsed));

        for (version, policy) in [
            ("12", "ELBSecurityPolicy-TLS-1-2-2017-01"),
            ("13", "default_tls13"),
        ] {
            let mut sent = server(policy);
            receives(&mut sent, &hello.record());
            sent.extend(queries("s"));
            sent.push("free_hello s".into());
            scripts.push((format!("hello/{name}/{version}"), sent));
        }
    }
    scripts
}

/// All getters, with buffers of various sizes.
fn queries(hello: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for field in [
        "raw",
        "suites",
        "extensions",
        "session_id",
        "compression",
        "name",
    ] {
        lines.push(format!("hello_length {hello} {field}"));
    }
    for typ in [0, 10, 11, 13, 16, 23, 35, 43, 51, 0xfe01, 0x1a1a, 0xf00a] {
        lines.push(format!("hello_length {hello} {typ}"));
        lines.push(format!("hello_has {hello} {typ}"));
        for capacity in ["nobuf", "1", "100"] {
            lines.push(format!("hello_field {hello} {typ} {capacity}"));
        }
    }
    for capacity in ["nobuf", "0", "1", "5", "9", "10", "31", "32", "33", "4000"] {
        for field in ["raw", "suites", "extensions"] {
            lines.push(format!("hello_field {hello} {field} {capacity}"));
        }
        for verb in ["session_id", "compression", "groups", "name", "random"] {
            lines.push(format!("hello_{verb} {hello} {capacity}"));
        }
    }
    lines.push(format!("hello_versions {hello}"));
    for kind in ["ja3", "ja4"] {
        lines.push(format!("fingerprint f {kind}"));
        lines.push("fingerprint_sizes f".into());
        lines.push("fingerprint_hash f 100".into());
        lines.push(format!("fingerprint_of f {hello}"));
        lines.push("fingerprint_sizes f".into());
        for capacity in ["nobuf", "0", "8", "16", "32", "36", "4000"] {
            lines.push(format!("fingerprint_hash f {capacity}"));
            lines.push(format!("fingerprint_raw f {capacity}"));
            lines.push(format!("hello_hash {hello} {kind} {capacity}"));
            lines.push(format!("hello_string {hello} {kind} {capacity}"));
        }
        lines.push("fingerprint_sizes f".into());
        lines.push("fingerprint_wipe f".into());
        lines.push("fingerprint_hash f 100".into());
        lines.push("fingerprint_free f".into());
    }
    lines
}

/// A server connection with a certificate and ALPN protocols.
pub(crate) fn server(policy: &str) -> Vec<String> {
    [
        "config sc",
        &format!("policy sc {policy}"),
        "add_chain sc ecdsa",
        "config cc",
        "alpn sc http/1.1 h2",
        "connections",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Delivers bytes to the server.
pub(crate) fn receives(script: &mut Vec<String>, bytes: &[u8]) {
    script.push(format!("inject s {}", hex(bytes)));
    script.push("negotiate s".into());
}
