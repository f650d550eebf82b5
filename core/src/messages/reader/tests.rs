//! Exhaustive tests of the reader, in the scopes that each test names.

use std::collections::HashSet;

use super::*;
use crate::testing::Choices;

/// Reads a vector with a prefix of `len` bytes from `input`, and compares it with the definition.
fn check_vector(input: &[u8], len: usize) {
    let mut reader = Reader(input);
    let read = reader.vector(len);
    let announced = input.get(..len).map(|prefix| {
        let mut number = [0; 8];
        number[8 - len..].copy_from_slice(prefix);
        u64::from_be_bytes(number) as usize
    });
    match announced.and_then(|announced| input[len..].split_at_checked(announced)) {
        Some((content, rest)) => {
            assert_eq!(read.expect("complete"), content);
            assert_eq!(reader.0, rest);
            assert_eq!(reader.end().is_ok(), rest.is_empty());
        }
        None => assert_eq!(read.unwrap_err().code(), Code::BadMessage),
    }
}

/// Scope: every 8-bit length with every number of bytes behind it up to 260; no prefix at all.
#[test]
fn vectors_with_a_prefix_of_1_byte() {
    check_vector(&[], 1);
    let mut input = [7; 1 + 260];
    for announced in 0..=u8::MAX {
        input[0] = announced;
        for behind in 0..=260 {
            check_vector(&input[..1 + behind], 1);
        }
    }
}

/// The numbers of bytes behind a prefix at which the outcome changes, and the extremes.
fn bytes_behind(announced: usize, most: usize) -> impl Iterator<Item = usize> {
    let near = announced.saturating_sub(2)..=announced + 2;
    [0, 1, most]
        .into_iter()
        .chain(near)
        .filter(move |&behind| behind <= most)
}

/// Scope: every 16-bit length with 0, 1, and all numbers of bytes that differ by at most 2 from it;
/// every incomplete prefix.
#[test]
fn vectors_with_a_prefix_of_2_bytes() {
    check_vector(&[], 2);
    check_vector(&[0], 2);
    let most = usize::from(u16::MAX) + 2;
    let mut input = vec![7; 2 + most];
    for announced in 0..=u16::MAX {
        input[..2].copy_from_slice(&announced.to_be_bytes());
        for behind in bytes_behind(announced.into(), most) {
            // The content is a slice of the input: its length is compared, not each byte.
            let read = Reader(&input[..2 + behind]).vector(2);
            let expected = (behind >= announced.into()).then_some(usize::from(announced));
            assert_eq!(read.ok().map(<[u8]>::len), expected);
        }
    }
}

/// Scope: every 24-bit length up to 3000, and within 3 of each power of 2 up to the maximum, with 0,
/// 1, and all numbers of bytes that differ by at most 2 from it; every incomplete prefix.
#[test]
fn vectors_with_a_prefix_of_3_bytes() {
    for len in 0..3 {
        check_vector(&[0; 3][..len], 3);
    }
    let most = (1 << 24) + 2;
    let mut input = vec![7; 3 + most];
    let near_powers = (0..=24).flat_map(|power| {
        let power: usize = 1 << power;
        power.saturating_sub(3)..=power + 3
    });
    for announced in (0..=3000).chain(near_powers).filter(|&len| len < 1 << 24) {
        input[..3].copy_from_slice(&(announced as u32).to_be_bytes()[1..]);
        for behind in bytes_behind(announced, most) {
            let read = Reader(&input[..3 + behind]).vector(3);
            let expected = (behind >= announced).then_some(announced);
            assert_eq!(read.ok().map(<[u8]>::len), expected);
        }
    }
}

/// Scope: every length of the input up to 9 bytes; every length that is taken up to 10, and the
/// extremes of `usize`.
#[test]
fn integers_and_slices_end_with_the_input() {
    let input = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    for len in 0..=input.len() {
        let input = &input[..len];
        let number = |size: usize| {
            let bytes = input.get(..size)?;
            Some(
                bytes
                    .iter()
                    .fold(0, |all, &byte| all << 8 | u64::from(byte)),
            )
        };
        assert_eq!(Reader(input).u8().ok().map(u64::from), number(1));
        assert_eq!(Reader(input).u16().ok().map(u64::from), number(2));
        assert_eq!(Reader(input).u32().ok().map(u64::from), number(4));
        assert_eq!(Reader(input).u64().ok(), number(8));
        for taken in (0..=10).chain([isize::MAX as usize, usize::MAX]) {
            let mut reader = Reader(input);
            assert_eq!(reader.take(taken).ok(), input.get(..taken));
            // A failure consumes nothing.
            let used = if taken <= len { taken } else { 0 };
            assert_eq!(reader.0, &input[used..]);
        }
    }
}

/// An independent parser of a list of extensions: their types and data, and whether the list is
/// well-formed.
fn parse(mut list: &[u8]) -> (Vec<(u16, &[u8])>, bool) {
    let mut all = Vec::new();
    while let [type_high, type_low, high, low, rest @ ..] = list {
        let len = usize::from(*high) * 256 + usize::from(*low);
        if rest.len() < len {
            return (all, false);
        }
        let typ = u16::from(*type_high) * 256 + u16::from(*type_low);
        all.push((typ, &rest[..len]));
        list = &rest[len..];
    }
    (all, list.is_empty())
}

/// Scope: all lists of up to 10 bytes, each one of 0, 1 and 4; two types that occur, also twice, and
/// one that does not.
#[test]
fn lists_of_extensions() {
    let mut list = Vec::new();
    let runs = Choices::explore(|choices| {
        list.clear();
        for _ in 0..choices.up_to(10) {
            list.push(choices.one_of(&[0, 1, 4]));
        }
        let (all, is_valid) = parse(&list);
        let reader = Reader(&list);
        let types = all.iter().map(|(typ, _)| typ);
        let is_repeated = types.clone().collect::<HashSet<_>>().len() < types.len();
        let checked = reader.check_extensions().map_err(|error| error.code());
        assert_eq!(
            checked,
            match (is_valid, is_repeated) {
                (true, false) => Ok(()),
                (true, true) => Err(Code::DuplicateExtension),
                (false, _) => Err(Code::BadMessage),
            }
        );
        for wanted in [0, 0x0001, 0x0202] {
            let first = all.iter().find(|(typ, _)| *typ == wanted);
            assert_eq!(reader.extension(wanted), first.map(|(_, data)| *data));
        }
    });
    assert_eq!(runs, (3_usize.pow(11) - 1) / 2);
}
