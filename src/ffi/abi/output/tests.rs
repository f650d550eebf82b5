//! Exhaustive tests of results for C, in the scopes that each test names.

use std::ptr;

use super::*;

/// Scope: 0 to 4 numbers in a room for 0 to 4, with and without an error, and with each of the
/// pointers null. Nothing behind the numbers is changed, and nothing at all by a failure.
#[test]
fn numbers_are_stored_with_their_count() {
    const OLD: u16 = 0xeeee;
    const LEN: u16 = 4;

    for (made, room) in (0..=LEN).flat_map(|made| (0..=LEN).map(move |room| (made, room))) {
        for (fails, no_numbers, no_count) in combinations() {
            let mut place = [OLD; LEN as usize];
            let mut count = OLD;
            let numbers_at = if no_numbers {
                ptr::null_mut()
            } else {
                place.as_mut_ptr()
            };
            let count_at = if no_count {
                ptr::null_mut()
            } else {
                &raw mut count
            };
            let make = || match fails {
                true => Err(Code::Safety)?,
                false => Ok((1..=made).collect()),
            };
            // SAFETY: both are null or writable, for `room` numbers and one.
            let outcome = unsafe { numbers(numbers_at, room, count_at, make) };
            let expected = match () {
                () if no_numbers || no_count => Err(Code::Null),
                () if fails => Err(Code::Safety),
                () if made > room => Err(Code::InsufficientMemSize),
                () => Ok(()),
            };
            assert_eq!(outcome.map_err(|error| error.code()), expected);
            let stored = if expected.is_ok() { made } else { 0 };
            assert_eq!(count, if no_count { OLD } else { stored });
            let (new, old) = place.split_at(stored.into());
            assert!(new.iter().copied().eq(1..=stored));
            assert!(old.iter().all(|&number| number == OLD));
        }
    }
}

fn combinations() -> impl Iterator<Item = (bool, bool, bool)> {
    (0..8).map(|bits| (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0))
}

/// Scope: the maximum number of numbers and of their room, with one less and one more.
#[test]
#[cfg_attr(miri, ignore = "takes minutes: Miri interprets each number")]
fn the_largest_list_of_numbers() {
    let mut place = vec![0; usize::from(u16::MAX)];
    for (made, room) in [
        (65_534, u16::MAX),
        (65_535, u16::MAX),
        (65_535, u16::MAX - 1),
        (65_536, u16::MAX),
        (131_072, u16::MAX),
    ] {
        let mut count = 1;
        // SAFETY: both are writable, for `room` numbers and one.
        let outcome = unsafe {
            numbers(place.as_mut_ptr(), room, &raw mut count, || {
                Ok(vec![7; made])
            })
        };
        let fits = made <= usize::from(room);
        assert_eq!(outcome.is_ok(), fits);
        assert_eq!(usize::from(count), if fits { made } else { 0 });
    }
}

/// Scope: each blocked status of a call, with success, an error, and the error of a call while
/// another is in progress; and without a place for the status.
#[test]
fn blocked_statuses_are_stored() {
    const OLD: s2n_blocked_status = s2n_blocked_status::S2N_BLOCKED_ON_APPLICATION_INPUT;

    for blocked_on in [
        Blocked::Not,
        Blocked::Read,
        Blocked::Write,
        Blocked::ApplicationInput,
        Blocked::EarlyData,
    ] {
        for error in [None, Some(Code::IoBlocked), Some(Code::Reentrancy)] {
            let call = |status: &mut Blocked| {
                *status = blocked_on;
                error.map_or(Ok(()), |code| Err(code)?)
            };
            let mut status = OLD;
            // SAFETY: the place is writable.
            let outcome = unsafe { blocked(&raw mut status, call) };
            assert_eq!(outcome.err().map(|error| error.code()), error);
            let is_kept = blocked_on == Blocked::Not && error == Some(Code::Reentrancy);
            let expected = if is_kept { OLD } else { blocked_on.into() };
            assert_eq!(status as u32, expected as u32);
        }
    }
    // SAFETY: the pointer is null.
    let outcome = unsafe { blocked::<()>(ptr::null_mut(), |_| panic!("no call is made")) };
    assert_eq!(outcome.unwrap_err().code(), Code::Null);
}

/// Scope: 0 to 6 items in a room for 0 to 6.
#[test]
fn copies_end_with_the_shorter_side() {
    let items: [u8; 6] = [1, 2, 3, 4, 5, 6];
    for (len, room) in (0..=6).flat_map(|len| (0..=6).map(move |room| (len, room))) {
        let mut front = [0; 6];
        let copied = copy_front(&items[..len], &mut front[..room]);
        assert_eq!(copied, len.min(room));
        assert_eq!(front[..copied], items[..copied]);
        assert!(front[copied..].iter().all(|&item| item == 0));

        let mut all = [0; 6];
        let copied = copy_all(&items[..len], &mut all[..room], Code::InsufficientMemSize);
        match len <= room {
            true => assert_eq!(copied.expect("fits"), len),
            false => assert_eq!(copied.unwrap_err().code(), Code::InsufficientMemSize),
        }
        let stored = if len <= room { len } else { 0 };
        assert_eq!(all[..stored], items[..stored]);
        assert!(all[stored..].iter().all(|&item| item == 0));
    }
}

/// Scope: a null pointer, and a place of each of some sizes.
#[test]
fn places_of_values() {
    fn check<T: Copy + PartialEq + std::fmt::Debug>(old: T, new: T) {
        // SAFETY: the pointer is null.
        let missing = unsafe { slot::<T>(ptr::null_mut()) };
        assert_eq!(missing.err().map(|error| error.code()), Some(Code::Null));
        // SAFETY: as above.
        let missing = unsafe { inout::<T>(ptr::null_mut()) };
        assert_eq!(missing.err().map(|error| error.code()), Some(Code::Null));
        let mut place = old;
        // SAFETY: the place is writable, and nothing else uses it.
        unsafe { slot(&raw mut place) }.expect("a place").set(new);
        assert_eq!(place, new);
        // SAFETY: as above.
        *unsafe { inout(&raw mut place) }.expect("a place") = old;
        assert_eq!(place, old);
    }
    check(1_u8, 2);
    check(1_u16, u16::MAX);
    check(1_u64, u64::MAX);
    check(ptr::null::<u8>(), ptr::without_provenance(1));
}
