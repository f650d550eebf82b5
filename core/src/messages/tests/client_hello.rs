//! Queries of a stored ClientHello.

use super::{Hello, numbers, vector};
use crate::base::Version;
use crate::error::Code;
use crate::messages::{ClientHello, Field};

const SERVER_NAME: u16 = 0;
const GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
/// Supported extensions have a number in a list of s2n-tls.
const UNSUPPORTED: u16 = 0x1234;

fn sample() -> Hello {
    let name = [&[0][..], &vector(2, b"a.example")].concat();
    Hello {
        session_id: vec![1, 2, 3],
        compression_methods: vec![0, 1],
        ..Hello::new(
            0x0302,
            &[0x1301, 0xc02b],
            &[
                (SERVER_NAME, vector(2, &name)),
                (GROUPS, vector(2, &numbers(&[29, 23]))),
                (UNSUPPORTED, vec![5, 6]),
            ],
        )
    }
}

/// Returns the code of a failure.
fn code<T>(outcome: crate::error::Result<T>) -> Option<Code> {
    outcome.err().map(|error| error.code())
}

fn field(hello: &ClientHello, field: Field) -> Vec<u8> {
    let bytes = hello.with_field(field, <[u8]>::to_vec).expect("stored");
    assert_eq!(hello.len(field), bytes.len());
    bytes
}

const FIELDS: [Field; 5] = [
    Field::Message,
    Field::CipherSuites,
    Field::Extensions,
    Field::SessionId,
    Field::CompressionMethods,
];

#[test]
fn fields_are_returned_as_received_but_for_the_random() {
    let sample = sample();
    let hello = sample.parse();
    let mut body = sample.body();
    body[2..34].fill(0);
    let expected = [
        body,
        numbers(&sample.suites),
        sample.list(),
        vec![1, 2, 3],
        vec![0, 1],
    ];
    assert_eq!(FIELDS.map(|one| field(&hello, one)), expected);
    assert_eq!(hello.random(), Hello::RANDOM);
    assert_eq!(hello.legacy_version(), 32);
    assert_eq!(hello.version(), Version::from_wire(0x0302));
    assert_eq!(code(hello.record_version()), Some(Code::InvalidArgument));
    assert!(hello.is_received() && !hello.belongs_to_connection());
}

#[test]
fn extensions_are_found_by_their_type() {
    let hello = sample().parse();
    let data = |typ| hello.with_extension(typ, <[u8]>::to_vec);
    assert_eq!(data(GROUPS).expect("sent"), [0, 4, 0, 29, 0, 23]);
    assert_eq!(
        code(data(SIGNATURE_ALGORITHMS)),
        Some(Code::ExtensionNotReceived)
    );
    assert_eq!(code(data(UNSUPPORTED)), Some(Code::UnrecognizedExtension));
    assert!(hello.has_extension(GROUPS) && hello.has_extension(UNSUPPORTED));
    assert!(!hello.has_extension(SIGNATURE_ALGORITHMS));
    assert_eq!(hello.supported_groups().expect("sent"), [29, 23]);
    let name = hello.with_server_name(<[u8]>::to_vec);
    assert_eq!(name.expect("sent"), b"a.example");
}

#[test]
fn malformed_extensions_are_reported() {
    let with = |typ, data: &[u8]| Hello::new(0x0303, &[5], &[(typ, data.to_vec())]).parse();
    for data in [&[][..], &[0, 3, 0, 29], &[0, 3, 0, 29, 0]] {
        let groups = with(GROUPS, data).supported_groups();
        assert_eq!(
            code(groups),
            Some(Code::InvalidParsedExtensions),
            "{data:?}"
        );
    }
    for data in [&[][..], &[0, 4, 1, 0, 1, b'x'], &[0, 3, 0, 0, 1, b'x']] {
        let name = with(SERVER_NAME, data).with_server_name(<[u8]>::to_vec);
        assert_eq!(code(name), Some(Code::Safety), "{data:?}");
    }
}

#[test]
fn a_message_is_parsed_up_to_its_end_and_not_beyond() {
    let message = sample().message();
    let parse = |message: &[u8]| code(ClientHello::parse(message));
    assert_eq!(parse(&message), None);
    for len in 0..4 {
        assert_eq!(parse(&message[..len]), Some(Code::SizeMismatch), "{len}");
    }
    for len in 4..message.len() {
        assert_eq!(parse(&message[..len]), Some(Code::BadMessage), "{len}");
    }
    assert_eq!(
        parse(&[&message[..], &[0]].concat()),
        Some(Code::BadMessage)
    );
}

/// A message of at most 64 KiB, its header included.
#[test]
fn the_length_of_a_message_is_limited() {
    let with = |len| Hello::new(0x0303, &[5], &[(UNSUPPORTED, vec![0; len])]).message();
    // The list of extensions cannot be as long: the rest is cipher suites.
    let fill = |len: usize| {
        let mut hello = Hello::new(0x0303, &[5], &[(UNSUPPORTED, vec![])]);
        let rest = len - hello.message().len();
        hello.suites.extend(std::iter::repeat_n(6, rest / 4));
        hello.extensions[0].1 = vec![0; rest - rest / 4 * 2];
        hello.message()
    };
    assert_eq!(with(9).len(), fill(with(9).len()).len());
    assert_eq!(code(ClientHello::parse(&fill(1 << 16))), None);
    let longer = ClientHello::parse(&fill((1 << 16) + 1));
    assert_eq!(code(longer), Some(Code::BadMessage));
}

#[test]
fn a_supported_extension_occurs_once() {
    for (typ, expected) in [
        (GROUPS, Some(Code::DuplicateExtension)),
        (UNSUPPORTED, None),
    ] {
        let mut hello = sample();
        hello.extensions.push((typ, vec![]));
        assert_eq!(code(ClientHello::parse(&hello.message())), expected);
    }
}

#[test]
fn a_freed_message_leaves_the_random_and_the_versions() {
    let hello = ClientHello::for_connection();
    assert!(hello.belongs_to_connection());
    assert_eq!((hello.random(), hello.legacy_version()), ([0; 32], 0));
    assert_eq!(hello.version(), Version::Unknown);
    // Nothing to free.
    hello.free_message();
    assert!(!hello.is_received());

    hello.store(sample().message(), Some([3, 1]));
    for is_freed in [false, true] {
        if is_freed {
            hello.free_message();
        }
        assert!(hello.is_received());
        assert_eq!(hello.random(), Hello::RANDOM);
        assert_eq!(hello.legacy_version(), 32);
        assert_eq!(hello.record_version().expect("stored"), 31);
        assert_eq!(hello.has_extension(GROUPS), !is_freed);
        assert_eq!(hello.truncated(2).is_ok(), !is_freed);
        assert_eq!(hello.check_second(&sample().message()).is_ok(), !is_freed);
        for field in FIELDS {
            assert_eq!(hello.len(field) > 0, !is_freed, "{field:?}");
        }
    }
    let suites = hello.with_field(Field::CipherSuites, <[u8]>::to_vec);
    assert_eq!(code(suites), Some(Code::Null));

    hello.clear();
    assert!(!hello.is_received());
    assert_eq!((hello.random(), hello.legacy_version()), ([0; 32], 0));
    assert_eq!(code(hello.record_version()), Some(Code::InvalidArgument));
}

/// The hash for a binder covers the message without the binders (RFC 8446, 4.2.11.2).
#[test]
fn a_truncated_message_has_its_header_and_its_random() {
    let (hello, message) = (sample().parse(), sample().message());
    let random_end = 4 + 2 + 32;
    for len in 0..=message.len() + 1 {
        let truncated = hello.truncated(len);
        match message.len().checked_sub(len) {
            Some(end) if end >= random_end => {
                assert_eq!(truncated.expect("long enough"), message[..end]);
            }
            _ => assert_eq!(code(truncated), Some(Code::BadMessage)),
        }
    }
}

#[test]
fn the_second_message_is_compared_with_the_first() {
    let hello = sample().parse();
    let mut other = sample();
    assert_eq!(code(hello.check_second(&other.message())), None);
    other.session_id = vec![];
    assert_eq!(
        code(hello.check_second(&other.message())),
        Some(Code::BadMessage)
    );
}
