//! Scripts for ClientHello processing in a server: the second ClientHello after a
//! HelloRetryRequest, protocol versions, and server names.

use crate::hellos::{
    ALPN, GROUPS, Hello, KEY_SHARE, MASTER_SECRET, NAME, SCHEMES, SHARE, UNKNOWN, VERSIONS,
    VERSIONS_12, receives, server,
};

type Extension = (u16, &'static [u8]);

const NO_SHARE: Extension = (51, &[0, 0]);
const OTHER: Extension = (0xabcd, b"other");
const KEY_MODES: Extension = (45, &[1, 1]);

/// Extensions of the first ClientHello, and of the second except for its key share.
const EXTENSIONS: [Extension; 10] = [
    NAME,
    GROUPS,
    SCHEMES,
    ALPN,
    VERSIONS,
    NO_SHARE,
    MASTER_SECRET,
    UNKNOWN,
    OTHER,
    KEY_MODES,
];

/// A modification of the second ClientHello.
enum Change {
    Fields(fn(&mut Hello)),
    /// Replaces the data of an extension.
    Data(u16, &'static [u8]),
    Without(u16),
    With(u16, &'static [u8]),
    Order,
}

use Change::*;

const CHANGES: [(&str, Change); 33] = [
    ("nothing", Fields(|_| ())),
    ("random", Fields(|hello| hello.random[31] ^= 1)),
    ("session-id", Fields(|hello| hello.session_id[0] ^= 1)),
    ("no-session-id", Fields(|hello| hello.session_id.clear())),
    ("suites", Fields(|hello| hello.suites.truncate(4))),
    (
        "order-of-suites",
        Fields(|hello| hello.suites.rotate_left(2)),
    ),
    ("compression", Fields(|hello| hello.compression.push(1))),
    ("version", Fields(|hello| hello.legacy_version = [3, 2])),
    ("name", Data(0, b"\0\x0c\0\0\x09otherhost")),
    ("no-name", Without(0)),
    ("groups", Data(10, &[0, 4, 0, 23, 0, 24])),
    ("schemes", Data(13, &[0, 4, 4, 3, 8, 4])),
    ("protocols", Data(16, b"\0\x03\x02h2")),
    ("no-protocols", Without(16)),
    ("versions", Data(43, &[2, 3, 4])),
    ("no-master-secret", Without(23)),
    ("no-key-modes", Without(45)),
    ("known-extension", Data(0xfe01, b"changed")),
    ("unknown-extension", Data(0xabcd, b"changed")),
    ("no-unknown-extension", Without(0xabcd)),
    ("another-extension", With(0xabce, b"new")),
    ("ticket", With(35, b"")),
    ("fragment-length", With(1, &[1])),
    ("order", Order),
    ("padding", With(21, &[0; 9])),
    ("cookie", With(44, b"\0\x01x")),
    ("early-data", With(42, b"")),
    ("psk", With(41, PSK)),
    ("twice", With(0, b"\0\x0c\0\0\x09localhost")),
    ("two-shares", Data(51, TWO_SHARES)),
    ("share-of-another-group", Data(51, OTHER_SHARE)),
    ("no-share", Data(51, &[0, 0])),
    ("no-list-of-shares", Without(51)),
];

/// An identity and a binder, both of zeros.
const PSK: &[u8] = &{
    let mut bytes = [0; 2 + 8 + 2 + 33];
    bytes[1] = 8;
    bytes[3] = 2;
    bytes[11] = 33;
    bytes[12] = 32;
    bytes
};

/// A share of secp256r1, and one of x25519.
const TWO_SHARES: &[u8] = &{
    let mut bytes = [7; SHARE.len() + 4 + 32];
    let mut index = 0;
    while index < SHARE.len() {
        bytes[index] = SHARE[index];
        index += 1;
    }
    bytes[1] = (bytes.len() - 2) as u8;
    bytes[index] = 0;
    bytes[index + 1] = 29;
    bytes[index + 2] = 0;
    bytes[index + 3] = 32;
    bytes
};

const OTHER_SHARE: &[u8] = &{
    let mut bytes = [7; 2 + 4 + 32];
    bytes[0] = 0;
    bytes[1] = 36;
    bytes[2] = 0;
    bytes[3] = 29;
    bytes[4] = 0;
    bytes[5] = 32;
    bytes
};

impl Change {
    fn apply(&self, hello: &mut Hello) {
        let extensions = hello.extensions.as_mut().expect("set by `Hello::new`");
        match *self {
            Fields(change) => change(hello),
            Data(typ, new) => extensions
                .iter_mut()
                .filter(|(other, _)| *other == typ)
                .for_each(|(_, data)| *data = new.to_vec()),
            Without(typ) => extensions.retain(|(other, _)| *other != typ),
            With(typ, data) => extensions.push((typ, data.to_vec())),
            Order => extensions.swap(0, 1),
        }
    }
}

fn second() -> Hello {
    let mut hello = Hello::new(&EXTENSIONS);
    Data(KEY_SHARE.0, KEY_SHARE.1).apply(&mut hello);
    hello
}

/// Scripts with a second ClientHello.
fn retries() -> Vec<(String, Vec<String>)> {
    let retried = || {
        let mut script = server("default_tls13");
        receives(&mut script, &Hello::new(&EXTENSIONS).records(10_000));
        script.push("records c".into());
        script
    };
    let mut scripts = Vec::new();
    for (name, change) in CHANGES {
        let mut hello = second();
        change.apply(&mut hello);
        let mut script = retried();
        receives(&mut script, &hello.records(10_000));
        if ["nothing", "padding"].contains(&name) {
            script.push("hello_length s raw".into());
        }
        scripts.push((format!("second-hello/{name}/"), script));
    }
    for size in [1, 7, 200] {
        let mut script = retried();
        receives(&mut script, &second().records(size));
        let queries = [
            "hello_length s raw",
            "hello_has s 51",
            "hello_field s 51 100",
        ];
        script.extend(queries.map(str::to_owned));
        scripts.push((format!("second-hello/in-pieces-of-{size}/"), script));
    }
    let mut script = retried();
    let pieces = second().records(100);
    let (front, back) = pieces.split_at(105);
    receives(&mut script, front);
    receives(&mut script, &[&[20, 3, 3, 0, 1, 1], back].concat());
    scripts.push(("second-hello/interrupted/".into(), script));
    scripts
}

const LEGACY_VERSIONS: [[u8; 2]; 12] = [
    [0, 0],
    [2, 0],
    [3, 0],
    [3, 1],
    [3, 2],
    [3, 3],
    [3, 4],
    [3, 5],
    [4, 0],
    [9, 9],
    [0x1a, 0x1a],
    [0xff, 0xff],
];

const SUPPORTED_VERSIONS: [(&str, Option<Extension>); 9] = [
    ("none", None),
    ("13-12", Some(VERSIONS)),
    ("12", Some(VERSIONS_12)),
    ("13", Some((43, &[2, 3, 4]))),
    ("11-12", Some((43, &[4, 3, 2, 3, 3]))),
    ("ssl3-13", Some((43, &[4, 3, 0, 3, 4]))),
    ("grease-13-12", Some((43, &[6, 0x2a, 0x2a, 3, 4, 3, 3]))),
    ("grease", Some((43, &[2, 0x2a, 0x2a]))),
    ("ssl2", Some((43, &[2, 0, 2]))),
];

/// Scripts for legacy and supported versions.
fn versions() -> Vec<(String, Vec<String>)> {
    let mut scripts = Vec::new();
    for (server_version, policy) in [
        ("12", "ELBSecurityPolicy-TLS-1-2-2017-01"),
        ("13", "default_tls13"),
    ] {
        for [major, minor] in LEGACY_VERSIONS {
            for (name, versions) in SUPPORTED_VERSIONS {
                let mut extensions = vec![NAME, GROUPS, SCHEMES, KEY_SHARE, MASTER_SECRET];
                extensions.extend(versions);
                let mut hello = Hello::new(&extensions);
                hello.legacy_version = [major, minor];
                let mut script = server(policy);
                receives(&mut script, &hello.records(10_000));
                script.push("state s".into());
                script.push("hello_versions s".into());
                let name = format!("version/{server_version}/{major}.{minor}/{name}/");
                scripts.push((name, script));
            }
        }
    }
    scripts
}

/// Scripts for SNI names, as a server reports them.
fn names() -> Vec<(String, Vec<String>)> {
    let mut scripts = Vec::new();
    for (kind, name) in [
        ("short", b"a".to_vec()),
        ("of-254", vec![b'a'; 254]),
        ("of-255", vec![b'a'; 255]),
        ("of-256", vec![b'a'; 256]),
        ("of-9000", vec![b'a'; 9000]),
        ("with-a-NUL", b"localhost\0x".to_vec()),
        ("with-spaces", b"no name".to_vec()),
        ("with-a-dot", b"localhost.".to_vec()),
    ] {
        let len = |extra: usize| ((name.len() + extra) as u16).to_be_bytes();
        let data = [&len(3)[..], &[0], &len(0), &name].concat();
        let extensions = [(0, &data[..]), GROUPS, SCHEMES, VERSIONS, KEY_SHARE];
        let mut script = server("default_tls13");
        receives(&mut script, &Hello::new(&extensions).records(10_000));
        script.push("get_server_name s".into());
        script.push("hello_length s name".into());
        script.push("selected s".into());
        scripts.push((format!("server-name/{kind}/"), script));
    }
    scripts
}

pub fn scripts() -> Vec<(String, Vec<String>)> {
    [retries(), versions(), names()].concat()
}
